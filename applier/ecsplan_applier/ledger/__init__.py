"""The ledger: what became of each job of each run, for longer than ECS remembers it.

Takes entries, one for each account, region, run and job.
Gives them back, from a folder or an S3 bucket, to whoever applies the run again or looks back at it.
Must not know how a task is started, watched or stopped.
"""
