"""The Session Manager plugin: finding it, saying how to install it, and running it with a session.

It is AWS's own program, which the AWS CLI runs in the same way. Its exit status becomes ecsplan's.
"""

import os
import platform
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

from ecsplan.terms.records import dataclass

PROGRAM: Final = "session-manager-plugin"
RESPONSE_VARIABLE: Final = "AWS_SSM_START_SESSION_RESPONSE"
"""The environment variable that newer plugins take a session from: the arguments of a process can be read by
every user of the machine (aws/session-manager-plugin, session.go; aws/aws-cli,
customizations/sessionmanager.py)."""

_LAST_WITHOUT_VARIABLE: Final = (1, 2, 497, 0)
"""The last version that takes a session as an argument only (the same page of aws/aws-cli)."""
_VERSION: Final = re.compile(r"\d+(\.\d+){0,3}")
_ANSWERS_WITHIN_S: Final = 10.0
_DOWNLOADS: Final = "https://s3.amazonaws.com/session-manager-downloads/plugin/latest"
_PAGE: Final = (
    "https://docs.aws.amazon.com/systems-manager/latest/userguide/"
    "session-manager-working-with-install-plugin.html"
)
_TERMINAL_SIGNALS: Final = ("SIGINT", "SIGQUIT", "SIGTSTP")
"""What a terminal sends to ecsplan and to the plugin; the plugin passes them on to the container."""
_FORWARDED_SIGNALS: Final = ("SIGTERM", "SIGHUP")
"""What somebody else sends to ecsplan alone."""
_SIGNALLED: Final = 128


@dataclass(frozen=True, slots=True)
class Plugin:
    """The plugin as it is installed.

    Attributes:
        path: Its program.
        takes_variable: Whether it takes a session from the environment.
    """

    path: str
    takes_variable: bool


def find_plugin() -> Plugin | None:
    """Return the plugin, or None where there is none on the path that can be run."""
    path = shutil.which(PROGRAM)
    if path is None:
        return None
    try:
        said = subprocess.run(  # noqa: S603 - AWS's program, which the user has installed
            [path, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ANSWERS_WITHIN_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Plugin(path, takes_variable=False)
    except OSError:
        return None
    version = said.stdout.decode("utf-8", "replace").strip()
    return Plugin(path, takes_variable=_is_newer(version))


def _is_newer(version: str) -> bool:
    if not _VERSION.fullmatch(version):
        return False
    parts = tuple(int(each) for each in version.split("."))
    return (*parts, 0, 0, 0)[:4] > _LAST_WITHOUT_VARIABLE


def run_plugin(plugin: Plugin, secret: str, arguments: Sequence[str]) -> int:
    """Run the plugin until the session ends, and return its exit status.

    Args:
        plugin: The plugin.
        secret: The session with its token, as JSON.
        arguments: Its arguments after the first one, which is the session.
    """
    if plugin.takes_variable:
        return run_in_front([plugin.path, RESPONSE_VARIABLE, *arguments], {RESPONSE_VARIABLE: secret})
    return run_in_front([plugin.path, secret, *arguments])


def run_in_front(command: Sequence[str], environment: Mapping[str, str] | None = None) -> int:
    """Run a program with the terminal until it ends, and return its exit status.

    Signals are the program's: those of the terminal reach it anyway, others are passed on. A program that a
    signal has ended has 128 and its number, as in a shell.

    Raises:
        OSError: It cannot be started.
    """
    with _signals_left_to() as children:
        child = subprocess.Popen(  # noqa: S603 - the plugin, or an engine that the user has installed
            command, env=os.environ | dict(environment or {})
        )
        children.append(child)
        status = child.wait()
    return _SIGNALLED - status if status < 0 else status


@contextmanager
def _signals_left_to() -> "Iterator[list[subprocess.Popen[bytes]]]":
    """Give a list to put a child into, which signals are left to meanwhile."""
    children: list[subprocess.Popen[bytes]] = []

    def ignore(number: int, frame: FrameType | None) -> None:
        del number, frame

    def forward(number: int, frame: FrameType | None) -> None:
        del frame
        for child in children:
            child.send_signal(number)

    # Handlers, not SIG_IGN: a child would inherit that a signal is ignored. What is ignored already, as in a
    # job that a shell runs in the background, stays so.
    handlers = dict.fromkeys(_TERMINAL_SIGNALS, ignore) | dict.fromkeys(_FORWARDED_SIGNALS, forward)
    before = {}
    for name, handler in handlers.items():
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, handler)
    try:
        yield children
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def how_to_install() -> str:
    """Return what installs the plugin on this system: a command where there is one, and AWS's page."""
    command = _install_command(sys.platform, platform.machine(), _release())
    lines = [] if command is None else [command]
    return "\n".join((*(f"  {each}" for each in lines), f"  {_PAGE}"))


def _install_command(system: str, machine: str, release: str) -> str | None:
    """Return the command that installs the plugin, or None where there is none to name.

    The addresses are those of the Systems Manager user guide, install the Session Manager plugin.

    Args:
        system: `sys.platform`.
        machine: `platform.machine()`.
        release: The ids of the Linux distribution and of those that it is like, separated by blanks.
    """
    arm = machine in {"arm64", "aarch64"}
    distributions = set(release.split())
    if system == "darwin":
        return "brew install --cask session-manager-plugin"
    if system != "linux":
        return None
    if distributions & {"debian", "ubuntu"}:
        address = f"{_DOWNLOADS}/ubuntu_{'arm64' if arm else '64bit'}/{PROGRAM}.deb"
        return f"curl -fsSO {address} && sudo dpkg -i {PROGRAM}.deb"
    if distributions & {"rhel", "fedora", "centos", "amzn", "suse", "opensuse"}:
        return f"sudo yum install -y {_DOWNLOADS}/linux_{'arm64' if arm else '64bit'}/{PROGRAM}.rpm"
    if "alpine" in distributions:
        return "apk add aws-session-manager-plugin"
    return None


def _release() -> str:
    """Return the ids of this Linux distribution, or "" (freedesktop.org, os-release)."""
    try:
        text = Path("/etc/os-release").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return " ".join(re.findall(r"""^ID(?:_LIKE)?=["']?([^"'\n]*)""", text, re.MULTILINE))
