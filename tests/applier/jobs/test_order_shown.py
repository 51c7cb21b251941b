"""`ecsplan apply` of jobs in order, as a process: exit status, stderr, `--result` and `--events`."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from apply_stage import Command
from job_policies import life, ordered
from jsonschema import Draft202012Validator

from ecsplan.plan.plan import read_plan, write_plan
from ecsplan.schema.files import bundled_schema_text

Begin = Callable[..., Command]
RESULT = Draft202012Validator(json.loads(bundled_schema_text("result")))
EVENT = Draft202012Validator(json.loads(bundled_schema_text("events")))
AFTER = {"load": ["extract"], "report": ["load"]}


def prepared(begin: Begin, after: dict[str, Any], *failing: str) -> Command:
    """Return a command in a folder with plan.json, whose jobs start after others."""
    command = begin({"tasks": [life(each, seconds=0.2, exit_code=3) for each in failing]})
    command.compile(
        json.dumps({"jobs": {name: {"image": "alpine"} for name in ("extract", "load", "report")}})
    )
    path = command.folder / "plan.json"
    path.write_text(write_plan(ordered(read_plan(path.read_text("utf-8")), after)), "utf-8")
    return command


def test_skipped_jobs(command: Begin) -> None:
    apply = prepared(command, AFTER, "extract")

    ended = apply.run("apply", "plan.json", "--result", "result.json", "--events", "events.ndjson")

    assert ended.status == 1, ended.err
    assert "skipped: load and report (not started: extract failed)" in ended.err
    assert "1 of 3 tasks failed: extract; 2 of 3 tasks skipped: load and report." in ended.err
    assert ended.err.splitlines()[-1] == "  again:  ecsplan apply plan.json"
    result = json.loads((apply.folder / "result.json").read_text("utf-8"))
    RESULT.validate(result)
    tasks = {job["name"]: job["tasks"][0] for job in result["jobs"]}
    assert {name: each["outcome"] for name, each in tasks.items()} == {
        "extract": "failed",
        "load": "skipped",
        "report": "skipped",
    }
    assert tasks["report"]["reason"] == "not started: extract failed"
    assert (tasks["report"]["task_arn"], tasks["report"]["attempts"]) == (None, [])
    events = [json.loads(line) for line in (apply.folder / "events.ndjson").read_text("utf-8").splitlines()]
    for each in events:
        EVENT.validate(each)
    assert [each["job"] for each in events if each["event"] == "task ended"] == ["extract", "load", "report"]


@pytest.mark.parametrize(
    ("after", "options", "status", "words"),
    [
        pytest.param(AFTER, ["--only", "lood"], 2, "did you mean load?", id="no such job"),
        pytest.param(AFTER, ["--detach"], 2, "`after`", id="detached"),
        pytest.param({"load": ["load"]}, [], 123, "wait for each other", id="a cycle"),
        pytest.param({"load": ["other"]}, [], 123, "no such job", id="an unknown job"),
        pytest.param(
            {"load": ["load"]}, ["--only", "report"], 123, "wait for each other", id="a cycle elsewhere"
        ),
    ],
)
def test_refusals(command: Begin, after: dict[str, Any], options: list[str], status: int, words: str) -> None:
    apply = prepared(command, after)

    ended = apply.run("apply", "plan.json", *options)

    assert ended.status == status
    assert words in ended.err
    assert "Traceback" not in ended.err
    assert [each.operation for each in apply.endpoint.calls() if each.operation == "RunTask"] == []


def test_only_a_job_with_its_needs(command: Begin) -> None:
    apply = prepared(command, AFTER)

    ended = apply.run("apply", "plan.json", "--only", "+load")

    assert ended.status == 0, ended.err
    assert "report" not in ended.err
    started = [line for line in ended.err.splitlines() if "started task" in line]
    assert [line.partition(":")[0] for line in started] == ["extract", "load"]


def test_the_heartbeat_says_what_waits(command: Begin) -> None:
    apply = prepared(command, AFTER)
    apply.endpoint.set_faults({"tasks": [life("extract", seconds=1.5)]})

    ended = apply.run("apply", "plan.json", env={"ECSPLAN_HEARTBEAT_SECONDS": "0.3"})

    assert "; 2 jobs wait for extract" in ended.err
