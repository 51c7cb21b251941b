"""Pruning an unmodified moto: its answers have the forms that AWS documents, over the wire."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from emulator_servers import Emulator

from ecsplan.terms.observed import Aws
from ecsplan_applier.aws.gateway import SessionOptions
from ecsplan_applier.pruning.family import Family
from ecsplan_applier.pruning.prune import prune
from ecsplan_applier.pruning.session import PruneSession
from ecsplan_applier.pruning.survey import surveyed

REGION = "us-east-1"
ROLE = "arn:aws:iam::123456789012:role/starter"
Client = Callable[[str], Any]


@pytest.fixture
def client(moto_account: Emulator) -> Client:
    def made(service: str) -> Any:
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=moto_account.url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    return made


@pytest.fixture
def session(moto_account: Emulator, tmp_path: Path) -> PruneSession:
    options = SessionOptions(
        region=REGION, endpoint_url=moto_account.url, static_credentials=("test", "test")
    )
    return PruneSession(options, folder=tmp_path)


def registered(ecs: Any, family: str, count: int) -> list[str]:
    containers = [{"name": "main", "image": "alpine", "memory": 64}]
    return [
        ecs.register_task_definition(family=family, containerDefinitions=containers)["taskDefinition"][
            "taskDefinitionArn"
        ]
        for _ in range(count)
    ]


def starts(cluster: str, definition: str) -> dict[str, Any]:
    return {"Arn": cluster, "RoleArn": ROLE, "EcsParameters": {"TaskDefinitionArn": definition}}


def test_what_uses_revisions_is_found(client: Client, session: PruneSession) -> None:
    ecs, scheduler, events = client("ecs"), client("scheduler"), client("events")
    arns = registered(ecs, "etl", 12)
    registered(ecs, "etl-daily", 3)
    cluster = ecs.create_cluster(clusterName="shop")["cluster"]["clusterArn"]
    ecs.create_service(cluster="shop", serviceName="web", taskDefinition=arns[0], desiredCount=0)
    ecs.create_service(cluster="shop", serviceName="api", taskDefinition=arns[1], desiredCount=0)
    ecs.update_service(cluster="shop", service="api", taskDefinition=arns[2])
    scheduler.create_schedule_group(Name="team")
    for number, (group, definition) in enumerate([("default", arns[4]), ("team", arns[5])]):
        scheduler.create_schedule(
            Name=f"nightly-{number}",
            GroupName=group,
            ScheduleExpression="rate(1 day)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target=starts(cluster, definition),
        )
    events.create_event_bus(Name="orders")
    for bus, definition in (("default", arns[6]), ("orders", arns[7])):
        events.put_rule(Name="hourly", EventBusName=bus, EventPattern='{"source": ["shop"]}')
        events.put_targets(
            Rule="hourly", EventBusName=bus, Targets=[{"Id": "job", **starts(cluster, definition)}]
        )

    survey = session.run(surveyed(session, [Family(session.target(Aws()), "etl")], 2))

    assert [(each.name, each.users) for each in reversed(survey.families[0].revisions)] == [
        ("etl:1", ("service web in cluster shop",)),
        # Its deployment of before, which moto never ends.
        ("etl:2", ("service api in cluster shop",)),
        ("etl:3", ("service api in cluster shop",)),
        ("etl:4", ()),
        ("etl:5", ("schedule default/nightly-0",)),
        ("etl:6", ("schedule team/nightly-1",)),
        ("etl:7", ("rule hourly",)),
        ("etl:8", ("rule hourly of event bus orders",)),
        ("etl:9", ()),
        ("etl:10", ()),
        ("etl:11", ()),
        ("etl:12", ()),
    ]
    done = session.run(prune(session, survey, deleting=True, look_again=True))
    assert done.is_whole
    left = ecs.list_task_definitions(familyPrefix="etl")["taskDefinitionArns"]
    assert sorted(each.rpartition(":")[2] for each in left) == sorted(
        str(number) for number in (1, 2, 3, 5, 6, 7, 8, 11, 12)
    )
    assert ecs.list_task_definitions(familyPrefix="etl", status="INACTIVE")["taskDefinitionArns"] == []
    assert len(ecs.list_task_definitions(familyPrefix="etl-daily")["taskDefinitionArns"]) == 3


def test_a_task_keeps_its_revision_while_it_runs(client: Client, session: PruneSession) -> None:
    ecs, ec2 = client("ecs"), client("ec2")
    arns = registered(ecs, "etl", 3)
    ecs.create_cluster(clusterName="shop")
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    started = ecs.run_task(
        cluster="shop",
        taskDefinition=arns[0],
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": [subnet]}},
    )["tasks"][0]

    def removable() -> list[str]:
        survey = session.run(surveyed(session, [Family(session.target(Aws()), "etl")], 1))
        return [each.name for _, each in survey.removable]

    assert removable() == ["etl:2"]
    ecs.stop_task(cluster="shop", task=started["taskArn"])
    assert removable() == ["etl:1", "etl:2"]


def test_an_account_with_nothing_but_revisions(client: Client, session: PruneSession) -> None:
    registered(client("ecs"), "etl", 120)
    survey = session.run(surveyed(session, [Family(session.target(Aws()), "etl")], 1))

    assert len(survey.removable) == 119
