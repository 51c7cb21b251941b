"""The `ecsplan` command: arguments, rendering, exit codes. Decides nothing about ECS.

Whatever starts the command imports this first, so an interpreter that is too old is named here, in words that
Python 3.6 can read; every other module may use what the oldest supported Python has.
"""

import sys

OLDEST_PYTHON = (3, 11)
"""As `requires-python` of pyproject.toml, which pip checks; a checkout or a copied script has no pip."""

if sys.version_info < OLDEST_PYTHON:
    sys.stderr.write(
        f"error: ecsplan requires Python {'.'.join(map(str, OLDEST_PYTHON))} or later;"
        f" this is Python {'.'.join(map(str, sys.version_info[:3]))} ({sys.executable})\n"
        "  help: install ecsplan with a newer Python, for example `python3.11 -m pip install ecsplan`\n"
    )
    sys.exit(125)  # as where ecsplan itself fails
