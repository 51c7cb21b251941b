"""The two requests of a job, patched, before anybody judges them.

Takes a JobSpec, and what was observed for it.
Gives the RegisterTaskDefinition and RunTask requests, and the key that each member comes from.
Must not know what AWS would refuse, and the revision that is going to be run.
"""
