"""The schedule of a job: requests that the service model accepts, and what keeps a job from having one."""

import json
from dataclasses import replace
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator
from compiled_jobs import arn, compiled

from ecsplan.plan.plan import PlannedJob
from ecsplan.scheduled.schedule_changes import schedule_changes
from ecsplan.scheduled.scheduled_job import group_of, is_scheduled, job_schedule, unschedulable

ROLE = "arn:aws:iam::111122223333:role/scheduler"
ACCOUNT = "111122223333"


def job(schedule: dict[str, Any] | None = None, **keys: Any) -> PlannedJob:
    """Return the job `nightly` with this schedule."""
    made = compiled(
        {
            "name": "nightly",
            "image": "alpine",
            "subnets": ["subnet-1"],
            "aws": {"region": "eu-west-1"},
            "schedule": {"rate": "1 day", "role_arn": ROLE} if schedule is None else schedule,
            **keys,
        }
    )
    assert made.plan is not None, [each.message for each in made.diagnostics]
    (planned,) = made.plan.jobs
    return planned


def request(planned: PlannedJob, revision: str = arn("nightly:3")) -> dict[str, Any]:
    return job_schedule(planned, revision=revision, region="eu-west-1", account=ACCOUNT)


def test_a_schedule_with_everything() -> None:
    made = job(
        {
            "cron": "0 3 * * ? *",
            "timezone": "Europe/Berlin",
            "role_arn": ROLE,
            "flexible_window_minutes": 15,
            "enabled": False,
            "group": "nightly-jobs",
            "dead_letter_arn": "arn:aws:sqs:eu-west-1:111122223333:lost",
            "retry": {"attempts": 3, "max_age_seconds": 3600},
        },
        cluster="batch",
        command=["run"],
        labels={"team": "data"},
        enable_ecs_managed_tags=True,
        task_customizations=[{"op": "add", "path": "/referenceId", "value": "r"}],
        group="family:etl",
    )

    assert request(made) == {
        "Name": "nightly",
        "GroupName": "nightly-jobs",
        "ScheduleExpression": "cron(0 3 * * ? *)",
        "ScheduleExpressionTimezone": "Europe/Berlin",
        "State": "DISABLED",
        "Description": "[ecsplan] job nightly",
        "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15},
        "Target": {
            "Arn": "arn:aws:ecs:eu-west-1:111122223333:cluster/batch",
            "RoleArn": ROLE,
            "EcsParameters": {
                "TaskDefinitionArn": arn("nightly:3"),
                "LaunchType": "FARGATE",
                "NetworkConfiguration": {
                    "awsvpcConfiguration": {"AssignPublicIp": "DISABLED", "Subnets": ["subnet-1"]}
                },
                "Group": "family:etl",
                "EnableECSManagedTags": True,
                "ReferenceId": "r",
                "Tags": [{"team": "data"}],
            },
            "Input": '{"containerOverrides":[{"name":"main","command":["run"]}]}',
            "DeadLetterConfig": {"Arn": "arn:aws:sqs:eu-west-1:111122223333:lost"},
            "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 3600},
        },
    }
    assert group_of(made) == "nightly-jobs"


@pytest.mark.parametrize(
    "planned",
    [
        pytest.param(job(), id="as little as possible"),
        pytest.param(job({"at": "2027-01-31T06:00:00", "role_arn": ROLE}), id="once"),
        pytest.param(
            job(count=10, launch_type="FARGATE_SPOT", platform_version="1.4.0"), id="capacity providers"
        ),
        pytest.param(
            job(
                launch_type="EC2",
                placement_constraints=[{"type": "memberOf", "expression": "attribute:x == y"}],
                placement_strategy=[{"type": "spread", "field": "host"}],
                labels={f"key {n}": "value" for n in range(40)},
                propagate_tags="TASK_DEFINITION",
                enable_ecs_managed_tags=True,
            ),
            id="placement and tags",
        ),
    ],
)
def test_the_service_model_accepts_it(planned: PlannedJob) -> None:
    model = ServiceModel(Loader().load_service_model("scheduler", "service-2"), "scheduler")

    found = ParamValidator().validate(request(planned), model.operation_model("CreateSchedule").input_shape)

    assert found.generate_report() == ""


