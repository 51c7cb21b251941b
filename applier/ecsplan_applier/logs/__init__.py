"""Reading the logs of tasks: every line once, at the pace that the account's quota allows.

Takes a copy whose task ECS shows, and the place of its log stream.
Gives its lines as they come, and says when the log is complete or can no longer be read.
Must not know how tasks are started, or what becomes of a job.
"""
