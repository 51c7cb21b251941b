"""What is said where ecsplan itself fails: short, without values of the manifest, and enough for a report."""

import os
from pathlib import Path

from ecsplan.version import __version__

TRACEBACK = "ECSPLAN_TRACEBACK"
"""Set to anything, it has the whole traceback printed, which may quote values of manifests."""
_FRAMES = 6
"""Places in the code that are named, the innermost first."""


def crash_report(bug: Exception) -> str:
    """Return the message about an exception that nobody expects.

    Its text may quote anything, so that only its kind and the places in the code are named.
    """
    import traceback  # noqa: PLC0415 - only a crash needs it

    frames = traceback.extract_tb(bug.__traceback__)[: -_FRAMES - 1 : -1]
    places = ", from ".join(f"{Path(each.filename).name}:{each.lineno}" for each in frames)
    whole = "".join(traceback.format_exception(bug)) if os.environ.get(TRACEBACK) else ""
    return (
        f"{whole}error: ecsplan {__version__} has failed unexpectedly ({type(bug).__name__} in {places});"
        " what it printed so far is not a result\n"
        "  help: please report this with the command and these lines;"
        f" {TRACEBACK}=1 shows the whole traceback, which may quote values of the manifest"
    )
