"""One thread that runs many tasks, and the clock that they sleep on.

Takes coroutines.
Gives their progress, in an order that tests can repeat.
Must not know AWS.
"""
