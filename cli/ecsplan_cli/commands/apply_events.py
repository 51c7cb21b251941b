"""`--events FILE`: what happens during an apply, one JSON object a line, for programs."""

import json
import os
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import click

from ecsplan.terms.safe_text import escaped_lines
from ecsplan_applier.outcomes.errors import ApplierError
from ecsplan_applier.outcomes.event_json import event_json, refusal_event
from ecsplan_applier.outcomes.events import Event
from ecsplan_cli.exits import AWS_FAILED
from ecsplan_cli.output import PUBLIC, print_line


class CannotWriteEvents(click.ClickException):
    """The events file cannot be written; nothing has been started."""

    exit_code = AWS_FAILED


class EventFile:
    """Writes events; once the file takes no more, one warning is given and the apply goes on without it.

    A file that exists is written anew and keeps its mode; a symbolic link stays one.

    Args:
        name: The file.
        jobs: Names of the jobs of the apply.

    Raises:
        CannotWriteEvents: The file cannot be opened.
    """

    def __init__(self, name: str, jobs: Collection[str]) -> None:
        self._name = name
        self._jobs = frozenset(jobs)
        try:
            self._file: int | None = os.open(
                name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, PUBLIC
            )
        except (OSError, ValueError) as reason:
            raise CannotWriteEvents(f"cannot write {name}: {_words(reason)}; nothing was started") from reason

    def write(self, event: Event) -> None:
        """Write an event, if it is one that is written."""
        document = event_json(event, self._jobs)
        if document is not None:
            self._line(document)

    def refused(self, run_id: str | None, error: ApplierError) -> None:
        """Write that the apply was refused before it changed anything."""
        self._line(refusal_event(run_id, error.exit_status, str(error)))

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _line(self, document: dict[str, Any]) -> None:
        if self._file is None:
            return
        time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        # `event` and `time` come first in each line; the members after them keep their order.
        line = json.dumps({"event": document["event"], "time": time, **document}) + "\n"
        data = memoryview(line.encode("ascii"))
        try:
            # A write may take a part only, on a pipe or a full disk: the rest follows, or raises its error.
            while data:
                data = data[os.write(self._file, data) :]
        except OSError as reason:
            why = f"takes no more events, and the apply goes on: {_words(reason)}"
            print_line(escaped_lines(f"warning: {self._name} {why}"))
            self.close()


def _words(reason: OSError | ValueError) -> str:
    return (reason.strerror if isinstance(reason, OSError) else None) or str(reason)
