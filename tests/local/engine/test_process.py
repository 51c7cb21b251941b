"""Tasks that run as processes: output, exit codes, the order of containers, stops, and what is refused."""

import gc
import json
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from local_requests import definition
from local_tasks import MakeClient, MakeEndpoint, MakeTasks, Tasks, exits, is_gone, wait_until, why

from ecsplan_local import KEPT_OUTPUT
from ecsplan_local.engine import container_run, guardian
from ecsplan_local.engine.container_run import Running
from ecsplan_local.engine.containers import Container
from ecsplan_local.json_types import Body

GUARDIAN_WITHOUT_PERMISSION = """
import os
from ecsplan_local.engine import guardian

def refuse(pid, number):
    raise PermissionError(1, "Operation not permitted")

os.kill = refuse
guardian.main()
"""

GUARDIAN_OF_MACOS = """
import os, runpy, subprocess, sys

del os.waitid
sys.platform = "darwin"
runpy.run_path({guardian!r}, run_name="__main__")
"""
"""As on macOS with a Python before 3.13: neither waitid nor prctl."""

ESSENTIAL_EXITED = "EssentialContainerExited: Essential container in task exited"

SECRET = "arn:aws:secretsmanager:us-east-1:000000000000:secret:"


def sh(script: str, **members: object) -> dict[str, object]:
    return {"command": ["sh", "-c", script]} | members


@dataclass(frozen=True)
class Gate:
    """What any number of tasks wait at, until the test lets them go on.

    Attributes:
        wait: What a shell waits with.
        pipe: A pipe; each of them reads one line from it.
    """

    wait: str
    pipe: FileIO

    def let(self, count: int) -> None:
        """Let so many go on, be they there already or not."""
        self.pipe.write(b"\n" * count)


def sidecar(name: str, script: str, **members: object) -> dict[str, object]:
    return sh(script, name=name, essential=False) | members


def container_of(definition: Body) -> Container:
    """Return the container of a definition, as a task of its own."""
    return Container(
        task_id="0" * 32,
        name="main",
        image="image",
        definition=definition,
        task_definition={"containerDefinitions": [definition]},
        entry_point=None,
        command=None,
        environment={},
        essential=True,
        depends_on=(),
        health_check=None,
        start_timeout_s=None,
        stop_timeout_s=30.0,
        memory_mib=None,
        cpu_units=0,
        log=None,
    )


