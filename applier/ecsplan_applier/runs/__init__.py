"""Looking back at runs without a plan: what they are, their states and logs; waiting for them, stopping them.

Takes the name of a run, and finds its tasks in ECS and its entries in the ledger.
Gives what `apply` gives of a run that it carries out: results, log lines, an exit status.
Must not know how a task is started: nothing here starts one.
"""
