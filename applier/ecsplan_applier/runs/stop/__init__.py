"""Stopping a run with all its tasks, or one task.

Takes what the user names.
Gives which tasks were asked to stop, which had stopped, and which could not be stopped.
Must not know why they are stopped.
"""
