"""Tricks in every position: no text of a manifest or of AWS steers a terminal or a pipeline.

Control and format characters are written out, and no line is a workflow command, wherever the text comes from
and whichever form shows it. The job's own output alone is printed as it is.
"""

import json
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from apply_stage import Command
from aws_world import Aws
from click.testing import Result

from ecsplan_applier.outcomes.events import (
    Deregistered,
    Event,
    Finished,
    LogLines,
    Noted,
    Registered,
    Reused,
    RunBegan,
    TaskChanged,
    TaskEnded,
    TaskStarted,
    Warned,
)
from ecsplan_applier.outcomes.explanation import Explanation
from ecsplan_applier.outcomes.result import JobResult, Outcome, Phases, Summary, TaskResult
from ecsplan_cli.render.apply.event_lines import Lines, Output

TRICK = (
    "::error::x\u202e\u200b\x1b[2J\n::set-output name=a::b\r ::warning::c\n"
    "##[error]d ##vso[task.e]f\u2028g\x85h"
)


def assert_harmless(text: str) -> None:
    """Assert that a text does nothing but show what it says."""
    hidden = {
        each for each in text if each != "\n" and unicodedata.category(each) in {"Cc", "Cf", "Zl", "Zp"}
    }
    assert hidden == set(), text
    for line in text.split("\n"):
        assert not line.lstrip().startswith("::"), line
        assert "##[" not in line, line
        assert "##vso[" not in line, line


def harmless(done: Result) -> Result:
    assert_harmless(done.stdout)
    assert_harmless(done.stderr)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


POSITIONS: dict[str, dict[str, object]] = {
    "name": {"name": TRICK},
    "image": {"image": TRICK},
    "command": {"command": ["sh", "-c", TRICK]},
    "container": {"container_name": TRICK},
    "variable": {"env": {"A": TRICK}},
    "name of a variable": {"env": {TRICK: "a"}},
    "label": {"labels": {"a": TRICK}},
    "name of a label": {"labels": {TRICK: "a"}},
    "family": {"family": TRICK},
    "cluster": {"cluster": TRICK},
    "role": {"task_role_arn": TRICK},
    "subnet": {"network_configuration": {"subnets": [TRICK]}},
    "unknown key": {TRICK: 1},
    "group": {"group": TRICK},
    "platform version": {"platform_version": TRICK},
    "strategy": {"capacity_provider_strategy": [{"capacityProvider": TRICK}]},
    "definition": {
        "task_definition": {"containerDefinitions": [{"name": "main", "workingDirectory": TRICK}]}
    },
    "log options": {
        "task_definition": {"containerDefinitions": [{"name": "main", "dockerLabels": {TRICK: TRICK}}]}
    },
    "patch": {"task_customizations": [{"op": "add", "path": "/group", "value": TRICK}]},
    "path of a patch": {"task_customizations": [{"op": "add", "path": TRICK, "value": 1}]},
    "linked definition": {"task_definition_arn": TRICK},
    "endpoint": {"aws": {"endpoint_url": TRICK}},
    "region": {"aws": {"region": TRICK}},
    "profile": {"aws": {"profile": TRICK}},
}


def manifest(position: str) -> str:
    keys = {"name": "job", "image": "alpine", **POSITIONS[position]}
    if position == "linked definition":
        del keys["image"]
    return json.dumps(keys)


@pytest.mark.parametrize("position", POSITIONS)
def test_of_a_manifest(aws: Aws, position: str) -> None:
    file = aws.write("job.yaml", manifest(position))

    for form in "text", "json":
        harmless(aws.run("check", file, "--format", form))
    harmless(aws.run("preview", file))
    compiled = harmless(aws.run("compile", "--offline", file))
    for form in "text", "json", "markdown":
        harmless(aws.run("diff", file, "--format", form))
    harmless(aws.run("compile", file, "--verbose"))
    if compiled.exit_code == 0:
        aws.write("plan.json", compiled.stdout)
        harmless(aws.run("diff", "plan.json"))


@pytest.mark.parametrize("position", POSITIONS)
def test_annotations_are_commands_of_ecsplan_alone(aws: Aws, position: str) -> None:
    done = aws.run("check", aws.write("job.yaml", manifest(position)), "--format", "github")

    for line in done.stdout.splitlines():
        assert line.startswith(("::error file=job.yaml,line=", "::warning file=job.yaml,line="))
        assert_harmless(line[2:])