def test_processes_are_run_as_on_macos(
    tasks: MakeTasks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "guardian.py"
    script.write_text(GUARDIAN_OF_MACOS.format(guardian=guardian.__file__), "utf-8")
    monkeypatch.setattr(guardian, "__file__", str(script))
    left = tmp_path / "left"
    view = tasks()

    for code in (3, 0):
        task = view.run_to_the_end(sh(f"sleep 600 & echo $! > {left}; echo out; exit {code}"))

        assert (view.lines(task), exits(task)) == (["out"], {"main": code})
        # What a process leaves running ends with it there, too.
        wait_until(lambda: is_gone(int(left.read_text("utf-8"))))


def test_output_exit_code_and_times(tasks: MakeTasks) -> None:
    view = tasks()

    task = view.run_to_the_end(sh("echo out; echo err >&2; echo; printf last; exit 3"))

    assert view.lines(task) == ["out", "err", "last"]
    assert [exits(task), why(task), task["desiredStatus"]] == [{"main": 3}, ESSENTIAL_EXITED, "STOPPED"]
    moments = (
        *("createdAt", "connectivityAt", "pullStartedAt", "pullStoppedAt", "startedAt"),
        *("executionStoppedAt", "stoppingAt", "stoppedAt"),
    )
    times = [task[name] for name in moments]
    assert sorted(times[:6]) == times[:6]
    assert max(times) == task["stoppedAt"]


def test_environment_is_the_containers_alone(tasks: MakeTasks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not for tasks")
    view = tasks()
    view.register(
        sh("env; pwd; ls -A", environment=[{"name": "A", "value": "1"}, {"name": "B", "value": "2"}])
    )
    override = {
        "name": "main",
        "environment": [{"name": "B", "value": "over"}, {"name": "C", "value": "a=b"}],
    }

    task = view.end(view.run(overrides={"containerOverrides": [override]}))

    lines = view.lines(task)
    variables = dict(line.split("=", 1) for line in lines if "=" in line)
    assert variables.pop("HOME") == variables.pop("PWD") == lines[-1]
    assert "bin" in variables.pop("PATH")
    variables.pop("OLDPWD", None)
    variables.pop("SHLVL", None)
    variables.pop("_", None)
    assert variables == {"A": "1", "B": "over", "C": "a=b"}
    assert not Path(lines[-1]).exists()


def test_secrets_come_from_the_own_store(start: MakeEndpoint, client: MakeClient) -> None:
    endpoint = start(runner="process")
    ssm, secrets = client(endpoint, "ssm"), client(endpoint, "secretsmanager")
    ssm.put_parameter(Name="/app/token", Value="t0ken", Type="SecureString")
    arn = secrets.create_secret(Name="database", SecretString='{"user": "u", "password": "p"}')["ARN"]
    parameter = "arn:aws:ssm:us-east-1:000000000000:parameter/app/token"
    view = Tasks(client(endpoint), client(endpoint, "ec2"), client(endpoint, "logs"))
    sources = {"BY_NAME": "/app/token", "BY_ARN": parameter, "WHOLE": arn, "KEY": f"{arn}:password::"}

    task = view.run_to_the_end(
        sh(
            "echo $BY_NAME $BY_ARN $WHOLE $KEY",
            secrets=[{"name": name, "valueFrom": source} for name, source in sources.items()],
        )
    )

    assert view.lines(task) == ['t0ken t0ken {"user": "u", "password": "p"} p']


@pytest.mark.parametrize("parts", [":", ":token", ":token:", ":token:::"])
def test_a_secret_with_some_of_the_parts_is_said_as_the_agent_says_it(
    start: MakeEndpoint, client: MakeClient, parts: str
) -> None:
    endpoint = start(runner="process")
    arn = client(endpoint, "secretsmanager").create_secret(Name="s", SecretString='{"token": "t"}')["ARN"]
    view = Tasks(client(endpoint), client(endpoint, "ec2"), client(endpoint, "logs"))

    task = view.run_to_the_end(sh("true", secrets=[{"name": "S", "valueFrom": f"{arn}{parts}"}]))

    assert why(task).endswith("unexpected ARN format with parameters when trying to retrieve ASM secret")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('{"other": "x"}', "retrieved secret from Secrets Manager did not contain json key token"),
        ("[1]", "retrieved secret from Secrets Manager did not contain json key token"),
        ("plain", "invalid character 'p' looking for beginning of value"),
    ],
    ids=["another key", "a list", "no JSON"],
)
def test_a_secret_without_the_key_is_said_as_the_agent_says_it(
    start: MakeEndpoint, client: MakeClient, value: str, expected: str
) -> None:
    endpoint = start(runner="process")
    arn = client(endpoint, "secretsmanager").create_secret(Name="s", SecretString=value)["ARN"]
    view = Tasks(client(endpoint), client(endpoint, "ec2"), client(endpoint, "logs"))

    task = view.run_to_the_end(sh("true", secrets=[{"name": "S", "valueFrom": f"{arn}:token::"}]))

    assert why(task) == (
        "TaskFailedToStart: ResourceInitializationError: unable to pull secrets or registry auth: execution"
        " resource"
        " retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s):"
        f" {expected}"
    )


