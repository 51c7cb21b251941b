"""Shell scripts with `aws ecs register-task-definition` and `run-task`, read as jobs."""

import json
import shlex
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsplan.terms.json_types import Document
from ecsplan.terms.manifest_keys import SPEC_ORDER
from ecsplan_convert.readers.shell import TABLE, read
from ecsplan_convert.references import reference
from ecsplan_convert.shell.aws_options import OPTIONS, names_of
from ecsplan_convert.source import COMMAND_LINE, ConversionError, Job, Source, SourceJobs

DEFINITION: Document = {
    "family": "etl",
    "containerDefinitions": [{"name": "main", "image": "registry/etl:1.4.0"}],
}


def found(text: str, files: Mapping[str, str] | None = None, *, name: str = "run.sh") -> SourceJobs:
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
        pytest.param("aws ecs run-task --overrides '{\"a\": 1e999}'", 1, "not a number", id="infinite"),
        pytest.param("aws ecs run-task --overrides '{\"a\": NaN}'", 1, "not a JSON value", id="no number"),
        pytest.param("aws ecs run-task --overrides '{'\"$A\"': 1}'", 1, "has an expansion", id="name"),
        pytest.param("aws ecs run-task a", 1, "belongs to no option", id="a stray word"),
        pytest.param("aws ecs run-task ^\r\n --cluster a", 1, "as in cmd.exe or PowerShell", id="cmd.exe"),
        pytest.param(
            "aws ecs run-task `\r\n --cluster a `\r\n --count 2", 2, "cmd.exe or PowerShell", id="PowerShell"
        ),
        pytest.param(
            "aws ecs run-task \\ \n --cluster a", 1, "a blank stands after", id="a blank at the end"
        ),
        pytest.param("aws ecs run-task --cli-input-json '[]'", 1, "is not an object", id="a list"),
    ],
)
def test_what_cannot_be_read(script: str, line: int | None, message: str) -> None:
    with pytest.raises(ConversionError, match=message) as caught:
        found(script)

    assert caught.value.line == line


def families(script: str, files: Mapping[str, str] | None = None) -> list[tuple[str, bool]]:
    """Return the name of each job of a script, and whether it brings its definition with it."""
    return [(each.name, each.definition is not None) for each in found(script, files).jobs]


REGISTER = f"aws ecs register-task-definition --cli-input-json '{json.dumps(DEFINITION)}'"


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param(REGISTER, [("etl", True)], id="registered only"),
        pytest.param(
            f"{REGISTER}\naws ecs run-task --task-definition etl", [("etl", True)], id="by its family"
        ),
        pytest.param(
            f"{REGISTER}\nF=etl\naws ecs run-task --task-definition $F", [("etl", True)], id="by a variable"
        ),
        pytest.param(
            f"ARN=$({REGISTER} --query x --output text)\naws ecs run-task --task-definition $ARN",
            [("etl", True)],
            id="by its ARN",
        ),
        pytest.param(
            f"ARN=$({REGISTER} | jq -r .taskDefinition.taskDefinitionArn)\n"
            'aws ecs run-task --task-definition "$ARN"',
            [("etl", True)],
            id="by its ARN from a pipe",
        ),
        pytest.param(
            f'OUT=$({REGISTER})\nREV=$(echo "$OUT" | jq -r .taskDefinition.revision)\n'
            "aws ecs run-task --task-definition etl:$REV",
            [("etl", True)],
            id="by its revision",
        ),
        pytest.param(
            f"aws ecs run-task --task-definition $({REGISTER} | jq .x)", [("etl", True)], id="in place"
        ),
        pytest.param(
            f"run() {{ aws ecs run-task --task-definition etl; }}\n{REGISTER}\nrun",
            [("etl", True)],
            id="in a function",
        ),
        pytest.param(
            f"{REGISTER}\naws ecs run-task --task-definition etl:3",
            [("etl", False), ("etl", True)],
            id="another revision",
        ),
        pytest.param(
            "aws ecs run-task --task-definition arn:aws:ecs:us-east-1:111122223333:task-definition/load:7",
            [("load", False)],
            id="an ARN",
        ),
        pytest.param(
            "ARN=$(aws ecs describe-task-definition --task-definition load "
            "--query taskDefinition.taskDefinitionArn --output text)\n"
            "aws ecs run-task --task-definition $ARN",
            [("load", False)],
            id="the newest of a family",
        ),
        pytest.param("aws ecs run-task --task-definition $ARN", [("", False)], id="unknown"),
        pytest.param(
            "aws ecs run-task --task-definition a\naws ecs run-task --task-definition b\n"
            "aws ecs run-task --task-definition a",
            [("a", False), ("b", False), ("a", False)],
            id="several",
        ),
        pytest.param(
            "aws ecs register-task-definition --family load --cpu 256 --requires-compatibilities FARGATE EC2 "
            "--container-definitions name=a,image=b,command=x,y,portMappings=[{containerPort=80}]",
            [("load", True)],
            id="by options",
        ),
    ],
)
def test_jobs_and_their_definitions(script: str, expected: list[tuple[str, bool]]) -> None:
    assert families(script) == expected


