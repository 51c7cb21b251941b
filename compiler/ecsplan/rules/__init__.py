"""What AWS is known to refuse, and what it only advises against: one function, one rule.

Takes a draft.
Gives diagnostics, each at its place.
Must not know the decision and the plan. `order.py` lists all rules.
"""
