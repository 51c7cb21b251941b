"""The live view of an apply on a terminal: the states of its tasks, below the lines.

It is drawn with four control sequences that every terminal knows, in the thread that prints the lines: the
applier's heartbeat lets the seconds go on. A window may change its width at any moment; lines that were drawn
before then take more rows, which is reckoned with when they are erased.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Final, TextIO

from ecsplan.terms.safe_text import escaped, without_commands
from ecsplan_applier.outcomes.events import (
    Event,
    Finished,
    HeldJobs,
    Retried,
    RunBegan,
    TaskChanged,
    TaskEnded,
    TaskStarted,
    Waiting,
)
from ecsplan_cli.output import drop_unwritten
from ecsplan_cli.render.apply.event_lines import Lines
from ecsplan_cli.render.apply.heartbeat import held_jobs
from ecsplan_cli.render.apply.style import Style, size_of
from ecsplan_cli.render.columns import clipped, columns_of, padded
from ecsplan_cli.render.durations import duration

MAX_ROWS: Final = 12
"""Tasks that have a row of their own; of more only the number in each state is shown."""
TICK_S: Final = 0.5
"""How often the view is drawn anew where nothing happens."""
_PAUSE_S: Final = 0.1
"""The shortest pause between two drawings: what changes in between is shown by the next one."""
_MAX_LABEL: Final = 40
"""Columns of the longest name that is shown."""
_ERASE: Final = "\r\x1b[2K"
_UP: Final = "\x1b[1A\x1b[2K"


class LiveView:
    """Shows the states of the tasks while they change; whatever is printed goes above it.

    Args:
        lines: Prints the lines.
        style: How to write.
        stream: The terminal; None is stderr.
        now: Returns seconds of a clock that never goes back.
    """

    def __init__(
        self,
        lines: Lines,
        *,
        style: Style | None = None,
        stream: TextIO | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lines = lines
        self._style = style or Style()
        self._stream = stream or sys.stderr
        self._now = now
        self._states: dict[str, tuple[str, float]] = {}
        self._held: HeldJobs | None = None
        self._ended = 0
        self._drawn: list[str] = []
        # So that the first drawing never waits, even on a clock that begins at 0.
        self._drawn_at = -_PAUSE_S
        self._gone = False

    def __enter__(self) -> "LiveView":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._write(self._erased())

    def render(self, event: Event) -> None:
        """Take an event: a state is shown in the view, everything else is printed above it."""
        match event:
            case Waiting(tasks=tasks, held=held):
                self._held = held
                now = self._now()
                # It lists every task that is waited for, and replaces what single events have said.
                self._states = {each.label: (each.state, now - each.seconds) for each in tasks}
                self._draw()
                return
            case TaskChanged(label=label, status=status):
                self._states[label] = (status, self._now())
                self._draw()
                return
            case TaskStarted(label=label):
                self._states[label] = ("started", self._now())
            case Retried(label=label, attempt=attempt):
                self._states[label] = (f"waiting for attempt {attempt}", self._now())
            case TaskEnded(result=result):
                self._states.pop(result.label, None)
                self._ended += 1
            case Finished() | RunBegan():
                self._states.clear()
                self._held = None
            case _:
                pass
        # Lines go to stdout and stderr by themselves: the view makes way first and comes back after.
        self._write(self._erased())
        self._lines.render(event)
        self._draw()

    def _draw(self) -> None:
        """Draw the view anew, unless it was drawn a moment ago."""
        now = self._now()
        if self._gone or now < self._drawn_at + _PAUSE_S:
            return
        # Asked each time: a window that is resized sends no event to this thread.
        columns, lines = size_of(self._stream)
        # One column stays free: a terminal may wrap once its last column is written.
        rows = [clipped(each, columns - 1) for each in self._rows(now, columns, lines)]
        # Most draws change nothing; writing equal rows again would only flicker.
        if rows != self._drawn:
            erased = self._erased()
            self._drawn, self._drawn_at = rows, now
            self._write(erased + "\n".join(rows))

    def _erased(self) -> str:
        """Return what takes the view off the terminal, as wide as that is now; it is gone afterwards."""
        if not self._drawn:
            return ""
        columns = max(1, size_of(self._stream)[0])
        # A row that was drawn in a wider window wraps now: its columns by the width, rounded up.
        rows = sum(max(1, -(-columns_of(each) // columns)) for each in self._drawn)
        self._drawn = []
        return _ERASE + _UP * (rows - 1)

    def _write(self, text: str) -> None:
        """Write to the terminal; once it is gone the apply does without, for it has tasks to stop."""
        if not text or self._gone:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            drop_unwritten(self._stream)
            self._gone = True

    def _rows(self, now: float, columns: int, lines: int) -> Iterable[str]:
        """Return the states of now: a row for each task, or of many tasks a count; then what is held back."""
        held = held_jobs(self._held)
        yield from map(without_commands, self._state_rows(now, columns, lines - bool(held)))
        if held:
            yield without_commands(held)

    def _state_rows(self, now: float, columns: int, lines: int) -> Iterable[str]:
        states = self._states
        if not states:
            return
        if len(states) > min(MAX_ROWS, lines - 2):
            counts = Counter(status for status, _ in states.values()).most_common()
            ended = [f"{self._ended} ended"] if self._ended else []
            yield ", ".join([*ended, *(f"{count} {escaped(status)}" for status, count in counts)])
            return
        most = max(4, min(_MAX_LABEL, columns - 1 - max(len(status) for status, _ in states.values()) - 12))
        labels = {label: clipped(without_commands(escaped(label)), most) for label in states}
        width = max(columns_of(each) for each in labels.values())
        for label, (status, since) in states.items():
            yield f"{padded(labels[label], width)}  {escaped(status)}  {duration(float(int(now - since)))}"
