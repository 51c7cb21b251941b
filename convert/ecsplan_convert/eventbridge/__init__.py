"""Targets and schedules of EventBridge that run tasks.

Takes targets, rules and schedules as AWS's APIs have them.
Gives RunTask requests, and the key `schedule`.
Must not know where a document comes from, or other formats.
"""
