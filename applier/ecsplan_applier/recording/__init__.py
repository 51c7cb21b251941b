"""What an apply and the ledger tell each other: what is about to be started, what has ended, what is known.

Takes the jobs of an apply with their copies, and the entries of the ledger.
Gives entries to write, and copies that begin with what an earlier apply of the run has recorded.
Must not know how a task is started: it is asked before that is done.
"""
