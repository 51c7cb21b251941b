"""How an apply is shown: its end, its failures, what it waits for, and what GitHub Actions reads of it.

Takes the applier's events and results.
Gives lines, Markdown and workflow commands.
Must not know arguments, files and exit codes.
"""
