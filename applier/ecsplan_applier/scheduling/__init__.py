"""One thread that runs many activities, and the clock that they sleep on.

Takes coroutines.
Gives their progress, in an order that tests can repeat.
Must not know AWS.
"""
