"""Jobs as a whole: which are carried out and in which order, beside which other runs, with which retention.

Takes the jobs of a plan, and the ends of their tasks.
Gives the moment at which each job may start, or the reason why it never does.
Must not know how a task is started or a revision made.
"""
