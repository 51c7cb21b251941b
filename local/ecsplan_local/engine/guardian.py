"""A small process that starts the processes of containers, and kills them all when the endpoint ends.

It runs as a separate script, imports nothing of the package and has one thread: `PR_SET_PDEATHSIG` fires
when the *thread* that forked ends, so only a single-threaded process can rely on it. Its first argument is
the socket to the endpoint; when that closes, for whatever reason, the guardian kills everything and ends.

Messages are JSON lines. In: `{"spawn": ID, "argv", "env", "cwd", "cleanup"}` with a file descriptor for the
output, `{"signal": ID, "number": N, "group": bool}`. Out: `{"started": ID}`, `{"failed": ID, "text"}`,
`{"exited": ID, "code": N}`, where a signal S is 128 + S.
"""

import contextlib
import ctypes
import json
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_MAX_DESCRIPTORS = 64
_CLEANUP_S = 10

_IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE)
"""Ctrl-C in the terminal is meant for the endpoint, which ends this process by closing the socket."""


def _prctl(option: int, value: int) -> None:
    """Call prctl on Linux; do nothing on other systems."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _before_exec() -> None:
    """Reset the ignored signals, which a child inherits, and have the child killed when this process ends."""
    for number in _IGNORED:
        signal.signal(number, signal.SIG_DFL)
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Guardian:
    """Starts processes for the endpoint at the other end of `channel`."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._children: dict[int, subprocess.Popen[bytes]] = {}
        self._cleanup: dict[int, list[str]] = {}
        self._pending = b""
        self._descriptors: list[int] = []

    def run(self) -> None:
        """Serve until the endpoint ends, then kill everything."""
        woken, waker = socket.socketpair()
        waker.setblocking(False)
        woken.setblocking(False)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        # Orphaned descendants become children of this process, so that none escapes by a double fork.
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)
        try:
            while True:
                ready, _, _ = select.select([self._channel, woken], [], [])
                if woken in ready:
                    with contextlib.suppress(BlockingIOError):
                        woken.recv(4096)
                    self._reap()
                if self._channel in ready and not self._receive():
                    break
        except (BrokenPipeError, ConnectionResetError):
            pass
        self._end()

    def _receive(self) -> bool:
        """Handle the messages received; return False when the endpoint has ended."""
        data, descriptors, _, _ = socket.recv_fds(self._channel, 65536, _MAX_DESCRIPTORS)
        if not data:
            return False
        self._descriptors += descriptors
        *lines, self._pending = (self._pending + data).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "spawn" in message:
                self._spawn(message, self._descriptors.pop(0))
            else:
                self._signal(message)
        return True

    def _spawn(self, message: dict[str, Any], output: int) -> None:
        number = message["spawn"]
        try:
            child = subprocess.Popen(  # noqa: S603 - running given commands is its purpose
                message["argv"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=message["cwd"],
                env=message["env"],
                start_new_session=True,
                preexec_fn=_before_exec,  # noqa: PLW1509 - safe: one thread
            )
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            self._send({"failed": number, "text": getattr(error, "strerror", None) or str(error)})
        else:
            self._children[number] = child
            if message["cleanup"]:
                self._cleanup[number] = message["cleanup"]
            self._send({"started": number})
        finally:
            os.close(output)

    def _signal(self, message: dict[str, Any]) -> None:
        child = self._children.get(message["signal"])
        if child is not None:
            send = os.killpg if message["group"] else os.kill
            # A command such as sudo runs as another user, and signals to it fail; other tasks must go on.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                send(child.pid, message["number"])

    def _reap(self) -> None:
        """Report the processes that have ended, after killing what they left running."""
        while (ended := _next_ended()) is not None:
            pid, status = ended
            number = next((each for each, child in self._children.items() if child.pid == pid), None)
            if number is not None:
                # A process that has not been reaped yet keeps its process group from being reused.
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(pid, signal.SIGKILL)
            if status is None:
                _, status = os.waitpid(pid, 0)
            if number is not None:
                code = os.waitstatus_to_exitcode(status)
                self._children.pop(number).returncode = code
                self._cleanup.pop(number, None)
                self._send({"exited": number, "code": code if code >= 0 else 128 - code})

    def _send(self, message: dict[str, Any]) -> None:
        self._channel.sendall(json.dumps(message).encode() + b"\n")

    def _end(self) -> None:
        """Kill everything: containers by their engine's command, processes by group, then all orphans."""
        for argv in self._cleanup.values():
            with contextlib.suppress(OSError, subprocess.SubprocessError):
                subprocess.run(argv, timeout=_CLEANUP_S, check=False)  # noqa: S603 - as above
        for child in self._children.values():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
        while _kill_children():
            with contextlib.suppress(ChildProcessError):
                os.waitpid(-1, 0)
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
        for child in self._children.values():
            child.returncode = -signal.SIGKILL


def _next_ended() -> tuple[int, int | None] | None:
    """Return a child that has ended and its status, which is None while it is not reaped; None without one.

    On macOS, Python has no waitid before 3.13 (documentation of `os.waitid`), so it is reaped at once.
    """
    try:
        if hasattr(os, "waitid"):
            found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            return None if found is None else (found.si_pid, None)
        pid, status = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return (pid, status) if pid else None


def _kill_children() -> bool:
    """Kill all children of this process; return whether there were any."""
    me, found = str(os.getpid()), False
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The second field is the command in parentheses, which may contain any characters.
            if path.read_text(errors="replace").rpartition(")")[2].split()[1] == me:
                os.kill(int(path.parent.name), signal.SIGKILL)
                found = True
    return found


def main() -> None:
    """Serve the endpoint at the socket given first; at the end, remove the directory given second."""
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    Guardian(socket.socket(fileno=int(sys.argv[1]))).run()
    import shutil  # noqa: PLC0415 - only needed once, at the end

    shutil.rmtree(sys.argv[2], ignore_errors=True)


if __name__ == "__main__":
    main()
