"""A task of an unmodified moto as a source of init: its network interface has its security groups."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from emulator_servers import moto

from ecsplan_applier.aws.gateway import SessionOptions
from ecsplan_applier.named import Description, describe, named
from ecsplan_applier.observing.observer import Observer
from ecsplan_convert.readers.described import read
from ecsplan_convert.source import Job, Source

REGION = "us-east-1"
DEFINITION: dict[str, Any] = {
    "family": "etl",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
    # moto needs a memory in each container.
    "containerDefinitions": [{"name": "app", "image": "example.test/etl:1", "memory": 512}],
}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with moto(tmp_path_factory.mktemp("moto")) as server:
        yield server.url


def client(url: str, service: str) -> Any:
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def started(url: str, group_name: str) -> tuple[str, dict[str, Any]]:
    """Start a task in a group of its own; return its ARN and its network configuration."""
    ecs, ec2 = client(url, "ecs"), client(url, "ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]
    group = ec2.create_security_group(GroupName=group_name, Description="tasks", VpcId=subnet["VpcId"])[
        "GroupId"
    ]
    ecs.create_cluster(clusterName="batch")
    ecs.register_task_definition(**DEFINITION)
    network = {"subnets": [subnet["SubnetId"]], "securityGroups": [group]}
    task = ecs.run_task(
        cluster="batch",
        taskDefinition="etl",
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": network},
    )["tasks"][0]
    ecs.close()
    ec2.close()
    return task["taskArn"], network


def asked(url: str, source: str) -> tuple[Description, Job]:
    session = SessionOptions(region=REGION, endpoint_url=url, static_credentials=("test", "test"))
    thing = named(source)
    assert thing is not None
    found = Observer(session).run(lambda observation: describe(observation, thing))
    (job,) = read(Source(source, "", found.document)).jobs
    return found, job


def test_the_groups_of_a_task(url: str) -> None:
    arn, network = started(url, "of a task")

    found, job = asked(url, arn)

    assert found.notes == ()
    assert job.request["networkConfiguration"] == {
        "awsvpcConfiguration": {**network, "assignPublicIp": "DISABLED"}
    }


def test_an_interface_that_is_gone(url: str) -> None:
    arn, network = started(url, "of a stopped task")
    ecs, ec2 = client(url, "ecs"), client(url, "ec2")
    task = ecs.describe_tasks(cluster="batch", tasks=[arn])["tasks"][0]
    details = {each["name"]: each["value"] for each in task["attachments"][0]["details"]}
    ec2.delete_network_interface(NetworkInterfaceId=details["networkInterfaceId"])
    ecs.close()
    ec2.close()

    found, job = asked(url, arn)

    assert found.notes == ()
    assert job.request["networkConfiguration"] == {"awsvpcConfiguration": {"subnets": network["subnets"]}}
    assert any(details["networkInterfaceId"] in each for each in job.notes)