def test_a_definition_by_options() -> None:
    files = {"containers.json": json.dumps(DEFINITION["containerDefinitions"])}
    (job,) = found(
        "aws ecs register-task-definition --family load --cpu 256 --requires-compatibilities FARGATE EC2 "
        "--runtime-platform cpuArchitecture=ARM64 --ephemeral-storage sizeInGiB=30 "
        "--volumes name=data,efsVolumeConfiguration={fileSystemId=fs-1} --no-enable-fault-injection "
        "--container-definitions file://containers.json",
        files,
    ).jobs

    assert job.definition == {
        "family": "load",
        "cpu": "256",
        "requiresCompatibilities": ["FARGATE", "EC2"],
        "runtimePlatform": {"cpuArchitecture": "ARM64"},
        "ephemeralStorage": {"sizeInGiB": 30},
        "volumes": [{"name": "data", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}],
        "enableFaultInjection": False,
        "containerDefinitions": DEFINITION["containerDefinitions"],
    }


@pytest.mark.parametrize(
    "line",
    [
        "aws --region eu-west-1 ecs run-task --task-definition etl",
        "aws ecs run-task --region eu-west-1 --task-definition etl",
        "aws ecs run-task --reg=eu-west-1 --task-definition etl",
        "aws --debug --output json --region=eu-west-1 ecs run-task --task-definition etl",
        "AWS_REGION=eu-west-1 aws ecs run-task --task-definition etl",
        "export AWS_DEFAULT_REGION=eu-west-1; aws ecs run-task --task-definition etl",
        "env -u X AWS_REGION=eu-west-1 aws ecs run-task --task-definition etl",
        "sudo -E -u deploy AWS_REGION=eu-west-1 /usr/local/bin/aws ecs run-task --task-definition etl",
        "time exec aws ecs run-task --region eu-west-1 --task-definition etl",
        "timeout -k 5 60 aws ecs run-task --region eu-west-1 --task-definition etl",
        "docker run --rm -e AWS_REGION=eu-west-1 amazon/aws-cli:2.17.0 ecs run-task --task-definition etl",
        "docker run public.ecr.aws/aws-cli/aws-cli --region eu-west-1 ecs run-task --task-definition etl",
        "aws-vault exec prod -- aws --region eu-west-1 ecs run-task --task-definition etl",
        "bash -c 'aws ecs run-task --region eu-west-1 --task-definition etl'",
        'eval "aws ecs run-task --region eu-west-1 --task-definition etl"',
        "T=`aws ecs run-task --region eu-west-1 --task-definition etl`",
        'local t; t="$(aws ecs run-task --region eu-west-1 --task-definition etl | jq -r .x)"',
        '[ -z "$(aws ecs run-task --region eu-west-1 --task-definition etl --query x)" ]',
        "if ! aws ecs run-task --region eu-west-1 --task-definition etl; then exit 1; fi",
    ],
)
def test_calls_are_found(line: str) -> None:
    (job,) = found(line).jobs

    assert job.name == "etl"
    assert job.request == {"taskDefinition": "etl"}
    assert job.keys == {"aws": {"region": "eu-west-1"}}


