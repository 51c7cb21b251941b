"""A session in a container of a running task, by ECS Exec.

Takes a run, and which of its jobs is meant.
Gives what the session-manager-plugin takes.
Must not know the plugin: whoever has a terminal starts it.
"""
