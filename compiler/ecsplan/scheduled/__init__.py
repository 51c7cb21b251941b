"""The schedules of planned jobs in EventBridge Scheduler, and what differs between two of them.

Takes a planned job with a schedule, and a schedule as AWS describes it.
Gives the request that makes the job's schedule, and the differences, a change each.
Must not know how AWS is asked, nor the time.
"""
