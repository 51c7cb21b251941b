"""The live view of an apply on a terminal: the states of its tasks, below the lines. The only rich."""

import time
from collections import Counter
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ecsplan_applier.events import Event, LogLines, TaskChanged, TaskEnded, TaskStarted
from ecsplan_cli.render_events import Lines, plain

MOST_ROWS = 12
"""Tasks that have a row of their own; of more only the number in each state is shown."""


class LiveView:
    """Shows the states of the tasks while they change; whatever is printed goes above it.

    Args:
        lines: Prints the lines.
    """

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._console = Console(stderr=True)
        self._live = Live(console=self._console, transient=True, refresh_per_second=4, redirect_stdout=False)
        self._states: dict[str, tuple[str, float]] = {}

    def __enter__(self) -> "LiveView":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def render(self, event: Event) -> None:
        """Take an event: a state is shown in the view, everything else is printed above it."""
        match event:
            case TaskStarted(label=label):
                self._states[label] = ("started", time.monotonic())
            case TaskEnded(result=result):
                self._states.pop(result.label, None)
            case TaskChanged(label=label, status=status):
                self._states[label] = (status, time.monotonic())
                self._show()
                return
            case _:
                pass
        # Lines go to stdout and stderr by themselves: the view makes room first and comes back after.
        self._live.stop()
        self._lines.render(event)
        if not isinstance(event, LogLines) or self._states:
            self._show()

    def _show(self) -> None:
        if not self._states:
            self._live.stop()
            return
        self._live.update(self._table())
        if not self._live.is_started:
            self._live.start()

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        now = time.monotonic()
        if len(self._states) > MOST_ROWS:
            for status, count in sorted(Counter(each for each, _ in self._states.values()).items()):
                table.add_row(Text(str(count)), Text(status))
            return table
        for label, (status, since) in self._states.items():
            table.add_row(Text(plain(label)), Text(status), Text(f"{now - since:.0f} s"))
        return table
