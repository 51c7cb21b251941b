"""The logs of a run: where its tasks write, and what they have written, by time.

Takes tasks and entries of the ledger.
Gives stretches of lines.
Must not know whether the run goes on.
"""
