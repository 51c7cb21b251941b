"""The tasks of a run: watch them, read their logs, stop them, and the verdict on each.

Takes tasks that exist under a run id, and the jobs of an apply.
Gives the states of copies, log lines and verdicts.
Must not know how tasks are started or revisions are made.
"""
