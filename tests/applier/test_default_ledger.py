"""The ledger of an apply that names none: a folder in the state home, and one of its own for --local."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from apply_stage import Command

Begin = Callable[..., Command]
ENDING = {
    "tasks": [
        {"timeline": [{"at": 0.1, "status": "RUNNING"}, {"at": 0.2, "status": "STOPPED", "exitCode": 3}]}
    ]
}
ECHO = "image: alpine\ncommand: [sh, -c, 'exit 3']\n"
PLACES: dict[str, tuple[list[str], dict[str, str], str]] = {
    "none is named": ([], {}, "state/ecsplan/ledger"),
    "an option": (["--ledger", "kept"], {}, "kept"),
    "a variable": ([], {"ECSPLAN_LEDGER": "kept"}, "kept"),
    "an option before a variable": (["--ledger", "kept"], {"ECSPLAN_LEDGER": "other"}, "kept"),
}
LOCAL: dict[str, tuple[list[str], str]] = {
    "the embedded ECS": ([], "state/ecsplan/local.ledger"),
    "another state": (["--state", "mine.sqlite3"], "mine.ledger"),
    "a ledger that is named": (["--ledger", "kept"], "kept"),
}


def entries(folder: Path) -> list[str]:
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("runs/*/*.json"))


@pytest.mark.parametrize("place", PLACES)
def test_where_a_run_is_recorded(command: Begin, place: str) -> None:
    options, env, folder = PLACES[place]
    here = command(ENDING)
    here.compile("image: alpine\n")

    ended = here.run("apply", "plan.json", "--run-id", "r", *options, env=env)

    assert (ended.status, entries(here.folder)) == (3, [f"{folder}/000000000000/us-east-1/runs/r/hello.json"])
    entry = json.loads((here.folder / entries(here.folder)[0]).read_text("utf-8"))
    assert entry["copies"][0]["result"]["exit_code"] == 3


@pytest.mark.parametrize("place", LOCAL)
def test_where_a_run_of_the_embedded_ecs_is_recorded(command: Begin, place: str) -> None:
    options, folder = LOCAL[place]
    here = command()
    here.write("job.yaml", ECHO)
    state = [*options] if "--state" in options else []
    local = ["--local", "--runner", "process"]
    made = here.run("compile", "job.yaml", "-o", "plan.json", *local, *state)

    ended = here.run("apply", "plan.json", "--run-id", "r", *local, *options)

    assert (made.status, ended.status) == (0, 3), (made, ended)
    assert entries(here.folder) == [f"{folder}/000000000000/us-east-1/runs/r/job.json"]


def test_a_default_ledger_that_cannot_be_used_is_said_before_anything_is_started(command: Begin) -> None:
    here = command(ENDING)
    here.compile("image: alpine\n")
    (here.folder / "state" / "ecsplan").mkdir(parents=True, exist_ok=True)
    here.write("state/ecsplan/ledger", "a file")
    here.endpoint.forget_calls()

    ended = here.run("apply", "plan.json", "--result", "result.json")

    assert ended.status == 125
    assert "--ledger" in ended.err
    assert "nothing was started" in ended.err
    result = json.loads((here.folder / "result.json").read_text("utf-8"))
    assert (result["exit_status"], result["jobs"]) == (125, [])
    assert "nothing was started" in result["error"]
    started = {"RegisterTaskDefinition", "RunTask"}
    assert [each.operation for each in here.endpoint.calls() if each.operation in started] == []
