"""Calls to AWS: the SDK, retries, rate limits, pages and AWS's clock.

Takes an operation and its request.
Gives the answer, or an error that says whether the call may have had an effect.
Must not know jobs, runs and copies.
"""
