"""The signals that a command acts on itself: they arrive at an object that the applier looks at."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ecsplan_applier.context import Interrupt

_NAMES: Final = {1: "SIGHUP", 2: "SIGINT", 15: "SIGTERM"}


def signal_name(number: int) -> str:
    """Return what a signal is called in messages."""
    return _NAMES.get(number, f"signal {number}")


@contextmanager
def signals() -> "Iterator[Interrupt]":
    """Give what SIGINT, SIGTERM and SIGHUP arrive at; once one has insisted, the next ends the process.

    A SIGHUP that is ignored stays so: that is how `nohup` has a command outlive its terminal.
    """
    from ecsplan_applier.context import Interrupt  # noqa: PLC0415 - only what talks to AWS loads the applier

    interrupt = Interrupt()
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    if before[signal.SIGHUP] is signal.SIG_IGN:
        del before[signal.SIGHUP]

    def arrived(number: int, frame: FrameType | None) -> None:
        del frame
        interrupt.send(number)
        if interrupt.insisted:
            signal.signal(number, signal.SIG_DFL)

    for each in before:
        signal.signal(each, arrived)
    try:
        yield interrupt
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
