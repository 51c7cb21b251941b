"""Manifests with an error end a command: what is wrong with them is reported."""

import sys
from collections.abc import Sequence
from typing import Any

from ecsplan.terms.diagnostic import has_errors
from ecsplan_cli.compiling import Manifests
from ecsplan_cli.exits import INVALID
from ecsplan_cli.render.diagnostics import report


def end_if_wrong(compiled: Manifests[Any], named: Sequence[str], *, quiet: bool) -> None:
    """Report what is wrong with compiled manifests, and end the command with 1 if anything is an error.

    Args:
        compiled: The manifests.
        named: What the command line names, for the command that shows every problem.
        quiet: Whether to leave warnings out.
    """
    found = compiled.diagnostics()
    report(found, quiet=quiet, manifests=named)
    if has_errors(found):
        sys.exit(INVALID)