@pytest.mark.parametrize(
    ("cluster", "region", "expected"),
    [
        pytest.param(None, "eu-west-1", "arn:aws:ecs:eu-west-1:111122223333:cluster/default", id="default"),
        pytest.param("b", "cn-north-1", "arn:aws-cn:ecs:cn-north-1:111122223333:cluster/b", id="China"),
        pytest.param(
            "b", "us-gov-west-1", "arn:aws-us-gov:ecs:us-gov-west-1:111122223333:cluster/b", id="GovCloud"
        ),
        pytest.param(
            "arn:aws:ecs:eu-west-1:111122223333:cluster/c",
            "eu-west-1",
            "arn:aws:ecs:eu-west-1:111122223333:cluster/c",
            id="an ARN",
        ),
    ],
)
def test_clusters(cluster: str | None, region: str, expected: str) -> None:
    planned = job(cluster=cluster)

    made = job_schedule(planned, revision="r", region=region, account=ACCOUNT)

    assert made["Target"]["Arn"] == expected  # type: ignore[index, call-overload]


def test_a_job_without_a_schedule() -> None:
    plain = job({"rate": "1 day", "role_arn": ROLE})
    spec = {key: value for key, value in plain.spec.items() if key != "schedule"}

    assert is_scheduled(plain)
    assert not is_scheduled(replace(plain, spec=spec))
    assert group_of(plain) == "default"


VOLUME = {"name": "v", "managedEBSVolume": {"roleArn": ROLE}}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param({"propagateTags": "NONE"}, [], id="tags that are not passed on, which is the default"),
        pytest.param({"propagateTags": "SERVICE"}, ["propagate_tags"], id="tags of a service"),
        pytest.param({"volumeConfigurations": [VOLUME]}, ["volumeConfigurations"], id="volumes"),
        pytest.param({"tags": [{"key": "team", "value": ""}]}, ["tag without a value"], id="an empty tag"),
        pytest.param({"tags": [{"key": "team"}]}, ["tag without a value"], id="a tag without a value"),
        pytest.param({"count": 10}, [], id="ten tasks"),
        pytest.param({"count": 11}, ["at most 10 tasks"], id="eleven tasks"),
        pytest.param({"inventedLater": 1}, ["inventedLater"], id="a member that nobody knows"),
        pytest.param(
            {"propagateTags": "SERVICE", "count": 11}, ["propagate_tags", "at most 10"], id="several things"
        ),
    ],
)
def test_what_a_target_cannot_say(changes: dict[str, Any], expected: list[str]) -> None:
    planned = job()
    found = [*unschedulable(replace(planned, run_request={**planned.run_request, **changes}), ACCOUNT)]

    assert len(found) == len(expected)
    assert all(part in each for part, each in zip(expected, found, strict=True))


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        pytest.param(ACCOUNT, [], id="its own"),
        pytest.param(None, [], id="not known"),
        pytest.param("444455556666", ["account 111122223333"], id="another"),
    ],
)
def test_the_account_of_the_role(account: str | None, expected: list[str]) -> None:
    found = [*unschedulable(job(), account)]

    assert [part for each, part in zip(found, expected, strict=True) if part in each] == expected


def test_a_sensitive_variable() -> None:
    planned = job(variables={"token": {"sensitive": True}}, env={"TOKEN": "${token}"})

    (found,) = unschedulable(planned, ACCOUNT)

    assert "`token`" in found
    assert "Secrets Manager" in found


# What AWS adds, and the forms in which it may show the same.


def shown(made: dict[str, Any], **members: Any) -> dict[str, Any]:
    """Return a schedule as GetSchedule shows it."""
    target = {
        "RetryPolicy": {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 86400},
        **made["Target"],
    }
    return {
        "Arn": "arn:aws:scheduler:eu-west-1:111122223333:schedule/default/nightly",
        "CreationDate": "2026-01-01T00:00:00Z",
        "LastModificationDate": "2026-01-01T00:00:00Z",
        "GroupName": "default",
        "ScheduleExpressionTimezone": "UTC",
        "State": "ENABLED",
        "ActionAfterCompletion": "NONE",
        "StartDate": None,
        "KmsKeyArn": None,
        **made,
        "Target": target,
        **members,
    }


