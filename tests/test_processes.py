"""A forked `ecsplan` ends as a spawned one does, and what it has started ends with the tests."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import processes
import pytest
from forked import CLOSED, ForkServer
from places import TESTS

LIMIT_S = 60.0


def spawned(*arguments: str, text: str = "", cwd: Path, **streams: Any) -> "subprocess.CompletedProcess[str]":
    pipes = dict.fromkeys(("stdout", "stderr"), subprocess.PIPE)
    given = {"stdin": subprocess.PIPE} | pipes | streams
    with subprocess.Popen([processes.SCRIPT, *arguments], cwd=cwd, text=True, **given) as process:
        out, err = process.communicate(text, LIMIT_S)
    return subprocess.CompletedProcess(process.args, process.returncode, out or "", err or "")


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        pytest.param(["--version"], 0, id="a result"),
        pytest.param(["check", "wrong.yaml"], 1, id="a wrong manifest"),
        pytest.param(["chekc"], 2, id="a wrong command line"),
        pytest.param(["apply", "job.yaml"], 123, id="no plan"),
        pytest.param(["compile", "--offline", "-"], 0, id="standard input"),
        pytest.param(["compile", "--offline", "\udcff.yaml"], 1, id="an argument that is not text"),
    ],
)
def test_a_fork_ends_as_a_process_does(tmp_path: Path, arguments: list[str], status: int) -> None:
    (tmp_path / "job.yaml").write_text("image: alpine\n", encoding="utf-8")
    (tmp_path / "wrong.yaml").write_text("imag: alpine\n", encoding="utf-8")
    text = "image: alpine\nname: given\n"

    forked, real = (run(*arguments, text=text, cwd=tmp_path) for run in (processes.run, spawned))

    assert (forked.returncode, forked.stdout, forked.stderr) == (status, real.stdout, real.stderr)
    assert real.returncode == status


@pytest.mark.parametrize(
    ("number", "status", "said"),
    [
        pytest.param(signal.SIGINT, 130, b"\ninterrupted\n", id="SIGINT"),
        pytest.param(signal.SIGTERM, -signal.SIGTERM, b"", id="SIGTERM"),
        pytest.param(signal.SIGKILL, -signal.SIGKILL, b"", id="SIGKILL"),
    ],
)
def test_signals_reach_a_fork(tmp_path: Path, number: int, status: int, said: bytes) -> None:
    os.mkfifo(tmp_path / "job.yaml")
    process = processes.start("check", "job.yaml", cwd=tmp_path, stderr=subprocess.PIPE)

    with (tmp_path / "job.yaml").open("w"):  # opens once the command reads
        os.killpg(process.pid, number)
        _, err = process.communicate(timeout=LIMIT_S)

    assert (process.returncode, err) == (status, said)


def test_a_signal_may_come_between_the_end_and_its_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = processes.start("--version", cwd=tmp_path)
    process.wait(LIMIT_S)
    monkeypatch.setattr(process, "poll", lambda: None)

    process.kill()

    assert process.returncode == 0


def test_a_signal_may_be_ignored(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "job.yaml")
    process = processes.start("check", "job.yaml", cwd=tmp_path, ignored=[signal.SIGINT, signal.SIGTERM])

    with (tmp_path / "job.yaml").open("w") as manifest:
        for number in (signal.SIGINT, signal.SIGTERM):
            process.send_signal(number)
        manifest.write("image: alpine\n")

    assert process.wait(LIMIT_S) == 0


def reader_gone() -> int:
    reader, writer = os.pipe()
    os.close(reader)
    return writer


@pytest.mark.parametrize(
    ("stream", "status"),
    [pytest.param(reader_gone, 141, id="nobody reads"), pytest.param(lambda: CLOSED, 2, id="closed")],
)
def test_streams_are_what_they_were_given(tmp_path: Path, stream: Callable[[], Any], status: int) -> None:
    done = processes.run("--version", cwd=tmp_path, stdout=stream())

    assert (done.returncode, done.stdout) == (status, "")
    assert ("it is closed" in done.stderr) == (status == 2)


def test_python_s_own_variables_need_a_real_process(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="spawn"):
        processes.start("--version", cwd=tmp_path, env={"PYTHONWARNINGS": "error"})


def test_forks_end_with_their_server(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "job.yaml")
    server = ForkServer("warm:compile_something", path=[TESTS / "support"])
    process = server.start(processes.START, [str(processes.SCRIPT), "check", "job.yaml"], cwd=tmp_path)
    with (tmp_path / "job.yaml").open("w"):  # opens once the command reads
        server.close()

    assert process.wait(LIMIT_S) == -signal.SIGKILL
