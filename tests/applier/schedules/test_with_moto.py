"""Schedules in unmodified moto, through the SDK: it takes the requests, and its answers compare as equal."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from emulator_servers import Emulator
from scheduled_account import planned

from ecsplan_applier.aws.gateway import SessionOptions
from ecsplan_applier.schedules.changes import ScheduleResult
from ecsplan_applier.schedules.schedule_plan import schedule_jobs

REGION = "us-east-1"
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
MANIFEST = """
name: nightly
image: alpine:3
command: [run, größe]
env: {STAGE: prod}
labels: {team: data, stage: prod}
subnets: [subnet-2, subnet-1]
security_groups: [sg-1]
count: 2
launch_type: FARGATE_SPOT
enable_ecs_managed_tags: true
propagate_tags: TASK_DEFINITION
schedule:
  cron: 0 3 * * ? *
  timezone: Europe/Berlin
  group: jobs
  role_arn: arn:aws:iam::123456789012:role/scheduler
  flexible_window_minutes: 15
  dead_letter_arn: arn:aws:sqs:us-east-1:123456789012:lost
  retry: {attempts: 3, max_age_seconds: 3600}
"""
CHANGING = {
    "RegisterTaskDefinition",
    "TagResource",
    "CreateSchedule",
    "UpdateSchedule",
    "CreateScheduleGroup",
}

Run = Callable[..., tuple[ScheduleResult, list[str]]]


@pytest.fixture
def run(moto_account: Emulator, tmp_path: Path) -> Run:
    """Return what gives a manifest its schedules, and returns the operations that were called as well."""

    def schedule(manifest: str, **options: Any) -> tuple[ScheduleResult, list[str]]:
        calls: list[str] = []
        result = schedule_jobs(
            planned(manifest),
            session=SessionOptions(
                region=REGION, endpoint_url=moto_account.url, static_credentials=("test", "test")
            ),
            trace=lambda operation, _: calls.append(operation),
            locks=tmp_path / "locks",
            state=tmp_path / "state",
            **options,
        )
        return result, calls

    return schedule


@pytest.fixture
def scheduler(moto_account: Emulator) -> Any:
    return boto3.client("scheduler", region_name=REGION, endpoint_url=moto_account.url, **KEYS)


def test_a_whole_schedule(run: Run, scheduler: Any) -> None:
    result, calls = run(MANIFEST)

    assert [each.action for each in result.changes] == ["create"]
    assert [each for each in calls if each in CHANGING] == [
        "CreateScheduleGroup",
        "RegisterTaskDefinition",
        "CreateSchedule",
    ]
    made = scheduler.get_schedule(Name="nightly", GroupName="jobs")
    assert made["ScheduleExpression"] == "cron(0 3 * * ? *)"
    assert made["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert made["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
    assert made["Target"] == {
        "Arn": "arn:aws:ecs:us-east-1:123456789012:cluster/default",
        "RoleArn": "arn:aws:iam::123456789012:role/scheduler",
        "DeadLetterConfig": {"Arn": "arn:aws:sqs:us-east-1:123456789012:lost"},
        "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 3600},
        "Input": '{"containerOverrides":[{"name":"main","command":["run","größe"],'
        '"environment":[{"name":"STAGE","value":"prod"}]}]}',
        "EcsParameters": {
            "TaskDefinitionArn": "arn:aws:ecs:us-east-1:123456789012:task-definition/nightly:1",
            "TaskCount": 2,
            "CapacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
            "NetworkConfiguration": {
                "awsvpcConfiguration": {
                    "AssignPublicIp": "DISABLED",
                    "SecurityGroups": ["sg-1"],
                    "Subnets": ["subnet-2", "subnet-1"],
                }
            },
            "EnableECSManagedTags": True,
            "PropagateTags": "TASK_DEFINITION",
            "Tags": [{"stage": "prod"}, {"team": "data"}],
        },
    }


def test_a_second_call_makes_no_change_call(run: Run) -> None:
    plain = "---\nname: plain\nimage: alpine:3\nsubnets: [subnet-1]\n"
    once = '---\nname: once\nimage: alpine:3\nsubnets: [subnet-1]\nschedule: {rate: 1 day, role_arn: "%s"}\n'
    manifest = MANIFEST + plain + once % "arn:aws:iam::123456789012:role/scheduler"
    run(manifest)

    result, calls = run(manifest)

    assert [each.action for each in result.changes] == ["unchanged", "unchanged"]
    assert CHANGING & set(calls) == set()
    assert calls.count("GetSchedule") == 2


ROLE = "arn:aws:iam::123456789012:role/scheduler"
EC2 = {"launch_type": "EC2", "task_definition": {"networkMode": "bridge"}, "subnets": None}
JOBS: dict[str, dict[str, Any]] = {
    "cluster": {"cluster": "arn:aws:ecs:us-east-1:123456789012:cluster/other"},
    "constraints": {
        **EC2,
        "placement_constraints": [{"type": "memberOf", "expression": "attribute:x == y"}],
        "placement_strategy": [{"type": "binpack", "field": "memory"}, {"type": "random"}],
    },
    "disabled": {"schedule": {"enabled": False}},
    "files": {
        "task_customizations": [
            {
                "op": "add",
                "path": "/overrides/containerOverrides/0/environmentFiles",
                "value": [{"type": "s3", "value": "arn:aws:s3:::b/x.env"}],
            },
            {"op": "add", "path": "/referenceId", "value": "r"},
        ]
    },
    "nulls": {"schedule": dict.fromkeys(("timezone", "enabled", "group", "retry", "dead_letter_arn"))},
    "once": {"schedule": {"rate": None, "at": "2199-01-01T00:00:00", "timezone": "Asia/Tokyo"}},
    "overrides": {"command": ["a", "b c"], "env": {"B": 'ü"\\', "A": ""}, "task_role_arn": ROLE},
    "providers": {
        "capacity_provider_strategy": [
            {"capacityProvider": "FARGATE_SPOT", "weight": 2, "base": 1},
            {"capacityProvider": "FARGATE"},
        ]
    },
    "public": {"assign_public_ip": True, "platform_version": "LATEST"},
    "tags": {
        "labels": {"key": "k", "value": "v", "b": "1", "a": "2"},
        "task_definition": {"tags": [{"key": "t", "value": "1"}]},
        "propagate_tags": "TASK_DEFINITION",
    },
    "window": {"schedule": {"flexible_window_minutes": 1, "retry": {"attempts": 0}, "timezone": "UTC"}},
}


def test_a_second_call_makes_no_change_call_whatever_a_job_says(run: Run) -> None:
    manifests = [
        {
            "name": name,
            "image": "alpine:3",
            "subnets": ["subnet-1"],
            **keys,
            "schedule": {"rate": "1 day", "role_arn": ROLE, **keys.get("schedule", {})},
        }
        for name, keys in JOBS.items()
    ]
    text = "\n---\n".join(json.dumps(each) for each in manifests)

    first, _ = run(text)
    second, calls = run(text)

    assert {each.action for each in first.changes} == {"create"}
    assert [(each.job, each.changes) for each in second.changes if each.action != "unchanged"] == []
    assert (len(second.changes), CHANGING & set(calls)) == (len(JOBS), set())


def test_a_new_definition_is_registered_and_followed(run: Run, scheduler: Any) -> None:
    run(MANIFEST)

    result, _ = run(MANIFEST.replace("alpine:3", "alpine:4"))

    assert [each.action for each in result.changes] == ["update"]
    target = scheduler.get_schedule(Name="nightly", GroupName="jobs")["Target"]
    assert target["EcsParameters"]["TaskDefinitionArn"].endswith(":task-definition/nightly:2")


def test_what_is_no_longer_in_the_manifests_is_removed(run: Run, scheduler: Any) -> None:
    for number in range(60):
        run_by_hand(scheduler, f"other-{number}")
    run(MANIFEST.replace("name: nightly", "name: old"))

    result, _ = run(MANIFEST, prune=True)

    assert [(each.id.path, each.action) for each in result.changes] == [
        ("jobs/nightly", "create"),
        ("jobs/old", "remove"),
    ]
    names = {each["Name"] for each in scheduler.list_schedules(GroupName="jobs")["Schedules"]}
    assert names == {"nightly"}


def run_by_hand(scheduler: Any, name: str) -> None:
    scheduler.create_schedule(
        Name=name,
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": "arn:aws:lambda:us-east-1:1:function:f",
            "RoleArn": "arn:aws:iam::123456789012:role/r",
        },
    )
