"""What a test may ask of the endpoint: faults, timelines, quotas and a record of the calls.

Takes a fault script.
Gives rules by call, and timelines by task.
Must not know the services.
"""
