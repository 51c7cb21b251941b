"""`--events` and `--result`: what programs read of an apply, by the published schemas."""

import json
import os
import signal
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from apply_stage import LOGGING, Command
from jsonschema import Draft202012Validator
from processes import LIMIT_S

from ecsplan.schema.files import bundled_schema_text
from ecsplan_applier.outcomes.events import LogLines, RunBegan
from ecsplan_cli.commands.apply_events import CannotWriteEvents, EventFile

Begin = Callable[..., Command]

RESULT = Draft202012Validator(json.loads(bundled_schema_text("result")))
EVENT = Draft202012Validator(json.loads(bundled_schema_text("events")))
RUNNING = {"at": 0.1, "status": "RUNNING"}
FULL = Path("/dev/full")


def plays(*steps: dict[str, Any]) -> dict[str, Any]:
    return {"tasks": [{"timeline": list(steps)}]}


def ends(code: int) -> dict[str, Any]:
    log = {"at": 0.2, "log": ["first", "a\u2028b\nc"]}
    return plays(RUNNING, log, {"at": 0.4, "status": "STOPPED", "exitCode": code})


def refused(operation: str) -> dict[str, Any]:
    return {"rules": [{"operation": operation, "action": "error", "code": "AccessDeniedException"}]}


PULL = {"at": 0.1, "status": "STOPPED", "stopCode": "TaskFailedToStart", "stoppedReason": "no image"}
SPOT = {"at": 0.2, "status": "STOPPED", "stopCode": "SpotInterruption", "exitCode": 137}


def read(here: Command, name: str = "events.ndjson") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (here.folder / name).read_text("ascii").split("\n")[:-1]]


def apply(here: Command, *arguments: str, **options: Any) -> tuple[int, dict[str, Any], list[dict[str, Any]]]:
    """Return status, result and events of an apply; both are what their schemas say."""
    names = "--result", "result.json", "--events", "events.ndjson"
    done = here.run("apply", "plan.json", *names, *arguments, **options)
    result = json.loads((here.folder / "result.json").read_text("utf-8"))
    events = read(here)
    assert [each.message for each in RESULT.iter_errors(result)] == []
    assert [each.message for event in events for each in EVENT.iter_errors(event)] == []
    assert result["exit_status"] == done.status == events[-1]["exit_status"]
    assert (events[0]["event"], events[-1]["event"]) == ("run began", "run ended")
    assert events[0]["run_id"] == events[-1]["run_id"] == result["run_id"]
    return done.status, result, events


@pytest.mark.parametrize(
    ("faults", "keys", "status", "outcome", "explained"),
    [
        pytest.param(ends(0), "", 0, "succeeded", False, id="succeeded"),
        pytest.param(ends(7), "", 7, "failed", False, id="failed"),
        pytest.param(ends(137), "", 137, "failed", True, id="killed"),
        pytest.param(plays(PULL), "", 126, "not started", False, id="not started"),
        pytest.param(plays(RUNNING, SPOT), "", 125, "interrupted by AWS", True, id="Spot"),
        pytest.param(
            plays(), "task_start_timeout_seconds: 0.5\n", 124, "not started in time",
            True, id="start timeout",
        ),
        pytest.param(
            plays(RUNNING), "task_timeout_seconds: 0.5\n", 124, "timed out", True, id="timeout"
        ),
        pytest.param(refused("RunTask"), "", 125, "refused", False, id="refused"),
    ],
)  # fmt: skip
def test_every_outcome_is_as_the_schemas_say(  # noqa: PLR0917 - a table's columns
    command: Begin, faults: dict[str, Any], keys: str, status: int, outcome: str, explained: bool
) -> None:
    here = command()
    here.compile(LOGGING + keys)
    here.endpoint.set_faults(faults)

    ended, result, events = apply(here)

    task = result["jobs"][0]["tasks"][0]
    rows = (Path(__file__).parents[2] / "docs/failures.md").read_text("utf-8")
    last = [each for each in events if each["event"] == "task ended"]
    assert (ended, task["outcome"]) == (status, outcome)
    assert not explained or task["explanation"]
    assert str(task["explanation"] or "") in rows
    assert len(task["attempts"]) == (task["task_arn"] is not None)
    for each in task["attempts"]:
        assert each == {"attempt": 1} | {key: task[key] for key in each if key != "attempt"}
    assert {key: last[0][key] for key in task} == task


