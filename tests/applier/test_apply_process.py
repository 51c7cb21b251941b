"""`ecsplan apply` as a process: each scripted outcome over real HTTP, and what the user sees of it."""

import json
import os
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from apply_stage import LOGGING, Command, Ended
from jsonschema import Draft202012Validator
from processes import LIMIT_S, SCRIPT
from signaller import Signaller

from ecsplan.schema.files import bundled_schema_text
from ecsplan_applier.context import SAME_SIGNAL_S
from ecsplan_applier.tasks.stop import STOP_S
from ecsplan_local import ScriptedClock

Begin = Callable[..., Command]

QUIET = "image: alpine\n"
RUNNING = {"at": 0.05, "status": "RUNNING"}


def ended(at: float, code: int = 0) -> dict[str, object]:
    return {"at": at, "status": "STOPPED", "exitCode": code}


def failed(reason: str) -> dict[str, object]:
    return {"at": 0.1, "status": "STOPPED", "stopCode": "TaskFailedToStart", "stoppedReason": reason}


def task(*steps: dict[str, object]) -> dict[str, object]:
    return {"tasks": [{"timeline": list(steps)}]}


WELL = task(RUNNING, ended(0.1))
PULL = "CannotPullContainerError: pull image manifest has been retried 1 time(s): manifest unknown"
LOGS = "failed to validate logger args: create stream has been retried 1 times: AccessDeniedException"


def test_a_job_that_succeeds_needs_no_table_of_failures(command: Begin) -> None:
    world = command(WELL)
    world.compile(QUIET)

    ended = subprocess.run(
        [SCRIPT, "apply", "plan.json"],
        cwd=world.folder,
        env=world.env | {"PYTHONPROFILEIMPORTTIME": "1"},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=True,
    )

    assert "ecsplan_applier.tasks.watch" in ended.stderr
    assert "ecsplan_applier.outcomes.explain" not in ended.stderr


@pytest.mark.parametrize(
    ("faults", "manifest", "status", "said"),
    [
        pytest.param(WELL, QUIET, 0, "succeeded", id="exits with 0"),
        pytest.param(task(RUNNING, ended(0.1, 42)), QUIET, 42, "exited with 42", id="exits with 42"),
        pytest.param(
            task(RUNNING, ended(0.1, 137)), QUIET, 137, "raise `memory`", id="killed for its memory"
        ),
        pytest.param(
            task({"at": 1.2, "status": "RUNNING"}, ended(1.3)), QUIET, 0, "succeeded", id="a delayed start"
        ),
        pytest.param(task(failed(PULL)), QUIET, 126, "there is no such image", id="no image"),
        pytest.param(task(failed(LOGS)), QUIET, 126, "logs:PutLogEvents", id="no log stream"),
        pytest.param(
            task(RUNNING, {"at": 0.2, "status": "STOPPED", "stopCode": "SpotInterruption"}),
            QUIET,
            125,
            "Spot capacity back",
            id="spot interruption",
        ),
        pytest.param(
            task(),
            QUIET + "task_start_timeout_seconds: 0.5\n",
            124,
            "did not run within 0.5 s",
            id="no start",
        ),
        pytest.param(
            task(RUNNING),
            QUIET + "task_timeout_seconds: 0.5\n",
            124,
            "still running after 0.5 s",
            id="no end",
        ),
        pytest.param(
            {**WELL, "rules": [{"action": "missing", "calls": "1-2"}]},
            QUIET,
            0,
            "succeeded",
            id="not visible",
        ),
        pytest.param(
            {**WELL, "rules": [{"action": "failures", "calls": "1"}]},
            QUIET,
            0,
            "no capacity for 1 task (RESOURCE:MEMORY)",
            id="no capacity at first",
        ),
        pytest.param(
            {"rules": [{"action": "failures", "reason": "RESOURCE:ENI"}]},
            QUIET + "task_start_timeout_seconds: 1\n",
            126,
            "has a network interface left",
            id="no capacity",
        ),
        *(
            pytest.param(
                {**WELL, "rules": [{"operation": operation, "calls": "1-2", **fault}]},
                QUIET,
                0,
                "succeeded",
                id=f"{name} at {operation}",
            )
            for operation in ("RegisterTaskDefinition", "RunTask", "DescribeTasks")
            for name, fault in {
                "throttled": {"action": "throttle"},
                "500": {"action": "error"},
                "reset before the effect": {"action": "reset-before"},
                "reset after the effect": {"action": "reset-after"},
            }.items()
        ),
        pytest.param(
            {"rules": [{"operation": "RunTask", "action": "error", "code": "AccessDeniedException"}]},
            QUIET,
            125,
            "these credentials are not allowed to do this",
            id="denied",
        ),
    ],
)
def test_an_outcome(command: Begin, faults: dict[str, object], manifest: str, status: int, said: str) -> None:
    here = command()
    here.compile(manifest)
    here.endpoint.set_faults(faults)

    done = here.run("apply", "plan.json", "--result", "result.json")

    result = json.loads((here.folder / "result.json").read_text(encoding="utf-8"))
    assert (done.status, done.out) == (status, ""), done.err
    assert said in done.err
    assert done.err.startswith("run id: ")
    assert "Traceback" not in done.err
    assert result["exit_status"] == status
    assert len(here.endpoint.calls("RegisterTaskDefinition")) <= 3


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param(
            [RUNNING, {"at": 0.1, "log": ["a", "b", "b"], "timestamp": 0.1}, ended(0.2)],
            ["a", "b", "b"],
            id="equal timestamps",
        ),
        pytest.param(
            [RUNNING, {"at": 0.5, "log": "new"}, {"at": 1.5, "log": "old", "timestamp": 0.1}, ended(1.6)],
            ["new", "old"],
            id="out of order",
        ),
        pytest.param(
            [RUNNING, ended(0.1), {"at": 2.5, "stream": True, "log": "late"}], ["late"], id="a late stream"
        ),
        pytest.param(
            [RUNNING, {"at": 0.1, "log": "a"}, ended(0.2), {"at": 1.2, "log": "last"}],
            ["a", "last"],
            id="a line after the end",
        ),
    ],
)
def test_the_log_goes_to_stdout(command: Begin, steps: list[Any], expected: list[str]) -> None:
    here = command()
    here.compile(LOGGING)
    here.endpoint.set_faults(task(*steps))

    done = here.run("apply", "plan.json")

    assert done.status == 0, done.err
    assert Counter(done.out.splitlines()) == Counter(expected)


