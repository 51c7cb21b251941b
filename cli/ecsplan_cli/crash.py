"""What is said where ecsplan itself fails: short, without values of the manifest, and enough for a report."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ecsplan.version import __version__

if TYPE_CHECKING:
    from ecsplan_cli.requirements import Unmet

TRACEBACK = "ECSPLAN_TRACEBACK"
"""Set to anything, it has the whole traceback printed, which may quote values of manifests."""
_FRAMES = 6
"""Places in the code that are named, the innermost first."""


def crash_report(bug: Exception) -> str:
    """Return the message about an exception that nobody expects.

    Its text may quote anything, so that only its kind and the places in the code are named.
    """
    import traceback  # noqa: PLC0415 - only a crash needs it

    from ecsplan_cli.requirements import unmet  # noqa: PLC0415 - as above

    frames = traceback.extract_tb(bug.__traceback__)[: -_FRAMES - 1 : -1]
    places = ", from ".join(f"{Path(each.filename).name}:{each.lineno}" for each in frames)
    whole = "".join(traceback.format_exception(bug)) if os.environ.get(TRACEBACK) else ""
    missing = unmet()
    if missing:
        return f"{whole}{_unmet_report(missing, f'{type(bug).__name__} in {places}')}"
    return (
        f"{whole}error: ecsplan {__version__} has failed unexpectedly ({type(bug).__name__} in {places});"
        " what it printed so far is not a result\n"
        "  help: please report this with the command and these lines;"
        f" {TRACEBACK}=1 shows the whole traceback, which may quote values of the manifest"
    )


def _unmet_report(missing: Iterable["Unmet"], failure: str) -> str:
    """Return what to install; a library that is too old fails in ways that say nothing of it."""
    import shlex  # noqa: PLC0415 - as above
    import sys  # noqa: PLC0415 - as above

    needed = shlex.join(f"{each.name}>={each.oldest}" for each in missing)
    return (
        f"error: ecsplan {__version__} cannot run with the installed libraries ({failure}):"
        f" {'; '.join(map(str, missing))}\n"
        f"  help: {shlex.quote(sys.executable)} -m pip install {needed}"
    )
