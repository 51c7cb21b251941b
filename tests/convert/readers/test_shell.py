"""Shell scripts with `aws ecs register-task-definition` and `run-task`, read as jobs."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from ecsplan.terms.json_types import Document
from ecsplan_convert.found import ConversionError, Found, Job, Source
from ecsplan_convert.readers.shell import COMMAND_LINE, read
from ecsplan_convert.references import reference

DEFINITION: Document = {
    "family": "etl",
    "containerDefinitions": [{"name": "main", "image": "registry/etl:1.4.0"}],
}


def found(text: str, files: Mapping[str, str] | None = None, *, name: str = "run.sh") -> Found:
    """Return what is in a script beside these files."""

    def read_beside(path: str) -> str:
        if path not in (files or {}):
            raise FileNotFoundError(2, "No such file or directory", path)
        return (files or {})[path]

    return read(Source(name, text, None, read_beside))


def request(options: str, files: Mapping[str, str] | None = None) -> Any:
    """Return the RunTask request of one call with these options, without its definition."""
    (job,) = found(f"aws ecs run-task --task-definition etl {options}", files).jobs
    assert job.notes == ()
    return {name: value for name, value in job.request.items() if name != "taskDefinition"}


NETWORK = {
    "awsvpcConfiguration": {"subnets": ["a", "b"], "securityGroups": ["c"], "assignPublicIp": "ENABLED"}
}
OVERRIDES = {"containerOverrides": [{"name": "main", "command": ["run", "a b"], "cpu": 256}]}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param("--cluster main", {"cluster": "main"}, id="a text"),
        pytest.param("--cluster=main", {"cluster": "main"}, id="with an equals sign"),
        pytest.param("--clu main", {"cluster": "main"}, id="abbreviated"),
        pytest.param("--cluster a --cluster b", {"cluster": "b"}, id="the last one counts"),
        pytest.param("--count 3", {"count": 3}, id="a number"),
        pytest.param("--enable-execute-command", {"enableExecuteCommand": True}, id="a flag"),
        pytest.param("--disable-execute-command", {"enableExecuteCommand": False}, id="a negative flag"),
        pytest.param("--no-enable-execute-command", {"enableExecuteCommand": False}, id="a usual mistake"),
        pytest.param("--no-enable-ecs-managed-tags", {"enableECSManagedTags": False}, id="another one"),
        pytest.param("--enable-ecs-managed-tags", {"enableECSManagedTags": True}, id="a flag with a name"),
        pytest.param(
            "--network-configuration 'awsvpcConfiguration="
            "{subnets=[a,b],securityGroups=[c],assignPublicIp=ENABLED}'",
            {"networkConfiguration": NETWORK},
            id="shorthand",
        ),
        pytest.param(
            "--network-configuration awsvpcConfiguration="
            "{subnets=[a,b],securityGroups=[c],assignPublicIp=ENABLED}",
            {"networkConfiguration": NETWORK},
            id="shorthand without quotes",
        ),
        pytest.param(
            '--network-configuration "awsvpcConfiguration='
            '{subnets=[\'a\',\\"b\\"], securityGroups=c, assignPublicIp=ENABLED}"',
            {"networkConfiguration": NETWORK},
            id="shorthand with quotes and blanks",
        ),
        pytest.param(
            f"--network-configuration '{json.dumps(NETWORK)}'", {"networkConfiguration": NETWORK}, id="JSON"
        ),
        pytest.param(f"--overrides '{json.dumps(OVERRIDES)}'", {"overrides": OVERRIDES}, id="more JSON"),
        pytest.param(
            f"--overrides {json.dumps(json.dumps(OVERRIDES))}", {"overrides": OVERRIDES}, id="JSON, protected"
        ),
        pytest.param(
            "--overrides '{\n  \"containerOverrides\": []\n}'",
            {"overrides": {"containerOverrides": []}},
            id="JSON on lines",
        ),
        pytest.param(
            "--capacity-provider-strategy capacityProvider=FARGATE_SPOT,weight=1 "
            "capacityProvider=FARGATE,base=2",
            {
                "capacityProviderStrategy": [
                    {"capacityProvider": "FARGATE_SPOT", "weight": 1},
                    {"capacityProvider": "FARGATE", "base": 2},
                ]
            },
            id="a list in shorthand",
        ),
        pytest.param(
            '--tags \'[{"key": "team", "value": "data"}]\'',
            {"tags": [{"key": "team", "value": "data"}]},
            id="a list in JSON",
        ),
        pytest.param(
            '--tags \'{"key": "team", "value": "data"}\' \'{"key": "a", "value": "b"}\'',
            {"tags": [{"key": "team", "value": "data"}, {"key": "a", "value": "b"}]},
            id="objects in JSON",
        ),
        pytest.param(
            "--placement-strategy type=spread,field=attribute:ecs.availability-zone",
            {"placementStrategy": [{"type": "spread", "field": "attribute:ecs.availability-zone"}]},
            id="shorthand with colons",
        ),
        pytest.param(
            '--cli-input-json \'{"count": 2, "cluster": "a"}\' --cluster b',
            {"count": 2, "cluster": "b"},
            id="a whole request",
        ),
        pytest.param(
            "--cli-input-yaml 'count: 2\ncluster: a\n'", {"count": 2, "cluster": "a"}, id="a request in YAML"
        ),
        pytest.param(
            "--query 'tasks[0].taskArn' --output text --no-cli-pager --debug", {}, id="global options"
        ),
    ],
)
def test_options(options: str, expected: Any) -> None:
    assert request(options) == expected


def test_options_in_files() -> None:
    files = {"overrides.json": json.dumps(OVERRIDES), "run.yaml": "count: 2\n", "run.json": '{"group": "g"}'}

    assert request("--overrides file://overrides.json", files) == {"overrides": OVERRIDES}
    assert request("--cli-input-yaml file://run.yaml", files) == {"count": 2}
    assert request("--cli-input-json file://run.json", files) == {"group": "g"}


SCRIPT = """\
#!/usr/bin/env bash
set -euo pipefail
CLUSTER=main
TASK_DEF=$(aws ecs register-task-definition \\
  --cli-input-json file://task-def.json \\
  --query 'taskDefinition.taskDefinitionArn' --output text)
