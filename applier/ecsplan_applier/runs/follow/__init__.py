"""A run that goes on: its tasks, those that are still to come, and their logs, until it has ended.

Takes a run as it was found.
Gives lines, states and the end of it, as an apply gives them.
Must not know what is printed of them.
"""
