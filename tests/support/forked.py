"""Processes that are forked from a server, as `subprocess.Popen` gives those that are spawned."""

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from fork_server import LENGTH_BYTES

CLOSED = object()
"""A standard stream that is closed."""
_SERVER = Path(__file__).with_name("fork_server.py")
_END_S = 60.0
"""What the server takes at most to end."""
_READ_AT_START = ("PYTHON", "LC_", "LANG")
_STREAMS = ("stdin", "stdout", "stderr")


class Process:
    """A forked process; what `subprocess.Popen` has of the same name does the same."""

    def __init__(self, argv: Sequence[str], report: socket.socket, ours: Mapping[str, int | None]) -> None:
        self.args = argv
        self.returncode: int | None = None
        self._report = report
        self._lines = report.makefile("r", encoding="ascii")
        self.stdin: IO[bytes] | None = _opened(ours["stdin"], "wb")
        self.stdout: IO[bytes] | None = _opened(ours["stdout"], "rb")
        self.stderr: IO[bytes] | None = _opened(ours["stderr"], "rb")
        self.pid = int(self._lines.readline())

    def poll(self) -> int | None:
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        status = self._look(timeout)
        if status is None:
            assert timeout is not None
            raise subprocess.TimeoutExpired(list(self.args), timeout)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):  # reaped, and not reported yet
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self, data: bytes | None = None, timeout: float | None = None) -> tuple[bytes, bytes]:
        """Write to standard input, read the others to their ends, and wait for the process.

        Returns:
            What it wrote to stdout and stderr, as far as these are pipes.

        Raises:
            subprocess.TimeoutExpired: It has not ended in time; it still runs.
        """
        end = None if timeout is None else time.monotonic() + timeout
        found = self._exchange(data or b"", end)
        if found is None:
            assert timeout is not None
            raise subprocess.TimeoutExpired(list(self.args), timeout)
        self.wait(None if end is None else max(0.0, end - time.monotonic()))
        return found

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self.stdin, self.stdout, self.stderr):
            if each is not None:
                each.close()
        self.wait()

    def __del__(self) -> None:
        """Close what a test that failed has left open: the complaint would come in some other test."""
        for each in (self.stdin, self.stdout, self.stderr, self._lines, self._report):
            if each is not None:
                each.close()

    def close(self) -> None:
        """Kill it where it still runs, and close what is open."""
        self.kill()
        with self:
            pass

    def _look(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            self._report.settimeout(timeout)
            with selectors.DefaultSelector() as selector:
                selector.register(self._report, selectors.EVENT_READ)
                if selector.select(timeout):
                    self._report.settimeout(None)
                    line = self._lines.readline()
                    assert line, "the fork server has ended"
                    self.returncode = int(line)
                    self._lines.close()
                    self._report.close()
        return self.returncode

    def _exchange(self, data: bytes, end: float | None) -> tuple[bytes, bytes] | None:
        """Return what comes from both pipes until they end; None where that takes too long."""
        found: dict[IO[bytes], list[bytes]] = {each: [] for each in (self.stdout, self.stderr) if each}
        with selectors.DefaultSelector() as selector:
            for each in found:
                if not each.closed:
                    selector.register(each, selectors.EVENT_READ)
            if self.stdin is not None and not self.stdin.closed:
                os.set_blocking(self.stdin.fileno(), False)
                selector.register(self.stdin, selectors.EVENT_WRITE)
            while selector.get_map():
                ready = selector.select(None if end is None else end - time.monotonic())
                if not ready:
                    return None
                for key, _ in ready:
                    stream: Any = key.fileobj
                    if self.stdin is not None and stream is self.stdin:
                        data = _write_some(self.stdin, data)
                        more = bool(data)
                    else:
                        piece = os.read(stream.fileno(), 1 << 16)
                        found[stream].append(piece)
                        more = bool(piece)
                    if not more:
                        selector.unregister(stream)
                        stream.close()
        out, err = (b"".join(found[each]) if each else b"" for each in (self.stdout, self.stderr))
        return out, err


def _write_some(stream: IO[bytes], data: bytes) -> bytes:
    """Write what a pipe takes, and return the rest: none where nobody reads."""
    try:
        return data[os.write(stream.fileno(), data[: 1 << 16]) :] if data else b""
    except BrokenPipeError:
        return b""


def _opened(number: int | None, mode: str) -> IO[bytes] | None:
    return None if number is None else os.fdopen(number, mode)


class ForkServer:
    """Starts forks of one server.

    Args:
        prepare: `module:function` that the server calls before its first fork.
        arguments: What it calls it with.
        path: Folders that it finds modules in, besides what is installed.
    """

    def __init__(self, prepare: str, *arguments: str, path: Iterable[Path] = ()) -> None:
        self._orders, theirs = socket.socketpair()
        with theirs:
            self._server = subprocess.Popen(
                [sys.executable, str(_SERVER), str(theirs.fileno()), prepare, *arguments],
                env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, path))},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        assert self._orders.recv(1), "the fork server could not prepare"
        self._environment = dict(os.environ)

    def start(
        self,
        entry: str,
        argv: Sequence[str],
        *,
        cwd: str | Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: Any = None,
        stdout: Any = None,
        stderr: Any = None,
        ignored: Iterable[int] = (),
        terminal: bool = False,
    ) -> Process:
        """Start a process that calls `entry`, in a session of its own.

        Args:
            entry: `module:function`.
            argv: What it finds in `sys.argv`.
            cwd: Its working folder.
            env: Its environment. Python's own variables and the locale are those of the server.
            stdin: As `subprocess.Popen` takes it, or `CLOSED`; None is the null device.
            stdout: As `stdin`.
            stderr: As `stdin`; `subprocess.STDOUT`, too.
            ignored: Signals that it finds ignored.
            terminal: Whether its standard input is the terminal that controls it.
        """
        given = dict(os.environ if env is None else env)
        at_start = {name: value for name, value in given.items() if name.startswith(_READ_AT_START)}
        assert at_start.items() <= self._environment.items(), "Python reads these at its start: spawn SCRIPT"
        streams = [_Stream(*each) for each in zip(_STREAMS, (stdin, stdout, stderr), strict=True)]
        if stderr is subprocess.STDOUT:
            streams[2].theirs = streams[1].theirs
        ours, report = socket.socketpair()
        order = {
            "entry": entry,
            "argv": list(argv),
            "cwd": str(cwd or Path.cwd()),
            "env": given,
            "streams": [each.theirs is not None for each in streams],
            "ignored": list(ignored),
            "terminal": terminal,
        }
        text = json.dumps(order).encode()
        files = [report.fileno(), *(each.theirs for each in streams if each.theirs is not None)]
        socket.send_fds(self._orders, [len(text).to_bytes(LENGTH_BYTES, "big")], files)
        self._orders.sendall(text)
        report.close()
        for each in streams:
            each.close()
        return Process(argv, ours, {each.name: each.ours for each in streams})

    def close(self) -> None:
        """End the server, and with it all that it has started."""
        self._orders.close()
        self._server.wait(_END_S)


class _Stream:
    """A standard stream: their end, and ours where it is a pipe."""

    def __init__(self, name: str, given: Any) -> None:
        self.name = name
        self.ours: int | None = None
        self.theirs: int | None = None
        self._owned = True
        if given is subprocess.PIPE:
            reading, writing = os.pipe()
            self.theirs, self.ours = (reading, writing) if name == "stdin" else (writing, reading)
        elif given is None or given is subprocess.DEVNULL:
            self.theirs = os.open(os.devnull, os.O_RDWR)
        elif given is not CLOSED and given is not subprocess.STDOUT:
            self.theirs, self._owned = given if isinstance(given, int) else given.fileno(), False
        else:
            self._owned = False

    def close(self) -> None:
        if self._owned and self.theirs is not None:
            os.close(self.theirs)
