"""`--ledger` and `--ledger-keep` of an apply: what is refused, what is removed at the end, what warns."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from apply_stage import Command, Stage

Begin = Callable[..., Command]
MANIFEST = "image: alpine\n"
WELL = {"tasks": [{"timeline": [{"at": 0.1, "status": "STOPPED", "exitCode": 0}]}]}
DAY = 86_400.0
OLD = "123456789012/us-east-1/runs/long-ago/hello.json"


def aged(ledger: Path, days: float) -> Path:
    path = ledger / OLD
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    os.utime(path, (time.time() - days * DAY,) * 2)
    return path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["--ledger", "s3://"], "s3://BUCKET/PREFIX", id="no bucket"),
        pytest.param(["--ledger", "S3://my-bucket/x"], "s3://my-bucket/x", id="a scheme in capital letters"),
        pytest.param(
            ["--ledger", "https://my-bucket.s3.amazonaws.com/x"], "s3://my-bucket/x", id="an address"
        ),
        pytest.param(["--ledger", ""], "the name is empty", id="an empty name"),
        pytest.param(["--ledger-keep", "90"], "write one such as", id="a duration without a unit"),
        pytest.param(["--ledger-keep", "soon"], "write one such as", id="no duration"),
        pytest.param(["--ledger-keep", "-1d"], "write one such as", id="a negative duration"),
        pytest.param(["--ledger-keep", "0d"], "more than zero", id="no time at all"),
        pytest.param(["--ledger-keep", "9999999w"], "at most 100 years", id="too long"),
        pytest.param(["--ledger-keep", ""], "write one such as", id="an empty duration"),
    ],
)
def test_what_is_not_valid_is_a_usage_error(command: Begin, arguments: list[str], said: str) -> None:
    world = command(WELL)
    world.compile(MANIFEST)
    before = len(world.endpoint.calls())

    ended = world.run("apply", "plan.json", *arguments)

    assert ended.status == 2
    assert said in ended.err
    assert "Traceback" not in ended.err
    assert len(world.endpoint.calls()) == before


@pytest.mark.parametrize(
    ("arguments", "days", "stays"),
    [
        pytest.param([], 91, False, id="the default is 90 days"),
        pytest.param([], 89, True, id="younger than the default"),
        pytest.param(["--ledger-keep", "2w"], 15, False, id="two weeks"),
        pytest.param(["--ledger-keep", "1w6d"], 12, True, id="longer than that"),
    ],
)
def test_old_entries_are_removed_at_the_end(
    command: Begin, arguments: list[str], days: float, *, stays: bool
) -> None:
    world = command(WELL)
    world.compile(MANIFEST)
    path = aged(world.folder / "ledger", days)

    ended = world.run("apply", "plan.json", "--ledger", "ledger", *arguments)

    assert ended.status == 0
    assert path.exists() == stays
    assert path.parent.exists() == stays


def test_a_failure_to_remove_them_is_one_warning(stage: Callable[..., Stage]) -> None:
    world = stage(WELL)
    ledger = world.folder / "ledger"
    path = aged(ledger, 999)
    (ledger / ".swept").mkdir()

    played = world.apply(world.compile(MANIFEST), ledger=ledger, ledger_keep_s=90 * DAY)

    (warned,) = played.warned
    assert warned.startswith("old entries were not removed: the ledger ")
    assert warned.count("help:") == 1
    assert played.status == 0
    assert path.exists()


def test_without_a_time_everything_is_kept(stage: Callable[..., Stage]) -> None:
    world = stage(WELL)
    path = aged(world.folder / "ledger", 9999)

    world.apply(world.compile(MANIFEST), ledger=world.folder / "ledger")

    assert path.exists()
