"""The tasks of a run: start, find, watch, read their logs, stop, and the verdict on each.

Takes jobs whose revision is known.
Gives tasks, log lines and verdicts, exactly once for each copy.
Must not know how revisions are made.
"""
