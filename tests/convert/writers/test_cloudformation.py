"""CloudFormation: property names as the resource's schema has them, and a template that cfn-lint accepts."""

import json
from typing import Any

import pytest
from compiled_jobs import ROLE, compiled
from exported_jobs import ODD_TEXTS, Jobs, full_definition, job, jobs_of, repository_jobs, with_definition

from ecsplan.plan.plan import PlannedJob
from ecsplan_convert.source import ConversionError
from ecsplan_convert.writers.cloudformation import write

TYPE = "AWS::ECS::TaskDefinition"
FORM = {"E0000", "E1001", "E3001", "E3002", "E3003", "E3006", "E3012"}
"""Rules of cfn-lint about names, types and what must be there; others are about values that tests made up."""


def resources(*jobs: PlannedJob) -> dict[str, Any]:
    template: dict[str, Any] = json.loads(write(jobs).text)
    assert list(template) == ["AWSTemplateFormatVersion", "Resources"]
    assert {each["Type"] for each in template["Resources"].values()} == {TYPE}
    return {name: each["Properties"] for name, each in template["Resources"].items()}


def test_the_tags_of_a_definition_are_those_of_the_resource() -> None:
    tags = [{"key": "team", "value": "data"}, {"key": "empty", "value": ""}]
    definition = {"tags": tags, "containerDefinitions": [{"name": "main", "image": "alpine:3"}]}
    plan = compiled({"name": "etl", "task_definition": definition}).plan
    assert plan is not None

    made = write(plan.jobs)

    (resource,) = json.loads(made.text)["Resources"].values()
    assert resource["Properties"]["Tags"] == [
        {"Key": "team", "Value": "data"},
        {"Key": "empty", "Value": ""},
    ]
    assert not [each for each in made.notes if "left out" in each]


def test_a_job() -> None:
    assert resources(job(execution_role_arn=ROLE, configure_cloudwatch_logs=True)) == {
        "Etl": {
            "Family": "etl",
            "ContainerDefinitions": [
                {
                    "Name": "main",
                    "Image": "alpine:3",
                    "LogConfiguration": {
                        "LogDriver": "awslogs",
                        "Options": {
                            "awslogs-create-group": "true",
                            "awslogs-group": "ecsplan",
                            "awslogs-region": "eu-west-1",
                            "awslogs-stream-prefix": "etl",
                        },
                    },
                }
            ],
            "NetworkMode": "awsvpc",
            "RequiresCompatibilities": ["FARGATE"],
            "Cpu": "1024",
            "ExecutionRoleArn": ROLE,
            "Memory": "2048",
        }
    }


@pytest.mark.parametrize(
    ("definition", "properties"),
    [
        pytest.param(
            {
                "volumes": [
                    {
                        "name": "data",
                        "efsVolumeConfiguration": {
                            "fileSystemId": "fs-1",
                            "authorizationConfig": {"accessPointId": "fsap-1", "iam": "ENABLED"},
                        },
                    }
                ]
            },
            {
                "Volumes": [
                    {
                        "Name": "data",
                        "EFSVolumeConfiguration": {
                            "FilesystemId": "fs-1",
                            "AuthorizationConfig": {"AccessPointId": "fsap-1", "IAM": "ENABLED"},
                        },
                    }
                ]
            },
            id="EFS",
        ),
        pytest.param(
            {"volumes": [{"fsxWindowsFileServerVolumeConfiguration": {"fileSystemId": "fs-1"}}]},
            {"Volumes": [{"FSxWindowsFileServerVolumeConfiguration": {"FileSystemId": "fs-1"}}]},
            id="FSx",
        ),
        pytest.param(
            {"proxyConfiguration": {"properties": [{"name": "properties", "value": "x"}]}},
            {"ProxyConfiguration": {"ProxyConfigurationProperties": [{"Name": "properties", "Value": "x"}]}},
            id="the properties of a proxy",
        ),
        pytest.param(
            {"containerDefinitions": [{"dockerLabels": {"team": "data", "properties": "x"}}]},
            {"ContainerDefinitions": [{"DockerLabels": {"team": "data", "properties": "x"}}]},
            id="names that users chose",
        ),
        pytest.param(
            {"containerDefinitions": [{"command": list(ODD_TEXTS)}]},
            {"ContainerDefinitions": [{"Command": list(ODD_TEXTS)}]},
            id="texts as they are",
        ),
        pytest.param(
            {"volumes": [{"name": "a", "host": {}}, {"name": "b", "dockerVolumeConfiguration": {}}]},
            {"Volumes": [{"Name": "a"}, {"Name": "b", "DockerVolumeConfiguration": {}}]},
            id="a volume of docker without settings",
        ),
        pytest.param({"volumes": [], "memory": "512", "pidMode": None}, {"Memory": "512"}, id="nothing"),
    ],
)
def test_properties(definition: dict[str, Any], properties: dict[str, Any]) -> None:
    exported = write([with_definition(definition)])

    assert json.loads(exported.text)["Resources"]["Etl"]["Properties"] == properties
    assert exported.notes == ()


