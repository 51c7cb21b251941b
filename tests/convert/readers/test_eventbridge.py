"""Schedules of EventBridge Scheduler and targets of rules, read into jobs."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecsplan.compile import compile_manifest
from ecsplan_convert.init import converted, found_in
from ecsplan_convert.manifest.wanted import plain_request
from ecsplan_convert.readers.eventbridge import TABLE, read
from ecsplan_convert.source import ConversionError, Job, Source, SourceJobs

CLUSTER = "arn:aws:ecs:eu-west-1:111122223333:cluster/batch"
DEFINITION = "arn:aws:ecs:eu-west-1:111122223333:task-definition/report:7"
ROLE = "arn:aws:iam::111122223333:role/scheduler"
QUEUE = "arn:aws:sqs:eu-west-1:111122223333:lost"
OVERRIDES = {"containerOverrides": [{"name": "app", "command": ["run", "--all"]}], "cpu": "512"}

TARGET: dict[str, Any] = {
    "Arn": CLUSTER,
    "RoleArn": ROLE,
    "Input": json.dumps(OVERRIDES),
    "EcsParameters": {
        "TaskDefinitionArn": DEFINITION,
        "TaskCount": 2,
        "LaunchType": "FARGATE",
        "NetworkConfiguration": {
            "awsvpcConfiguration": {
                "Subnets": ["subnet-1"],
                "SecurityGroups": ["sg-1"],
                "AssignPublicIp": "DISABLED",
            }
        },
        "PlatformVersion": "LATEST",
        "Group": "nightly",
        "EnableECSManagedTags": True,
        "EnableExecuteCommand": False,
        "PropagateTags": "TASK_DEFINITION",
        "Tags": [{"Key": "Team", "Value": "Data"}],
    },
    "RetryPolicy": {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185},
}
REQUEST: dict[str, Any] = {
    "cluster": CLUSTER,
    "taskDefinition": DEFINITION,
    "count": 2,
    "launchType": "FARGATE",
    "networkConfiguration": {
        "awsvpcConfiguration": {
            "subnets": ["subnet-1"],
            "securityGroups": ["sg-1"],
            "assignPublicIp": "DISABLED",
        }
    },
    "platformVersion": "LATEST",
    "group": "nightly",
    "enableECSManagedTags": True,
    "enableExecuteCommand": False,
    "propagateTags": "TASK_DEFINITION",
    "tags": [{"key": "Team", "value": "Data"}],
    "overrides": OVERRIDES,
}
SCHEDULE: dict[str, Any] = {
    "ActionAfterCompletion": "NONE",
    "Arn": "arn:aws:scheduler:eu-west-1:111122223333:schedule/default/nightly-report",
    "CreationDate": "2026-03-01T10:00:00+00:00",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "GroupName": "default",
    "LastModificationDate": "2026-03-01T10:00:00+00:00",
    "Name": "nightly-report",
    "ScheduleExpression": "cron(30 2 ? * MON-FRI *)",
    "ScheduleExpressionTimezone": "Europe/Amsterdam",
    "State": "ENABLED",
    "Target": TARGET,
}
KEY = {"cron": "30 2 ? * MON-FRI *", "timezone": "Europe/Amsterdam", "role_arn": ROLE}


def found(document: Any) -> SourceJobs:
    return read(Source("schedule.json", json.dumps(document), document))


def job(document: Any) -> Job:
    (only,) = found(document).jobs
    return only


def changed(base: dict[str, Any], **members: Any) -> dict[str, Any]:
    """Return a document with other members; `...` removes one."""
    return {name: each for name, each in {**base, **members}.items() if each is not ...}


def test_a_schedule() -> None:
    assert found(SCHEDULE) == SourceJobs(
        (Job("nightly-report", request=REQUEST, keys={"schedule": KEY}),),
    )


@pytest.mark.parametrize(
    ("members", "keys", "notes"),
    [
        pytest.param({"ScheduleExpression": "rate(5 minutes)"}, {"rate": "5 minutes"}, [], id="a rate"),
        pytest.param(
            {"ScheduleExpression": "at(2026-12-24T18:00:00)"}, {"at": "2026-12-24T18:00:00"}, [], id="once"
        ),
        pytest.param({"ScheduleExpressionTimezone": "UTC"}, {"timezone": ...}, [], id="the default zone"),
        pytest.param({"ScheduleExpressionTimezone": ...}, {"timezone": ...}, [], id="no zone"),
        pytest.param({"State": "DISABLED"}, {"enabled": False}, [], id="disabled"),
        pytest.param({"GroupName": "reports"}, {"group": "reports"}, [], id="a group"),
        pytest.param(
            {"FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}},
            {"flexible_window_minutes": 15},
            [],
            id="a window",
        ),
        pytest.param(
            {"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}, {}, ["FlexibleTimeWindow"], id="half a window"
        ),
        pytest.param(
            {"Target": changed(TARGET, DeadLetterConfig={"Arn": QUEUE})},
            {"dead_letter_arn": QUEUE},
            [],
            id="a queue",
        ),
        pytest.param(
            {
                "Target": changed(
                    TARGET, RetryPolicy={"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 600}
                )
            },
            {"retry": {"attempts": 0, "max_age_seconds": 600}},
            [],
            id="retries",
        ),
        pytest.param(
            {"Target": changed(TARGET, RetryPolicy={"MaximumRetryAttempts": "2"})},
            {},
            ["RetryPolicy"],
            id="a text",
        ),
        pytest.param(
            {"StartDate": "2026-01-01", "EndDate": "2027-01-01"}, {}, ["StartDate", "EndDate"], id="dates"
        ),
        pytest.param({"KmsKeyArn": "arn:k"}, {}, ["KmsKeyArn"], id="a key"),
        pytest.param({"Description": "x"}, {}, ["Description"], id="a description"),
        pytest.param(
            {"ActionAfterCompletion": "DELETE"}, {}, ["ActionAfterCompletion"], id="deleted in the end"
        ),
        pytest.param(
            {"FlexibleTimeWindow": {"Mode": "ODD"}},
            {},
            ["FlexibleTimeWindow is left out: its Mode is neither OFF nor FLEXIBLE"],
            id="an unknown window",
        ),
        pytest.param(
            {
                "Schedule": "x",
                "Region": None,
                "Target": {**TARGET, "SqsParameters": {}, "LambdaParameters": None},
            },
            {},
            [
                "SqsParameters is left out: a target that runs an ECS task has no such member",
                "Schedule is left out: a schedule that runs an ECS task has no such member",
            ],
            id="members that there are not",
        ),
        pytest.param(
            {
                "Target": changed(
                    TARGET, EcsParameters={**TARGET["EcsParameters"], "Cluster": 1, "LaunchType": "fargate"}
                )
            },
            {},
            [
                "EcsParameters.LaunchType is left out: AWS refuses its value",
            ],
            id="parameters in their own words",
        ),
        pytest.param({"GroupName": 1}, {}, ["GroupName is left out: it is not a text"], id="no text"),
        pytest.param({"FlexibleTimeWindow": 15}, {}, ["FlexibleTimeWindow is left out"], id="no window"),
        pytest.param(
            {"FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 1441}},
            {},
            ["FlexibleTimeWindow is left out: AWS refuses its value"],
            id="a window of more than a day",
        ),
        pytest.param(
            {"Target": changed(TARGET, RetryPolicy=[], DeadLetterConfig="x")},
            {},
            ["DeadLetterConfig is left out", "RetryPolicy is left out"],
            id="no mappings",
        ),
        pytest.param(
            {
                "Target": changed(
                    TARGET, RetryPolicy={"MaximumRetryAttempts": 186, "MaximumEventAgeInSeconds": 600}
                )
            },
            {"retry": {"max_age_seconds": 600}},
            ["RetryPolicy.MaximumRetryAttempts is left out: AWS refuses its value"],
            id="too many retries",
        ),
        pytest.param({"ScheduleExpression": "rate(1 minutes)"}, {"rate": "1 minute"}, [], id="a plural"),
        pytest.param(
            {"ScheduleExpression": "rate( 5\t minutes )"}, {"rate": "5 minutes"}, [], id="white space"
        ),
        pytest.param(
            {"ScheduleExpression": "cron(0 3 * * 1)"},
            {"cron": "0 3 ? * MON *"},
            ["ScheduleExpression is not as AWS takes it; `cron` has what it most likely means"],
            id="Unix cron in AWS's parentheses",
        ),
    ],
)
def test_members_of_a_schedule(members: dict[str, Any], keys: dict[str, Any], notes: list[str]) -> None:
    made = job(changed(SCHEDULE, **members))

    assert made.keys == {"schedule": changed({} if {"cron", "rate", "at"} & {*keys} else KEY, **_rest(keys))}
    assert len(made.notes) == len(notes)
    assert all(note.startswith(start) for note, start in zip(made.notes, notes, strict=True)), made.notes


def _rest(keys: dict[str, Any]) -> dict[str, Any]:
    return {
        **keys,
        **({"timezone": KEY["timezone"], "role_arn": ROLE} if {"cron", "rate", "at"} & {*keys} else {}),
    }


@pytest.mark.parametrize(
    ("target", "request_", "notes"),
    [
        pytest.param({"Input": ...}, {"overrides": ...}, [], id="no overrides"),
        pytest.param({"Input": ""}, {"overrides": ...}, [], id="an empty input"),
        pytest.param({"Input": OVERRIDES}, {}, [], id="an input that is read already"),
        pytest.param(
            {"Input": "{"}, {"overrides": ...}, ["Input is left out: it is not a JSON object"], id="half JSON"
        ),
        pytest.param(
            {"Input": "[" * 9999},
            {"overrides": ...},
            ["Input is left out: it is not a JSON object"],
            id="deep",
        ),
        pytest.param(
            {"Input": '{"detail": 1}'},
            {"overrides": {}},
            ["Input.detail is left out: RunTask has no such member"],
            id="an input of another target",
        ),
        pytest.param(
            {"Input": {"containerOverrides": [{"name": "my app", "command": ["x"]}, {"name": "app"}]}},
            {"overrides": {"containerOverrides": [{"name": "app"}]}},
            ["Input.containerOverrides[0] is left out: no container can have its name"],
            id="a name that no container has",
        ),
        pytest.param(
            {"InputPath": "$.detail", "Input": ...},
            {"overrides": ...},
            ["InputPath is left out: it takes the overrides from the event"],
            id="a path into the event",
        ),
        pytest.param(
            {"InputTransformer": {"InputTemplate": "x"}, "Input": ...},
            {"overrides": ...},
            ["InputTransformer is left out: it makes the overrides of the event"],
            id="a transformer",
        ),
    ],
)
def test_overrides(target: dict[str, Any], request_: dict[str, Any], notes: list[str]) -> None:
    made = job(changed(SCHEDULE, Target=changed(TARGET, **target)))

    assert made.request == changed(REQUEST, **request_)
    assert [*made.notes] == notes


def test_what_scheduler_fills_in_is_left_out_with_the_words_around_it() -> None:
    container = {
        "name": "app",
        "command": ["run", "--at", "<aws.scheduler.scheduled-time>"],
        "environment": [
            {"name": "RUN", "value": "run-<aws.scheduler.execution-id>"},
            {"name": "STAGE", "value": "prod"},
        ],
    }
    target = changed(TARGET, Input=json.dumps({"containerOverrides": [container]}))

    made = job(changed(SCHEDULE, Target=target))

    assert made.request["overrides"] == {
        "containerOverrides": [{"name": "app", "environment": [{"name": "STAGE", "value": "prod"}]}]
    }
    assert [*made.notes] == [
        f"Input.containerOverrides[app].{each} is left out: "
        "EventBridge Scheduler fills it in when it starts the task"
        for each in ("command[2]", "environment[RUN].value")
    ]


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param("cron(0 3 30 2 ? *)", id="a date that does not exist"),
        pytest.param("cron(0 10 * * MON *)", id="days of both kinds"),
        pytest.param("cron({{ hour }} 3 * * ? *)", id="a placeholder"),
        pytest.param("cron(${HOUR} 3 * * ? *)", id="a reference"),
        pytest.param("rate(0 minutes)", id="no interval"),
        pytest.param("rate(30 seconds)", id="seconds"),
        pytest.param("at(2026-02-30T03:00:00)", id="a day that does not exist"),
        pytest.param("0 3 * * ? *", id="no parentheses"),
        pytest.param("cron()", id="nothing"),
        pytest.param(5, id="a number"),
    ],
)
def test_an_expression_that_aws_refuses_is_left_out(expression: Any) -> None:
    made = job(changed(SCHEDULE, ScheduleExpression=expression))

    assert (made.keys, made.suggestions) == ({}, ())
    assert [each.partition(", ")[0] for each in made.notes] == ["ScheduleExpression is left out"]


@pytest.mark.parametrize(
    ("member", "key", "reason"),
    [
        pytest.param({"ScheduleExpressionTimezone": 1}, {"timezone": ...}, "time zone", id="a number"),
        pytest.param({"ScheduleExpressionTimezone": "CEST"}, {"timezone": ...}, "time zone", id="a zone"),
        pytest.param(
            {"ScheduleExpressionTimezone": "${ZONE}"}, {"timezone": ...}, "time zone", id="a zone left open"
        ),
        pytest.param({"State": "{{ state }}"}, {}, "enabled", id="a state left open"),
        pytest.param({"State": ["DISABLED"]}, {}, "enabled", id="a list"),
    ],
)
def test_a_schedule_that_would_run_at_another_time_is_suggested(
    member: dict[str, Any], key: dict[str, Any], reason: str
) -> None:
    made = job(changed(SCHEDULE, **member))

    assert made.keys == {}
    assert [each.keys for each in made.suggestions] == [{"schedule": changed(KEY, **key)}]
    assert reason in made.suggestions[0].reason


def test_a_rule_that_starts_more_tasks_than_a_schedule_can_is_suggested() -> None:
    target = changed(TARGET, EcsParameters=changed(TARGET["EcsParameters"], TaskCount=11))
    made = job({"Name": "r", "ScheduleExpression": "rate(1 day)", "Targets": [target]})

    assert made.keys == {}
    assert [each.reason for each in made.suggestions] == ["a run of a schedule starts at most 10 tasks"]


@pytest.mark.parametrize("role", [..., "", None, "<role>", "{{ role }}"])
def test_a_schedule_without_its_role_is_suggested(role: Any) -> None:
    made = job(changed(SCHEDULE, Target=changed(TARGET, RoleArn=role)))

    assert made.keys == {}
    assert [each.keys for each in made.suggestions] == [{"schedule": changed(KEY, role_arn=...)}]
    assert "role_arn" in made.suggestions[0].reason


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        pytest.param([{"Key": "Team", "Value": "Data"}], [("Team", "Data")], id="as RunTask has them"),
        pytest.param([{"key": "Team", "value": "Data"}], [("Team", "Data")], id="in lower case"),
        pytest.param(
            [{"Team": "Data", "Stage": "prod"}], [("Team", "Data"), ("Stage", "prod")], id="as maps"
        ),
        pytest.param({"Team": "Data"}, [("Team", "Data")], id="one map"),
    ],
)
def test_tags(tags: Any, expected: list[tuple[str, str]]) -> None:
    target = {**TARGET, "EcsParameters": {**TARGET["EcsParameters"], "Tags": tags}}

    made = job(changed(SCHEDULE, Target=target))

    assert made.request["tags"] == [{"key": key, "value": value} for key, value in expected]


@pytest.mark.parametrize(
    ("cluster", "definition", "names", "notes"),
    [
        pytest.param(
            "arn:aws:ecs:<region>:<account>:cluster/batch",
            "arn:aws:ecs:${REGION}:${ACCOUNT}:task-definition/etl:3",
            ("batch", "etl:3"),
            [
                "Arn is its name alone: the rest of its ARN is not valid",
                "EcsParameters.TaskDefinitionArn is its name alone: the rest of its ARN is not valid",
            ],
            id="the name at the end is known",
        ),
        pytest.param(
            "arn:aws:ecs:<region>:<account>:cluster/${C}",
            "etl",
            (None, "etl"),
            ["Arn is left out: it is not a valid ARN or name"],
            id="no name",
        ),
        pytest.param(
            "<cluster at apply>",
            "<registered at apply>",
            (None, "<registered at apply>"),
            ["Arn is left out: it is not a valid ARN or name"],
            id="what ecsplan leaves open",
        ),
    ],
)
def test_arns_with_placeholders(
    cluster: str, definition: str, names: tuple[str | None, str], notes: list[str]
) -> None:
    parameters = {"TaskDefinitionArn": definition, "LaunchType": "EC2"}

    made = job(changed(SCHEDULE, Target={"Arn": cluster, "RoleArn": ROLE, "EcsParameters": parameters}))

    assert (made.request.get("cluster"), made.request["taskDefinition"]) == names
    assert [*made.notes] == notes


def test_a_network_without_subnets_is_left_out() -> None:
    network = {"awsvpcConfiguration": {"Subnets": [], "SecurityGroups": ["sg-1"]}}
    target = {**TARGET, "EcsParameters": {**TARGET["EcsParameters"], "NetworkConfiguration": network}}

    made = job(changed(SCHEDULE, Target=target))

    assert made.request == changed(REQUEST, networkConfiguration=...)
    assert made.notes == ("NetworkConfiguration is left out: it names no subnets",)


def test_a_strategy_keeps_its_case() -> None:
    strategy = [{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}]
    parameters = {
        "TaskDefinitionArn": DEFINITION,
        "CapacityProviderStrategy": strategy,
        "PlacementConstraints": [{"type": "memberOf", "expression": "x == y"}],
        "PlacementStrategy": [{"type": "spread", "field": "host"}],
        "ReferenceId": "r",
    }

    made = job(changed(SCHEDULE, Target={"Arn": CLUSTER, "RoleArn": ROLE, "EcsParameters": parameters}))

    assert made.request == {
        "cluster": CLUSTER,
        "taskDefinition": DEFINITION,
        "capacityProviderStrategy": strategy,
        "placementConstraints": [{"type": "memberOf", "expression": "x == y"}],
        "placementStrategy": [{"type": "spread", "field": "host"}],
        "referenceId": "r",
    }


def test_the_universal_target_is_a_whole_request() -> None:
    given = {
        "TaskDefinition": DEFINITION,
        "Cluster": "batch",
        "LaunchType": "FARGATE",
        "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": ["subnet-1"]}},
        "Overrides": {"ContainerOverrides": [{"Name": "app", "Environment": [{"Name": "A", "Value": "B"}]}]},
        "StartedBy": "me",
    }
    target = {"Arn": "arn:aws:scheduler:::aws-sdk:ecs:runTask", "RoleArn": ROLE, "Input": json.dumps(given)}

    made = job(changed(SCHEDULE, Target=target))

    assert made.request == {
        "taskDefinition": DEFINITION,
        "cluster": "batch",
        "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}},
        "overrides": {"containerOverrides": [{"name": "app", "environment": [{"name": "A", "value": "B"}]}]},
    }


OTHER = {"Id": "queue", "Arn": QUEUE}
NO_RULE = "when the targets run is said by their rule"
RULE_ROLE = "RoleArn is the role of a rule"


@pytest.mark.parametrize(
    ("document", "names", "schedules", "notes"),
    [
        pytest.param({"Targets": [{"Id": "1", **TARGET}]}, ["1"], [], [NO_RULE], id="ListTargetsByRule"),
        pytest.param(
            {
                "Rule": "nightly",
                "EventBusName": "default",
                "Targets": [{"Id": "a", **TARGET}, {"Id": "b", **TARGET}],
            },
            ["a", "b"],
            [],
            [NO_RULE],
            id="PutTargets, two",
        ),
        pytest.param({"Id": "1", **TARGET}, ["1"], [], [NO_RULE], id="one target"),
        pytest.param(TARGET, ["report"], [], [NO_RULE], id="one target without an Id"),
        pytest.param([{"Id": "1", **TARGET}, OTHER], ["1"], [], ["Targets[queue]", NO_RULE], id="a list"),
        pytest.param(
            {"Name": "r", "ScheduleExpression": "cron(0 1 * * ? *)", "Targets": [{"Id": "1", **TARGET}]},
            ["1"],
            [{"cron": "0 1 * * ? *", "role_arn": ROLE}],
            [RULE_ROLE],
            id="a rule's schedule beside",
        ),
        pytest.param(
            {
                "Rule": {"Name": "r", "ScheduleExpression": "rate(1 day)", "State": "DISABLED"},
                "Targets": [TARGET],
            },
            ["r"],
            [{"rate": "1 day", "role_arn": ROLE, "enabled": False}],
            [RULE_ROLE],
            id="a rule beside",
        ),
        pytest.param(
            {"EventPattern": "{}", "Targets": [TARGET]},
            ["report"],
            [],
            ["EventPattern is left out"],
            id="a rule of events",
        ),
        pytest.param(
            [{"Id": "a", "Arn": CLUSTER, "EcsParameters": {}}, {"Id": "b", **TARGET}],
            ["b"],
            [],
            ["Targets[a] is left out: it names no task definition", NO_RULE],
            id="one of two without a definition",
        ),
        pytest.param(
            {"EventPattern": "{}", "Schedule": "x", "Targets": [TARGET]},
            ["report"],
            [],
            ["EventPattern is left out", "Schedule is left out: a rule that runs an ECS task"],
            id="a member that there is not",
        ),
        pytest.param(
            {"ScheduleExpression": "daily", "Targets": [TARGET]},
            ["report"],
            [],
            ["ScheduleExpression is left out"],
            id="an expression that is none",
        ),
    ],
)
def test_rules(document: Any, names: list[str], schedules: list[Any], notes: list[str]) -> None:
    made = found(document)

    assert [each.name for each in made.jobs] == names
    assert [each.keys["schedule"] for each in made.jobs if "schedule" in each.keys] == schedules
    said = [*made.notes, *(note for each in made.jobs for note in each.notes)]
    assert [note.startswith(start) for note, start in zip(said, notes, strict=True)] == [True] * len(notes)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        pytest.param({"Targets": [OTHER]}, "no target in it runs an ECS task", id="another target"),
        pytest.param({"Targets": []}, "no target in it runs an ECS task", id="no target"),
        pytest.param(
            {"Arn": CLUSTER, "EcsParameters": {}}, "the target names no task definition", id="no definition"
        ),
        pytest.param({"Target": {"Arn": CLUSTER}}, "no target in it runs an ECS task", id="no parameters"),
        pytest.param("text", "no target in it runs an ECS task", id="a text"),
    ],
)
def test_nothing_to_convert(document: Any, message: str) -> None:
    with pytest.raises(ConversionError, match=message):
        found(document)


def test_a_definition_that_is_a_placeholder_leaves_the_rest() -> None:
    target = {"Arn": CLUSTER, "EcsParameters": {"TaskDefinitionArn": "arn:x:task-definition/${T}"}}

    (job,) = found(target).jobs

    assert "taskDefinition" not in job.request
    assert job.request["cluster"] == CLUSTER
    assert any("is left out" in each and "definition" in each.lower() for each in job.notes)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(SCHEDULE, id="schedule"),
        pytest.param({"Targets": [{"Id": "nightly-report", **TARGET}]}, id="rule"),
        pytest.param({"Id": "nightly-report", **TARGET}, id="target"),
        pytest.param([{"Id": "nightly-report", **TARGET}], id="list"),
    ],
)
def test_a_manifest_of_it_makes_the_same_request(document: Any) -> None:
    made = converted(found_in(Source("target.json", json.dumps(document))), title="target.json")

    compiled = compile_manifest(made.text, file="job.yaml")

    assert compiled.plan is not None
    (planned,) = compiled.plan.jobs
    assert planned.name == "nightly-report"
    assert not [each for each in compiled.diagnostics if each.severity == "error"]
    assert ("schedule:\n" in made.text) == (document is SCHEDULE)
    assert plain_request(planned.run_request) == plain_request(REQUEST)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below, max_size=3),
    max_leaves=5,
)


@settings(max_examples=60)
@given(st.data())
def test_any_value_at_any_member_is_read_or_refused(data: st.DataObject) -> None:
    document = copy.deepcopy(
        data.draw(st.sampled_from([SCHEDULE, {"Targets": [TARGET], "Rule": {"Name": "r"}}]))
    )
    holder: Any = document
    while True:
        key = data.draw(st.sampled_from(list(holder) if isinstance(holder, dict) else range(len(holder))))
        if not isinstance(holder[key], dict | list) or not holder[key] or data.draw(st.booleans()):
            break
        holder = holder[key]
    holder[key] = data.draw(VALUES)

    try:
        made = found(document)
    except ConversionError:
        return
    compiled = compile_manifest(converted(made, title="schedule.json").text, file="job.yaml")
    assert not [each.message for each in compiled.diagnostics if each.severity == "error"]


def test_notes_never_show_values() -> None:
    secret = "hunter2-hunter2"
    container = {
        "name": "app",
        "environment": [{"name": "PASSWORD", "value": {"x": secret}}],
        "command": secret,
    }
    target = changed(TARGET, Input={"containerOverrides": [container], "x": secret}, RoleArn={"a": secret})

    made = job(changed(SCHEDULE, Target=target, Description=secret))

    assert made.notes
    assert secret not in "".join(made.notes)


def test_the_table_names_each_key_once() -> None:
    assert len({each.theirs for each in TABLE}) == len(TABLE)
