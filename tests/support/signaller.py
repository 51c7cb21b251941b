"""Signals that a process gets at one of its calls, sent by the endpoint that it calls."""

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress

KNOWN_S = 60.0
"""How long a call waits at most until it is known which process has made it."""


class Signaller:
    """Sends signals to a process from hooks of an endpoint, which may run before `start` has returned it."""

    def __init__(self) -> None:
        self._known = threading.Event()
        self._pid = 0

    def is_for(self, pid: int) -> None:
        """Make known which process gets the signals."""
        self._pid = pid
        self._known.set()

    def sender(self, number: signal.Signals, *, after_s: float = 0.0) -> Callable[[object], None]:
        """Return a hook that sends a signal, at once or some seconds later."""

        def send(_: object) -> None:
            assert self._known.wait(KNOWN_S)
            if after_s:
                threading.Timer(after_s, self._send, [number]).start()
            else:
                self._send(number)

        return send

    def _send(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):  # it has ended meanwhile; the test says whether it may
            os.kill(self._pid, number)
