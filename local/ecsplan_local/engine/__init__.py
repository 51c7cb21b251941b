"""What runs tasks: containers by podman or docker, processes, or a script.

Takes records of tasks that are to run.
Gives states, exit codes, reasons and log events in those records.
Must not know HTTP and the operations.
"""
