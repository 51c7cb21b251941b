"""Processes in real time, with calls in threads, get corrupted answers: no traceback, nothing twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from apply_stage import Command, Ended
from campaign.aftermath import STATUSES
from campaign.corruptions import CORRUPTIONS, GENERAL, Corruption
from campaign.proxy import Order, Proxy
from campaign.sample import seeded
from campaign.scenarios import LINES
from campaign.transcript import names
from campaign.world import look_at

from ecsplan_local import Endpoint, serve

MANIFEST = (
    "image: alpine\nconfigure_cloudwatch_logs: true\ntask_watch_poll_interval: 0.5\n"
    "execution_role_arn: arn:aws:iam::000000000000:role/execution\n"
)
LIFE = [
    {"at": 0.5, "status": "RUNNING", "log": list(LINES)},
    {"at": 2.0, "status": "STOPPED", "exitCode": 3},
]
OPERATIONS = ("RegisterTaskDefinition", "RunTask", "DescribeTasks", "GetLogEvents")
NEVER_FINAL = frozenset({"DescribeTasks", "GetLogEvents"})
DEEP = next(each for each in CORRUPTIONS if each.name == "JSON nested deep")
EACH = 2
"""Corrupted answers of each operation; the first of them is one that raises what no parser documents."""


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with serve(runner="scripted", faults={"tasks": [{"timeline": LIFE}]}, record=True) as made:
        yield made


@pytest.fixture
def proxy(endpoint: Endpoint) -> Iterator[Proxy]:
    made = Proxy(endpoint, endpoint.clock.now)
    yield made
    made.close()


@pytest.mark.parametrize("number", range(EACH))
@pytest.mark.parametrize("operation", OPERATIONS)
def test_process_with_a_corrupted_answer(
    endpoint: Endpoint, proxy: Proxy, tmp_path: Path, operation: str, number: int
) -> None:
    draw = seeded("processes", operation, number)
    corruption: Corruption = draw.choice(GENERAL) if number else DEEP
    which = draw.choice((1, 2)) if operation in NEVER_FINAL else 1
    proxy.reset(Order(corruption, operation, which, draw.choice(corruption.effects)))
    command = Command(endpoint, tmp_path)
    command.compile(MANIFEST)
    command.env["AWS_ENDPOINT_URL"] = proxy.url

    first = command.run("apply", "plan.json", "--run-id", "corrupted")

    assert proxy.corrupted
    running = look_at(endpoint, "hello").running
    if first.status != 3:
        assert operation not in NEVER_FINAL, first.err
        assert first.status in STATUSES, first.err
        assert [each for each in running if not names(first.err, each)] == [], first.err
        assert "ecsplan apply plan.json --run-id corrupted" in first.err
        proxy.reset()
        judge(first)
    last = first if first.status == 3 else command.run("apply", "plan.json", "--run-id", "corrupted")
    judge(last)
    found = look_at(endpoint, "hello")
    assert last.status == 3, last.err
    assert last.out.splitlines() == list(LINES), last.err
    assert len(found.tasks) == 1
    assert found.active == (1,)


def judge(ended: Ended) -> None:
    """Check what holds for every process, however it ended."""
    assert "Traceback" not in ended.err
    assert [line for line in ended.out.splitlines() if line not in LINES] == []
