"""Where the command begins and ends: an interrupt ends it quietly, even while modules are imported.

Imports next to nothing, so that hardly any time passes before the first line of `start`.
"""

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from ecsplan_cli.exits import INTERRUPTED

_STANDARD_ERROR = 2
"""The number of the last standard stream; a file that is opened gets the lowest number that is free."""


def start() -> None:
    """Run the command as a process of its own, and exit with its status."""
    _occupy_standard_streams()
    _hand_over(signal.default_int_handler, _end)
    try:
        from ecsplan_cli.main import main  # noqa: PLC0415 - only from here on an interrupt is quiet

        main()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    finally:
        _hand_over(signal.default_int_handler, _end)


def interrupts_raise() -> None:
    """Have an interrupt raise KeyboardInterrupt: from here on there may be something to clean up."""
    _hand_over(_end, signal.default_int_handler)


def _occupy_standard_streams() -> None:
    """Give the numbers of closed standard streams away; a state file with number 2 would take messages in."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= _STANDARD_ERROR:
        pass
    os.close(number)


def _end(number: int, frame: FrameType | None) -> None:
    """End at once; an exception would pass through whatever is being imported, and be printed."""
    del number, frame
    os._exit(INTERRUPTED)


def _hand_over(before: object, after: Callable[[int, FrameType | None], Any]) -> None:
    """Change what an interrupt does, unless somebody else has: a shell's `&` has it ignored."""
    if signal.getsignal(signal.SIGINT) is before:
        signal.signal(signal.SIGINT, after)
