"""The rules that no schema can state, a module for each subject: one function, one rule.

A rule takes a draft and yields what is wrong with it. It is named like its function, with hyphens. The
first sentence of its docstring says the rule, the rest its source and an example that breaks it, from which
`docs/rules.md` is made.
"""
