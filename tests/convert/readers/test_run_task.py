"""RunTask requests, filled in and as skeletons."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsplan_convert.readers.run_task import read
from ecsplan_convert.source import ConversionError, Job, Source

NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1", "subnet-2"], "assignPublicIp": "DISABLED"}}
REQUEST: dict[str, Any] = {
    "cluster": "batch",
    "taskDefinition": "etl:3",
    "count": 2,
    "launchType": "FARGATE",
    "networkConfiguration": NETWORK,
    "overrides": {
        "cpu": "512",
        "containerOverrides": [
            {
                "name": "main",
                "command": ["python", "-m", "etl", ""],
                "environment": [{"name": "DAY", "value": ""}, {"name": "N", "value": "3"}],
            }
        ],
    },
    "tags": [{"key": "team", "value": ""}],
    "enableExecuteCommand": False,
    "propagateTags": "TASK_DEFINITION",
}

SKELETON: dict[str, Any] = {
    "capacityProviderStrategy": [{"capacityProvider": "", "weight": 0, "base": 0}],
    "cluster": "",
    "count": 0,
    "enableECSManagedTags": True,
    "enableExecuteCommand": True,
    "group": "",
    "launchType": "EC2",
    "networkConfiguration": {
        "awsvpcConfiguration": {"subnets": [""], "securityGroups": [""], "assignPublicIp": "ENABLED"}
    },
    "overrides": {
        "containerOverrides": [
            {
                "name": "",
                "command": [""],
                "environment": [{"name": "", "value": ""}],
                "environmentFiles": [{"value": "", "type": "s3"}],
                "cpu": 0,
                "memory": 0,
                "memoryReservation": 0,
                "resourceRequirements": [{"value": "", "type": "GPU"}],
            }
        ],
        "cpu": "",
        "inferenceAcceleratorOverrides": [{"deviceName": "", "deviceType": ""}],
        "executionRoleArn": "",
        "memory": "",
        "taskRoleArn": "",
        "ephemeralStorage": {"sizeInGiB": 0},
    },
    "placementConstraints": [{"type": "memberOf", "expression": ""}],
    "placementStrategy": [{"type": "random", "field": ""}],
    "platformVersion": "",
    "propagateTags": "TASK_DEFINITION",
    "referenceId": "",
    "startedBy": "",
    "tags": [{"key": "", "value": ""}],
    "taskDefinition": "",
    "clientToken": "",
    "volumeConfigurations": [
        {
            "name": "",
            "managedEBSVolume": {
                "encrypted": True,
                "kmsKeyId": "",
                "volumeType": "",
                "sizeInGiB": 0,
                "tagSpecifications": [{"resourceType": "volume", "tags": [{"key": "", "value": ""}]}],
                "roleArn": "",
            },
        }
    ],
}


def job_of(document: object) -> Job:
    (job,) = read(Source("run.json", "", document)).jobs
    return job


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(REQUEST, id="full"),
        pytest.param({"taskDefinition": "etl", "launchType": "EC2"}, id="short"),
        pytest.param(
            {
                "taskDefinition": "arn:aws:ecs:eu-west-1:111122223333:task-definition/etl:9",
                "capacityProviderStrategy": [
                    {"capacityProvider": "FARGATE", "weight": 0, "base": 1},
                    {"capacityProvider": "FARGATE_SPOT", "weight": 4, "base": 0},
                ],
                "placementStrategy": [{"type": "random"}],
            },
            id="a strategy with zeros",
        ),
    ],
)
def test_a_request_goes_over_as_it_is(request_: dict[str, Any]) -> None:
    assert job_of(request_) == Job(name="etl", request=request_)


def test_a_skeleton_asks_for_what_was_filled_in() -> None:
    job = job_of({**SKELETON, "taskDefinition": "etl"})

    assert job == Job(
        name="etl",
        request={
            "taskDefinition": "etl",
            "launchType": "EC2",
            "enableECSManagedTags": True,
            "enableExecuteCommand": True,
            "propagateTags": "TASK_DEFINITION",
        },
        notes=("networkConfiguration is left out: it names no subnets",),
    )


@pytest.mark.parametrize(
    ("filled_in", "expected"),
    [
        pytest.param({"cluster": "batch"}, {"cluster": "batch"}, id="a text"),
        pytest.param({"count": 3}, {"count": 3}, id="a number"),
        pytest.param(
            {"overrides": {**SKELETON["overrides"], "memory": "1024"}},
            {"overrides": {"memory": "1024"}},
            id="one override",
        ),
        pytest.param(
            {
                "overrides": {
                    "containerOverrides": [
                        {**SKELETON["overrides"]["containerOverrides"][0], "name": "a", "command": ["x"]}
                    ]
                }
            },
            {"overrides": {"containerOverrides": [{"name": "a", "command": ["x"]}]}},
            id="a container's command",
        ),
        pytest.param(
            {
                "networkConfiguration": {
                    "awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": [""]}
                }
            },
            {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}},
            id="subnets",
        ),
    ],
)
def test_a_skeleton_partly_filled_in(filled_in: dict[str, Any], expected: dict[str, Any]) -> None:
    base = {"taskDefinition": "etl", "launchType": "EC2"}

    request = job_of({**SKELETON, **base, **filled_in}).request

    assert {name: request.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("spoil", "note"),
    [
        pytest.param(
            {"startedBy": "cron"},
            "startedBy is left out: ecsplan sets it, to find the tasks of a run again",
            id="ours",
        ),
        pytest.param(
            {"clientToken": "abc"},
            "clientToken is left out: ecsplan sets it, so that a repeated call starts no second task",
            id="token",
        ),
        pytest.param({"subnet": "x"}, "subnet is left out: RunTask has no such member", id="unknown"),
        pytest.param(
            {"networkConfiguration": {"awsvpcConfiguration": {"subnets": "subnet-1"}}},
            "networkConfiguration.awsvpcConfiguration.subnets is left out: its value is of the wrong type",
            id="type",
        ),
        pytest.param(
            {"capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]},
            "launchType is left out: RunTask takes it or a capacityProviderStrategy, not both",
            id="launch type and strategy",
        ),
        pytest.param(
            {"overrides": {"containerOverrides": [{"command": ["x"]}]}},
            "overrides.containerOverrides[0] is left out: it names no container",
            id="an override of no container",
        ),
        pytest.param(
            {"cluster": "{{ cluster }}"}, "cluster is left out: {{ cluster }} is a placeholder", id="template"
        ),
    ],
)
def test_what_is_not_kept_gets_a_note(spoil: dict[str, Any], note: str) -> None:
    assert note in job_of({"taskDefinition": "etl", "launchType": "FARGATE", **spoil}).notes


@pytest.mark.parametrize("document", [SKELETON, {}, None, [], "x", {"launchType": "FARGATE"}])
def test_no_task_definition(document: object) -> None:
    with pytest.raises(ConversionError, match="the request names no task definition"):
        read(Source("run.json", "", document))


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all values below a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [each for key, below in items for each in ((*path, key), *places(below, (*path, key)))]


WRONG = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 3),
    st.sampled_from(["", "x", "{{ x }}", {}, [], [None], {"a": []}]),
)


@given(st.sampled_from([(each, path) for each in (REQUEST, SKELETON) for path in places(each)]), WRONG)
def test_wrong_values_anywhere_do_no_harm(
    place: tuple[dict[str, Any], tuple[Any, ...]], wrong: object
) -> None:
    document, path = place
    spoilt = copy.deepcopy({**document, "taskDefinition": "etl"})
    at: Any = spoilt
    for each in path[:-1]:
        at = at[each]
    at[path[-1]] = wrong

    try:
        job = job_of(spoilt)
    except ConversionError:
        assert path == ("taskDefinition",)
    else:
        assert all(isinstance(each, str) for each in job.notes)