def in_target(made: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {**made, "Target": {**made["Target"], **members}}


def in_parameters(made: dict[str, Any], **members: Any) -> dict[str, Any]:
    return in_target(made, EcsParameters={**made["Target"]["EcsParameters"], **members})


WHOLE = request(job(command=["run"], env={"A": "1", "B": "2"}, labels={"team": "data", "stage": "prod"}))
NETWORK = {"AssignPublicIp": "DISABLED", "Subnets": ["subnet-1"]}


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(shown(WHOLE), id="with AWS's defaults"),
        pytest.param(
            shown(in_parameters(WHOLE, TaskCount=1, EnableECSManagedTags=False, EnableExecuteCommand=False)),
            id="with defaults of RunTask",
        ),
        pytest.param(
            shown(in_parameters(WHOLE, PlacementConstraints=[], PlatformVersion="LATEST")), id="empty"
        ),
        pytest.param(
            shown(in_parameters(WHOLE, Tags=[{"team": "data"}, {"stage": "prod"}])),
            id="tags in another order",
        ),
        pytest.param(
            shown(in_target(WHOLE, Input=json.dumps(json.loads(WHOLE["Target"]["Input"]), indent=2))),
            id="JSON with other spaces",
        ),
        pytest.param(
            shown(
                in_parameters(
                    WHOLE, NetworkConfiguration={"awsvpcConfiguration": {**NETWORK, "SecurityGroups": []}}
                )
            ),
            id="no security groups",
        ),
    ],
)
def test_what_says_the_same(found: dict[str, Any]) -> None:
    assert schedule_changes(WHOLE, found) == ()


@pytest.mark.parametrize("members", [{"Input": "{}"}, {"DeadLetterConfig": {}}], ids=str)
def test_what_is_empty_is_as_if_it_were_left_out(members: dict[str, Any]) -> None:
    made = request(job())

    assert schedule_changes(made, shown(in_target(made, **members))) == ()


def test_subnets_have_no_order() -> None:
    def with_subnets(*subnets: str) -> dict[str, Any]:
        network = {"awsvpcConfiguration": {**NETWORK, "Subnets": [*subnets]}}
        return in_parameters(WHOLE, NetworkConfiguration=network)

    assert schedule_changes(with_subnets("a", "b"), with_subnets("b", "a")) == ()
    assert schedule_changes(with_subnets("a", "b"), with_subnets("b", "c")) != ()


ENV = "/Target/Input/containerOverrides/main/environment"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(
            shown(WHOLE, ScheduleExpression="rate(2 days)"),
            [("replace", "/ScheduleExpression", "rate(2 days)", "rate(1 day)")],
            id="when",
        ),
        pytest.param(
            shown(WHOLE, ScheduleExpressionTimezone="Europe/Berlin"),
            [("replace", "/ScheduleExpressionTimezone", "Europe/Berlin", "UTC")],
            id="a time zone that is no longer written",
        ),
        pytest.param(
            shown(WHOLE, State="DISABLED"), [("replace", "/State", "DISABLED", "ENABLED")], id="switched off"
        ),
        pytest.param(
            shown(WHOLE, EndDate="2027-01-01"), [("remove", "/EndDate", "2027-01-01", None)], id="a last day"
        ),
        pytest.param(
            shown(WHOLE, FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5}),
            [
                ("remove", "/FlexibleTimeWindow/MaximumWindowInMinutes", 5, None),
                ("replace", "/FlexibleTimeWindow/Mode", "FLEXIBLE", "OFF"),
            ],
            id="a window",
        ),
        pytest.param(
            shown(in_target(WHOLE, RetryPolicy={"MaximumRetryAttempts": 0})),
            [("replace", "/Target/RetryPolicy/MaximumRetryAttempts", 0, 185)],
            id="retries",
        ),
        pytest.param(
            shown(in_parameters(WHOLE, TaskDefinitionArn=arn("nightly:2"))),
            [
                (
                    "replace",
                    "/Target/EcsParameters/TaskDefinitionArn",
                    arn("nightly:2"),
                    arn("nightly:3"),
                )
            ],
            id="another revision",
        ),
        pytest.param(
            shown(in_target(WHOLE, Input=WHOLE["Target"]["Input"].replace('"value":"2"', '"value":"3"'))),
            [("replace", f"{ENV}/B", "3", "2")],
            id="a variable",
        ),
        pytest.param(
            shown(in_target(WHOLE, Input="{")),
            [("replace", "/Target/Input", "{", json.loads(WHOLE["Target"]["Input"]))],
            id="an input that is not JSON",
        ),
    ],
)
def test_what_differs(found: dict[str, Any], expected: list[tuple[str, str, Any, Any]]) -> None:
    changes = schedule_changes(WHOLE, found)

    assert [(each.op, each.path, each.before, each.after) for each in changes] == expected


def test_what_looks_secret_is_masked() -> None:
    before = request(job(env={"DB_PASSWORD": "hunter2-old"}))
    after = request(job(env={"DB_PASSWORD": "hunter2-new"}, secrets=None))

    (change,) = schedule_changes(after, before)

    assert (change.path, change.before, change.after) == (f"{ENV}/DB_PASSWORD", "***", "***")
