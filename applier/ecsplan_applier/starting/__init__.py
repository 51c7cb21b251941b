"""Starting the tasks of a job, each exactly once: RunTask calls, and the tasks that exist under the run id.

Takes jobs whose revision is known, and the tasks of their run that ECS shows.
Gives each copy its task, one that it had or a new one, or the reason why it has none.
Must not know how tasks are watched, or how the ledger is written.
"""
