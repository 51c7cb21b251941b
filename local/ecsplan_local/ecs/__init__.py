"""ECS: clusters, task definitions and tasks, with what it refuses and what it fills in.

Takes calls.
Gives answers as ECS gives them, and the records of tasks.
Must not know how containers are run.
"""