def test_twenty_five_thousand_lines_while_reading_is_throttled(command: Begin) -> None:
    lines = {n: [f"{n} {i % 900}" for i in range(2500)] for n in range(1, 11)}
    bursts = [{"at": 0.2 * n, "log": each, "timestamp": [0.4 * (n // 2)] * 2500} for n, each in lines.items()]
    throttled = {"operation": "GetLogEvents", "action": "throttle", "probability": 0.3}
    here = command()
    here.compile(LOGGING)
    here.endpoint.set_faults({**task(RUNNING, *bursts, ended(2.1)), "rules": [throttled]})

    done = here.run("apply", "plan.json")

    written = [line for each in lines.values() for line in each]
    assert done.status == 0, done.err
    assert Counter(done.out.splitlines()) == Counter(written)


def test_lines_of_several_tasks_say_whose_they_are(command: Begin) -> None:
    here = command()
    jobs = "".join(
        f"  {name}:\n    {LOGGING.replace(chr(10), chr(10) + '    ')}\n" for name in ("one", "two")
    )
    here.compile(f"jobs:\n{jobs}    count: 2\n")
    here.endpoint.set_faults(
        task(RUNNING, {"at": 0.1, "log": ["hi", "two\nlines"], "timestamp": 0.1}, ended(0.2))
    )

    done = here.run("apply", "plan.json")

    lines = Counter(done.out.splitlines())
    labels = ("one", "two/1", "two/2")
    assert lines == {f"{label} | {text}": 1 for label in labels for text in ("hi", "two", "lines")}


def test_control_characters_reach_stdout_and_not_stderr(command: Begin) -> None:
    here = command()
    here.compile(LOGGING)
    reason = "odd \x1b[31mreason\x07"
    stopped = {
        "at": 0.2,
        "status": "STOPPED",
        "stopCode": "ServiceSchedulerInitiated",
        "stoppedReason": reason,
    }
    here.endpoint.set_faults(task(RUNNING, {"at": 0.1, "log": "\x1b[1mbold\x1b[0m"}, stopped))

    done = here.run("apply", "plan.json")

    assert done.out == "\x1b[1mbold\x1b[0m\n"
    assert "\x1b" not in done.err
    assert "odd \\x1b[31mreason\\x07" in done.err


def test_stderr_reads_like_a_log(command: Begin) -> None:
    here = command()
    here.compile(QUIET)
    here.endpoint.set_faults(
        task({"at": 0.3, "status": "PENDING"}, {"at": 0.9, "status": "RUNNING"}, ended(2))
    )

    lines = here.run("apply", "plan.json", "--run-id", "ci/7").err.splitlines()

    assert lines[0] == "run id: ci/7; to resume: ecsplan apply plan.json --run-id ci/7"
    assert lines[1].startswith("the output of hello is not kept; `stream_output: true` ")
    assert lines[2].startswith("run ci/7 is new: ")
    assert lines[3] == "hello: registered hello:1"
    assert re.fullmatch("hello: started task [0-9a-f]{8}", lines[4])
    assert [each.split()[1] for each in lines[5:8]] == ["PENDING", "RUNNING", "STOPPED"]
    assert re.fullmatch("ok hello  exit 0  [12] s  [0-9a-f]{8}", lines[8])
    assert re.fullmatch(r"1 of 1 task succeeded\. \d+ s\. Run ci/7\.", lines[-1])
    assert len(lines) == len(set(lines))


def test_quiet_prints_the_log_and_what_went_wrong_only(command: Begin) -> None:
    here = command()
    here.compile(LOGGING)
    here.endpoint.set_faults(task(RUNNING, {"at": 0.1, "log": "out"}, ended(0.2)))

    done = here.run("apply", "plan.json", "--quiet")

    assert (done.status, done.out) == (0, "out\n")
    assert done.err == ""


def test_a_plan_comes_from_standard_input(command: Begin) -> None:
    here = command()
    here.compile(QUIET)
    here.endpoint.set_faults(WELL)

    done = here.run("apply", "-", text=(here.folder / "plan.json").read_bytes())

    assert done.status == 0, done.err


def test_the_result_file_holds_every_task(command: Begin) -> None:
    here = command()
    here.compile(QUIET + "count: 2\n")
    here.endpoint.set_faults(task(RUNNING, ended(1.2, 3)))

    done = here.run("apply", "plan.json", "--run-id", "r", "--result", "result.json")

    result = json.loads((here.folder / "result.json").read_text(encoding="utf-8"))
    job = result["jobs"][0]
    assert done.status == 1
    assert (result["run_id"], result["exit_status"], result["left_running"]) == ("r", 1, [])
    assert (job["name"], job["task_definition"]["action"]) == ("hello", "register")
    assert [(each["copy"], each["exit_code"], each["outcome"]) for each in job["tasks"]] == [
        (1, 3, "failed"),
        (2, 3, "failed"),
    ]
    assert job["tasks"][0]["phases"]["running_seconds"] == pytest.approx(1.15, abs=0.02)


def test_detach_names_a_task_that_has_ended_already(command: Begin) -> None:
    here = command()
    here.compile(QUIET + "cluster: default\n")
    here.endpoint.set_faults(task(ended(0, code=3)))

    done = here.run("apply", "plan.json", "--detach")

    assert done.status == 0
    assert done.out.startswith("default::arn:aws:ecs:us-east-1:")
    assert "has exited with 3" in done.err
    assert "running" not in done.err
    assert "to stop it" not in done.err
    assert "1 of 1 task failed: " in done.err


def test_detach_prints_what_stop_takes(command: Begin) -> None:
    here = command()
    here.compile(QUIET + "count: 2\ncluster: default\n")
    here.endpoint.set_faults(task(RUNNING))

    done = here.run("apply", "plan.json", "--detach", "--run-id", "d")
    identifiers = done.out.split()
    stopped = [here.run("stop", each, "--reason", "enough") for each in identifiers]
    again = here.run("apply", "plan.json", "--run-id", "d")

    assert done.status == 0
    assert "to come back: ecsplan apply plan.json --run-id d" in done.err
    assert (
        "to see it: ecsplan status d --region us-east-1\nto stop it: ecsplan stop d --region us-east-1"
        in done.err
    )
    assert all(each.startswith("default::arn:aws:ecs:us-east-1:") for each in identifiers)
    assert [each.status for each in stopped] == [0, 0]
    assert again.status == 1
    assert "UserInitiated: enough" in again.err
    assert len(here.endpoint.calls("RunTask")) == 2


@pytest.mark.parametrize(
    ("identifier", "status", "said"),
    [
        pytest.param("nonsense", 125, "the run nonsense is not known", id="no run"),
        pytest.param("default::nonsense", 2, "write CLUSTER::TASK_ARN", id="no identifier"),
        pytest.param("::arn:aws:ecs:us-east-1:000000000000:task/a/b", 2, "names no task", id="no cluster"),
        pytest.param("c::arn:aws:s3:::bucket", 2, "names no task", id="another service"),
        pytest.param(
            "default::arn:aws:ecs:us-east-1:000000000000:task/default/0123",
            125,
            "task was not found",
            id="no such task",
        ),
        pytest.param(
            "nowhere::arn:aws:ecs:us-east-1:000000000000:task/nowhere/0123",
            125,
            "Cluster not found",
            id="no such cluster",
        ),
    ],
)
def test_stop_says_what_is_wrong(command: Begin, identifier: str, status: int, said: str) -> None:
    done = command().run("stop", identifier)

    assert (done.status, done.out) == (status, "")
    assert said in done.err


def wait_for(here: Command, operation: str, number: int) -> None:
    """Wait until the endpoint got so many calls of an operation."""
    for _ in range(2400):
        if len(here.endpoint.calls(operation)) >= number:
            return
        time.sleep(0.05)
    raise AssertionError(f"no {number} calls of {operation}")


@pytest.mark.parametrize(
    ("number", "status"),
    [
        pytest.param(signal.SIGHUP, 129, id="SIGHUP"),
        pytest.param(signal.SIGINT, 130, id="SIGINT"),
        pytest.param(signal.SIGTERM, 143, id="SIGTERM"),
    ],
)
def test_a_signal_stops_the_task_and_reads_its_log(command: Begin, number: int, status: int) -> None:
    here = command()
    here.compile(LOGGING + "auto_deregister_task_definition: true\n")
    stop = [{"at": 0.2, "log": "bye"}, {"at": 0.4, "status": "STOPPED", "exitCode": 143}]
    here.endpoint.set_faults({"tasks": [{"timeline": [RUNNING, {"at": 0.1, "log": "hi"}], "on_stop": stop}]})
    process = here.start("apply", "plan.json", "--result", "result.json")
    wait_for(here, "GetLogEvents", 2)

    process.send_signal(number)
    out, err = process.communicate(timeout=60)

    result = json.loads((here.folder / "result.json").read_text(encoding="utf-8"))
    assert process.returncode == status, err.decode()
    assert out.decode().split() == ["hi", "bye"]
    assert result["left_running"] == []
    assert result["jobs"][0]["task_definition"]["deregistered"]
    assert b"stopping 1 task" in err


def test_a_second_signal_ends_at_once_and_says_what_is_left(command: Begin) -> None:
    here = command()
    here.compile(QUIET)
    here.endpoint.set_faults({"tasks": [{"timeline": [RUNNING], "on_stop": []}]})
    process = here.start("apply", "plan.json", "--run-id", "left")
    wait_for(here, "DescribeTasks", 2)

    process.send_signal(signal.SIGTERM)
    wait_for(here, "StopTask", 1)
    time.sleep(SAME_SIGNAL_S + 0.1)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=STOP_S - 1)  # it does not wait for a task that does not stop

    assert process.returncode == 143
    assert b"may still run" in err
    assert b"--run-id left" in err


def test_a_signal_that_comes_twice_at_once_is_one(command: Begin) -> None:
    here = command()
    here.compile(LOGGING)
    stop = [{"at": 2, "log": "bye"}, {"at": 2, "status": "STOPPED", "exitCode": 143}]
    here.endpoint.set_faults({"tasks": [{"timeline": [RUNNING], "on_stop": stop}]})
    process = here.start("apply", "plan.json")
    wait_for(here, "DescribeTasks", 2)

    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)

    assert (process.returncode, out) == (143, b"bye\n")
    assert b"no longer waiting" not in err
    assert b"may still run" not in err


def test_a_hangup_that_is_ignored_stays_so(command: Begin) -> None:
    here = command()
    here.compile(QUIET)
    here.endpoint.set_faults(task(RUNNING, ended(2)))
    process = here.start("apply", "plan.json", ignored=[signal.SIGHUP])
    wait_for(here, "DescribeTasks", 2)

    process.send_signal(signal.SIGHUP)
    _, err = process.communicate(timeout=60)

    assert process.returncode == 0, err.decode()
    assert here.endpoint.calls("StopTask") == ()


def test_nobody_reading_stdout_any_more_does_not_end_the_apply(command: Begin) -> None:
    here = command()
    here.compile(LOGGING)
    steps = [{"at": 0.2 * n, "log": [f"{n}"] * 50, "timestamp": 0.2 * n} for n in range(1, 8)]
    here.endpoint.set_faults(task(RUNNING, *steps, ended(1.5, 7)))
    reading, writing = os.pipe()
    process = here.start("apply", "plan.json", stdout=writing)
    os.close(writing)
    os.read(reading, 1)
    os.close(reading)

    _, err = process.communicate(timeout=60)

    assert process.returncode == 7, err.decode()
    assert b"Traceback" not in err
    assert b"BrokenPipe" not in err


def test_two_applies_at_the_same_time_share_one_revision(command: Begin) -> None:
    here = command()
    here.compile(QUIET)
    here.endpoint.set_faults(WELL)

    processes = [here.start("apply", "plan.json") for _ in range(4)]
    for each in processes:
        each.communicate(timeout=60)

    assert [each.returncode for each in processes] == [0] * 4
    assert len(here.endpoint.calls("RegisterTaskDefinition")) == 1
    assert len(here.endpoint.calls("RunTask")) == 4


def test_kill_and_resume(command: Begin) -> None:
    clock = ScriptedClock()
    here = command(task({"at": 0, "status": "RUNNING", "log": "hi"}, ended(1, 5)), clock=clock)
    here.compile(LOGGING + "count: 3\n")
    signaller = Signaller()
    here.endpoint.before("DescribeTasks", 2, signaller.sender(signal.SIGKILL))
    here.endpoint.before("DescribeTasks", 4, lambda _: clock.advance(1))
    process = here.start("apply", "plan.json", "--run-id", "r")
    signaller.is_for(process.pid)
    process.communicate(timeout=60)

    done = here.run("apply", "plan.json", "--run-id", "r", "--result", "result.json")

    result = json.loads((here.folder / "result.json").read_text(encoding="utf-8"))
    assert [each["exit_code"] for each in result["jobs"][0]["tasks"]] == [5, 5, 5]
    assert Counter(done.out.split()) == {"hello/1": 1, "hello/2": 1, "hello/3": 1, "|": 3, "hi": 3}
    assert len(here.endpoint.calls("RunTask")) == 2
    assert len({each.parameters["clientToken"] for each in here.endpoint.calls("RunTask")}) == 1


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        pytest.param(b"", 123, "the plan is empty", id="empty"),
        pytest.param(b"{", 123, "not JSON", id="not JSON"),
        pytest.param(b'{"a": 1}', 123, "not a plan", id="not a plan"),
        pytest.param(b"\xff\xfe", 123, "plan", id="not text"),
        pytest.param(b"[" * 100_000, 123, "nested deeper", id="nested absurdly"),
        pytest.param(b'{"plan_version": 99}', 123, "format 99", id="a newer format"),
    ],
)
def test_what_is_no_plan_is_refused_before_any_call(
    command: Begin, content: bytes, status: int, said: str
) -> None:
    here = command()
    (here.folder / "plan.json").write_bytes(content)

    for name in ("result.json", "events.ndjson"):
        (here.folder / name).write_text("of the apply before", "utf-8")

    done = here.run("apply", "plan.json", "--result", "result.json", "--events", "events.ndjson")

    assert (done.status, done.out) == (status, "")
    assert said in done.err
    assert "Traceback" not in done.err
    assert here.endpoint.calls() == ()
    assert_refused(here, done)


