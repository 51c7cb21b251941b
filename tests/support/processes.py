"""`ecsplan` as a process, through the entry point that users start.

`start` and `run` fork the command from a server that has imported everything already (`fork_server`), which
saves each process its imports. From there on it is a process of its own: exit status, signals, pipes,
terminals, locks, environment and working folder are real.

`SCRIPT` is the command as it is installed. A test spawns it where what the test looks at comes before the
first line of `start`, or depends on what Python and the imports do:

- standard streams that are closed when the command begins, a locale, or a variable that Python itself reads;
- which modules a command loads, and an interrupt while it loads them;
- the command as a shell finds it on its path, and as the README shows it.

`test_many_manifests` and `test_start` run `python -c "…start()"`: their program changes something before the
first line of `start`, such as the number of cores, or looks at what the imports did.
"""

import atexit
import functools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from forked import ForkServer, Process

SCRIPT = Path(sys.executable).with_name("ecsplan")
"""The command as it is installed."""
START = "ecsplan_cli.start:start"
"""What `SCRIPT` calls."""
LIMIT_S = 120.0
"""Until a command that `run` waits for is killed."""
_PIPES = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)


@functools.cache
def _server() -> ForkServer:
    """Return the server of this process; like its children, it ends with it at the latest."""
    server = ForkServer("warm:command", path=[Path(__file__).parent])
    atexit.register(server.close)
    return server


def start(*arguments: str | bytes | Path, **options: Any) -> Process:
    """Start `ecsplan`; the options are those of `ForkServer.start`."""
    return _server().start(START, [str(SCRIPT), *map(os.fsdecode, arguments)], **options)


def run(*arguments: str | bytes | Path, text: str = "", **options: Any) -> "subprocess.CompletedProcess[str]":
    """Run `ecsplan` to its end, with pipes as its standard streams unless the options name others.

    Args:
        arguments: Its arguments.
        text: What it reads from standard input.
        options: As for `start`.

    Raises:
        subprocess.TimeoutExpired: It has been killed, as it has not ended within `LIMIT_S`.
    """
    process = start(*arguments, **(_PIPES | options))
    try:
        out, err = process.communicate(text.encode(), LIMIT_S)
    finally:
        process.close()
    return subprocess.CompletedProcess(process.args, process.wait(), out.decode(), err.decode())
