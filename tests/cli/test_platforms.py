"""What runs on a system without POSIX: manifests are checked, compiled and shown; the rest says why not."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import without_posix
from places import ROOT, TESTS

from ecsplan_cli.main import COMMANDS
from ecsplan_cli.platforms import NEEDS_LOCKS
from ecsplan_cli.workers import MAX_PROCESSES, workers
from ecsplan_local import serve

OBSERVED = TESTS / "cases" / "register-what-changed" / "plan.json"
ARGUMENTS = {
    "apply": ("plan.json",),
    "exec": ("nightly", "--", "sh"),
    "local": (),
    "prune": ("--family", "etl", "--keep", "1", "--yes"),
    "runs": (),
    "schedule": ("manifests/pipeline.yaml",),
}
SCHEDULED = """\
image: alpine:3
schedule: {cron: "0 3 * * ? *", role_arn: "arn:aws:iam::111122223333:role/scheduler"}
"""
RUNS_EVERYWHERE = {
    "check": ("job.yaml",),
    "compile": ("job.yaml", "--verify"),
    "diff": ("job.yaml",),
    "preview": ("job.yaml",),
    "init": ("family",),
    "export": ("--to", "eventbridge", "job.yaml"),
    "verify": ("job.yaml",),
    "iam": ("job.yaml",),
    "schema": ("manifest",),
    "docs": ("rules",),
    "completion": ("bash",),
    "version": (),
}
"""Each other command, asking an AWS that answers where it asks at all."""


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


def test_a_command_runs_everywhere_or_says_where_it_runs() -> None:
    assert sorted([*RUNS_EVERYWHERE, *NEEDS_LOCKS]) == sorted(COMMANDS)


@pytest.fixture(scope="module")
def aws() -> Iterator[dict[str, str]]:
    """Return the environment of commands that ask an AWS, which has the family `family`."""
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    with serve(runner="process") as endpoint:
        ecs = boto3.client("ecs", region_name="us-east-1", endpoint_url=endpoint.url, **keys)
        ecs.register_task_definition(
            family="family", containerDefinitions=[{"name": "main", "image": "alpine", "memory": 512}]
        )
        named = {name.upper(): value for name, value in keys.items()}
        yield {**named, "AWS_ENDPOINT_URL": endpoint.url, "AWS_REGION": "us-east-1"}


@pytest.mark.parametrize("command", RUNS_EVERYWHERE)
def test_other_commands_run(
    command: str, folder: Path, aws: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in aws.items():
        monkeypatch.setenv(name, value)
    (folder / "job.yaml").write_text(SCHEDULED, "utf-8")

    done = without_posix.run(command, *RUNS_EVERYWHERE[command], folder=folder)

    # What is verified would fail: the role of the schedule is in another account.
    fails = command in {"compile", "verify"}
    assert done.returncode == fails, done.stderr
    assert ("1 job: 7 ok, 1 fails" in done.stderr) == fails
    assert done.stdout or fails or command == "check"


@pytest.mark.parametrize("words", ["ecsplan status ", "ecsplan compile --region ", "ecsplan docs "])
def test_a_shell_completes_words(words: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_ECSPLAN_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split())))

    done = without_posix.run(folder=folder)

    assert (done.returncode, done.stderr) == (0, "")


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


def test_the_page_has_a_row_for_each_command() -> None:
    page = (ROOT / "docs/install.md").read_text("utf-8").partition("## Platforms")[2]
    rows = [line.split("|")[1:5] for line in page.splitlines() if line.startswith("| `")]
    stated = {name: row[3].strip() for row in rows for name in re.findall(r"`(\w+)`", row[0])}

    assert {each for each in COMMANDS if each not in stated} == {"local"}  # `ecsplan local`, with `--local`
    assert {name for name, windows in stated.items() if windows == "in WSL"} == NEEDS_LOCKS - {"local"}
    assert {name for name, windows in stated.items() if windows == "yes"} == set(RUNS_EVERYWHERE)


def test_there_are_no_more_processes_than_windows_takes() -> None:
    with workers(MAX_PROCESSES + 1) as share:
        assert list(share(abs, [-1, -2], at_once=1)) == [1, 2]
