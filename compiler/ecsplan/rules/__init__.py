"""The rules: what AWS is known to refuse, and what it advises against. Each rule is one function.

Takes a draft.
Gives diagnostics, each at its place.
Must not know the decision and the plan. `order.py` lists all rules.
"""
