"""What an interrupt does: end the command at once, or raise where there is something to clean up."""

import os
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

from ecsplan_cli.exits import INTERRUPTED


def interrupts_raise() -> None:
    """Have an interrupt raise KeyboardInterrupt: from here on there may be something to clean up."""
    hand_over(end_at_once, signal.default_int_handler)


def end_at_once(number: int, frame: FrameType | None) -> None:
    """End at once; an exception would pass through whatever is being imported, and be printed."""
    del number, frame
    os._exit(INTERRUPTED)


def hand_over(before: object, after: Callable[[int, FrameType | None], Any]) -> None:
    """Change what an interrupt does, unless somebody else has: a shell's `&` has it ignored."""
    if signal.getsignal(signal.SIGINT) is before:
        signal.signal(signal.SIGINT, after)