@pytest.mark.parametrize(
    ("container", "expected"),
    [
        pytest.param(
            {"command": ["no-such-program"]},
            "CannotStartContainerError: ResourceInitializationError: failed to create new container runtime"
            " task: failed to create shim task: OCI runtime create failed: runc create failed: unable to"
            " start container"
            ' process: exec: "no-such-program": executable file not found in $PATH: unknown',
            id="program",
        ),
        pytest.param(
            {"command": ["/no/such"]},
            'exec: "/no/such": stat /no/such: no such file or directory: unknown',
            id="file",
        ),
        pytest.param(
            {"command": ["/etc/passwd"]}, 'exec: "/etc/passwd": permission denied: unknown', id="no program"
        ),
        pytest.param(
            {"command": []}, "it has no command, and the entry point of its image is not used", id="image's"
        ),
        pytest.param(
            sh("true", secrets=[{"name": "S", "valueFrom": "none"}]),
            "ResourceInitializationError: unable to pull secrets or registry auth: execution resource"
            " retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1"
            " time(s): invalid ssm parameters: none",
            id="unknown parameter",
        ),
        pytest.param(
            sh("true", secrets=[{"name": "S", "valueFrom": f"{SECRET}none-abcdef"}]),
            "unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch"
            " secret"
            f" {SECRET}none-abcdef from secrets manager: ResourceNotFoundException: Secrets Manager can't"
            " find the"
            " specified secret.",
            id="unknown secret",
        ),
        pytest.param(
            {
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {
                        "awslogs-group": "missing",
                        "awslogs-region": "us-east-1",
                        "awslogs-stream-prefix": "p",
                    },
                }
            },
            "ResourceNotFoundException: The specified log group does not exist.",
            id="no log group",
        ),
        pytest.param(sh("true", user="1000"), "another user needs a container", id="user"),
        pytest.param(
            sh("true", workingDirectory="/app"), "workingDirectory is a directory of the image", id="folder"
        ),
    ],
)
def test_start_failures(tasks: MakeTasks, container: dict[str, object], expected: str) -> None:
    task = tasks().run_to_the_end(container)

    assert why(task).startswith("TaskFailedToStart: ")
    assert expected in why(task)
    assert exits(task) == {"main": None}
    assert "startedAt" not in task


def test_entry_point_comes_before_the_command(tasks: MakeTasks) -> None:
    view = tasks()

    task = view.run_to_the_end({"entryPoint": ["echo", "entry"], "command": ["command"]})

    assert view.lines(task) == ["entry command"]


def test_copies_run_side_by_side(tasks: MakeTasks) -> None:
    view = tasks()
    view.register(sh("echo here"))

    ended = [view.end(arn) for arn in view.start(count=10)]

    assert [view.lines(task) for task in ended] == [["here"]] * 10
    assert len({task["taskArn"] for task in ended}) == 10


def test_end_of_an_essential_container_stops_the_others(tasks: MakeTasks) -> None:
    view = tasks()

    task = view.run_to_the_end(
        sh("exit 4"), sidecar("side", "trap 'echo bye; exit 7' TERM; while :; do sleep 0.02; done")
    )

    assert why(task) == ESSENTIAL_EXITED
    assert exits(task)["main"] == 4
    assert exits(task)["side"] in {7, 143}


def test_end_of_another_container_does_not(tasks: MakeTasks) -> None:
    view = tasks()
    view.register(sh("sleep 60"), sidecar("side", "exit 5"))
    arn = view.run()
    view.until(arn, "RUNNING")
    wait_until(lambda: exits(view.describe(arn))["side"] == 5)

    assert view.describe(arn)["lastStatus"] == "RUNNING"


@pytest.mark.parametrize(
    ("condition", "script", "expected"),
    [
        pytest.param("COMPLETE", "echo first > $OUT; exit 1", {"first": 1, "main": 0}, id="complete"),
        pytest.param("SUCCESS", "echo first > $OUT", {"first": 0, "main": 0}, id="success"),
        pytest.param("START", "sleep 60", {"first": 143, "main": 0}, id="start"),
    ],
)
def test_dependencies(
    tasks: MakeTasks, tmp_path: Path, condition: str, script: str, expected: dict[str, int]
) -> None:
    out = {"environment": [{"name": "OUT", "value": str(tmp_path / "out")}]}
    wait = [{"containerName": "first", "condition": condition}]

    task = tasks().run_to_the_end(
        sh("test $0 = START || cat $OUT", dependsOn=wait, **out)
        | {"command": ["sh", "-c", "test $0 = START || cat $OUT", condition]},
        sidecar("first", script, **out),
    )

    assert exits(task) == expected


