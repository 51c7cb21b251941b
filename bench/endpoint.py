"""The endpoint that all contestants call: ecsplan's embedded ECS in a separate process."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from venvs import BENCH, clean_environment

_MAX_PUT = 5_000
"""Lines of one PutLogEvents call, which takes at most a mebibyte."""
LATENCY_S = 0.02
"""Seconds added to each call, about the latency of a call from within the region."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call that reached the endpoint, at `time`, seconds since 1970."""

    operation: str
    time: float
    region: str
    parameters: dict[str, Any]


def launching(calls: Sequence[Call], began: float, floor_s: float) -> str:
    """Return in words when the RunTask calls of a process came that began at a time."""
    times = [each.time for each in calls if each.operation == "RunTask"]
    lasted_s = max(times) - min(times)
    return (
        f"the first RunTask call comes {min(times) - began:.1f} s after the start of the process, the last "
        f"one {lasted_s:.1f} s after the first, which is {lasted_s / floor_s:.2f} x the floor."
    )


class Endpoint:
    """A running endpoint with AWS's published quotas and a fixed latency.

    Args:
        process: The process that serves it.
        home: An empty directory that serves as home directory of clients.
    """

    def __init__(self, process: "subprocess.Popen[str]", home: Path) -> None:
        self._process = process
        self.home = home
        self.url: str = self._answer()

    def environment(self, region: str) -> dict[str, str]:
        """Return the environment of a client; each region has its own tasks, definitions and quotas."""
        return clean_environment(
            self.home,
            {
                "AWS_ENDPOINT_URL": self.url,
                "AWS_ACCESS_KEY_ID": "bench",
                "AWS_SECRET_ACCESS_KEY": "bench",
                "AWS_REGION": region,
                "AWS_DEFAULT_REGION": region,
            },
        )

    def calls(self, region: str) -> list[Call]:
        """Return the calls to a region since the last `forget`."""
        return [Call(*each) for each in self._order({"do": "calls", "region": region})]

    def forget(self) -> None:
        """Delete the recorded calls."""
        self._order({"do": "forget"})

    def set_script(self, script: Mapping[str, object]) -> None:
        """Replace the fault script (docs/local.md)."""
        self._order({"do": "faults", "script": script})

    def ask(self, region: str, operation: str, request: Mapping[str, object]) -> Any:
        """Call an operation of ECS as a client does, and return the response."""
        headers = {
            "X-Amz-Target": f"AmazonEC2ContainerServiceV20141113.{operation}",
            "Content-Type": "application/x-amz-json-1.1",
        }
        return json.loads(self._post(region, "ecs", json.dumps(request), headers))

    def put_parameter(self, region: str, name: str, value: str) -> None:
        """Make a parameter of Systems Manager."""
        headers = {"X-Amz-Target": "AmazonSSM.PutParameter", "Content-Type": "application/x-amz-json-1.1"}
        self._post(region, "ssm", json.dumps({"Name": name, "Value": value, "Type": "String"}), headers)

    def put_log_events(self, region: str, group: str, stream: str, lines: Sequence[str]) -> None:
        """Add lines to a log stream that exists, a millisecond apart, from now on."""
        headers = {"X-Amz-Target": "Logs_20140328.PutLogEvents", "Content-Type": "application/x-amz-json-1.1"}
        began_ms = round(time.time() * 1000)
        for first in range(0, len(lines), _MAX_PUT):
            events = [
                {"timestamp": began_ms + first + number, "message": line}
                for number, line in enumerate(lines[first : first + _MAX_PUT])
            ]
            body = {"logGroupName": group, "logStreamName": stream, "logEvents": events}
            self._post(region, "logs", json.dumps(body), headers)

    def security_group(self, region: str) -> str:
        """Return the ID of the security group of the default VPC."""
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self._post(region, "ec2", "Action=DescribeSecurityGroups&Version=2016-11-15", form)
        first: str = re.findall(r"<groupId>(.*?)</groupId>", answer)[0]
        return first

    def _post(self, region: str, service: str, body: str, headers: Mapping[str, str]) -> str:
        """Return the response to a request; the endpoint only reads the region from its signature."""
        # No SDK, so that orders of the benchmark cost no processor time beside what is measured.
        scope = f"Credential=bench/20260101/{region}/{service}/aws4_request"
        signed = {"Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0", **headers}
        request = urllib.request.Request(self.url, body.encode(), signed)
        with urllib.request.urlopen(request, timeout=30) as answer:
            text: str = answer.read().decode()
        return text

    def _order(self, order: Mapping[str, object]) -> Any:
        if self._process.stdin is None:
            raise RuntimeError("the endpoint takes no orders")
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        # One line for each order, in the same order, so that no answer can be mistaken for another one.
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise RuntimeError("the endpoint has ended")
        return json.loads(line)


@contextmanager
def served(home: Path, script: Mapping[str, object], latency_s: float = LATENCY_S) -> Iterator[Endpoint]:
    """Serve an endpoint whose tasks follow the timelines of a script in real time."""
    command = [sys.executable, str(BENCH / "serve_endpoint.py"), f"--latency={latency_s}"]
    process = subprocess.Popen(
        [*command, "--script", json.dumps(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ.get("PATH", os.defpath)},
    )
    try:
        yield Endpoint(process, home)
    finally:
        # It ends at the end of its standard input.
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()
