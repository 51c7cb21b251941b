"""Standard input and output that are closed, or take nothing more: one line, and no traceback."""

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
        ["sh", "-c", f'exec "$0" -m ecsplan_cli.main "$@" {redirection}', sys.executable, *arguments],
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
    ],
)
def test_no_room_for_the_result(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = ecsplan(tmp_path, f">{FULL}", *arguments)

    assert (done.returncode, done.stderr) == (
        2,
        "Error: cannot write standard output: No space left on device\n",
    )


def test_output_is_closed(tmp_path: Path) -> None:
    done = ecsplan(tmp_path, ">&-", *PLAN)

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
