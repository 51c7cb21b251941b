"""Many manifests at once: one plan in their order, or all that is wrong, whatever the processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from aws_world import WEB

from ecsplan_cli.compiling import ENOUGH_TO_SHARE
from ecsplan_local import Endpoint, serve

COUNT = 300
_CORES = """\
import os, sys
os.sched_getaffinity = lambda pid: set(range({cores}))
from ecsplan_cli.start import start
start()
"""
_LIMIT_S = 60.0


@pytest.fixture
def folder(bare: Path) -> Path:
    """Return a folder of manifests, more than one process is given."""
    home = bare / "jobs"
    for number in range(COUNT):
        path = home / f"team-{number % 7}" / f"job-{number:03}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"image: alpine:{number}\ncommand: [echo, '{number}']\n", encoding="utf-8")
    return home


def command(cores: int, *arguments: str) -> list[str]:
    """Return the command of a machine with so many cores."""
    return [sys.executable, "-c", _CORES.format(cores=cores), *arguments]


def ecsplan(cores: int, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command(cores, *arguments), capture_output=True, text=True, check=False, timeout=_LIMIT_S
    )


def test_the_bytes_are_the_same_with_any_number_of_processes(folder: Path) -> None:
    done = {cores: ecsplan(cores, "compile", "--offline", "--quiet", "jobs") for cores in (1, 2, 5)}

    assert {(each.returncode, each.stderr) for each in done.values()} == {(0, "")}
    assert len({each.stdout for each in done.values()}) == 1
    assert done[1].stdout.count('"spec": {') == COUNT
    wanted = [path.stem for path in sorted(folder.rglob("*.yaml"))]
    assert [
        line.split('"')[3] for line in done[5].stdout.splitlines() if line.startswith('      "name": ')
    ] == (wanted)


def test_all_that_is_wrong_is_reported_in_order_and_there_is_no_plan(folder: Path) -> None:
    (folder / "team-1" / "job-001.yaml").write_text("image: alpine\nnme: x\n", encoding="utf-8")
    (folder / "team-5" / "job-201.yaml").write_text("image: alpine\nname: job-004\n", encoding="utf-8")
    (folder / "team-6" / "job-209.yaml").write_bytes(b"image: \xff\n")
    done = {cores: ecsplan(cores, "compile", "--offline", "jobs", "-o", "plan.json") for cores in (1, 3)}

    assert {each.returncode for each in done.values()} == {1}
    assert done[1].stderr == done[3].stderr
    reported = [line for line in done[3].stderr.splitlines() if line.startswith("jobs/")]
    assert [line.split(":")[0] for line in reported] == [
        "jobs/team-1/job-001.yaml", "jobs/team-5/job-201.yaml", "jobs/team-6/job-209.yaml",
    ]  # fmt: skip
    assert not Path("plan.json").exists()


def test_jobs_wait_for_those_of_other_manifests_whatever_the_processes(folder: Path) -> None:
    for number, path in enumerate(sorted(folder.rglob("*.yaml"), key=lambda each: each.stem)):
        before = [f"job-{number - 1:03}"] if number else []
        path.write_text(f"image: alpine:{number}\nafter: {before}\n", encoding="utf-8")
    ordered = [ecsplan(cores, "check", "jobs") for cores in (1, 3)]
    (folder / "team-3" / "job-003.yaml").write_text("image: alpine\nafter: [job-299, job-300]\n", "utf-8")
    wrong = [ecsplan(cores, "check", "jobs") for cores in (1, 3)]

    assert [each.returncode for each in (*ordered, *wrong)] == [0, 0, 1, 1]
    assert wrong[0].stdout + wrong[0].stderr == wrong[1].stdout + wrong[1].stderr
    shown = wrong[0].stdout + wrong[0].stderr
    assert "jobs/team-3/job-003.yaml:2:18: error[after-unknown]: there is no job 'job-300'" in shown
    assert (
        "jobs/team-0/job-007.yaml:2:9: error[after-cycle]: these jobs wait for each other: job-007 → "
        in shown
    )
    assert shown.count("error[") == 2


@pytest.fixture
def compiling(folder: Path) -> Iterator[Callable[[], "subprocess.Popen[str]"]]:
    """Give a way to start a compilation that waits: the last manifest is a pipe that nobody writes to."""
    del folder
    os.mkfifo("slow.yaml")
    started: list[subprocess.Popen[str]] = []

    def start() -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            command(3, "compile", "--offline", "jobs", "slow.yaml"),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        started.append(process)
        until(lambda: len(children(process.pid)) == 3)
        return process

    yield start
    for each in started:
        each.kill()
        each.communicate(timeout=_LIMIT_S)


def children(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except FileNotFoundError:
        return []


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + _LIMIT_S
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def runs(pid: int) -> bool:
    """Return whether a process is there and no zombie, which in a container nobody may reap."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


linux = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for processes in /proc")


@linux
def test_ctrl_c_ends_all_processes_without_a_traceback(
    compiling: Callable[[], "subprocess.Popen[str]"],
) -> None:
    process = compiling()
    workers = children(process.pid)

    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=_LIMIT_S)

    assert (process.returncode, out) == (130, "")
    assert err.strip() == "interrupted"
    until(lambda: not any(map(runs, workers)))


@linux
def test_no_process_outlives_the_command(compiling: Callable[[], "subprocess.Popen[str]"]) -> None:
    process = compiling()
    workers = children(process.pid)

    process.kill()

    until(lambda: not any(map(runs, workers)))


@linux
def test_a_process_that_is_killed_is_reported(compiling: Callable[[], "subprocess.Popen[str]"]) -> None:
    process = compiling()

    os.kill(children(process.pid)[0], signal.SIGKILL)
    out, err = process.communicate(timeout=_LIMIT_S)

    assert (process.returncode, out) == (2, "")
    assert "a process that compiled manifests was killed" in err
    assert "Traceback" not in err


@pytest.fixture
def shared(bare: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """Serve an embedded ECS, and write manifests that share a family and ask for subnets."""
    home = bare / "jobs"
    home.mkdir()
    for number in range(ENOUGH_TO_SHARE + 1):
        text = f"family: shared\nimage: alpine\ncommand: [echo, '{number}']\n"
        (home / f"job-{number:03}.yaml").write_text(text, encoding="utf-8")
    (home / "linked.yaml").write_text("task_definition_arn: web\n", encoding="utf-8")
    with serve(runner="scripted", record=True) as endpoint:
        for name, value in CREDENTIALS.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
        client = boto3.client("ecs", region_name="us-east-1", endpoint_url=endpoint.url)
        client.register_task_definition(**WEB)
        client.close()
        yield endpoint


CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}


@pytest.mark.parametrize("arguments", [("compile",), ("diff", "--format", "json"), ("preview",), ("check",)])
def test_every_command_gives_the_same_with_any_number_of_processes(
    shared: Endpoint, arguments: tuple[str, ...]
) -> None:
    done = {}
    for cores in (1, 3):
        shared.forget_calls()
        done[cores] = ecsplan(cores, *arguments, "--quiet", "jobs")
        calls = sorted(each.operation for each in shared.calls())
        online = ["DescribeSubnets", "DescribeTaskDefinition", "DescribeTaskDefinition", "DescribeVpcs"]
        assert calls == ([] if arguments[0] in {"preview", "check"} else [*online, "GetCallerIdentity"])

    assert {(each.returncode, each.stderr) for each in done.values()} == {(0, "")}
    assert done[1].stdout == done[3].stdout
    assert done[1].stdout.count("job-128") >= (arguments[0] != "check")