TASK_ARN=$(aws --region eu-west-1 ecs run-task --cluster "$CLUSTER" --task-definition "$TASK_DEF" \\
  --overrides '{"containerOverrides": [{"name": "main", "command": ["run", "'"$DAY"'"]}]}' \\
  --query 'tasks[0].taskArn' --output text)
aws ecs wait tasks-stopped --cluster "$CLUSTER" --tasks "$TASK_ARN"
aws ecs describe-tasks --cluster "$CLUSTER" --tasks "$TASK_ARN" > task.json
exit "$(jq '.tasks[0].containers[0].exitCode' task.json)"
"""


def test_a_script_with_both_commands() -> None:
    result = found(SCRIPT, {"task-def.json": json.dumps(DEFINITION)})

    assert result.jobs == (
        Job(
            name="etl",
            definition=DEFINITION,
            request={
                "cluster": reference("CLUSTER"),
                "overrides": {"containerOverrides": [{"name": "main", "command": ["run", reference("DAY")]}]},
            },
            keys={"aws": {"region": "eu-west-1"}},
        ),
    )
    assert result.variables == {"CLUSTER": {"env": "CLUSTER", "default": "main"}, "DAY": {"env": "DAY"}}
    assert [note.partition(":")[0] for note in result.notes] == [
        "`aws ecs wait`, `aws ecs describe-tasks`",
        "what else the script runs is left out",
    ]


def test_a_command_line_is_literal() -> None:
    result = found("aws ecs run-task --task-definition etl:3 --group '$A'", name=COMMAND_LINE)

    assert result.jobs == (Job(name="etl", request={"taskDefinition": "etl:3", "group": "$A"}),)
    assert result.variables == {}


@pytest.mark.parametrize(
    ("script", "line", "message"),
    [
        pytest.param("echo a", None, "no call of", id="no call"),
        pytest.param("\naws ecs run-task --cluter a", 2, "`--cluter` is not an option", id="unknown option"),
        pytest.param("aws ecs run-task --cluster", 1, "--cluster has no value", id="no value"),
        pytest.param("aws ecs run-task --count two", 1, "not a whole number", id="not a number"),
        pytest.param("aws ecs run-task --pla a", 1, "ambiguous: it may be `--placement", id="ambiguous"),
        pytest.param("aws ecs run-task \\\n --overrides '{\"a\": '", 2, "not valid JSON", id="half JSON"),
        pytest.param("aws ecs run-task --overrides 'a={b='", 1, "neither JSON nor shorthand", id="shorthand"),
        pytest.param("aws ecs run-task a", 1, "belongs to no option", id="a stray word"),
        pytest.param("aws ecs run-task --cli-input-json '[]'", 1, "is not an object", id="a list"),
    ],
)
def test_what_cannot_be_read(script: str, line: int | None, message: str) -> None:
    with pytest.raises(ConversionError, match=message) as caught:
        found(script)

    assert caught.value.line == line
