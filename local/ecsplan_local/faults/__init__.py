"""Facilities for tests: faults, timelines, quotas and a record of the calls.

Takes a fault script.
Gives rules for calls, and timelines for tasks.
Must not know the services.
"""