def assert_refused(here: Command, done: Ended) -> None:
    """Check that the result and the events say why an apply was refused, as their schemas have it."""
    result = json.loads((here.folder / "result.json").read_text("utf-8"))
    (event,) = map(json.loads, (here.folder / "events.ndjson").read_text("utf-8").splitlines())
    for schema, document in ((bundled_schema_text("result"), result), (bundled_schema_text("events"), event)):
        Draft202012Validator(json.loads(schema)).validate(document)
    assert (result["exit_status"], result["run_id"], result["jobs"]) == (done.status, None, [])
    assert (event["event"], event["exit_status"]) == ("run ended", done.status)
    assert event["error"] == result["error"]
    # Options of the command line have a line of their own in front.
    assert result["error"].splitlines()[0] in done.err


def test_an_edited_plan_is_refused(command: Begin) -> None:
    here = command()
    here.compile(QUIET)
    plan = here.folder / "plan.json"
    plan.write_text(plan.read_text(encoding="utf-8").replace("alpine", "evil"), encoding="utf-8")
    here.endpoint.forget_calls()

    done = here.run("apply", "plan.json")

    assert done.status == 123
    assert "edited" in done.err
    assert here.endpoint.calls() == ()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["nowhere.json"], "nowhere.json", id="no plan"),
        pytest.param(["."], "cannot read .", id="a folder"),
        pytest.param(["plan.json", "--var", "day=1"], "day", id="a value that it does not take"),
        pytest.param(["plan.json", "--only", "other"], "it has: hello", id="a job that it does not have"),
    ],
)
def test_a_usage_error_about_the_plan_is_in_the_result(
    command: Begin, arguments: list[str], said: str
) -> None:
    here = command()
    here.compile(QUIET)

    done = here.run("apply", *arguments, "--result", "result.json", "--events", "events.ndjson")

    assert done.status == 2
    assert said in done.err
    assert_refused(here, done)


