"""`ecsplan logs` and `ecsplan wait` as processes: streams, signals, exit statuses, wrong command lines."""

import re
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from apply_stage import LOGGING, Command

Begin = Callable[..., Command]

LINES = [f"line {number}" for number in range(5)]
ENDS = [
    {"at": 0.1, "status": "RUNNING"},
    {"at": 0.2, "log": LINES},
    {"at": 0.5, "status": "STOPPED", "exitCode": 7},
]
STAYS = [{"at": 0.1, "status": "RUNNING"}, {"at": 0.2, "log": LINES}]
FUTURE = (datetime.now(UTC) + timedelta(days=1)).isoformat(timespec="seconds")


def applied(begin: Begin, timeline: list[dict[str, Any]], keys: str = "", *options: str) -> Command:
    """Return the world after an apply of one job, as the run `r`."""
    world = begin({"tasks": [{"timeline": timeline}]})
    world.compile(LOGGING + keys)
    world.run("apply", "plan.json", "--run-id", "r", "--result", "result.json", *options)
    return world


def test_a_run_that_has_ended(command: Begin) -> None:
    world = applied(command, ENDS)

    logs, result = world.run("logs", "r"), world.run("logs", "result.json", "--tail", "2")
    waited, quiet = world.run("wait", "r"), world.run("wait", "r", "--quiet")

    assert (logs.status, logs.out, logs.err) == (0, "".join(f"{each}\n" for each in LINES), "")
    assert (result.status, result.out) == (0, "line 3\nline 4\n")
    assert (waited.status, waited.out) == (7, "")
    assert "waiting for run r: 1 job, 1 task" in waited.err
    assert "FAILED hello exited with 7" in waited.err
    # The last lines of the log stand below the failure, as at the end of an apply.
    assert "    line 4\n" in waited.err
    assert "1 of 1 task failed: hello." in waited.err
    assert (quiet.status, quiet.out) == (7, "")
    assert "FAILED hello exited with 7" in quiet.err


def test_a_success_is_quiet(command: Begin) -> None:
    world = applied(command, [*ENDS[:2], {"at": 0.5, "status": "STOPPED", "exitCode": 0}])

    ended = world.run("wait", "r", "--quiet")

    assert (ended.status, ended.out, ended.err) == (0, "", "")


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_a_wait_alone(command: Begin, number: int, status: int) -> None:
    world = applied(command, STAYS, "", "--detach")
    process = world.start("wait", "r", "--cluster", "default")
    assert process.stderr is not None
    first = process.stderr.readline()

    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    process.close()

    assert first == b"waiting for run r: 1 job, 1 task\n"
    assert process.wait() == status
    assert b"keep running; to stop them: ecsplan stop r --cluster default\n" in err
    assert world.endpoint.calls("StopTask") == ()


def test_an_interrupt_ends_following_a_log_alone(command: Begin) -> None:
    world = applied(command, STAYS, "", "--detach")
    process = world.start("logs", "r", "-f")
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in LINES]

    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    process.close()

    assert lines == [f"{each}\n".encode() for each in LINES]
    assert process.wait() == 130
    assert b"the tasks of the run keep running" in err
    assert world.endpoint.calls("StopTask") == ()


def test_a_reader_that_goes_away_ends_it_quietly(command: Begin) -> None:
    world = applied(command, [ENDS[0], {"at": 0.2, "log": ["x" * 1000] * 5000}, ENDS[2]])
    process = world.start("logs", "r")
    assert process.stdout is not None
    assert process.stdout.readline() == b"x" * 1000 + b"\n"

    process.stdout.close()
    err = process.stderr.read() if process.stderr is not None else b"?"

    assert (process.wait(), err) == (141, b"")
    process.close()


def test_following_ends_with_the_run(command: Begin) -> None:
    timeline = [*STAYS, {"at": 3, "log": "last"}, {"at": 4, "status": "STOPPED", "exitCode": 7}]
    world = applied(command, timeline, "", "--detach")

    ended = world.run("logs", "r", "--follow")

    assert (ended.status, ended.out, ended.err) == (0, "".join(f"{each}\n" for each in [*LINES, "last"]), "")


