"""The embedded ECS as a process of its own: until it listens, its memory, and the time of a call."""

import http.client
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from results import Findings
from timing import FailedError, Spread, memory_mib
from venvs import clean_environment, ecsplan

_ROUNDS, _QUICK_ROUNDS = 7, 2
_CALLS = 200
_MAX_START_S, _MAX_MIB, _MAX_CALL_MS = 0.5, 40, 5
_CALL_HEADERS = {
    "X-Amz-Target": "AmazonEC2ContainerServiceV20141113.ListTaskDefinitions",
    "Content-Type": "application/x-amz-json-1.1",
    "Authorization": (
        "AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/ecs/aws4_request, "
        "SignedHeaders=host, Signature=0"
    ),
}


@dataclass(frozen=True, slots=True)
class Listening:
    """An embedded ECS that listens.

    Attributes:
        process: Its process.
        address: Host and port.
        after_s: Seconds from the start of its process to the line that says where it listens.
    """

    process: "subprocess.Popen[str]"
    address: str
    after_s: float


def measure(home: Path, *, quick: bool) -> Findings:
    """Return how soon `ecsplan local` listens, what it takes of memory, and how long a call takes."""
    starts, memory, calls = [], [], []
    for number in range(_QUICK_ROUNDS if quick else _ROUNDS):
        with _listening(clean_environment(home), home / f"state-{number}.sqlite3") as server:
            starts.append(server.after_s)
            calls.append(_call_ms(server.address))
            memory.append(memory_mib(server.process.pid))
    findings = Findings()
    for what, spread, unit, digits, limit in (
        ("`ecsplan local`: until it listens", Spread(tuple(starts)), "s", ".2f", _MAX_START_S),
        ("`ecsplan local`: memory", Spread(tuple(memory)), "MiB", ".0f", _MAX_MIB),
        ("`ecsplan local`: a call", Spread(tuple(calls)), "ms", ".1f", _MAX_CALL_MS),
    ):
        findings.at_most(
            what,
            f"{spread:{digits}} {unit}",
            ratio=spread.median,
            limit=limit,
            words=f"under {limit:g} {unit}",
        )
    return findings


@contextmanager
def _listening(env: Mapping[str, str], state: Path) -> Iterator[Listening]:
    command = [*ecsplan(), "local", "--runner", "process", "--state", str(state)]
    began = time.perf_counter()
    with subprocess.Popen(
        command, env=dict(env), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            said = ""
            for line in process.stdout or ():
                said += line
                if found := re.search(r"http://\S+", line):
                    after_s = time.perf_counter() - began
                    yield Listening(process, urlsplit(found[0]).netloc, after_s)
                    return
            raise FailedError(f"ecsplan local does not say where it listens: {said[-300:]}")
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(10)


def _call_ms(address: str) -> float:
    """Return the mean milliseconds of a call, over one connection."""
    connection = http.client.HTTPConnection(address, timeout=30)
    began = time.perf_counter()
    for _ in range(_CALLS):
        connection.request("POST", "/", "{}", _CALL_HEADERS)
        with connection.getresponse() as answer:
            if answer.status != 200 or not answer.read():
                raise FailedError(f"the call was answered with {answer.status}")
    took_ms = (time.perf_counter() - began) * 1000
    connection.close()
    return took_ms / _CALLS
