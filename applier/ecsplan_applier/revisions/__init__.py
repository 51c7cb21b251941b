"""The revision that a job runs: staleness, account, registration, deregistration.

Takes planned jobs.
Gives the ARN of an ACTIVE revision, or an error before anything is changed.
Must not know how tasks are watched.
"""
