"""What runs on a system without POSIX: manifests are checked, compiled and shown; the rest says why not."""

import json
import shutil
from pathlib import Path

import pytest
import without_posix
from places import ROOT, TESTS

from ecsplan_cli.main import COMMANDS
from ecsplan_cli.platforms import NEEDS_LOCKS
from ecsplan_cli.workers import MAX_PROCESSES, workers

OBSERVED = TESTS / "cases" / "register-what-changed" / "plan.json"
ARGUMENTS = {"exec": ("nightly", "--", "sh"), "apply": ("plan.json",), "local": (), "runs": ()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with manifests, and a plan that AWS was asked for."""
    shutil.copytree(ROOT / "manifests", tmp_path / "manifests")
    shutil.copy(OBSERVED, tmp_path / "plan.json")
    assert json.loads(OBSERVED.read_text("utf-8"))["observed"]
    return tmp_path


def test_all_manifests_are_checked(folder: Path) -> None:
    done = without_posix.run("check", "--strict", "manifests", folder=folder)

    assert (done.returncode, done.stdout) == (0, "")
    assert ": 0 errors, 0 warnings" in done.stderr


def test_a_plan_is_what_it_is_elsewhere(folder: Path) -> None:
    from processes import run  # noqa: PLC0415 - it starts a server of processes

    arguments = ("compile", "--offline", "manifests/pipeline.yaml")

    done = without_posix.run(*arguments, folder=folder)

    assert (done.returncode, done.stdout) == (0, run(*arguments, cwd=folder).stdout)


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_an_observed_plan_is_shown(form: str, folder: Path) -> None:
    from processes import run  # noqa: PLC0415

    arguments = ("diff", "plan.json", "--format", form)

    done = without_posix.run(*arguments, folder=folder)

    assert (done.returncode, done.stderr, done.stdout) == (0, "", run(*arguments, cwd=folder).stdout)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("preview", "manifests/hello.yaml"), id="preview"),
        pytest.param(("export", "--to", "terraform", "plan.json"), id="export"),
        pytest.param(("init", "--", "aws", "ecs", "run-task", "--task-definition", "etl"), id="init"),
        pytest.param(("schema", "manifest"), id="schema"),
        pytest.param(("docs", "rules"), id="docs"),
        pytest.param(("completion", "bash"), id="completion"),
        pytest.param(("version",), id="version"),
    ],
)
def test_other_commands_run(arguments: tuple[str, ...], folder: Path) -> None:
    done = without_posix.run(*arguments, folder=folder)

    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_aws_can_be_asked(folder: Path) -> None:
    arguments = ("compile", "manifests/hello.yaml", "--region", "us-east-1")

    done = without_posix.run(*arguments, "--endpoint-url", "http://127.0.0.1:9", folder=folder)

    # Nobody listens there; what is said is about AWS, not about the system.
    assert done.returncode == 125
    assert "127.0.0.1:9" in done.stderr or "credentials" in done.stderr
    assert "failed unexpectedly" not in done.stderr


@pytest.mark.parametrize("command", sorted(NEEDS_LOCKS))
def test_what_needs_locks_says_where_it_runs(command: str, folder: Path) -> None:
    done = without_posix.run(command, *ARGUMENTS.get(command, ("nightly",)), folder=folder)

    assert (done.returncode, done.stdout) == (125, "")
    assert f"`ecsplan {command}` requires Linux or macOS" in done.stderr
    assert "help: run it in WSL" in done.stderr


def test_the_embedded_ecs_says_where_it_runs(folder: Path) -> None:
    done = without_posix.run("compile", "--local", "manifests/hello.yaml", folder=folder)

    assert (done.returncode, done.stdout) == (125, "")
    assert "`--local` requires Linux or macOS" in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_shown_everywhere(command: str, folder: Path) -> None:
    done = without_posix.run(command, "--help", folder=folder)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: ecsplan {command}")


def test_there_are_no_more_processes_than_windows_takes() -> None:
    with workers(MAX_PROCESSES + 1) as share:
        assert list(share(abs, [-1, -2], at_once=1)) == [1, 2]
