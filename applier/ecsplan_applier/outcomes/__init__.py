"""What can come of an apply: events, results, errors, and what AWS's words mean.

Takes what ECS says of tasks and calls.
Gives frozen values for the command line, and explanations with remedies.
Must not know how AWS is called, and what is done next.
"""
