"""The exit codes of the command, as docs/exit-status.md states them."""

DONE = 0
INVALID = 1
"""A manifest is wrong; `verify`: something would fail; `diff --exit-code`: something would be registered."""
USAGE = 2
"""The command line is wrong; with `diff`: a manifest is wrong."""
OTHER_RUN = 121
"""Another run of a job is under way, and must not run beside this one."""
STALE = 122
NOT_A_PLAN = 123
TIMED_OUT = 124
AWS_FAILED = 125
DID_NOT_START = 126
HUNG_UP = 129
"""SIGHUP: the terminal or the connection went away."""
INTERRUPTED = 130
READER_GONE = 141
"""Whoever read the output went away, as a shell says of SIGPIPE."""
TERMINATED = 143
