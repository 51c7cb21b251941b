"""The subcommands, one file each: read arguments, call one function, print, choose the exit status.

Takes arguments.
Gives output and an exit status.
Must not know ECS: decisions about it belong below.
"""
