"""Standard input and output that are closed, or take nothing more: one line, and no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PLAN = ("compile", "--offline", "job.yaml")
FULL = Path("/dev/full")


def ecsplan(folder: Path, redirection: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command as a shell does that redirects one of its streams."""
    (folder / "job.yaml").write_text("image: alpine\n", encoding="utf-8")
    return subprocess.run(
        ["sh", "-c", f'exec "$0" -m ecsplan_cli "$@" {redirection}', sys.executable, *arguments],
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
    done = ecsplan(tmp_path, f">{FULL}", *arguments)

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
    assert done.stderr == "<stdin>:1:1: error[unreadable-file]: cannot read this file: it is closed\n"


def test_plan_comes_from_closed_input(tmp_path: Path) -> None:
    done = ecsplan(tmp_path, "<&-", "apply", "-")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("Error: cannot read -: it is closed\n")


@pytest.mark.parametrize("arguments", [PLAN, ("--help",), ("diff", "--help")], ids=" ".join)
def test_nobody_reads_the_output(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = without_a_reader(tmp_path, "stdout", *arguments)

    assert (done.returncode, done.stderr) == (141, b"")


def test_nobody_reads_the_messages(tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("imag: alpine\n", encoding="utf-8")

    done = without_a_reader(tmp_path, "stderr", "check", "wrong.yaml")

    assert (done.returncode, done.stdout) == (141, b"")


def without_a_reader(folder: Path, stream: str, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    """Run the command with a stream that is a pipe whose other end is closed."""
    (folder / "job.yaml").write_text("image: alpine\n", encoding="utf-8")
    reader, writer = os.pipe()
    os.close(reader)
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | {stream: writer}
    try:
        return subprocess.run(
            [sys.executable, "-m", "ecsplan_cli", *arguments], cwd=folder, check=False, **streams
        )
    finally:
        os.close(writer)