def test_events_come_in_their_order(command: Begin) -> None:
    here = command()
    here.compile(LOGGING)
    here.endpoint.set_faults(ends(7))

    _, _, events = apply(here)

    names = [each["event"] for each in events]
    assert list(dict.fromkeys(names)) == [
        "run began", "registered", "task started", "state changed", "log lines", "task ended", "run ended"
    ]  # fmt: skip
    assert [line for each in events for line in each.get("lines", ())] == ["first", "a\u2028b\nc"]
    assert {each["job"] for each in events if "job" in each} == {"hello"}
    assert [each["time"] for each in events] == sorted(each["time"] for each in events)


def test_every_task_says_whose_it_is(command: Begin) -> None:
    here = command()
    here.compile("jobs: {a: {image: x, count: 2}, a/1: {image: y}}\n")
    here.endpoint.set_faults(ends(0))

    _, result, events = apply(here)

    ended = [(each["job"], each["label"]) for each in events if each["event"] == "task ended"]
    labels = [(job["name"], task["label"]) for job in result["jobs"] for task in job["tasks"]]
    assert sorted(ended) == sorted(labels) == [("a", "a/1"), ("a", "a/2"), ("a/1", "a/1")]


def test_a_refusal_before_anything_is_started(command: Begin) -> None:
    here = command()
    here.compile("image: alpine\n")
    here.endpoint.set_faults(refused("DescribeTaskDefinition"))

    status, result, events = apply(here, "--run-id", "ci/7")

    assert (status, result["run_id"], result["jobs"]) == (125, "ci/7", [])
    assert "AccessDenied" in result["error"]
    assert result["error"] == events[-1]["error"]


def test_a_run_that_is_attached_to(command: Begin) -> None:
    here = command()
    here.compile("image: alpine\n")
    here.endpoint.set_faults(ends(3))
    here.run("apply", "plan.json", "--run-id", "r")

    _, result, events = apply(here, "--run-id", "r", "--ledger", "another")

    assert result["jobs"][0]["tasks"][0]["attached"]
    assert [each["attached"] for each in events if each["event"] == "task started"] == [True]


def test_a_run_that_is_reported_from_the_ledger(command: Begin) -> None:
    here = command()
    here.compile("image: alpine\n")
    here.endpoint.set_faults(ends(3))
    here.run("apply", "plan.json", "--run-id", "r")

    _, result, events = apply(here, "--run-id", "r")

    assert result["jobs"][0]["tasks"][0]["attached"]
    assert [each["exit_code"] for each in events if each["event"] == "task ended"] == [3]
    assert not [each for each in events if each["event"] == "task started"]


@pytest.mark.parametrize(
    "target", ["no/such/folder/e.ndjson", ".", "locked/e.ndjson"], ids=["no folder", "a folder", "another"]
)
def test_an_events_file_that_cannot_be_written_stops_everything_before_it_starts(
    command: Begin, target: str
) -> None:
    here = command()
    here.compile("image: alpine\n")
    (here.folder / "locked" / "e.ndjson").mkdir(parents=True)
    here.endpoint.forget_calls()

    done = here.run("apply", "plan.json", "--events", target)

    assert (done.status, done.out) == (125, "")
    assert f"cannot write {target}: " in done.err
    assert here.endpoint.calls("RegisterTaskDefinition") + here.endpoint.calls("RunTask") == ()


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a device that is always full")
def test_an_events_file_that_takes_no_more_is_one_warning(command: Begin) -> None:
    here = command()
    here.compile(LOGGING)
    here.endpoint.set_faults(ends(7))

    done = here.run("apply", "plan.json", "--events", str(FULL))

    assert done.status == 7
    assert done.err.count(f"warning: {FULL} accepts no more events") == 1
    assert done.err.startswith("run id: ")
    assert "1 of 1 task failed" in done.err.partition("accepts no more")[2]


