"""Fixtures of the endpoint's tests: boto3 clients and raw requests that know nothing of ecsplan."""

import http.client
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.config import Config
from local_tasks import Tasks

from ecsplan_local import Endpoint, serve

SERVE = """
import sys
from pathlib import Path
from ecsplan_local import serve
endpoint = serve(state=Path(sys.argv[1]), runner=sys.argv[2])
print(endpoint.url, flush=True)
sys.stdin.read()
"""

NO_RETRIES = Config(retries={"total_max_attempts": 1}, read_timeout=30)


@pytest.fixture
def client() -> Iterator[Callable[..., Any]]:
    """Return a function that makes a client of a service for an endpoint; closed at the end."""
    made: list[Any] = []

    def make(endpoint: Endpoint, service: str = "ecs", **options: Any) -> Any:
        settings = {
            "region_name": "us-east-1",
            "aws_access_key_id": "local",
            "aws_secret_access_key": "local",
            "config": NO_RETRIES,
        }
        made.append(boto3.client(service, endpoint_url=endpoint.url, **settings | options))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def start() -> Iterator[Callable[..., Endpoint]]:
    """Return `serve`, whose endpoints are closed at the end."""
    started: list[Endpoint] = []

    def begin(**options: Any) -> Endpoint:
        started.append(serve(**{"runner": "scripted"} | options))
        return started[-1]

    yield begin
    for each in started:
        each.close()


@pytest.fixture
def post() -> Callable[..., tuple[int, Any]]:
    """Return a function that posts a body as AWS's JSON services take it; gives status and parsed answer."""

    def send(endpoint: Endpoint, target: str, body: bytes = b"{}", **headers: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection(endpoint.url.removeprefix("http://"), timeout=30)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("POST", "/", body, {"X-Amz-Target": target} | given)
        response = connection.getresponse()
        data = response.read()
        connection.close()
        return response.status, json.loads(data or b"null")

    return send


@pytest.fixture
def tasks(start: Callable[..., Endpoint], client: Callable[..., Any]) -> Callable[..., Tasks]:
    """Return a function that starts an endpoint with a runner, by default `process`, and gives its view."""

    def begin(**options: Any) -> Tasks:
        endpoint = start(**{"runner": "process"} | options)
        return Tasks(client(endpoint), client(endpoint, "ec2"), client(endpoint, "logs"))

    return begin


@pytest.fixture
def other(client: Callable[..., Any]) -> Iterator[Callable[..., tuple[subprocess.Popen[str], Tasks]]]:
    """Return a function that starts an endpoint in a process of its own; killed at the end."""
    started: list[subprocess.Popen[str]] = []

    def begin(state: Path, runner: str = "process") -> tuple[subprocess.Popen[str], Tasks]:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(state), runner],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        endpoint = SimpleNamespace(url=process.stdout.readline().strip())
        return process, Tasks(client(endpoint), client(endpoint, "ec2"), client(endpoint, "logs"))

    yield begin
    for process in started:
        process.kill()
        process.communicate()
