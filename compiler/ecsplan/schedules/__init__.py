"""Expressions of EventBridge Scheduler: read, with their faults at their offsets, and computed to run times.

Takes the text of an expression, and a moment.
Gives what it means, what is wrong with it, what another tool's notation is in this one, and its run times.
Must not know YAML, schemas or jobs; reads neither a clock nor time zone files.
"""