@pytest.mark.parametrize(
    ("arguments", "status", "expected"),
    [
        pytest.param(["logs", "r", "--since", FUTURE], 2, "is in the future", id="since tomorrow"),
        pytest.param(["logs", "r", "--since", "yesterday"], 2, "neither a duration such as", id="no time"),
        pytest.param(["logs", "r", "--since", ""], 2, "neither a duration such as", id="an empty time"),
        pytest.param(["logs", "r", "--since", "90"], 2, "neither a duration such as", id="no unit"),
        pytest.param(["logs", "r", "--tail", "-1"], 2, "-1 is not in the range", id="a negative tail"),
        pytest.param(["logs", "r", "--tail", "all"], 2, "not a valid integer", id="no number"),
        pytest.param(
            ["logs", "r", "--all-containers", "--container", "main"], 2, "cannot be combined", id="both"
        ),
        pytest.param(["logs", "r", "--job", "x"], 2, "run r has no job x; its jobs are: hello", id="job"),
        pytest.param(
            ["logs", "r", "--container", "x"], 2, "has a container x; there are: main", id="container"
        ),
        pytest.param(["logs", "other"], 125, "the run other is not known; looked at:", id="unknown to logs"),
        pytest.param(["wait", "other"], 125, "the run other is not known; looked at:", id="unknown to wait"),
        pytest.param(["wait", "r r"], 2, "is neither a file that exists nor a run id", id="no run id"),
        pytest.param(["wait", "plan.json"], 2, "it is a plan", id="another file"),
        pytest.param(["logs"], 2, "Missing argument 'RUN'", id="no run"),
    ],
)
def test_wrong_command_lines(
    run_that_ended: Command, arguments: list[str], status: int, expected: str
) -> None:
    ended = run_that_ended.run(*arguments)

    assert (ended.status, ended.out) == (status, "")
    assert expected in ended.err
    assert "Traceback" not in ended.err


@pytest.fixture
def run_that_ended(command: Begin) -> Command:
    return applied(command, ENDS)


@pytest.mark.parametrize(
    ("since", "shown"),
    [
        pytest.param("1h", True, id="a duration"),
        pytest.param("2000-01-01", True, id="a day"),
        pytest.param("2000-01-01T00:00:00+01:00", True, id="a time with a zone"),
        pytest.param(datetime.now(UTC).isoformat(timespec="seconds"), True, id="a moment ago"),
        pytest.param("0s", False, id="now"),
    ],
)
def test_since(run_that_ended: Command, since: str, shown: bool) -> None:
    ended = run_that_ended.run("logs", "r", "--since", since)

    assert (ended.status, bool(ended.out), ended.err) == (0, shown, "")


def test_the_output_of_the_embedded_ecs_is_found(command: Begin) -> None:
    world = command()
    world.write("job.yaml", "image: alpine\ncommand: [echo, hello]\n")
    local = ("--local", "--runner", "process")
    plan = world.run("compile", "--local", "job.yaml", "-o", "plan.json", env={"AWS_ENDPOINT_URL": ""})
    applied = world.run("apply", *local, "plan.json", "--run-id", "r", env={"AWS_ENDPOINT_URL": ""})

    ended = world.run("logs", "--local", "r", env={"AWS_ENDPOINT_URL": ""})
    waited = world.run("wait", "--local", "r", env={"AWS_ENDPOINT_URL": ""})

    assert (plan.status, applied.status) == (0, 0), (plan, applied)
    assert (ended.status, ended.out, ended.err) == (0, "hello\n", "")
    assert waited.status == 0
    assert re.search(r"^ok job  exit 0", waited.err, re.MULTILINE)


def test_standard_output_that_takes_no_more(command: Begin) -> None:
    world = applied(command, ENDS)
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        ended = world.run("logs", "r", stdout=full)

    assert ended.status == 2
    assert "cannot write standard output" in ended.err