def test_a_reader_of_events_that_goes_away_is_one_warning(command: Begin) -> None:
    here = command()
    here.compile(LOGGING)
    here.endpoint.set_faults(ends(7))
    pipe = here.folder / "pipe"
    os.mkfifo(pipe)
    first: list[str] = []

    def reader() -> None:
        with pipe.open() as file:
            first.append(file.readline())

    thread = threading.Thread(target=reader)
    thread.start()
    done = here.run("apply", "plan.json", "--events", "pipe")
    thread.join()

    assert done.status == 7
    assert json.loads(first[0])["event"] == "run began"
    assert done.err.count("warning: pipe accepts no more events") == 1


def test_a_pipe_that_nobody_reads_cannot_be_written(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(CannotWriteEvents, match="pipe without a reader; nothing was started") as refused:
        EventFile(str(tmp_path / "pipe"), [], wait_s=0.1)

    assert refused.value.exit_code == 125


def test_a_pipe_is_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    looked: list[None] = []

    def reader() -> None:
        read.append(pipe.read_text("ascii"))

    thread = threading.Thread(target=reader)

    def interrupted() -> bool:
        looked.append(None)
        if len(looked) == 2:
            thread.start()
        return False

    file = EventFile(str(pipe), [], interrupted=interrupted, wait_s=60)
    file.write(RunBegan("r", fresh=True, jobs=1, tasks=1))
    file.close()
    thread.join()

    assert json.loads(read[0])["run_id"] == "r"


@pytest.mark.parametrize("interrupted", [False, True])
def test_a_pipe_that_stays_full_is_one_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], interrupted: bool
) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    signals: list[int] = []
    wait_s = 3600 if interrupted else 0.1
    file = EventFile(str(tmp_path / "pipe"), [], interrupted=lambda: bool(signals), wait_s=wait_s)
    signals += [2] if interrupted else []

    for _ in range(3):
        file.write(LogLines("a", ("x" * 1_000_000,)))

    file.close()
    os.close(reader)
    assert capsys.readouterr().err.count("accepts no more events") == 1


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_an_apply_that_waits_for_a_reader(command: Begin, number: int, status: int) -> None:
    here = command()
    here.compile("image: alpine\n")
    for name in ("pipe", "plan"):
        os.mkfifo(here.folder / name)
    here.endpoint.forget_calls()

    process = here.start("apply", "plan", "--events", "pipe")
    (here.folder / "plan").write_bytes((here.folder / "plan.json").read_bytes())  # once the command reads
    time.sleep(0.5)
    process.send_signal(number)
    try:
        process.communicate(timeout=LIMIT_S)
    finally:
        process.close()

    assert process.wait() in {status, -number}  # the latter where it had not begun to wait
    assert here.endpoint.calls("RegisterTaskDefinition") + here.endpoint.calls("RunTask") == ()


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_an_events_file_keeps_its_mode_and_a_link_stays_one(command: Begin, mode: int) -> None:
    here = command()
    here.compile("image: alpine\n")
    here.endpoint.set_faults(ends(0))
    real = here.folder / "real.ndjson"
    real.write_text("before\n" * 1000)
    real.chmod(mode)
    (here.folder / "events.ndjson").symlink_to("real.ndjson")

    apply(here)

    assert stat.S_IMODE(real.stat().st_mode) == mode
    assert (here.folder / "events.ndjson").is_symlink()
    assert "before" not in real.read_text()


@pytest.mark.parametrize("target", ["plan.json", "link", "result.json", "-"])
def test_an_events_file_is_no_input_and_no_other_output(command: Begin, target: str) -> None:
    here = command()
    here.compile("image: alpine\n")
    (here.folder / "link").symlink_to("plan.json")
    before = (here.folder / "plan.json").read_bytes()

    done = here.run("apply", "plan.json", "--result", "result.json", "--events", target)

    assert done.status == 2
    assert f"--events {target} would" in done.err
    assert (here.folder / "plan.json").read_bytes() == before


def test_a_surrogate_in_a_reason_is_written(command: Begin) -> None:
    here = command()
    here.compile("image: alpine\n")
    here.endpoint.set_faults(plays(PULL | {"stoppedReason": "odd \ud800 reason"}))

    _, result, _ = apply(here)

    assert result["jobs"][0]["tasks"][0]["reason"] == "odd \ud800 reason"
