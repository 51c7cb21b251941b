"""Unmodified emulators of AWS, each in a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from environments import environment
from places import TESTS

PINS = TESTS / "emulators" / "constraints-ministack.txt"
START_LIMIT_S = 60.0


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


@contextmanager
def started(command: list[str], settings: dict[str, str], url: str, health: str, log: Path) -> Iterator[None]:
    """Start a server, wait until it answers, and stop it at the end with all that it started."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env={**kept, **settings},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=log.parent,
            start_new_session=True,
        )
    try:
        wait_for(url + health, process, log)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_LIMIT_S
    while process.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                answer.read()
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"{process.args!r} does not answer on {url}:\n{log.read_text('utf-8', 'replace')}")


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@contextmanager
def moto(folder: Path) -> Iterator[Emulator]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with started(command, {}, url, "/moto-api/", folder / "moto.log"):
        yield Emulator("moto", url, f"{url}/moto-api/reset")


@contextmanager
def ministack(folder: Path) -> Iterator[Emulator]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PERSIST_STATE": "0",
        "STATE_DIR": str(folder),
        "DOCKER_HOST": "unix:///nonexistent",
    }
    command = [str(environment("ministack", PINS) / "ministack")]
    with started(command, settings, url, "/_ministack/health", folder / "ministack.log"):
        yield Emulator("ministack", url, f"{url}/_ministack/reset")
