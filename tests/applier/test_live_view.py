"""`ecsplan apply` on a terminal: the view of the states comes and goes, and every line stays where it was."""

import json
import os
import pty
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from apply_stage import LOGGING, Command
from terminals import Shown, on_terminal

Begin = Callable[..., Command]


def on_a_terminal(here: Command, *arguments: str, env: Mapping[str, str] | None = None) -> Shown:
    """Run the command on a terminal that no line of it fills."""
    size = {"TERM": "xterm", "COLUMNS": "300", "LINES": "40", **(env or {})}
    return on_terminal(here.start, *arguments, columns=300, env=size)


@pytest.fixture
def here(command: Begin) -> Command:
    running: list[dict[str, Any]] = [
        {"at": 0.1, "status": "PENDING"},
        {"at": 0.3, "status": "RUNNING"},
        {"at": 0.4, "log": ["first", "second"], "timestamp": 0.4},
        {"at": 1.2, "log": "third"},
        {"at": 1.4, "status": "STOPPED", "exitCode": 0},
    ]
    world = command()
    world.compile(LOGGING + "count: 2\n")
    world.endpoint.set_faults({"tasks": [{"timeline": running}]})
    return world


def test_every_line_stays_and_the_view_goes(here: Command) -> None:
    shown = on_a_terminal(here, "apply", "plan.json")

    lines = shown.screen
    said = [f"hello/{copy} | {line}" for copy in (1, 2) for line in ("first", "second", "third")]
    assert shown.status == 0
    assert "hello/1  RUNNING" in shown.output
    assert not any(re.match(r"hello/\d  [A-Z]", line) for line in lines)
    assert sorted(line for line in lines if " | " in line) == said
    assert lines[0].startswith("run id: ")
    assert lines[-2].startswith("2 of 2 tasks succeeded. ")


@pytest.mark.parametrize("count", [1, 2])
def test_the_view_leaves_the_log_as_it_is(command: Begin, count: int) -> None:
    here = command()
    here.compile(LOGGING + f"count: {count}\n")
    message = "a\u2028b\x0cc\x0bd\x85e\rf"
    steps = [{"at": 0.1, "status": "RUNNING"}, {"at": 0.2, "log": [message]}]
    here.endpoint.set_faults(
        {"tasks": [{"timeline": [*steps, {"at": 1, "status": "STOPPED", "exitCode": 0}]}]}
    )

    shown = on_a_terminal(here, "apply", "plan.json")

    assert shown.status == 0
    assert shown.output.count(f"{message}\r\n") == count
    assert shown.output.count(f" | {message}\r\n") == (count if count > 1 else 0)


def test_a_terminal_that_goes_away_stops_the_tasks(command: Begin) -> None:
    here = command()
    here.compile(LOGGING + "count: 2\nauto_deregister_task_definition: true\n")
    steps = [{"at": 0.1, "status": "RUNNING"}, {"at": 0.2, "log": "first"}]
    stop = [{"at": 0.2, "log": "bye"}, {"at": 0.4, "status": "STOPPED", "exitCode": 143}]
    here.endpoint.set_faults({"tasks": [{"timeline": steps, "on_stop": stop}]})
    ours, theirs = pty.openpty()
    seen = threading.Event()
    here.endpoint.after("GetLogEvents", 3, lambda _: seen.set())

    process = here.start(
        *("apply", "plan.json", "--result", "result.json"),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={"TERM": "xterm"},
        terminal=True,
    )
    os.close(theirs)
    assert seen.wait(60)
    os.close(ours)

    assert process.wait(timeout=60) == 129
    result = json.loads((here.folder / "result.json").read_text(encoding="utf-8"))
    assert (result["exit_status"], result["left_running"]) == (129, [])
    assert len(here.endpoint.calls("DeregisterTaskDefinition")) == 1


def test_quiet_has_no_view(here: Command) -> None:
    shown = on_a_terminal(here, "apply", "plan.json", "--quiet")

    assert shown.status == 0
    assert "\x1b" not in shown.output


def test_no_color_has_no_colour(here: Command) -> None:
    here.compile("image: alpine\ncount: 2\n")
    here.endpoint.set_faults({"tasks": [{"timeline": [{"at": 0.1, "status": "STOPPED", "exitCode": 3}]}]})

    plain = on_a_terminal(here, "apply", "plan.json", env={"NO_COLOR": "1"})
    coloured = on_a_terminal(here, "apply", "plan.json")

    assert (plain.status, coloured.status) == (1, 1)
    assert "\x1b[31m" not in plain.output
    assert "FAILED hello/1 and hello/2 exited with 3" in plain.output
    assert "\x1b[31m✗\x1b[0m hello/1 and hello/2 exited with 3" in coloured.output
