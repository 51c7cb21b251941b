"""Unmodified emulators of AWS, each in a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from environments import environment
from places import TESTS

PINS = TESTS / "emulators" / "constraints-ministack.txt"
START_LIMIT_S = 120.0
STARTS = 3
"""How often a server is started: another process may have taken the port that was free for it."""


@dataclass(frozen=True)
class Emulator:
    """An emulator that listens.

    Attributes:
        name: `moto` or `ministack`.
        url: Its address, for all services.
        reset: What empties it when it is posted to.
    """

    name: str
    url: str
    reset: str

    def empty(self) -> None:
        """Remove everything that was made in it."""
        request = urllib.request.Request(self.reset, method="POST")
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()


@dataclass(frozen=True)
class Program:
    """A server that can be started on any port.

    Attributes:
        command: Makes its command line, of a port.
        settings: Makes its environment variables, of a port.
        health: The path that it answers on once it serves.
    """

    command: Callable[[int], list[str]]
    settings: Callable[[int], dict[str, str]]
    health: str


@contextmanager
def serving(program: Program, log: Path) -> Iterator[str]:
    """Start a server, give its address once it answers, and stop it at the end with all that it started."""
    with ExitStack() as running:
        for _ in range(STARTS):
            port = free_port()
            url = f"http://127.0.0.1:{port}"
            process = running.enter_context(started(program, port, log))
            if answers(url + program.health, process):
                yield url
                return
        said = log.read_text("utf-8", "replace")
        raise AssertionError(f"{process.args!r} does not answer on {url}:\n{said}")


@contextmanager
def started(program: Program, port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a server on a port, and stop it at the end."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))}
    with log.open("wb") as output:
        process = subprocess.Popen(
            program.command(port),
            env={**kept, **program.settings(port)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=log.parent,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    """Wait until a server answers; return False where it has ended, or takes too long."""
    until = time.monotonic() + START_LIMIT_S
    while process.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                answer.read()
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
        else:
            return True
    return False


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@contextmanager
def moto(folder: Path) -> Iterator[Emulator]:
    program = Program(
        lambda port: [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        lambda _: {},
        "/moto-api/",
    )
    with serving(program, folder / "moto.log") as url:
        yield Emulator("moto", url, f"{url}/moto-api/reset")


@contextmanager
def ministack(folder: Path) -> Iterator[Emulator]:
    settings = {
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PERSIST_STATE": "0",
        "STATE_DIR": str(folder),
        "DOCKER_HOST": "unix:///nonexistent",
    }
    command = [str(environment("ministack", PINS) / "ministack")]
    program = Program(
        lambda _: command, lambda port: {**settings, "GATEWAY_PORT": str(port)}, "/_ministack/health"
    )
    with serving(program, folder / "ministack.log") as url:
        yield Emulator("ministack", url, f"{url}/_ministack/reset")
