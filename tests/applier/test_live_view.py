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
from terminals import on_terminal

Begin = Callable[..., Command]

STEPS = re.compile(
    r"\x1b\[(?P<number>\d*)(?P<order>[A-Za-z])|\x1b\[\?\d+[hl]|(?P<text>[^\x1b\r\n]+)|(?P<move>[\r\n])"
)


def screen(output: str) -> list[str]:
    """Return what a terminal shows in the end: text, carriage returns, lines up and erased lines."""
    lines, row, column = [""], 0, 0
    for step in STEPS.finditer(output):
        if step["text"]:
            rest = lines[row][column + len(step["text"]) :]
            lines[row] = lines[row][:column].ljust(column) + step["text"] + rest
            column += len(step["text"])
        elif step["move"] == "\r":
            column = 0
        elif step["move"] == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif step["order"] == "A":
            row = max(0, row - int(step["number"] or 1))
        elif step["order"] == "K":
            lines[row] = ""
    return [line.rstrip() for line in lines]


def on_a_terminal(here: Command, *arguments: str, env: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Run the command on a terminal; return its status and all that it wrote."""
    size = {"TERM": "xterm", "COLUMNS": "300", "LINES": "40", **(env or {})}
    shown = on_terminal(here.start, *arguments, columns=300, env=size)
    return shown.status, shown.output


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
    status, output = on_a_terminal(here, "apply", "plan.json")

    shown = screen(output)
    said = [f"hello/{copy} | {line}" for copy in (1, 2) for line in ("first", "second", "third")]
    assert status == 0
    assert "hello/1  RUNNING" in output
    assert not any(re.match(r"hello/\d  [A-Z]", line) for line in shown)
    assert sorted(line for line in shown if " | " in line) == said
    assert shown[0].startswith("run id: ")
    assert shown[-2].startswith("2 of 2 tasks succeeded. ")


@pytest.mark.parametrize("count", [1, 2])
def test_the_view_leaves_the_log_as_it_is(command: Begin, count: int) -> None:
    here = command()
    here.compile(LOGGING + f"count: {count}\n")
    message = "a\u2028b\x0cc\x0bd\x85e\rf"
    steps = [{"at": 0.1, "status": "RUNNING"}, {"at": 0.2, "log": [message]}]
    here.endpoint.set_faults(
        {"tasks": [{"timeline": [*steps, {"at": 1, "status": "STOPPED", "exitCode": 0}]}]}
    )

    status, output = on_a_terminal(here, "apply", "plan.json")

    assert status == 0
    assert output.count(f"{message}\r\n") == count
    assert output.count(f" | {message}\r\n") == (count if count > 1 else 0)


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
    status, output = on_a_terminal(here, "apply", "plan.json", "--quiet")

    assert status == 0
    assert "\x1b" not in output


def test_no_color_has_no_colour(here: Command) -> None:
    here.compile("image: alpine\ncount: 2\n")
    here.endpoint.set_faults({"tasks": [{"timeline": [{"at": 0.1, "status": "STOPPED", "exitCode": 3}]}]})

    plain = on_a_terminal(here, "apply", "plan.json", env={"NO_COLOR": "1"})
    coloured = on_a_terminal(here, "apply", "plan.json")

    assert (plain[0], coloured[0]) == (1, 1)
    assert "\x1b[31m" not in plain[1]
    assert "FAILED hello/1 and hello/2 exited with 3" in plain[1]
    assert "\x1b[31m✗\x1b[0m hello/1 and hello/2 exited with 3" in coloured[1]