def test_a_refused_plan_is_what_is_said_where_no_file_can_be_written(command: Begin) -> None:
    here = command()

    done = here.run("apply", "nowhere.json", "--events", "no/such/folder.ndjson")

    assert done.status == 2
    assert "cannot read nowhere.json" in done.err
    assert "no/such" not in done.err


def test_events_that_cannot_be_written_are_in_the_result(command: Begin) -> None:
    here = command()
    here.compile(QUIET)

    done = here.run("apply", "plan.json", "--events", "no/such/folder.ndjson", "--result", "result.json")

    result = json.loads((here.folder / "result.json").read_text("utf-8"))
    assert done.status == result["exit_status"] == 125
    assert result["error"].startswith("cannot write no/such/folder.ndjson: ")
    assert here.endpoint.calls("RunTask") == ()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["--run-id", "a b"], "letters, digits", id="run id"),
        pytest.param(["--only", "other"], "it has: hello", id="unknown job"),
    ],
)
def test_usage_errors_name_what_is_allowed(command: Begin, arguments: list[str], said: str) -> None:
    here = command()
    here.compile(QUIET)

    done = here.run("apply", "plan.json", *arguments)

    assert done.status == 2
    assert said in done.err


def test_an_unreachable_endpoint_is_named(command: Begin) -> None:
    here = command()
    here.compile(QUIET)
    here.endpoint.close()

    done = here.run("apply", "plan.json")

    assert done.status == 125
    assert here.endpoint.url in done.err
    assert "check the network" in done.err


