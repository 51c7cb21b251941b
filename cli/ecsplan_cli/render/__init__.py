"""What people see: diagnostics, diffs, events and the live view.

Takes values of the compiler and the applier.
Gives text, JSON, Markdown and workflow annotations.
Must not know arguments, files and exit codes.
"""