@pytest.mark.parametrize(
    ("script", "note"),
    [
        pytest.param("for x in a b; do RUN; done", "is in a loop, and is read once", id="a loop"),
        pytest.param("while x; do RUN; done", "is in a loop, and is read once", id="another loop"),
        pytest.param("if x; then RUN; fi", "depends on a condition", id="a condition"),
        pytest.param("case $1 in a) RUN;; esac", "depends on a condition", id="a case"),
        pytest.param("[ x ] && RUN", "depends on a condition", id="a test"),
    ],
)
def test_what_is_around_a_call(script: str, note: str) -> None:
    (job,) = found(script.replace("RUN", "aws ecs run-task --task-definition etl")).jobs

    assert [each for each in job.notes if note in each and "on line 1" in each]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('echo "aws ecs run-task --task-definition a"', id="printed"),
        pytest.param("# aws ecs run-task --task-definition a", id="in a comment"),
        pytest.param("cat <<EOF\naws ecs run-task --task-definition a\nEOF", id="in a document"),
        pytest.param("aws ecs run-task --generate-cli-skeleton", id="a skeleton"),
        pytest.param("aws ecs start-task --task-definition a", id="another operation"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_is_no_call(text: str) -> None:
    with pytest.raises(ConversionError, match="there is no call"):
        found(text)


def test_definitions_that_cannot_be_read() -> None:
    alone = "aws ecs register-task-definition --cli-input-json file://a.json"
    with pytest.raises(ConversionError, match=r"cannot read `a\.json`: No such file or directory"):
        found(alone)
    written = "envsubst < t.json > a.json\n"
    with pytest.raises(ConversionError, match="the script writes this file when it runs"):
        found(written + alone, {"a.json": json.dumps(DEFINITION)})

    beside = found(f"{alone}\naws ecs run-task --task-definition etl")

    assert [each.name for each in beside.jobs] == ["etl"]
    assert "could not be read" in beside.notes[0]


def test_a_broken_call_is_named() -> None:
    script = (
        "aws ecs run-task --task-definition a\n\naws ecs run-task --task-definition b \\\n --overrides '{'\n"
    )

    with pytest.raises(ConversionError, match=r"`aws ecs run-task` on line 3: .* at column 2") as caught:
        found(script)

    assert caught.value.line == 4


def test_the_line_of_a_command_line_is_not_named() -> None:
    with pytest.raises(ConversionError) as caught:
        found("aws ecs run-task --cuont 1", name=COMMAND_LINE)

    assert str(caught.value) == "`aws ecs run-task`: `--cuont` is not an option of `aws ecs run-task`"
    assert caught.value.help == "did you mean `--count`?"
    assert caught.value.line is None


TEXTS = st.sampled_from(
    [
        *(
            "etl",
            "a b",
            "",
            "{",
            "[]",
            "{}",
            "null",
            "1",
            "-1",
            "--",
            "-x",
            "=",
            "a=b",
            "a=[{b=c}]",
            "$A",
            "$1",
        ),
        *("$(date)", "file://a", "file://b", '{"a": [1, null, {"b": true}]}', "[[1]]", '"', "'", "x=[$A]"),
        *('[{"name": 1}]', '{"containerOverrides": {"a": 1}}', "awsvpcConfiguration={subnets=$A,x={y=z}}"),
        *('{"awsvpcConfiguration": [$A]}', "{$A: 1}", "[$A, $A]", "1e999", "[NaN]", '{"count": {}}'),
    ]
)
NAMES = st.sampled_from(
    [*names_of("run-task"), *names_of("register-task-definition"), "--region", "--no", "--x"]
)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*OPTIONS]),
            st.lists(st.tuples(NAMES, st.lists(TEXTS, max_size=2)), max_size=4),
            st.booleans(),
        ),
        min_size=1,
        max_size=2,
    )
)
def test_no_options_make_the_reader_fail(calls: list[Any]) -> None:
    lines = []
    for operation, options, quoted in calls:
        words = [word for name, values in options for word in (name, *values)]
        shown = (shlex.quote(each) if quoted else f'"{each}"' for each in words)
        lines.append(f"aws ecs {operation} {' '.join(shown)}")
    files = {"a": '{"family": "etl", "containerDefinitions": [null, {"name": 1, "image": []}], "cpu": 1}'}
    try:
        result = found("\n".join(lines), files)
    except ConversionError:
        result = SourceJobs(())

    json.dumps([[each.definition, each.request, each.keys] for each in result.jobs])


@given(st.sampled_from([SCRIPT, f"{REGISTER}\n{SCRIPT}"]), st.data())
def test_no_damage_makes_the_reader_fail(script: str, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(script)))
    end = data.draw(st.integers(begin, min(len(script), begin + 20)))
    put = data.draw(st.text("$(){}[]'\"`\\\n;|&<>#= a1", max_size=3))
    damaged, files = script[:begin] + put + script[end:], {"task-def.json": json.dumps(DEFINITION)}
    try:
        result = found(damaged, files)
    except ConversionError:
        return

    assert result.jobs


def test_the_table_names_every_option() -> None:
    named = " ".join(each.theirs for each in TABLE)

    for operation, options in OPTIONS.items():
        for option in options:
            assert f"{operation} {option}" in named
    keys = {key.partition(".")[0] for each in TABLE if each.ours for key in each.ours.split(", ")}
    assert keys <= {*SPEC_ORDER, "variables"}
    assert all(each.ours or each.how for each in TABLE)
