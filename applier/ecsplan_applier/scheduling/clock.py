"""The time that the applier measures and sleeps by: the machine's, or a test's own."""

import time
from queue import Empty, SimpleQueue
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Clock(Protocol):
    """What the applier asks for the time, and what it sleeps on."""

    def now(self) -> float:
        """Return seconds since 1970, UTC: for comparing with AWS's timestamps."""
        ...

    def elapsed(self) -> float:
        """Return seconds from a fixed point, never going back: for pauses and limits."""
        ...

    # Any: a clock looks at nothing that it hands on, so one written for objects of any kind is one, too.
    def wait(self, mail: "SimpleQueue[Any]", seconds: float | None) -> Any:
        """Return the next thing from `mail`, or None after `seconds`; None waits without a limit."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> float:
        """Return seconds since 1970, UTC."""
        return time.time()

    def elapsed(self) -> float:
        """Return seconds of the machine's monotonic clock."""
        return time.monotonic()

    def wait(self, mail: "SimpleQueue[T]", seconds: float | None) -> T | None:
        """Return the next thing from `mail`, or None after `seconds`.

        A signal handler runs while this waits, and may put something into `mail` itself:
        SimpleQueue.put is reentrant (Python's queue documentation).
        """
        try:
            # A signal interrupts neither form: Python runs the handler and waits on, so that the handler's
            # own mail ends it.
            if seconds is None:
                return mail.get()
            return mail.get(timeout=max(0.0, seconds)) if seconds > 0 else mail.get_nowait()
        except Empty:
            return None