@pytest.mark.parametrize(
    ("definition", "note"),
    [
        pytest.param(
            {"trustedExecutionConfiguration": {"isolationMode": "SHARED"}},
            "etl: `trustedExecutionConfiguration` is left out: the resource has no property for it",
            id="a member without a property",
        ),
        pytest.param(
            {"containerDefinitions": [{"name": "main", "newSetting": {"on": True}}]},
            "etl: `containerDefinitions[0].newSetting` is left out: the resource has no property for it",
            id="a member that a patch added",
        ),
        pytest.param(
            {"containerDefinitions": [{"dockerLabels": {"Fn::Sub": "x"}}]},
            "etl: `containerDefinitions[0].dockerLabels` is left out: CloudFormation would take it for a "
            "function",
            id="a map like a function",
        ),
        pytest.param(
            {"containerDefinitions": [{"image": "{{resolve:ssm:image}}"}]},
            "etl: `containerDefinitions[0].image` has `{{resolve:…}}`, which CloudFormation resolves and "
            "cannot escape",
            id="a dynamic reference",
        ),
    ],
)
def test_what_no_property_says(definition: dict[str, Any], note: str) -> None:
    assert write([with_definition(definition)]).notes == (note,)


def test_names_alike() -> None:
    names = ("a-b", "a_b", "ü", "AB", "☃", "4", "x" * 300)

    made = resources(
        *jobs_of(
            *({"name": each, "family": f"f{index}", "image": "alpine:3"} for index, each in enumerate(names))
        )
    )

    assert list(made) == ["AB", "AB2", "U", "AB3", "Job", "4", "X" + "x" * 254]
    assert [each["Family"] for each in made.values()] == [f"f{index}" for index in range(len(names))]


def test_jobs_with_the_same_definition_share_a_resource() -> None:
    made = resources(
        *jobs_of({"name": "a", "family": "x", "image": "i"}, {"name": "b", "family": "x", "image": "i"})
    )

    assert list(made) == ["A"]


def test_only_links() -> None:
    with pytest.raises(ConversionError, match="no task definition to write"):
        write([job(image=None, task_definition_arn="web:7")])


def test_a_link_beside_a_definition() -> None:
    linked = job(name="linked", image=None, task_definition_arn="web:7")

    exported = write([job(), linked])

    assert list(json.loads(exported.text)["Resources"]) == ["Etl"]
    assert "linked: it runs `web:7`, which the template does not define" in exported.notes


def test_every_member_has_a_property() -> None:
    notes = write([with_definition(full_definition())]).notes

    assert notes == ("etl: `trustedExecutionConfiguration` is left out: the resource has no property for it",)


@pytest.mark.parametrize(
    "jobs",
    [
        pytest.param((with_definition(full_definition()),), id="every member"),
        pytest.param(
            tuple(each for _, jobs in repository_jobs() for each in jobs), id="the repository's jobs"
        ),
    ],
)
def test_cfn_lint_accepts_it(jobs: Jobs) -> None:
    lint = pytest.importorskip("cfnlint.api", reason="cfn-lint is not installed")

    found = lint.lint(write(jobs).text, config=lint.ManualArgs(regions=["eu-west-1"]))

    assert [str(each) for each in found if each.rule.id in FORM] == []
