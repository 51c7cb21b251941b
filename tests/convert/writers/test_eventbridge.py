"""EventBridge: targets and schedules that the service models of EventBridge and Scheduler accept."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator
from compiled_jobs import compiled
from exported_jobs import ODD_TEXTS, Jobs, job, jobs_of, leaves, repository_jobs, with_definition

from ecsplan.decision.decide_revision import Reuse
from ecsplan.plan.plan import PlannedJob
from ecsplan.terms.observed import Aws
from ecsplan_convert.export import exported
from ecsplan_convert.readers.eventbridge import read
from ecsplan_convert.source import Source
from ecsplan_convert.writers.eventbridge import MAX_JOBS, write
from ecsplan_convert.writers.planned import run_request

REVISION = "arn:aws:ecs:eu-west-1:111122223333:task-definition/etl:3"
SCHEDULER_ROLE = "arn:aws:iam::111122223333:role/scheduler"


def document(*jobs: PlannedJob) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(write(jobs).text)
    return made


def decided(made: PlannedJob) -> PlannedJob:
    """Return a job that reuses a revision."""
    definition = replace(made.definition, decision=Reuse(REVISION))
    return replace(made, definition=definition, run_request={**made.run_request, "taskDefinition": REVISION})


def scheduled(schedule: Mapping[str, Any]) -> PlannedJob:
    return job(subnets=["subnet-1"], schedule={"role_arn": SCHEDULER_ROLE, **schedule})


def notes(made: PlannedJob) -> list[str]:
    """Return what the notes of a job name first."""
    return [each.split("`")[1] for each in write([made]).notes]


def test_a_target() -> None:
    made = decided(
        job(
            command=["run", "größe"],
            env={"STAGE": "prod"},
            labels={"team": "data"},
            cluster="batch",
            subnets=["subnet-1"],
            count=2,
            launch_type="FARGATE_SPOT",
            enable_ecs_managed_tags=True,
            platform_version="1.4.0",
            propagate_tags="TASK_DEFINITION",
            execution_role_arn="arn:aws:iam::111122223333:role/execution",
        )
    )

    assert document(made) == {
        "Arn": "arn:aws:ecs:eu-west-1:111122223333:cluster/batch",
        "RoleArn": "<role of EventBridge>",
        "EcsParameters": {
            "TaskDefinitionArn": REVISION,
            "TaskCount": 2,
            "CapacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
            "NetworkConfiguration": {
                "awsvpcConfiguration": {"AssignPublicIp": "DISABLED", "Subnets": ["subnet-1"]}
            },
            "PlatformVersion": "1.4.0",
            "EnableECSManagedTags": True,
            "PropagateTags": "TASK_DEFINITION",
            "Tags": [{"team": "data"}],
        },
        "Input": (
            '{"containerOverrides":[{"name":"main","command":["run","größe"],'
            '"environment":[{"name":"STAGE","value":"prod"}]}],'
            '"executionRoleArn":"arn:aws:iam::111122223333:role/execution"}'
        ),
    }
    assert notes(made) == ["RoleArn"]


def test_placement() -> None:
    made = job(
        launch_type="EC2",
        placement_constraints=[{"type": "memberOf", "expression": "attribute:x == y"}],
        placement_strategy=[{"type": "spread", "field": "host"}],
    )

    parameters = document(made)["EcsParameters"]
    assert parameters["PlacementConstraints"] == [{"type": "memberOf", "expression": "attribute:x == y"}]
    assert parameters["PlacementStrategy"] == [{"type": "spread", "field": "host"}]


def test_texts_are_literal() -> None:
    overrides = json.loads(document(job(command=[*ODD_TEXTS]))["Input"])

    assert overrides["containerOverrides"] == [{"name": "main", "command": [*ODD_TEXTS]}]


def test_without_overrides_there_is_no_input() -> None:
    assert "Input" not in document(job())


@pytest.mark.parametrize(
    ("made", "cluster", "definition"),
    [
        pytest.param(job(), "<ARN of the cluster default>", "<registered at apply>", id="offline"),
        pytest.param(
            replace(job(cluster="batch"), account="111122223333"),
            "arn:aws:ecs:eu-west-1:111122223333:cluster/batch",
            "<registered at apply>",
            id="a known account",
        ),
        pytest.param(
            replace(job(), account="111122223333", aws=Aws(region="us-gov-west-1")),
            "arn:aws-us-gov:ecs:us-gov-west-1:111122223333:cluster/default",
            "<registered at apply>",
            id="another partition",
        ),
        pytest.param(
            job(image=None, task_definition_arn="arn:aws-cn:ecs:cn-north-1:444455556666:task-definition/web"),
            "arn:aws-cn:ecs:cn-north-1:444455556666:cluster/default",
            "arn:aws-cn:ecs:cn-north-1:444455556666:task-definition/web",
            id="beside a link",
        ),
        pytest.param(
            job(image=None, task_definition_arn="web:7"),
            "<ARN of the cluster default>",
            "<ARN of the task definition web:7>",
            id="a link by family",
        ),
        pytest.param(
            job(cluster="arn:aws:ecs:eu-west-1:111122223333:cluster/batch"),
            "arn:aws:ecs:eu-west-1:111122223333:cluster/batch",
            "<registered at apply>",
            id="a cluster by ARN",
        ),
    ],
)
def test_arns(made: PlannedJob, cluster: str, definition: str) -> None:
    exported = write([made])

    target = json.loads(exported.text)
    assert (target["Arn"], target["EcsParameters"]["TaskDefinitionArn"]) == (cluster, definition)
    marked = [each for each in (cluster, definition, "<role of EventBridge>") if each.startswith("<")]
    assert [each for each in marked if not any(f"`{each}`" in note for note in exported.notes)] == []


@pytest.mark.parametrize(
    ("keys", "noted"),
    [
        pytest.param({"propagate_tags": "NONE"}, ["propagateTags"], id="tags that are not passed on"),
        pytest.param({"count": 11}, ["TaskCount"], id="more tasks than a target starts"),
        pytest.param({"labels": {"team": ""}}, ["Tags"], id="a tag without a value"),
        pytest.param({"array": 3, "retry": {"attempts": 2}}, ["array", "retry"], id="an array"),
        pytest.param({"task_timeout_seconds": 9}, ["task_timeout_seconds"], id="a timeout"),
        pytest.param({"aws": {"region": "eu-west-1"}}, ["aws"], id="a region"),
    ],
)
def test_what_a_target_cannot_say(keys: dict[str, Any], noted: list[str]) -> None:
    assert notes(decided(job(**keys))) == ["RoleArn", *noted]


def test_a_long_input() -> None:
    made = decided(job())
    long = {"containerOverrides": [{"name": "main", "command": ["x" * 8200]}]}

    assert notes(replace(made, run_request={**made.run_request, "overrides": long})) == ["RoleArn", "Input"]


def test_what_scheduler_fills_in() -> None:
    made = decided(job(env={"RUN": "<aws.scheduler.execution-id>"}))

    assert notes(made) == ["RoleArn", "Input"]


def test_volumes_at_launch() -> None:
    made = with_definition({"family": "etl"})
    launched = [{"name": "data", "managedEBSVolume": {"roleArn": "arn", "sizeInGiB": 10}}]
    made = decided(replace(made, run_request={**made.run_request, "volumeConfigurations": launched}))

    assert notes(made) == ["RoleArn", "volumeConfigurations"]


@pytest.mark.parametrize(
    ("schedule", "members"),
    [
        pytest.param(
            {"cron": "0 2 * * ? *", "timezone": "Europe/Berlin"},
            {
                "ScheduleExpression": "cron(0 2 * * ? *)",
                "ScheduleExpressionTimezone": "Europe/Berlin",
                "FlexibleTimeWindow": {"Mode": "OFF"},
            },
            id="cron",
        ),
        pytest.param(
            {"rate": "5 minutes", "flexible_window_minutes": 10, "group": "nightly"},
            {
                "GroupName": "nightly",
                "ScheduleExpression": "rate(5 minutes)",
                "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 10},
            },
            id="rate",
        ),
        pytest.param(
            {"at": "2030-01-01T00:00:00", "enabled": False},
            {
                "ScheduleExpression": "at(2030-01-01T00:00:00)",
                "State": "DISABLED",
                "FlexibleTimeWindow": {"Mode": "OFF"},
            },
            id="at",
        ),
    ],
)
def test_schedules(schedule: dict[str, Any], members: dict[str, Any]) -> None:
    made = document(scheduled(schedule))

    target = made.pop("Target")
    assert made == {"Name": "etl", **members}
    assert target["RoleArn"] == SCHEDULER_ROLE
    assert target["EcsParameters"]["LaunchType"] == "FARGATE"


@pytest.mark.parametrize(
    ("observed", "cron", "role", "is_open"),
    [
        pytest.param({}, "0 2 ? * <ssm:/day at apply> *", "<ssm:/role at apply>", True, id="offline"),
        pytest.param(
            {"ssm:/day": "MON", "ssm:/role": SCHEDULER_ROLE},
            "0 2 ? * MON *",
            SCHEDULER_ROLE,
            False,
            id="found",
        ),
    ],
)
def test_what_is_looked_up_for_a_schedule(
    observed: dict[str, str], cron: str, role: str, is_open: bool
) -> None:
    schedule = {"cron": "0 2 ? * ${ssm:/day} *", "role_arn": "${ssm:/role}"}
    keys = {"image": "alpine:3", "subnets": ["subnet-1"], "schedule": schedule}
    plan = compiled({"variables": {}, "jobs": {"etl": keys}}).plan
    assert plan is not None

    done = exported("eventbridge", [replace(plan.jobs[0], observed=observed)])

    made = json.loads(done.text)
    assert (made["ScheduleExpression"], made["Target"]["RoleArn"]) == (f"cron({cron})", role)
    opened = "only AWS knows what belongs in place of `<ssm:/day at apply>`, `<ssm:/role at apply>`"
    assert (opened in "".join(done.notes), "ssm:" in done.text) == (is_open, is_open)


def test_the_end_of_a_schedule() -> None:
    queue = "arn:aws:sqs:eu-west-1:111122223333:dead"
    made = document(
        scheduled(
            {
                "rate": "1 day",
                "dead_letter_arn": queue,
                "retry": {"attempts": 0, "max_age_seconds": 600},
            }
        )
    )

    assert made["Target"]["DeadLetterConfig"] == {"Arn": queue}
    assert made["Target"]["RetryPolicy"] == {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 600}


def test_several_jobs_are_targets_of_a_rule() -> None:
    names = ("a b", "a-b", "☃", "x" * 70)
    jobs = jobs_of(*({"name": each, "family": f"f{index}", "image": "i"} for index, each in enumerate(names)))

    made = document(*jobs)

    assert list(made) == ["Targets"]
    assert [each["Id"] for each in made["Targets"]] == ["a-b", "a-b-2", "job", "x" * 64]


def test_a_schedule_among_several() -> None:
    assert (
        "etl: `schedule`: a rule has one schedule for all of its targets; exported alone, with `--job`, the "
        "job has its own"
    ) in write([job(name="other"), scheduled({"rate": "1 day"})]).notes


def _shape(service: str, operation: str) -> Any:
    model = ServiceModel(Loader().load_service_model(service, "service-2"), service)
    return model.operation_model(operation).input_shape


@pytest.mark.parametrize("jobs", [pytest.param(jobs[:MAX_JOBS], id=name) for name, jobs in repository_jobs()])
def test_the_service_models_accept_it(jobs: Jobs) -> None:
    made = document(*jobs)

    if len(jobs) == 1:
        often = {"Name": "n", "FlexibleTimeWindow": {"Mode": "OFF"}, "ScheduleExpression": "rate(1 day)"}
        whole = made if "Target" in made else {**often, "Target": made}
        found = ParamValidator().validate(whole, _shape("scheduler", "CreateSchedule"))
    else:
        found = ParamValidator().validate({"Rule": "r", **made}, _shape("events", "PutTargets"))

    # A value that is open may stand for a list or a number; an empty tag has a note.
    report = found.generate_report().splitlines()
    assert [each for each in report if "value: <" not in each and "Tags[0]." not in each] == []


def test_the_service_model_accepts_a_schedule() -> None:
    schedule = {"cron": "0 2 * * ? *", "enabled": False, "retry": {"attempts": 1}, "group": "g"}

    found = ParamValidator().validate(document(scheduled(schedule)), _shape("scheduler", "CreateSchedule"))

    assert found.generate_report() == ""


@pytest.mark.parametrize("jobs", [pytest.param(jobs, id=name) for name, jobs in repository_jobs()])
def test_the_reader_reads_the_same_request(jobs: Jobs) -> None:
    for each in jobs:
        made = document(each)
        target = made.get("Target", made)
        wanted = {**run_request(each), "cluster": target["Arn"]}
        wanted["taskDefinition"] = target["EcsParameters"]["TaskDefinitionArn"]
        if wanted.get("propagateTags") == "NONE":
            del wanted["propagateTags"]
        wanted.pop("volumeConfigurations", None)

        (found,) = read(Source("target.json", "", made)).jobs

        # An open value that stands for a number or a list is not of a type that could be read.
        assert {**wanted, **found.request} == wanted
        assert {name for name in wanted.keys() - found.request.keys() if not _is_open(wanted[name])} == set()


def _is_open(value: Any) -> bool:
    return any(isinstance(each, str) and each.startswith("<") for _, each in leaves(value))


@pytest.mark.parametrize(
    "schedule",
    [
        pytest.param({"cron": "0 2 * * ? *", "timezone": "Europe/Berlin", "group": "g"}, id="cron"),
        pytest.param({"rate": "5 minutes", "flexible_window_minutes": 10, "enabled": False}, id="rate"),
        pytest.param(
            {
                "at": "2030-01-01T00:00:00",
                "dead_letter_arn": "arn:aws:sqs:eu-west-1:111122223333:dead",
                "retry": {"attempts": 3, "max_age_seconds": 600},
            },
            id="at",
        ),
    ],
)
def test_the_reader_reads_the_same_schedule(schedule: dict[str, Any]) -> None:
    (found,) = read(Source("schedule.json", "", document(scheduled(schedule)))).jobs

    assert found.keys == {"schedule": {**schedule, "role_arn": SCHEDULER_ROLE}}
    assert found.name == "etl"


def test_tags_of_a_schedule_are_maps_and_those_of_a_rule_pairs() -> None:
    made = job(labels={"team": "data", "stage": "prod"})
    (target,) = document(made, replace(made, name="b"))["Targets"][:1]

    assert document(made)["EcsParameters"]["Tags"] == [{"stage": "prod"}, {"team": "data"}]
    assert target["EcsParameters"]["Tags"] == [
        {"Key": "stage", "Value": "prod"},
        {"Key": "team", "Value": "data"},
    ]
