"""The outcomes of an apply: events, results, errors, and explanations of what AWS reports.

Takes what ECS reports about tasks and calls.
Gives frozen values for the command line, and explanations with remedies.
Must not know how AWS is called or what happens next.
"""
