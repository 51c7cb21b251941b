"""Manifests made of shell scripts: they check clean and compile to the requests that the script makes."""

import json
from typing import Any

import pytest

from ecsplan.compile import compile_manifest
from ecsplan.plan.plan import PlannedJob
from ecsplan_convert.init import converted, found_in
from ecsplan_convert.source import ConversionError, Source

DEFINITION = {
    "family": "etl",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
    "executionRoleArn": "arn:aws:iam::111122223333:role/execution",
    "taskRoleArn": "arn:aws:iam::111122223333:role/task",
    "containerDefinitions": [{"name": "main", "image": "registry/etl:1.4.0"}],
}
NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-0a1b2c3d"], "securityGroups": ["sg-0a1b2c3d"]}}
SHORT = "'awsvpcConfiguration={subnets=[subnet-0a1b2c3d],securityGroups=[sg-0a1b2c3d]}'"
VALUES = {
    "CLUSTER": "batch",
    "SUBNETS": ["subnet-0a1b2c3d"],
    "GROUP": "sg-0a1b2c3d",
    "N": 3,
    "DAY": "2026-11-29",
    "TAG": "1.5.0",
    "FAMILY": "etl",
    "REVISION": 7,
    "WORDS": ["run", "a b"],
    "LAUNCH": "EC2",
    "FROM": "TASK_DEFINITION",
    "GIB": 30,
}


def planned(script: str, files: dict[str, Any] | None = None) -> PlannedJob:
    """Return the only job of a script as its manifest is planned with `VALUES`; nothing is wrong with it."""
    found = found_in(Source("run.sh", script, None, lambda name: json.dumps((files or {})[name])))
    manifest = converted(found, title="run.sh").text
    compiled = compile_manifest(
        manifest,
        file="run.yaml",
        region="eu-west-1",
        variables={name: VALUES[name] for name in found.variables},
    )
    assert [(each.rule, each.message) for each in compiled.diagnostics] == []
    assert compiled.plan is not None
    (job,) = compiled.plan.jobs
    return job


def asked(job: PlannedJob) -> dict[str, Any]:
    """Return the RunTask request of a job, without members that ask for nothing."""
    request = json.loads(json.dumps(job.run_request, default=dict))
    overrides = request.pop("overrides", {})
    containers = overrides.pop("containerOverrides", [])
    said = [{name: value for name, value in each.items() if value != []} for each in containers]
    if any(each.keys() > {"name"} for each in said):
        overrides["containerOverrides"] = said
    request["overrides"] = overrides
    return {name: value for name, value in request.items() if value and name != "taskDefinition"}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param("--cluster batch --count 2", {"cluster": "batch", "count": 2}, id="texts and numbers"),
        pytest.param("--cluster $CLUSTER --count $N", {"cluster": "batch", "count": 3}, id="variables"),
        pytest.param(
            f"--launch-type FARGATE --network-configuration {SHORT}",
            {"launchType": "FARGATE", "networkConfiguration": NETWORK},
            id="a network",
        ),
        pytest.param(
            "--cluster $CLUSTER --launch-type FARGATE --network-configuration "
            '"awsvpcConfiguration={subnets=[$SUBNETS],securityGroups=[$GROUP,sg-0b]}"',
            {
                "cluster": "batch",
                "launchType": "FARGATE",
                "networkConfiguration": {
                    "awsvpcConfiguration": {
                        "subnets": ["subnet-0a1b2c3d"],
                        "securityGroups": ["sg-0a1b2c3d", "sg-0b"],
                    }
                },
            },
            id="a network of variables",
        ),
        pytest.param(
            '--cluster "$CLUSTER" --overrides \'{"containerOverrides": '
            '[{"name": "main", "command": ["run", "\'"$DAY"\'", "$HOME ${X}"], "memory": 256}]}\'',
            {
                "cluster": "batch",
                "overrides": {
                    "containerOverrides": [
                        {"name": "main", "command": ["run", "2026-11-29", "$HOME ${X}"], "memory": 256}
                    ]
                },
            },
            id="overrides with a member that no key says",
        ),
        pytest.param(
            "--capacity-provider-strategy capacityProvider=FARGATE_SPOT,weight=1 --tags key=team,value=data "
            "--propagate-tags TASK_DEFINITION --enable-ecs-managed-tags --enable-execute-command",
            {
                "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
                "tags": [{"key": "team", "value": "data"}],
                "propagateTags": "TASK_DEFINITION",
                "enableECSManagedTags": True,
                "enableExecuteCommand": True,
            },
            id="the rest",
        ),
        pytest.param(
            '--overrides "{\\"containerOverrides\\": [{\\"name\\": \\"main\\", \\"command\\": $WORDS,'
            ' \\"cpu\\": $N}]}"',
            {"overrides": {"containerOverrides": [{"name": "main", "command": ["run", "a b"], "cpu": 3}]}},
            id="variables that are no texts, in keys and in a patch",
        ),
        pytest.param(
            "--launch-type $LAUNCH --propagate-tags $FROM --reference-id nightly",
            {"launchType": "EC2", "propagateTags": "TASK_DEFINITION", "referenceId": "nightly"},
            id="variables where few values are allowed, beside what no key says",
        ),
        pytest.param(
            "--overrides ephemeralStorage={sizeInGiB=$GIB} --reference-id nightly",
            {"overrides": {"ephemeralStorage": {"sizeInGiB": 30}}, "referenceId": "nightly"},
            id="a number that is not any number",
        ),
        pytest.param(
            "--tags key=$DAY,value=data"
            " --overrides 'containerOverrides=[{name=main,environment=[{name='$FAMILY',value=$N}]}]'",
            {
                "tags": [{"key": "2026-11-29", "value": "data"}],
                "overrides": {
                    "containerOverrides": [{"name": "main", "environment": [{"name": "etl", "value": "$N"}]}]
                },
            },
            id="variables that are names",
        ),
    ],
)
def test_the_request_is_the_one_of_the_command(options: str, expected: dict[str, Any]) -> None:
    network = "" if "--network" in options else f" --network-configuration {SHORT}"
    job = planned(
        "aws ecs register-task-definition --cli-input-json file://a.json\n"
        f"aws ecs run-task --task-definition etl {options}{network}",
        {"a.json": DEFINITION},
    )

    with_network = {"networkConfiguration": NETWORK, **expected}
    assert {name: value for name, value in asked(job).items() if name in with_network} == with_network
    assert asked(job).keys() - with_network.keys() <= {"launchType"}


