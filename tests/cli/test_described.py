"""Names of things in AWS as sources, over the embedded ECS."""

import click
import pytest
from aws_world import REGION, WEB, Aws
from click.testing import CliRunner

from ecsplan_cli.described import described, names_aws
from ecsplan_cli.options import AwsArguments, aws_options
from ecsplan_convert.source import ConversionError, SourceJobs


@pytest.mark.parametrize(
    ("source", "is_name"),
    [
        ("etl", True),
        ("etl:9", True),
        ("arn:aws:ecs:eu-west-1:111122223333:task/batch/0a", True),
        ("arn:aws:s3:::bucket", True),
        ("service:prod/web", True),
        ("task-def.json", False),
        ("jobs/etl", False),
        ("./etl", False),
        ("-", False),
        ("", False),
        ("two words", False),
    ],
)
def test_what_may_be_a_name(source: str, is_name: bool) -> None:
    assert names_aws(source) is is_name


def subnet(aws: Aws) -> str:
    """Return a subnet of the embedded EC2."""
    return str(aws.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"])


def asked(aws: Aws, source: str, *options: str) -> SourceJobs:
    """Return what a command with the options of AWS finds."""
    found: list[SourceJobs] = []

    @click.command()
    @aws_options
    def command(aws: AwsArguments) -> None:
        found.append(described(source, aws))

    done = CliRunner().invoke(command, [*options], catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    return found[0]


def test_a_family(aws: Aws) -> None:
    aws.client().register_task_definition(**WEB)

    (job,) = asked(aws, "web").jobs

    assert job.name == "web"
    assert job.notes == ()
    assert job.definition is not None
    assert job.definition["tags"] == [{"key": "team", "value": "web"}]
    assert "status" not in job.definition
    assert job.keys == {}


def test_an_inactive_revision(aws: Aws) -> None:
    arn = aws.client().register_task_definition(**WEB)["taskDefinition"]["taskDefinitionArn"]
    aws.client().deregister_task_definition(taskDefinition=arn)

    assert asked(aws, arn).jobs[0].notes == (
        "this revision is INACTIVE: what the manifest registers is a new one of the same family",
    )


def test_a_task_and_its_request(aws: Aws) -> None:
    ecs = aws.client()
    arn = ecs.register_task_definition(**WEB)["taskDefinition"]["taskDefinitionArn"]
    ecs.create_cluster(clusterName="batch")
    task = ecs.run_task(
        cluster="batch",
        taskDefinition="web",
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": [subnet(aws)]}},
        overrides={"containerOverrides": [{"name": "app", "command": ["once"]}]},
        tags=[{"key": "team", "value": "web"}],
        startedBy="cron",
    )["tasks"][0]

    (job,) = asked(aws, task["taskArn"]).jobs

    assert job.name == "web"
    assert job.request == {
        "taskDefinition": arn,
        "cluster": task["clusterArn"],
        "launchType": "FARGATE",
        "platformVersion": "1.4.0",
        "enableExecuteCommand": False,
        "overrides": {"containerOverrides": [{"name": "app", "command": ["once"]}]},
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": [subnet(aws)]}},
        "tags": [{"key": "team", "value": "web"}],
    }
    assert len(job.notes) == 2


def test_a_service(aws: Aws) -> None:
    ecs = aws.client()
    ecs.create_cluster(clusterName="prod")
    ecs.register_task_definition(**WEB)
    service = ecs.create_service(
        cluster="prod",
        serviceName="web",
        taskDefinition="web",
        desiredCount=0,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": [subnet(aws)]}},
    )["service"]

    (job,) = asked(aws, "service:prod/web").jobs

    assert job.keys == {"service": service["serviceArn"], "cluster": service["clusterArn"]}
    assert job.definition is None


def test_the_region_of_an_arn(aws: Aws) -> None:
    arn = aws.client(region="eu-west-1").register_task_definition(**WEB)["taskDefinition"][
        "taskDefinitionArn"
    ]

    assert asked(aws, arn).jobs[0].keys == {"aws": {"region": "eu-west-1"}}
    assert asked(aws, arn, "--region", "eu-west-1").jobs[0].keys == {}
    assert asked(aws, arn, "--region", REGION).jobs[0].keys == {"aws": {"region": "eu-west-1"}}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nothing", "there is no ACTIVE revision of the family nothing in us-east-1"),
        ("nothing:3", "there is no nothing:3 in us-east-1"),
        ("arn:aws:ecs:us-east-1:000000000000:task/default/0a1b2c3d", "no longer knows the task"),
        ("service:prod/web", "there is no cluster 'prod' in us-east-1"),
    ],
)
def test_what_is_not_there_ends_with_125(aws: Aws, source: str, message: str) -> None:
    @click.command()
    @aws_options
    def command(aws: AwsArguments) -> None:
        described(source, aws)

    done = CliRunner().invoke(command, catch_exceptions=False)

    assert done.exit_code == 125
    assert message in done.stderr
    assert "help: " in done.stderr


def test_an_arn_of_something_else(aws: Aws) -> None:
    with pytest.raises(ConversionError, match="does not name a task definition, a task or a service"):
        described("arn:aws:s3:::bucket", AwsArguments(None, None, None, False, "auto", None, False))
