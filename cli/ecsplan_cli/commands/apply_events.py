"""`--events FILE`: what happens during an apply, one JSON object a line, for programs."""

import errno
import json
import os
import select
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from ecsplan.terms.safe_text import escaped_lines
from ecsplan_applier.outcomes.event_json import event_json, refusal_event
from ecsplan_applier.outcomes.events import Event
from ecsplan_cli.exits import AWS_FAILED
from ecsplan_cli.output import PUBLIC, print_line

WAIT_S: Final = 10.0
"""How long a pipe may have no reader, or stay full, until it counts as a file that takes nothing."""
_WAIT_INTERRUPTED_S: Final = 1.0
"""How long it may stay full once the apply is interrupted."""
_LOOK_S: Final = 0.05
"""How often is looked whether somebody reads the pipe, or the apply was interrupted."""
_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NONBLOCK
"""Nothing blocks: a call that waits for the reader of a pipe cannot be interrupted."""


class CannotWriteEvents(click.ClickException):
    """The events file cannot be written; nothing has been started."""

    exit_code = AWS_FAILED


class EventFile:
    """Writes events; once the file takes no more, one warning is given and the apply goes on without it.

    A file that exists is written anew and keeps its mode; a symbolic link stays one. A pipe is waited for,
    but not for long; an apply that is interrupted meanwhile has no events file.

    Args:
        name: The file.
        jobs: Names of the jobs of the apply.
        interrupted: Returns whether the apply has been interrupted.
        wait_s: How long to wait for the reader of a pipe.

    Raises:
        CannotWriteEvents: The file cannot be opened.
    """

    def __init__(
        self,
        name: str,
        jobs: Collection[str],
        *,
        interrupted: Callable[[], bool] = lambda: False,
        wait_s: float = WAIT_S,
    ) -> None:
        self._name = name
        self._jobs = frozenset(jobs)
        self._interrupted = interrupted
        self._wait_s = wait_s
        try:
            self._file = self._opened()
        except (OSError, ValueError) as reason:
            raise CannotWriteEvents(f"cannot write {name}: {_words(reason)}; nothing was started") from reason

    def _opened(self) -> int | None:
        """Open the file, a pipe as soon as somebody reads it; return None where the apply is interrupted."""
        until = time.monotonic() + self._wait_s
        while not self._interrupted():
            try:
                return os.open(self._name, _FLAGS, PUBLIC)
            except OSError as reason:
                if reason.errno != errno.ENXIO or not Path(self._name).is_fifo():
                    raise
                if time.monotonic() >= until:
                    raise OSError(errno.ENXIO, "it is a pipe without a reader") from reason
            time.sleep(_LOOK_S)
        return None

    def write(self, event: Event) -> None:
        """Write an event, if it is one that is written."""
        document = event_json(event, self._jobs)
        if document is not None:
            self._line(document)

    def refused(self, run_id: str | None, exit_status: int, error: str) -> None:
        """Write that the apply was refused before it changed anything."""
        self._line(refusal_event(run_id, exit_status, error))

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _line(self, document: dict[str, Any]) -> None:
        if self._file is None:
            return
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        # `event` and `time` come first in each line; the members after them keep their order.
        line = json.dumps({"event": document["event"], "time": now, **document}) + "\n"
        try:
            self._put(self._file, memoryview(line.encode("ascii")))
        except OSError as reason:
            why = f"accepts no more events, and the apply continues: {_words(reason)}"
            print_line(escaped_lines(f"warning: {self._name} {why}"))
            self.close()

    def _put(self, file: int, data: memoryview) -> None:
        """Write data; a pipe that is full is waited for, but not for long."""
        start = time.monotonic()
        while data:
            try:
                data = data[os.write(file, data) :]
            except BlockingIOError as reason:
                wait_s = _WAIT_INTERRUPTED_S if self._interrupted() else self._wait_s
                if time.monotonic() >= start + wait_s:
                    raise OSError(errno.EAGAIN, "it is a full pipe that is not being read") from reason
                select.select([], [file], [], _LOOK_S)


def _words(reason: OSError | ValueError) -> str:
    return (reason.strerror if isinstance(reason, OSError) else None) or str(reason)
