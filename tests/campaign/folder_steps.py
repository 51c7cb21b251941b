"""Each step that is made in a ledger's folder: seen before it is made, refused, or the last one of a process.

Python reports to an audit hook what it is about to do with a file, and does not do it where the hook raises.
"""

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from campaign.disturbing import Moment

_PATHS = {
    "open": 0,
    "os.link": 1,
    "os.listdir": 0,
    "os.mkdir": 0,
    "os.remove": 0,
    "os.rename": 1,
    "os.scandir": 0,
}
"""The events that name a file, and which of their arguments does: of a new name, the new one."""
_MOVES: dict[str, Callable[[Any, Any], None]] = {"os.rename": os.replace, "os.link": os.link}


@dataclass(frozen=True)
class Step:
    """What is about to be done below a folder: the event, and its arguments."""

    event: str
    arguments: tuple[Any, ...]

    def carry_out(self) -> None:
        """Do it now, where that makes a difference: give a file its new name."""
        if self.event in _MOVES:
            _MOVES[self.event](*self.arguments[:2])


class _Hook:
    """The one hook of this process: an audit hook cannot be taken away."""

    def __init__(self) -> None:
        self.folder = ""
        self.see: Callable[[Step], None] | None = None
        self._installed = False

    def install(self) -> None:
        if not self._installed:
            sys.addaudithook(self._audit)
            self._installed = True

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.see is None or event not in _PATHS:
            return
        path = arguments[_PATHS[event]]
        if isinstance(path, (str, os.PathLike)) and os.fspath(path).startswith(self.folder):
            see, self.see = self.see, None
            try:
                see(Step(event, arguments))
            finally:
                self.see = see


_HOOK = _Hook()


@contextmanager
def watched(folder: Path, see: Callable[[Step], None]) -> Iterator[None]:
    """Have `see` called before each step below a folder; what it raises is raised where the step is made."""
    _HOOK.install()
    _HOOK.folder, _HOOK.see = os.fspath(folder), see
    try:
        yield
    finally:
        _HOOK.see = None


def killing(moment: Moment) -> Callable[[Step], None]:
    """Return what kills the process at a moment that counts the steps as well, but for folders that are made.

    After a step that gives a file its name, the process is gone before anybody hears of it; after any other,
    nothing has happened that could be seen before the next one.
    """

    def see(step: Step) -> None:
        if step.event == "os.mkdir":
            return
        moment.begin(step.event)
        if moment.is_last:
            step.carry_out()
        moment.end()

    return see


@dataclass
class Refusing:
    """Refuses one step, as a file system does.

    Attributes:
        number: Which step, from 1; 0 is none.
        error: The error that it is refused with.
        after: Whether the step is made first, and only its answer is an error, as over a network.
        lasting: Whether every later step is refused as well.
        steps: How many steps were made.
    """

    number: int = 0
    error: int = errno.EIO
    after: bool = False
    lasting: bool = False
    steps: int = 0

    def __call__(self, step: Step) -> None:
        """See a step.

        Raises:
            OSError: It is the one.
        """
        self.steps += 1
        if self.number and (self.steps == self.number or (self.lasting and self.steps > self.number)):
            if self.after and self.steps == self.number:
                step.carry_out()
            raise OSError(self.error, os.strerror(self.error), os.fspath(step.arguments[_PATHS[step.event]]))
