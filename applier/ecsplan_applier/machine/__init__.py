"""What the applies of one machine agree on: locks, leases, and a journal of what a run has registered.

Takes families, revisions and run ids.
Gives files in the state folder.
Must not know AWS.
"""