def test_of_definitions_that_aws_returns(aws: Aws) -> None:
    aws.client().register_task_definition(
        family="job",
        containerDefinitions=[
            {"name": "main", "image": "a", "memory": 64, "workingDirectory": TRICK, "command": [TRICK]}
        ],
    )
    file = aws.write("job.yaml", '{"name": "job", "image": "alpine"}')
    linked = aws.write("linked.yaml", '{"task_definition_arn": "job", "name": "b", "image": "c"}')

    for form in "text", "json", "markdown":
        assert "x1b" in harmless(aws.run("diff", file, "--format", form)).stdout.replace("u00", "x")
        harmless(aws.run("diff", linked, "--format", form))
    harmless(aws.run("compile", file))


@pytest.mark.parametrize("operation", ["DescribeTaskDefinition", "DescribeVpcs", "GetCallerIdentity"])
@pytest.mark.parametrize("part", ["code", "message"])
def test_of_errors_that_aws_returns(aws: Aws, operation: str, part: str) -> None:
    rule = {"operation": operation, "action": "error", "code": "AccessDenied", "message": "no", part: TRICK}
    aws.endpoint.set_faults({"rules": [rule]})
    file = aws.write("job.yaml", '{"name": "job", "image": "alpine"}')

    harmless(aws.run("compile", file))
    harmless(aws.run("diff", file))


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", TRICK],
        [TRICK],
        ["check", f"--{TRICK}"],
        ["apply", TRICK],
        ["stop", TRICK],
        ["stop", f"default::{TRICK}"],
        ["stop", "default::" + "0" * 32, "--reason", TRICK],
        ["exec", "nightly", "--job", TRICK],
        ["compile", "--region", TRICK, "job.yaml"],
        ["compile", "job.yaml", "-o", f"{TRICK}/plan.json"],
        ["check", "job.yaml", "--name", TRICK],
        ["apply", "plan.json", "--only", TRICK],
        ["apply", "plan.json", "--run-id", TRICK],
    ],
    ids=lambda arguments: " ".join(arguments).replace(TRICK, "TRICK"),
)
def test_of_the_command_line(bare: Any, arguments: list[str]) -> None:
    command = Command.__new__(Command)
    command.folder, command.env = bare, {"PATH": "", "HOME": str(bare), "AWS_EC2_METADATA_DISABLED": "true"}
    command.write("job.yaml", "image: alpine\n")
    command.write("plan.json", command.run("compile", "--offline", "job.yaml").out)

    ended = command.run(*arguments)

    assert_harmless(ended.out)
    assert_harmless(ended.err)
    assert "Traceback" not in ended.err


def result(**members: object) -> TaskResult:
    given: dict[str, Any] = {
        "job": TRICK,
        "copy": 1,
        "label": TRICK,
        "outcome": Outcome.FAILED,
        "arn": TRICK,
        "cluster": TRICK,
        "status": TRICK,
        "exit_code": 1,
        "stop_code": TRICK,
        "reason": TRICK,
        "explanation": Explanation("a", TRICK, TRICK),
        "phases": Phases(None, None, None, None),
        "over": True,
        "attached": False,
    }
    return TaskResult(**(given | members))


def events() -> Iterator[Event]:
    yield RunBegan("ci/7", fresh=True, jobs=1, tasks=1)
    yield Reused(TRICK, TRICK)
    yield Registered(TRICK, TRICK, 1.0)
    yield Deregistered(TRICK, TRICK)
    yield TaskStarted(TRICK, TRICK, TRICK, attached=False)
    yield TaskChanged(TRICK, TRICK, TRICK, 1.0)
    yield Noted(TRICK, TRICK)
    yield Noted(None, TRICK)
    yield Warned(TRICK, TRICK)
    yield Warned(None, TRICK)
    outcomes = [result(outcome=each, over=over) for each in Outcome for over in (True, False)]
    for each in outcomes:
        yield TaskEnded(each)
    yield Finished(Summary("ci/7", (JobResult(TRICK, None, TRICK, False, tuple(outcomes)),), 2, False, 1.0))


def test_of_everything_that_happens_in_an_apply() -> None:
    shown: list[str] = []
    lines = Lines("plan.json", Output(None, prefixed=False), quiet=False, colour=False, show=shown.append)

    for event in events():
        lines.render(event)
        assert_harmless("\n".join(shown))

    assert len(shown) > 20


def test_the_output_of_the_job_is_printed_as_it_is(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    import sys  # noqa: PLC0415 - its stdout is the captured one only within the test

    lines = Lines("plan.json", Output(sys.stdout, prefixed=False), quiet=True, colour=False)

    lines.render(LogLines("job", (TRICK,)))

    assert capfdbinary.readouterr().out == f"{TRICK}\n".encode()
