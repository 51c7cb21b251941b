"""The readers by the key of their format, each imported when it is used."""

import importlib
from typing import Final, Protocol

from ecsplan_convert.source import Row, Source, SourceJobs

READERS: Final = {
    "task-definition": "task_definition",
    "describe-answer": "task_definition",
    "task-definitions": "task_definition",
    "task-definition-template": "task_definition",
    "container-definitions": "task_definition",
    "task-definition-properties": "task_definition",
    "run-task": "run_task",
    "describe-tasks": "described",
    "describe-services": "described",
    "prefect-block": "prefect_block",
    "prefect-work-pool": "prefect_work_pool",
    "ecspresso": "ecspresso",
    "docker-compose": "compose",
    "copilot": "copilot",
    "eventbridge-target": "eventbridge",
    "shell": "shell",
    "python": "python_source",
}
"""The module in this folder that reads a format, by the key of `ecsplan.foreign.format.Format`."""


class Reader(Protocol):
    """What a module of this folder has."""

    TABLE: tuple[Row, ...]

    def read(self, source: Source) -> SourceJobs:
        """Return the jobs of a source of the format.

        Raises:
            ConversionError: There is none in it that could be converted.
        """
        ...


def reader_of(key: str) -> Reader | None:
    """Return the reader of a format; None where there is none."""
    if key not in READERS:
        return None
    module: Reader = importlib.import_module(f"ecsplan_convert.readers.{READERS[key]}")
    return module
