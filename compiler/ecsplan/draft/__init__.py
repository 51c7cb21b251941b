"""Build and patch the two requests of a job, before the rules check them.

Takes a JobSpec, and AWS's answers for it.
Gives the RegisterTaskDefinition and RunTask requests, and the manifest key that each member comes from.
Must not know what AWS would refuse, or which revision is going to be run.
"""
