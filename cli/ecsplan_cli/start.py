"""Where the command begins and ends: an interrupt ends it quietly, even while modules are imported.

Imports next to nothing, so that hardly any time passes before the first line of `start`.
"""

import gc
import os
import signal
import sys

from ecsplan_cli.exits import AWS_FAILED, INTERRUPTED
from ecsplan_cli.interrupts import end_at_once, hand_over

GARBAGE_THRESHOLDS = (100_000, 50)
"""When Python looks for cyclic garbage: after how many new objects it searches these, and after how many such
searches it searches what they have kept.

A command makes hardly any such garbage, and much that stays: modules, AWS's service models, plans. With
Python's 700, creating boto3's client takes a seventh longer, and a plan of ten thousand jobs a twelfth. With
Python's 10, the objects of such a plan are searched twice, and the second search takes longer than the first.
Garbage is found by the first: it is nearly always new.
"""
_STANDARD_ERROR = 2
"""The number of the last standard stream; a file that is opened gets the lowest number that is free."""


def start() -> None:
    """Run the command as a process of its own, and exit with its status."""
    _occupy_standard_streams()
    # Before the first import: modules are most of what a command makes, and none of them is garbage.
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    hand_over(signal.default_int_handler, end_at_once)
    try:
        from ecsplan_cli.main import main  # noqa: PLC0415 - only from here on an interrupt is quiet

        main()
    except ImportError as missing:
        # Here only of the first imports: `main` reports what happens within a command.
        from ecsplan_cli.crash import crash_report  # noqa: PLC0415 - hardly ever needed

        sys.stderr.write(f"{crash_report(missing)}\n")
        sys.exit(AWS_FAILED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    finally:
        hand_over(signal.default_int_handler, end_at_once)
        # The interpreter ends with a search for cyclic garbage among all that modules have made, which took a
        # fifth of the time of `compile --offline`. What is frozen is not searched, and the system frees it.
        gc.freeze()


def _occupy_standard_streams() -> None:
    """Give the numbers of closed standard streams away; a state file with number 2 would take messages in."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= _STANDARD_ERROR:
        pass
    os.close(number)
