"""The tasks of a run: watch them, stop them, and the verdict on each.

Takes tasks that exist under a run id, and the jobs of an apply.
Gives the states of copies, and verdicts.
Must not know how tasks are started, logs are read or revisions are made.
"""
