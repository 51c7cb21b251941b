"""The writers by the name of their format, each imported when it is used."""

import importlib
from collections.abc import Sequence
from typing import Final, Protocol

from ecsplan.plan.plan import PlannedJob
from ecsplan_convert.exported import Exported

WRITERS: Final = {
    "prefect-work-pool": "prefect_work_pool",
    "aws-cli": "aws_cli",
    "terraform": "terraform",
    "cloudformation": "cloudformation",
    "step-functions": "step_functions",
    "eventbridge": "eventbridge",
}
"""The module in this folder that writes a format, by its name on the command line."""
IN_FOLDERS: Final = frozenset({"aws-cli"})
"""The formats that are several files; their text says what to run with them."""

OF_DEFINITIONS: Final = frozenset({"terraform", "cloudformation"})
"""The formats that hold task definitions, and no run request."""


class Writer(Protocol):
    """What a module of this folder has."""

    MAX_JOBS: int | None
    """How many jobs a document of the format holds; None for any number."""

    def write(self, jobs: Sequence[PlannedJob]) -> Exported:
        """Return the jobs, one or more and at most `MAX_JOBS`, in the format.

        Raises:
            ConversionError: The format cannot say anything of them.
        """
        ...


def writer_of(form: str) -> Writer:
    """Return the writer of a format of `WRITERS`."""
    module: Writer = importlib.import_module(f"ecsplan_convert.writers.{WRITERS[form]}")
    return module
