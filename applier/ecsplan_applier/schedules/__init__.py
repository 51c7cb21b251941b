"""Schedules of EventBridge Scheduler for the jobs that have `schedule:`: `ecsplan schedule`.

Takes jobs of a plan. Registers or reuses their revisions, then creates, updates and removes schedules.
Gives what was changed, or for a dry run what would be.
Must not know runs and copies: EventBridge Scheduler starts the tasks by itself.
"""
