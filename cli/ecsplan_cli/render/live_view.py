"""The live view of an apply on a terminal: the states of its tasks, below the lines. The only rich."""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ecsplan.terms.safe_text import escaped
from ecsplan_applier.outcomes.events import Event, TaskChanged, TaskEnded, TaskStarted
from ecsplan_cli.output import drop_unwritten
from ecsplan_cli.render.events import Lines

MAX_ROWS = 12
"""Tasks that have a row of their own; of more only the number in each state is shown."""


class LiveView:
    """Shows the states of the tasks while they change; whatever is printed goes above it.

    Args:
        lines: Prints the lines.
    """

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._console = Console(stderr=True)
        self._live: Live | None = None
        self._states: dict[str, tuple[str, float]] = {}
        self._gone = False

    def __enter__(self) -> "LiveView":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hide()

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
        self._hide()
        self._lines.render(event)
        self._show()

    def _show(self) -> None:
        if self._live is None and self._states and not self._gone:
            # A new one each time: one that starts again erases as many lines as it had shown before.
            self._live = Live(
                get_renderable=self._table, console=self._console, transient=True, refresh_per_second=4
            )
            with self._surviving():
                self._live.start(refresh=True)

    def _hide(self) -> None:
        if self._live is not None:
            with self._surviving():
                self._live.stop()
            self._live = None

    @contextmanager
    def _surviving(self) -> Iterator[None]:
        """Do without the view once the terminal is gone: the apply has tasks to stop."""
        try:
            yield
        except OSError:
            drop_unwritten(sys.stderr)
            self._gone = True

    def _table(self) -> Table:
        """Return the states of now; called from rich's own thread, too."""
        table = Table.grid(padding=(0, 2))
        now, states = time.monotonic(), tuple(self._states.items())
        if len(states) > MAX_ROWS:
            for status, count in sorted(Counter(status for _, (status, _) in states).items()):
                table.add_row(Text(str(count)), Text(escaped(status)))
            return table
        for label, (status, since) in states:
            table.add_row(Text(escaped(label)), Text(escaped(status)), Text(f"{now - since:.0f} s"))
        return table
