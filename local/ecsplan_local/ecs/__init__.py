"""ECS: clusters, task definitions and tasks, with the checks and defaults of the real service.

Takes calls.
Gives responses in the form of ECS, and the records of tasks.
Must not know how containers are run.
"""
