"""Commands that are printed can be run as printed: whole, and where they can be copied."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import click
import processes
import pytest
from botocore import xform_name
from click.testing import CliRunner
from places import ROOT

from ecsplan_applier.outcomes.events import Finished, Interrupted, RunBegan
from ecsplan_applier.outcomes.result import JobResult, Summary
from ecsplan_cli.main import COMMANDS, group
from ecsplan_cli.placed_commands import placed
from ecsplan_cli.render.apply.event_lines import Lines, Output

SOURCES = sorted(
    path for each in ("cli", "applier", "compiler", "local") for path in (ROOT / each).rglob("*.py")
)
QUOTED = re.compile(r"`((?:ecsplan|aws) [^`\n]+)`")


@pytest.fixture(scope="module")
def commands_of_code() -> list[str]:
    """Return the commands in backticks of all texts in the code, docstrings left out."""
    return sorted({each for path in SOURCES for each in printed(ast.parse(path.read_text("utf-8")))})


def printed(tree: ast.Module) -> Iterator[str]:
    """Yield the commands in backticks of the texts of a module."""
    documented: set[int] = set()  # docstrings, and those of constants: each comes after what it is in
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            documented.add(id(node.value))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
            yield from QUOTED.findall(node.value)


def test_there_are_some(commands_of_code: list[str]) -> None:
    assert len(commands_of_code) > 5


def test_a_command_of_ours_lacks_nothing(commands_of_code: list[str], subtests: pytest.Subtests) -> None:
    for command in commands_of_code:
        if command.startswith("ecsplan "):
            with subtests.test(command):
                name, *arguments = shlex.split(command)[1:]
                found = group.get_command(click.Context(group), name)
                assert found is not None

                found.make_context(name, arguments)


def test_a_command_of_the_aws_cli_lacks_nothing(
    commands_of_code: list[str], subtests: pytest.Subtests
) -> None:
    for command in commands_of_code:
        service, *rest = shlex.split(command)[1:]
        if command.startswith("aws ") and service not in {"sso", "login", "configure"}:
            with subtests.test(command):
                check_operation("s3" if service == "s3api" else service, *rest)


def check_operation(service: str, operation: str, *arguments: str) -> None:
    """Check that a command line gives options that its operation has, and all that it must have."""
    model = botocore.session.Session().get_service_model(service)
    names = {xform_name(each, "-"): each for each in model.operation_names}

    shape = model.operation_model(names[operation]).input_shape
    given = {each.removeprefix("--") for each in arguments if each.startswith("--")}
    assert given <= {xform_name(each, "-") for each in shape.members}
    assert {xform_name(each, "-") for each in shape.required_members} <= given
    assert len(arguments) == 2 * len(given)


def said(plan: str, *options: str) -> list[str]:
    """Return what an apply of a plan says about coming back."""
    lines: list[str] = []
    shown = Lines(
        plan, Output(None, prefixed=False), options=options, quiet=False, colour=False, show=lines.append
    )
    shown.render(RunBegan("ci/7", fresh=False, jobs=1, tasks=1))
    shown.render(Interrupted(2, 1, again=True))
    shown.render(Finished(Summary("ci/7", (JobResult("a", None, None, False, ()),), None, True, 1.0)))
    return lines


@pytest.mark.parametrize(
    ("plan", "options", "expected"),
    [
        pytest.param("plan.json", [], "to resume: ecsplan apply plan.json --run-id ci/7", id="a file"),
        pytest.param(
            "my plans/it's.json", ["--local", "--state", "a b"],
            """to resume: ecsplan apply 'my plans/it'"'"'s.json' --run-id ci/7 --local --state 'a b'""",
            id="names with blanks and quotes",
        ),
        pytest.param("-x.json", [], "to resume: ecsplan apply ./-x.json --run-id ci/7", id="like an option"),
        pytest.param(
            "-", ["--region", "eu-west-1"],
            "to resume, pipe the same plan to: ecsplan apply - --run-id ci/7 --region eu-west-1", id="a pipe",
        ),
        pytest.param(
            "/dev/fd/9", [], "to resume, pipe the same plan to: ecsplan apply - --run-id ci/7", id="shell"
        ),
    ],
)  # fmt: skip
def test_how_to_come_back(plan: str, options: list[str], expected: str) -> None:
    lines = said(plan, *options)

    assert lines == [
        f"run id: ci/7; {expected}",
        f"SIGINT again: no longer waiting; {expected}",
        "0 of 0 tasks started. 1 s. Run ci/7.",
        expected.replace("to resume", "to come back"),
    ]
    _, command, *arguments = shlex.split(expected.partition(": ")[2])
    found = group.get_command(click.Context(group), command)
    assert found is not None
    assert found.make_context(command, arguments).params["run_id"] == "ci/7"


def test_the_options_of_an_apply_are_repeated(bare: Path) -> None:
    (bare / "jobs.yaml").write_text("jobs: {one: {image: a}, two: {image: b}}\n", "utf-8")
    state = ("--local", "--state", "own state.sqlite3")
    CliRunner().invoke(group, ["compile", "jobs.yaml", *state, "-o", "plan.json"])

    options = ["--only", "two", "--refresh", "--runner", "process", "--region", "us-east-1"]
    done = CliRunner().invoke(group, ["apply", "plan.json", *state, *options, "--run-id", "ci/7"])

    command = done.stderr.splitlines()[0].partition("to resume: ")[2]
    assert command == (
        "ecsplan apply plan.json --run-id ci/7 --refresh --only two --local --runner process"
        " --state 'own state.sqlite3' --region us-east-1"
    )


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_not_wrapped_off_a_terminal(command: str) -> None:
    shown = processes.run(*([command] if command else []), "--help", env={"COLUMNS": "40", "PATH": ""}).stdout

    assert not [line for line in shown.splitlines() if line.count("`") % 2]
    assert max(map(len, shown.splitlines())) > (40 if command == "version" else 100)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (Interrupted(15, 0, again=False), "SIGTERM: nothing runs; ending"),
        (
            Interrupted(15, 2, again=False),
            (
                "SIGTERM: stopping 2 tasks, then reading the rest of the log; "
                "another signal after a second ends at once"
            ),
        ),
        (
            Interrupted(2, 0, again=False, unanswered=True),
            (
                "SIGINT: waiting for the answer to RunTask, to stop what it starts; "
                "another signal after a second ends at once"
            ),
        ),
        (
            Interrupted(1, 1, again=False, unanswered=True),
            (
                "SIGHUP: stopping 1 task, then reading the rest of the log; "
                "waiting for the answer to RunTask, to stop what it starts; "
                "another signal after a second ends at once"
            ),
        ),
    ],
)
def test_what_a_signal_is_answered_with(event: Interrupted, expected: str) -> None:
    lines: list[str] = []
    output = Output(None, prefixed=False)
    Lines("plan.json", output, options=(), quiet=False, colour=False, show=lines.append).render(event)

    assert lines == [expected]


@pytest.mark.parametrize("arguments", [("compile", "--offline"), ("preview",)])
def test_what_shows_equal_problems_can_be_run(arguments: tuple[str, ...], tmp_path: Path) -> None:
    folder = tmp_path / "the jobs"
    folder.mkdir()
    for number in range(25):
        (folder / f"x{number:02}.yaml").write_text("image: alpine\nunknown: 1\n", encoding="utf-8")

    few = processes.run(*arguments, "the jobs/x01.yaml", "the jobs/x02.yaml", cwd=tmp_path)
    many = processes.run(*arguments, "the jobs", cwd=tmp_path)

    assert few.stderr.count("error[unknown-key]") == 2
    assert many.stderr.count("error[unknown-key]") == 1
    (command,) = re.findall("the same in 24 more files \\(`(.*)` shows them\\)", many.stderr)
    shown = processes.run(*shlex.split(command)[1:], cwd=tmp_path)
    assert shown.stderr.count("error[unknown-key]") == 25


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("see `ecsplan status 7`", "see `ecsplan status 7 --state 'x y'`", id="at the end"),
        pytest.param("`ecsplan runs`, `ecsplan stop 7`",
                     "`ecsplan runs --state 'x y'`, `ecsplan stop 7 --state 'x y'`", id="each"),
        pytest.param("`ecsplan stop -- -7`", "`ecsplan stop --state 'x y' -- -7`", id="before a run"),
        pytest.param("`ecsplan status 7 --region r`", "`ecsplan status 7 --region r`", id="with its own"),
        pytest.param("`ecsplan check`, `ecsplan stopped`", "`ecsplan check`, `ecsplan stopped`", id="others"),
    ],
)  # fmt: skip
def test_commands_of_the_applier_get_the_options_of_the_command_line(text: str, expected: str) -> None:
    assert placed(text, ("--state", "x y")) == expected
    assert placed(text, ()) == text
