"""Shell scripts, and the command line of the AWS CLI.

Takes the text of a script.
Gives its commands as words, the values of their parameters, and the requests that `aws ecs` makes of options.
Must not know jobs, manifests, or how to run anything.
"""
