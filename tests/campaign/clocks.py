"""Times that a test owns: one that processes share through a file, and the applier's view of it."""

import math
import mmap
import struct
import threading
from pathlib import Path
from queue import SimpleQueue

BEGIN_S = 1_800_000_000.0


class SharedTime:
    """The endpoint's clock; whoever has the file open sees and moves the same time."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(struct.pack("d", BEGIN_S))
        with path.open("r+b") as file:
            self._bytes = mmap.mmap(file.fileno(), 8)

    def now(self) -> float:
        return float(struct.unpack("d", self._bytes[:8])[0])

    def advance(self, seconds: float) -> None:
        self._bytes[:8] = struct.pack("d", self.now() + seconds)

    def called(self, operation: str) -> None:
        pass

    def close(self) -> None:
        self._bytes.close()


class JumpingClock:
    """The applier's clock: time moves only when somebody waits, and then at once.

    While a call is late, waiting takes real time until the call was executed: what an apply does meanwhile
    then really happens before that.

    Args:
        time: AWS's time.
        ahead_s: How far the machine's own clock is ahead of it.
        limit_s: How long an apply may go on from now; None is without limit.
    """

    def __init__(self, time: SharedTime, ahead_s: float = 0.0, limit_s: float | None = None) -> None:
        self.time = time
        self.ahead_s = ahead_s
        self._end = math.inf if limit_s is None else time.now() + limit_s
        self.late: threading.Event | None = None

    def now(self) -> float:
        return self.time.now() + self.ahead_s

    def elapsed(self) -> float:
        return self.time.now()

    def wait(self, mail: "SimpleQueue[object]", seconds: float | None) -> object:
        if not mail.empty():
            return mail.get_nowait()
        assert seconds is not None, "the apply waits for something that nobody will bring about"
        assert self.time.now() < self._end, "the apply comes to no end"
        if self.late is not None and not self.late.is_set():
            self.late.wait(seconds)
        self.time.advance(seconds)
        return None
