"""The permissions that jobs need in AWS: the table of what ecsplan calls, and the policy of a plan.

Takes planned jobs, the commands to be run, and where the ledger is.
Gives grants with the call and the jobs behind each, and policies of IAM made of them.
Must not know how AWS is asked, and how a policy is attached to anything.
"""
