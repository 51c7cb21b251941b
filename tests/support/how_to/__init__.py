"""What readers of docs/how-to/ find in the account, and on their machine.

A module for each group of docs/how-to.md, named after it, and in it a function for each page that needs
something, named after the page. `prepared.py` finds them.
"""
