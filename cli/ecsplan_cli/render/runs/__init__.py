"""How runs are shown to whoever looks back at them: a table of them, and one with all that is known of it.

Takes runs as they were found.
Gives lines and JSON.
Must not know arguments, files and exit codes.
"""