def test_secrets_reach_neither_output_nor_files(command: Begin, tmp_path: Path) -> None:
    canary = "hunter2-canary-9931"
    here = command()
    here.compile(QUIET + f"env: {{DB_PASSWORD: {canary}}}\n")
    denied = {"operation": "RunTask", "action": "error", "code": "ClientException", "message": "no"}
    here.endpoint.set_faults({"rules": [denied]})
    secret = {"AWS_SECRET_ACCESS_KEY": "canary-secret-key-77", "AWS_SESSION_TOKEN": "canary-token-78"}

    done = here.run("apply", "plan.json", "--verbose", "--result", "result.json", env=secret)

    result = (here.folder / "result.json").read_text(encoding="utf-8")
    assert done.status == 125
    assert "RunTask {" in done.err
    assert "***" in done.err
    kept = [
        each
        for each in tmp_path.rglob("*")
        if each.is_file() and each.name not in {"plan.json", "hello.yaml"}
    ]
    for text in (done.out, done.err, result, *(each.read_text(encoding="utf-8") for each in kept)):
        for value in (canary, *secret.values()):
            assert value not in text


def test_a_result_that_cannot_be_written_is_refused_before_anything_runs(command: Begin) -> None:
    here = command()
    here.compile(QUIET)
    here.endpoint.forget_calls()

    done = here.run("apply", "plan.json", "--result", "no/such/folder/result.json")

    assert done.status == 2
    assert "no/such/folder" in done.err
    assert here.endpoint.calls() == ()


def test_a_result_that_cannot_be_written_in_the_end_keeps_the_exit_status(command: Begin) -> None:
    here = command()
    here.compile(QUIET)
    here.endpoint.set_faults(task(RUNNING, ended(0.1, 4)))
    folder = here.folder / "results"
    folder.mkdir()
    here.endpoint.after("RunTask", 1, lambda _: folder.rmdir())

    done = here.run("apply", "plan.json", "--result", "results/result.json")

    assert done.status == 4
    assert "hello exited with 4" in done.err
    assert "cannot write" in done.err