def test_dependency_on_health(tasks: MakeTasks, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    check = {"command": ["CMD-SHELL", f"test -e {ready}"], "interval": 5, "timeout": 2, "retries": 10}
    view = tasks()
    view.register(
        sh(f"test -e {ready}", dependsOn=[{"containerName": "server", "condition": "HEALTHY"}]),
        sidecar("server", f"sleep 1; touch {ready}; sleep 60", healthCheck=check),
    )

    arn = view.run()
    task = view.end(arn)

    assert exits(task) == {"main": 0, "server": 143}
    health = {each["name"]: each["healthStatus"] for each in task["containers"]}
    assert health == {"main": "UNKNOWN", "server": "HEALTHY"}


def test_dependency_that_does_not_succeed(tasks: MakeTasks) -> None:
    task = tasks().run_to_the_end(
        sh("true", dependsOn=[{"containerName": "first", "condition": "SUCCESS"}]), sidecar("first", "exit 9")
    )

    assert why(task) == "TaskFailedToStart: DependencyError: container first did not exit successfully"
    assert exits(task) == {"main": None, "first": 9}


def test_stop_gives_time_then_kills(tasks: MakeTasks) -> None:
    view = tasks()
    view.register(sh("trap 'echo asked' TERM; echo ready; while :; do sleep 0.05; done", stopTimeout=2))
    arn = view.run()
    view.wait_for_line(arn, "ready")

    answer = view.ecs.stop_task(task=arn, reason="too slow")["task"]
    view.ecs.stop_task(task=arn, reason="another reason")
    task = view.end(arn)

    assert [answer["desiredStatus"], answer["lastStatus"], answer["stopCode"]] == [
        "STOPPED",
        "RUNNING",
        "UserInitiated",
    ]
    assert why(task) == "UserInitiated: too slow"
    assert exits(task) == {"main": 137}
    assert "asked" in view.lines(task)


def test_stop_of_a_process_that_ends(tasks: MakeTasks) -> None:
    view = tasks()
    view.register(sh("echo ready; exec sleep 60"))
    arn = view.run()
    view.wait_for_line(arn, "ready")

    view.ecs.stop_task(task=arn)

    assert exits(view.end(arn)) == {"main": 143}


def test_nothing_of_a_container_outlives_it(tasks: MakeTasks) -> None:
    view = tasks()

    task = view.run_to_the_end(sh("sleep 61 & echo $!; exit 0"))

    wait_until(lambda: is_gone(int(view.lines(task)[0])))


def test_nothing_outlives_the_endpoint(start: MakeEndpoint, client: MakeClient) -> None:
    endpoint = start(runner="process")
    view = Tasks(client(endpoint), client(endpoint, "ec2"), client(endpoint, "logs"))
    view.register(sh("(setsid sleep 62 & echo $!); sleep 63 & echo $!; echo $$; pwd; wait"))
    arn = view.run()
    view.until(arn, "RUNNING")
    wait_until(lambda: len(view.lines({"taskArn": arn})) == 4)
    *pids, folder = view.lines({"taskArn": arn})

    endpoint.close()

    assert [is_gone(int(pid)) for pid in pids] == [True] * 3
    assert not Path(folder).exists()


def test_long_lines_and_broken_text(tasks: MakeTasks) -> None:
    view = tasks()

    task = view.run_to_the_end(sh(r"printf 'a%.0s' $(seq 20000); printf '\n\377\n'"))

    assert [len(line) for line in view.lines(task)] == [16384, 3616, 1]


def test_output_in_bulk_is_complete(tasks: MakeTasks) -> None:
    view = tasks()

    task = view.run_to_the_end(sh("seq 1 9999"))

    assert view.lines(task) == [str(number) for number in range(1, 10000)]


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    """Give what tasks wait at."""
    os.mkfifo(tmp_path / "gate")
    with (tmp_path / "gate").open("r+b", buffering=0) as pipe:
        yield Gate(f"read line <{tmp_path / 'gate'}", pipe)


def test_hundred_tasks_at_once(tasks: MakeTasks, gate: Gate) -> None:
    view = tasks()
    view.register(sh(gate.wait))

    arns = [arn for _ in range(10) for arn in view.start(count=10)]
    running = view.ecs.list_tasks()["taskArns"]
    gate.let(100)
    ended = [view.end(arn) for arn in arns]

    assert len(running) == 100
    assert [exits(task) for task in ended] == [{"main": 0}] * 100


@pytest.mark.parametrize(
    ("policy", "ran_s", "code", "expected"),
    [
        pytest.param({"enabled": True, "restartAttemptPeriod": 60}, 60, 1, True, id="long enough"),
        pytest.param({"enabled": True, "restartAttemptPeriod": 60}, 59, 1, False, id="too short"),
        pytest.param({"enabled": True}, 299, 1, False, id="the default period"),
        pytest.param({"enabled": False}, 999, 1, False, id="off"),
        pytest.param({"enabled": True, "ignoredExitCodes": [0]}, 999, 0, False, id="ignored code"),
        pytest.param(None, 999, 1, False, id="no policy"),
    ],
)
def test_restart_policy(
    monkeypatch: pytest.MonkeyPatch, policy: Body | None, ran_s: float, code: int, expected: bool
) -> None:
    definition: Body = {} if policy is None else {"restartPolicy": policy}
    running = Running(container_of(definition), began=1000.0)
    monkeypatch.setattr(container_run, "time", SimpleNamespace(monotonic=lambda: 1000.0 + ran_s))

    assert running.may_restart(code) is expected


def test_folder_that_cannot_be_made(
    tasks: MakeTasks, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    view = tasks()
    view.run_to_the_end(sh("true"))
    for folder in tmp_path.iterdir():
        folder.rmdir()
        folder.write_text("in the way")

    task = view.run_to_the_end(sh("true"))

    assert why(task).startswith("TaskFailedToStart: CannotStartContainerError: container main: ")
    assert exits(task) == {"main": None}


def test_more_tasks_than_file_descriptors(start: MakeEndpoint, client: MakeClient, gate: Gate) -> None:
    endpoint = start(runner="process")
    view = Tasks(client(endpoint), client(endpoint, "ec2"), client(endpoint, "logs"))
    view.register(sh(gate.wait))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    view.run_to_the_end(sh("true"))
    used = len(list(Path("/proc/self/fd").iterdir()))
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (used + 10, hard))
        arns = [arn for _ in range(4) for arn in view.start(count=10, taskDefinition="hello:1")]
        gate.let(len(arns))
        ended = [view.end(arn) for arn in arns]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    reasons = {why(task) for task in ended}
    assert ESSENTIAL_EXITED in reasons
    assert any("Too many open files" in reason for reason in reasons)


def test_a_guardian_that_cannot_be_started_leaves_nothing_open(
    tasks: MakeTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = tasks()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", "/no/such/python")
        failed = view.run_to_the_end(sh("true"))
    ran = view.run_to_the_end(sh("true"))
    gc.collect()  # fails the test where a socket was left open

    assert "container main: [Errno 2] No such file or directory: '/no/such/python'" in why(failed)
    assert (exits(failed), exits(ran)) == ({"main": None}, {"main": 0})


def test_the_guardian_outlives_a_process_that_it_may_not_signal(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    ours.settimeout(60)
    argv = [sys.executable, "-c", GUARDIAN_WITHOUT_PERMISSION, str(theirs.fileno()), str(tmp_path / "folder")]
    guardian = subprocess.Popen(argv, pass_fds=[theirs.fileno()])
    theirs.close()

    def spawn(number: int, *command: str) -> None:
        given = {"spawn": number, "argv": command, "env": {"PATH": os.defpath}, "cwd": None, "cleanup": []}
        socket.send_fds(ours, [json.dumps(given).encode() + b"\n"], [sys.stderr.fileno()])

    with ours, ours.makefile() as said:
        spawn(1, "sleep", "60")
        assert json.loads(said.readline()) == {"started": 1}
        ours.sendall(b'{"signal": 1, "number": 15, "group": false}\n')
        spawn(2, "true")
        assert json.loads(said.readline()) == {"started": 2}
        assert json.loads(said.readline()) == {"exited": 2, "code": 0}

    assert guardian.wait(60) == 0


@pytest.mark.parametrize("keeps", [True, False])
def test_output_without_a_log_stream_is_kept_where_that_is_asked_for(tasks: MakeTasks, keeps: bool) -> None:
    view = tasks(keep_output=keeps)
    group, prefix = KEPT_OUTPUT
    container = {"name": "main", "image": "alpine", "command": ["sh", "-c", "echo kept"]}

    view.ecs.register_task_definition(**definition(containerDefinitions=[container]))
    task = view.end(view.run())

    groups = [each["logGroupName"] for each in view.logs.describe_log_groups()["logGroups"]]
    assert (group in groups) == keeps
    if keeps:
        stream = f"{prefix}/main/{task['taskArn'].rpartition('/')[2]}"
        page = view.logs.get_log_events(logGroupName=group, logStreamName=stream)
        assert [each["message"] for each in page["events"]] == ["kept"]
