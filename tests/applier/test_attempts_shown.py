"""Attempts as `ecsplan apply` shows and writes them, and what it ends with."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from apply_stage import LOGGING, Command
from jsonschema import Draft202012Validator
from places import ROOT
from referencing import Registry, Resource

from ecsplan.plan.plan import read_plan, write_plan
from ecsplan.terms.run_policy import Retry, RunPolicy

Begin = Callable[..., Command]

RETRY = Retry(3, frozenset({"start", "interruption"}), written=True)
SPOT = [
    {"at": 0.1, "status": "RUNNING", "log": "one"},
    {"at": 0.4, "status": "STOPPED", "exitCode": 143, "stopCode": "SpotInterruption"},
]


def done(code: int) -> list[dict[str, Any]]:
    return [
        {"at": 0.1, "status": "RUNNING", "log": "two"},
        {"at": 0.4, "status": "STOPPED", "exitCode": code},
    ]


def apply(here: Command, *lives: object, **policy: Any) -> tuple[int, str, str]:
    """Apply a job of which each task lives by the next of these, with this policy in its plan."""
    here.compile(LOGGING)
    file = here.folder / "plan.json"
    plan = read_plan(file.read_text("utf-8"))
    jobs = (replace(each, policy=RunPolicy(**policy)) for each in plan.jobs)
    file.write_text(write_plan(replace(plan, jobs=tuple(jobs))), encoding="utf-8")
    tasks = [{"copy": number, "timeline": each} for number, each in enumerate(lives, start=1)]
    here.endpoint.set_faults({"tasks": tasks})
    ended = here.run("apply", "plan.json", "--result", "result.json", "--events", "events.ndjson")
    return ended.status, ended.out, ended.err


def written(here: Command) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the result and the events, which are what their schemas say."""
    result = json.loads((here.folder / "result.json").read_text("utf-8"))
    lines = (here.folder / "events.ndjson").read_text("utf-8").splitlines()
    events = [json.loads(each) for each in lines]
    schemas = {
        name: json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text("utf-8"))
        for name in ("result", "events")
    }
    registry: Registry[Any] = Registry().with_resource(
        "result.schema.json", Resource.from_contents(schemas["result"])
    )
    assert list(Draft202012Validator(schemas["result"]).iter_errors(result)) == []
    validator = Draft202012Validator(schemas["events"], registry=registry)
    assert [each.message for event in events for each in validator.iter_errors(event)] == []
    return result, events


def test_a_task_that_is_tried_again(command: Begin) -> None:
    here = command()

    status, out, err = apply(here, SPOT, done(0), retry=RETRY)

    assert (status, out.splitlines()) == (0, ["one", "two"])
    said = [each for each in err.splitlines() if "attempt" in each]
    assert said[0].startswith("hello: attempt 2 of 3 in ")
    assert said[0].endswith(" s: SpotInterruption")
    assert said[1].startswith("hello: started task ")
    assert said[1].endswith(" (attempt 2)")
    assert said[2].endswith("  attempt 2")
    assert said[3].startswith("  attempt 1: SpotInterruption, task ")
    assert len(said) == 4
    result, events = written(here)
    (task,) = result["jobs"][0]["tasks"]
    first, last = task["attempts"]
    assert (first["attempt"], first["outcome"], first["exit_code"]) == (1, "interrupted by AWS", 143)
    assert {name: task[name] for name in last if name != "attempt"} == {
        name: each for name, each in last.items() if name != "attempt"
    }
    ends = [each for each in events if each["event"] in {"task ended", "retry"}]
    assert [(each["event"], each["attempt"], each.get("final")) for each in ends] == [
        ("task ended", 1, False),
        ("retry", 2, None),
        ("task ended", 2, True),
    ]
    assert [each["attempt"] for each in events if each["event"] == "log lines"] == [1, 2]


@pytest.mark.parametrize(
    ("code", "succeed_on", "status"),
    [
        pytest.param(3, (0, 3), 0, id="accepted"),
        pytest.param(4, (0, 3), 4, id="not accepted"),
        pytest.param(0, (3,), 1, id="0 is no success"),
    ],
)
def test_accepted_codes(command: Begin, code: int, succeed_on: tuple[int, ...], status: int) -> None:
    here = command()

    ended = apply(here, done(code), succeed_on=succeed_on)

    assert ended[0] == status, ended[2]
    assert written(here)[0]["exit_status"] == status


def test_a_last_failure_is_explained_by_the_last_attempt(command: Begin) -> None:
    here = command()

    status, _, err = apply(here, SPOT, done(7), retry=RETRY)

    assert status == 7
    lines = err.splitlines()
    start = next(n for n, each in enumerate(lines) if "hello exited with 7" in each)
    assert lines[start + 1].startswith("  attempt 1: SpotInterruption, task ")
    assert lines[start + 2 : start + 3] == ["    two"]
