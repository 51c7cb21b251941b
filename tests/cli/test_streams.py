"""Standard input and output that are closed, or take nothing more: one line, and no traceback."""

import json
import os
import subprocess
from pathlib import Path

import processes
import pytest
from processes import SCRIPT

PLAN = ("compile", "--offline", "job.yaml")
FULL = Path("/dev/full")
LOCAL = ("--local", "--state", "state.sqlite3")
PROCESS = ("--runner", "process")


def ecsplan(folder: Path, redirection: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command as a shell does that redirects one of its streams."""
    (folder / "job.yaml").write_text("image: alpine\n", encoding="utf-8")
    return subprocess.run(
        ["sh", "-c", f'"$0" "$@" {redirection}', SCRIPT, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(PLAN, id="plan"),
        pytest.param(("preview", "job.yaml"), id="preview"),
        pytest.param(("check", "--format", "json", "job.yaml"), id="diagnostics"),
        pytest.param(("schema", "manifest"), id="schema"),
        pytest.param(("--help",), id="help"),
        pytest.param(("--version",), id="version"),
        pytest.param(("compile", "--help"), id="help of a command"),
        pytest.param(("schema", "-h"), id="short help of a command"),
    ],
)
def test_no_room_for_the_result(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "job.yaml").write_text("image: alpine\n", encoding="utf-8")
    with FULL.open("wb") as full:
        done = processes.run(*arguments, cwd=tmp_path, stdout=full)

    assert (done.returncode, done.stderr) == (
        2,
        "Error: cannot write standard output: No space left on device\n",
    )


@pytest.mark.parametrize("arguments", [PLAN, ("--help",), ("--version",), ("apply", "--help")], ids=" ".join)
def test_output_is_closed(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = ecsplan(tmp_path, ">&-", *arguments)

    assert (done.returncode, done.stderr) == (2, "Error: cannot write standard output: it is closed\n")


@pytest.mark.parametrize("command", ["check", "preview"])
def test_manifest_comes_from_closed_input(tmp_path: Path, command: str) -> None:
    done = ecsplan(tmp_path, "<&-", command, "-")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(
        "<stdin>:1:1: error[unreadable-file]: cannot read this file: it is closed\n"
    )


def test_plan_comes_from_closed_input(tmp_path: Path) -> None:
    done = ecsplan(tmp_path, "<&-", "apply", "-")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("Error: cannot read -: it is closed\n")


@pytest.mark.parametrize("arguments", [PLAN, ("--help",), ("diff", "--help")], ids=" ".join)
def test_nobody_reads_the_output(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = without_a_reader(tmp_path, "stdout", *arguments)

    assert (done.returncode, done.stderr) == (141, "")


def test_nobody_reads_the_messages(tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("imag: alpine\n", encoding="utf-8")

    done = [
        without_a_reader(tmp_path, "stderr", *arguments)
        for arguments in (("check", "wrong.yaml"), ("--wrong",), ("apply", "job.yaml"))
    ]

    assert [(each.returncode, each.stdout) for each in done] == [(1, ""), (2, ""), (123, "")]


def without_a_reader(folder: Path, stream: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command with a stream that is a pipe whose other end is closed."""
    (folder / "job.yaml").write_text("image: alpine\n", encoding="utf-8")
    reader, writer = os.pipe()
    os.close(reader)
    try:
        return processes.run(
            *arguments,
            cwd=folder,
            stdout=writer if stream == "stdout" else subprocess.PIPE,
            stderr=writer if stream == "stderr" else subprocess.PIPE,
        )
    finally:
        os.close(writer)


@pytest.fixture
def talking(bare: Path) -> Path:
    """Work in a folder with a plan for a job that prints much and exits with 4."""
    (bare / "talking.yaml").write_text(
        "image: alpine\n"
        "command: [sh, -c, 'i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done; exit 4']\n"
        "configure_cloudwatch_logs: true\n"
        "execution_role_arn: arn:aws:iam::111122223333:role/logs\n",
        encoding="utf-8",
    )
    assert processes.run("compile", *LOCAL, "talking.yaml", "-o", "plan.json").returncode == 0
    return bare


@pytest.mark.parametrize(
    ("redirection", "reported"),
    [
        pytest.param("| head -n 1", "", id="nobody reads the log"),
        pytest.param(">&-", "", id="no log"),
        pytest.param(
            f">{FULL}",
            "warning: standard output can no longer be written, and the job continues: No space left on "
            "device\n",
            id="no space for the log",
            marks=pytest.mark.skipif(not FULL.exists(), reason="only Linux has a device that is always full"),
        ),
    ],
)
def test_a_job_goes_on_whoever_reads_its_log(talking: Path, redirection: str, reported: str) -> None:
    done = ecsplan(talking, redirection, "apply", *LOCAL, *PROCESS, "plan.json", "--result", "result.json")

    result = json.loads((talking / "result.json").read_text(encoding="utf-8"))
    assert result["exit_status"] == 4
    assert done.stderr.count("standard output") == reported.count("standard output")
    assert reported in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("redirection", ["2>&-", "2>&1 >/dev/null | true"], ids=["closed", "not read"])
def test_a_job_goes_on_whoever_reads_the_messages(talking: Path, redirection: str) -> None:
    ecsplan(talking, redirection, "apply", *LOCAL, *PROCESS, "plan.json", "--result", "result.json")

    result = json.loads((talking / "result.json").read_text(encoding="utf-8"))
    assert result["exit_status"] == 4


@pytest.mark.parametrize("redirection", ["2>&-", "2>&- >&-", "2>&- <&-"])
def test_messages_do_not_get_into_files(talking: Path, redirection: str) -> None:
    for _ in range(2):
        done = ecsplan(talking, redirection, "apply", *LOCAL, *PROCESS, "plan.json")

        assert (done.returncode, done.stderr) == (4, "")


@pytest.mark.parametrize("arguments", [("check", "wrong.yaml"), ("diff", *LOCAL, "wrong.yaml")], ids=" ".join)
def test_messages_are_closed(bare: Path, arguments: tuple[str, ...]) -> None:
    (bare / "wrong.yaml").write_text("imag: alpine\n", encoding="utf-8")

    done = ecsplan(bare, "2>&-", *arguments)

    assert done.returncode == (1 if arguments[0] == "check" else 2)