def test_the_definition_is_the_one_of_the_script() -> None:
    document = json.dumps(DEFINITION).replace("1.4.0", "${TAG:-1.4.0}")
    job = planned(
        f"cat > a.json <<EOF\n{document}\nEOF\n"
        "ARN=$(aws ecs register-task-definition --cli-input-json file://a.json --query x)\n"
        f"aws ecs run-task --task-definition $ARN --launch-type FARGATE --network-configuration {SHORT}"
    )

    expected = {**DEFINITION, "containerDefinitions": [{"name": "main", "image": "registry/etl:1.5.0"}]}
    request = json.loads(json.dumps(job.definition.request, default=dict))
    assert {name: request[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("named", "expected"),
    [("etl", "etl"), ("etl:7", "etl:7"), ("$FAMILY", "etl"), ("$FAMILY:3", "etl:3")],
)
def test_a_linked_definition_is_named_as_in_the_script(named: str, expected: str) -> None:
    job = planned(f'aws ecs run-task --task-definition "{named}" --network-configuration {SHORT}')

    assert job.spec["task_definition_arn"] == expected


def test_a_variable_where_few_values_are_allowed_is_no_error() -> None:
    script = (
        f"aws ecs run-task --task-definition etl:$N --launch-type $LAUNCH --network-configuration {SHORT}"
    )
    made = converted(found_in(Source("run.sh", script)), title="run.sh")

    assert made.notes == ()


@pytest.mark.parametrize(
    ("script", "names"),
    [
        pytest.param("{run} $FAMILY", ("nightly",), id="one job"),
        pytest.param(
            "{run} $FAMILY\n{run} etl\n{run} $FAMILY:3", ("nightly", "etl", "nightly-2"), id="several"
        ),
        pytest.param("{register} etl-$STAGE", ("etl-\ue000STAGE\ue001",), id="a family of its own"),
        pytest.param(
            "{register} etl-$STAGE\n{register} load-$STAGE",
            ("etl-STAGE", "load-STAGE"),
            id="several families",
        ),
    ],
)
def test_keys_of_jobs_have_no_variables_in_them(script: str, names: tuple[str, ...]) -> None:
    text = script.format(
        run="aws ecs run-task --launch-type EC2 --task-definition",
        register="aws ecs register-task-definition --container-definitions name=x,image=a,memory=64 --family",
    )
    made = converted(found_in(Source("nightly.sh", text)), title="nightly.sh", name="nightly")

    assert made.jobs == names
    assert "\ue000" not in made.text


@pytest.mark.parametrize(
    ("options", "note"),
    [
        pytest.param("--task-definition $1", "only a running shell knows `$1`", id="a parameter"),
        pytest.param("--launch-type EC2", "it names none", id="no option"),
        pytest.param("--cli-input-json file://a.json", "it names none", id="a file without one"),
        pytest.param(
            "--cli-input-json file://$A", "--cli-input-json is left out", id="a file that is not read"
        ),
        pytest.param("$OPTIONS", "the options that `$OPTIONS` may hold", id="a variable of options"),
    ],
)
def test_a_call_whose_definition_is_not_known_is_no_job(options: str, note: str) -> None:
    known = "aws ecs run-task --task-definition etl --launch-type EC2"
    source = Source("run.sh", f"{known}\naws ecs run-task {options}", None, lambda _: '{"count": 1}')
    made = converted(found_in(source), title="run.sh")

    assert made.jobs == ("etl",)
    assert any("on line 2 is left out" in each and note in each for each in made.notes)
    assert compile_manifest(made.text, file="a.yaml", region="eu-west-1").diagnostics == ()


def test_a_script_of_which_no_definition_is_known_is_refused() -> None:
    register = "ARN=$(aws ecs register-task-definition --cli-input-json '{}')"
    script = f"{register}\naws ecs run-task --task-definition $ARN"

    with pytest.raises(ConversionError, match="the task definition that it runs is not known") as raised:
        found_in(Source("run.sh", script))

    assert raised.value.line == 2


def test_what_aws_does_not_take_is_named_and_left_out() -> None:
    wrong = (
        '{"containerOverrides": [{"name": "main", "comand": ["a"],'
        ' "environment": [{"name": "A", "value": 5}]}],'
        ' "bogus": 1}'
    )
    script = f"aws ecs run-task --task-definition etl --launch-type EC2 --overrides '{wrong}'"
    made = converted(found_in(Source("run.sh", script)), title="run.sh")

    assert {each.partition(" ")[0] for each in made.notes} == {
        "overrides.containerOverrides[0].comand",
        "overrides.bogus",
    }
    assert "A: '5'" in made.text
    assert compile_manifest(made.text, file="a.yaml", region="eu-west-1").diagnostics == ()
