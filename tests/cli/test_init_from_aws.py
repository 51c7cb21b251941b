"""What `ecsplan init` makes of things in AWS runs as they did, over the embedded ECS."""

from pathlib import Path
from typing import Any

import pytest
from aws_world import REGION, WEB, Aws, definition


def network(aws: Aws) -> dict[str, Any]:
    """Return a network configuration of the embedded EC2."""
    subnet = aws.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    return {"awsvpcConfiguration": {"subnets": [subnet]}}


def made(aws: Aws, source: str, *options: str) -> str:
    """Return the file of the manifest that init makes of a source; it has to check clean."""
    done = aws.run("init", source, "-o", "job.yaml", *options)
    assert done.exit_code == 0, done.stderr
    checked = aws.run("check", "job.yaml")
    assert checked.exit_code == 0, checked.stderr
    first, second = Path("job.yaml").read_text("utf-8").splitlines()[:2]
    assert source in first + second
    return "job.yaml"


@pytest.mark.parametrize("source", ["web", "web:1", "arn"])
def test_a_definition_is_reused(aws: Aws, source: str) -> None:
    arn = aws.client().register_task_definition(**WEB)["taskDefinition"]["taskDefinitionArn"]

    plan = aws.compiled(made(aws, arn if source == "arn" else source))

    assert (definition(plan)["action"], definition(plan)["arn"]) == ("reuse", arn)


def test_a_task_runs_again_as_it_did(aws: Aws) -> None:
    ecs = aws.client()
    ecs.create_cluster(clusterName="batch")
    arn = ecs.register_task_definition(**WEB)["taskDefinition"]["taskDefinitionArn"]
    override = {
        "name": "app",
        "command": ["once", "${DAY}"],
        "environment": [{"name": "DAY", "value": "1"}],
    }
    task = ecs.run_task(
        cluster="batch",
        taskDefinition="web:1",
        capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 3}],
        networkConfiguration=network(aws),
        overrides={"containerOverrides": [override], "cpu": "512", "memory": "1024"},
        tags=[{"key": "team", "value": "web"}],
    )["tasks"][0]

    plan = aws.compiled(made(aws, task["taskArn"]))

    assert (definition(plan)["action"], definition(plan)["arn"]) == ("reuse", arn)
    request = plan["jobs"][0]["run_request"]
    assert request["cluster"] == task["clusterArn"]
    assert request["capacityProviderStrategy"] == [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    assert (
        request["networkConfiguration"]["awsvpcConfiguration"]["subnets"]
        == (network(aws)["awsvpcConfiguration"]["subnets"])
    )
    assert request["overrides"]["containerOverrides"] == [override]
    assert (request["overrides"]["cpu"], request["overrides"]["memory"]) == ("512", "1024")
    assert request["tags"] == [{"key": "team", "value": "web"}]


def test_a_service_is_run_like(aws: Aws) -> None:
    ecs = aws.client()
    ecs.create_cluster(clusterName="prod")
    arn = ecs.register_task_definition(**WEB)["taskDefinition"]["taskDefinitionArn"]
    ecs.create_service(
        cluster="prod",
        serviceName="web",
        taskDefinition="web",
        desiredCount=0,
        launchType="FARGATE",
        networkConfiguration=network(aws),
    )

    plan = aws.compiled(made(aws, "service:prod/web"))

    assert (definition(plan)["action"], definition(plan)["arn"]) == ("reuse", arn)
    assert plan["jobs"][0]["run_request"]["launchType"] == "FARGATE"


def test_another_region_stays_in_the_manifest(aws: Aws) -> None:
    arn = aws.client(region="eu-west-1").register_task_definition(**WEB)["taskDefinition"][
        "taskDefinitionArn"
    ]

    plan = aws.compiled(made(aws, arn))

    assert (definition(plan)["action"], definition(plan)["arn"]) == ("reuse", arn)
    assert plan["jobs"][0]["aws"]["region"] == "eu-west-1" != REGION


@pytest.mark.parametrize(
    ("source", "status", "message"),
    [
        pytest.param("nothing", 125, "there is no ACTIVE revision of the family nothing", id="a family"),
        pytest.param("service:prod/web", 125, "there is no cluster 'prod'", id="a service"),
        pytest.param(
            "arn:aws:s3:::bucket", 1, "does not name a task definition, a task or a service", id="an ARN"
        ),
        pytest.param("gone.json", 2, "there is no file gone.json", id="a file"),
    ],
)
def test_what_is_not_there(aws: Aws, source: str, status: int, message: str) -> None:
    done = aws.run("init", source, "-o", "job.yaml")

    assert done.exit_code == status
    assert message in done.stderr
    assert not (aws.folder / "job.yaml").exists()


def test_a_file_wins_over_a_family_of_its_name(aws: Aws) -> None:
    aws.write("web", '{"taskDefinition": "etl:1", "launchType": "FARGATE"}')
    aws.endpoint.forget_calls()

    done = aws.run("init", "web")

    assert done.exit_code == 0
    assert "task_definition_arn: etl:1" in done.stdout
    assert aws.operations() == []
