"""The engines that run tasks: in containers by podman or docker, as processes, or by a script.

Takes the records of tasks to run.
Gives states, exit codes and reasons in those records, and log events.
Must not know HTTP or the operations.
"""
