"""The engine's event loop: starts processes through the guardian, reads their output, and runs timers.

All callbacks run in this one thread, so the state of tasks needs no locks.
"""

import array
import collections
import contextlib
import heapq
import itertools
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ecsplan_local.engine import guardian

_DRAIN_S = 1.0
"""How long to wait for output after a process has ended: an escaped descendant may keep the pipe open."""

_READ_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Launch:
    """A process to start.

    Args:
        argv: Program and arguments; the program is looked up in the PATH of `env`.
        env: The complete environment.
        cwd: Working directory; None means the guardian's.
        cleanup: The command to run if the endpoint dies first; empty for none.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path | None = None
    cleanup: tuple[str, ...] = ()


@dataclass(slots=True)
class Process:
    """A requested process and its callbacks, which run in the engine's thread.

    Args:
        number: Identifies it between the loop and the guardian.
        output: Called with each piece of its output.
        started: Called when it is running.
        failed: Called with the reason when it could not be started.
        ended: Called with its exit code after all its output, last.
    """

    number: int
    output: Callable[[bytes], None]
    started: Callable[[], None]
    failed: Callable[[str], None]
    ended: Callable[[int], None]
    pipe: int | None = field(default=None)
    code: int | None = field(default=None)


def _nothing() -> None:
    return None


class Loop:
    """A thread that runs callbacks: posted ones, timers, and those of processes."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._posted: collections.deque[Callable[[], None]] = collections.deque()
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count(1)
        self._processes: dict[int, Process] = {}
        self._channel: socket.socket | None = None
        self._guardian: subprocess.Popen[bytes] | None = None
        self._pending = b""
        self._ending = False
        self._selector.register(self._woken, selectors.EVENT_READ, self._drain_wakes)
        self.folder = Path(tempfile.mkdtemp(prefix="ecsplan-local-"))
        self._thread = threading.Thread(target=self._run, name="ecsplan-local-engine", daemon=True)
        self._thread.start()

    def post(self, action: Callable[[], None]) -> None:
        """Run `action` in the thread; may be called from any thread."""
        # Appended before the wake-up, so that the thread cannot go back to sleep without seeing it. If the
        # socket
        # is full, earlier wake-ups are still unread, and one is enough.
        self._posted.append(action)
        with contextlib.suppress(OSError):
            self._waker.send(b"x")

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Run `action` after a delay; may only be called in the thread."""
        # The number breaks ties in the order of calls; functions cannot be compared.
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._numbers), action))

    def spawn(
        self,
        launch: Launch,
        *,
        ended: Callable[[int], None],
        failed: Callable[[str], None],
        output: Callable[[bytes], None] = lambda _: None,
        started: Callable[[], None] = _nothing,
    ) -> Process:
        """Start a process; may only be called in the thread.

        Raises:
            OSError: The guardian cannot be started.
        """
        process = Process(next(self._numbers), output, started, failed, ended)
        try:
            read, write = os.pipe()
        except OSError as error:
            # Posted rather than called: the caller does not expect a callback before this returns.
            why = str(error.strerror)
            self.post(lambda: failed(why))
            return process
        process.pipe = read
        os.set_blocking(read, False)
        self._processes[process.number] = process
        self._selector.register(read, selectors.EVENT_READ, lambda: self._read(process))
        message = {
            "spawn": process.number,
            "argv": launch.argv,
            "env": dict(launch.env),
            "cwd": str(launch.cwd) if launch.cwd else None,
            "cleanup": launch.cleanup,
        }
        try:
            self._send(message, (write,))
        except OSError:
            del self._processes[process.number]
            self._close_pipe(process)
            raise
        finally:
            # The guardian has a copy. The pipe ends when the last copy of this end is closed.
            os.close(write)
        return process

    def send_signal(self, process: Process, number: signal.Signals, *, group: bool) -> None:
        """Signal a process, or its whole process group."""
        if process.number in self._processes and process.code is None:
            self._send({"signal": process.number, "number": int(number), "group": group})

    def close(self) -> None:
        """End the thread and the guardian, which kills everything that is still running."""
        self.post(self._stop)
        self._thread.join()

    def _stop(self) -> None:
        self._ending = True

    def _send(self, message: dict[str, object], descriptors: Sequence[int] = ()) -> None:
        channel = self._channel or self._start_guardian()
        data = json.dumps(message).encode() + b"\n"
        rights = (
            [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
        )
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            # The descriptors travel with the first bytes, even if the message itself is sent in parts.
            sent = channel.sendmsg([data], rights)
            channel.sendall(data[sent:])

    def _start_guardian(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        argv = [sys.executable, "-I", "-S", guardian.__file__, str(theirs.fileno()), str(self.folder)]
        with contextlib.ExitStack() as unused, theirs:
            unused.enter_context(ours)
            self._guardian = subprocess.Popen(  # noqa: S603 - our own program
                argv,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            unused.pop_all()
        self._channel = ours
        self._selector.register(ours, selectors.EVENT_READ, self._listen)
        return ours

    def _run(self) -> None:
        while not self._ending:
            for key, _ in self._selector.select(self._idle_s()):
                key.data()
            # One at a time, reading from the guardian in between: if both sides only wrote while hundreds of
            # tasks start, their buffers would fill up and both would block forever.
            if self._posted:
                self._posted.popleft()()
            while self._timers and self._timers[0][0] <= time.monotonic():
                heapq.heappop(self._timers)[2]()
        self._release()

    def _idle_s(self) -> float | None:
        """Return how long nothing is due, or None if nothing is scheduled."""
        if self._posted:
            return 0.0
        return max(0.0, self._timers[0][0] - time.monotonic()) if self._timers else None

    def _release(self) -> None:
        for process in self._processes.values():
            if process.pipe is not None:
                os.close(process.pipe)
        if self._channel is not None:
            self._channel.close()
        # The guardian removes the folder itself, after it has killed what still uses it.
        if self._guardian is not None:
            self._guardian.wait()
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
        self._selector.close()
        self._woken.close()
        self._waker.close()

    def _drain_wakes(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._woken.recv(4096)

    def _listen(self) -> None:
        """Handle the guardian's messages; if the guardian is gone, its processes are dead."""
        data = self._channel.recv(_READ_BYTES) if self._channel else b""
        if not data:
            self._lose_guardian()
            return
        # The last line may be incomplete; it waits for the rest.
        *lines, self._pending = (self._pending + data).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "started" in message:
                self._processes[message["started"]].started()
            elif "failed" in message:
                process = self._processes.pop(message["failed"])
                self._close_pipe(process)
                process.failed(message["text"])
            else:
                self._exited(self._processes[message["exited"]], message["code"])

    def _lose_guardian(self) -> None:
        if self._channel is not None:
            self._selector.unregister(self._channel)
            self._channel.close()
        self._channel, self._pending = None, b""
        for process in list(self._processes.values()):
            # PR_SET_PDEATHSIG has killed them with SIGKILL.
            if process.code is None:
                self._exited(process, 128 + signal.SIGKILL)

    def _exited(self, process: Process, code: int) -> None:
        process.code = code
        # An end is reported after all output: at the end of the pipe, or after a while at the latest.
        if process.pipe is None:
            self._finish(process)
        else:
            self.after(_DRAIN_S, lambda: self._finish(process))

    def _read(self, process: Process) -> None:
        if process.pipe is None:
            return
        try:
            data = os.read(process.pipe, _READ_BYTES)
        except BlockingIOError:
            return
        if data:
            process.output(data)
            return
        self._close_pipe(process)
        if process.code is not None:
            self._finish(process)

    def _close_pipe(self, process: Process) -> None:
        if process.pipe is not None:
            self._selector.unregister(process.pipe)
            os.close(process.pipe)
            process.pipe = None

    def _finish(self, process: Process) -> None:
        """Report the end of a process, once."""
        if self._processes.pop(process.number, None) is not None and process.code is not None:
            self._close_pipe(process)
            process.ended(process.code)
