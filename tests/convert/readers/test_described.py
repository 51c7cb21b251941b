"""Described tasks and services."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsplan_convert.init import converted
from ecsplan_convert.readers.described import read
from ecsplan_convert.source import ConversionError, Job, Source, SourceJobs

ARN = "arn:aws:ecs:eu-west-1:111122223333"
TASK: dict[str, Any] = {
    "taskArn": f"{ARN}:task/batch/0a1b2c3d4e5f60718293a4b5c6d7e8f9",
    "taskDefinitionArn": f"{ARN}:task-definition/etl:9",
    "clusterArn": f"{ARN}:cluster/batch",
    "launchType": "FARGATE",
    "platformVersion": "1.4.0",
    "platformFamily": "Linux",
    "group": "family:etl",
    "lastStatus": "STOPPED",
    "startedBy": "events-rule/nightly",
    "cpu": "512",
    "memory": "1024",
    "enableExecuteCommand": False,
    "tags": [{"key": "team", "value": "data"}, {"key": "aws:ecs:clusterName", "value": "batch"}],
    "overrides": {
        "containerOverrides": [
            {"name": "main", "command": ["load", "{{ ds }}"], "environment": [{"name": "DAY", "value": "1"}]},
            {"name": "sidecar"},
        ],
        "inferenceAcceleratorOverrides": [],
        "cpu": "512",
    },
    "attachments": [
        {
            "type": "ElasticNetworkInterface",
            "status": "DELETED",
            "details": [
                {"name": "subnetId", "value": "subnet-0a"},
                {"name": "networkInterfaceId", "value": "eni-0a"},
                {"name": "privateIPv4Address", "value": "10.0.0.4"},
            ],
        }
    ],
    "containers": [{"name": "main", "exitCode": 0}, {"name": "sidecar", "exitCode": 0}],
}
INTERFACE: dict[str, Any] = {
    "NetworkInterfaceId": "eni-0a",
    "Groups": [{"GroupId": "sg-1", "GroupName": "tasks"}, {"GroupId": "sg-2", "GroupName": "db"}],
    "Association": {"PublicIp": "203.0.113.7"},
}
ASKED: dict[str, Any] = {
    "taskDefinition": f"{ARN}:task-definition/etl:9",
    "cluster": f"{ARN}:cluster/batch",
    "launchType": "FARGATE",
    "platformVersion": "1.4.0",
    "enableExecuteCommand": False,
    "tags": [{"key": "team", "value": "data"}],
    "overrides": {
        "cpu": "512",
        "containerOverrides": [
            {"name": "main", "command": ["load", "{{ ds }}"], "environment": [{"name": "DAY", "value": "1"}]}
        ],
    },
    "networkConfiguration": {
        "awsvpcConfiguration": {
            "subnets": ["subnet-0a"],
            "securityGroups": ["sg-1", "sg-2"],
            "assignPublicIp": "ENABLED",
        }
    },
}
NOTES = (
    "startedBy is left out: ecsplan sets it, to find the tasks of a run again",
    "the tags of the request that begin with aws: are left out: AWS sets them itself",
)
NOT_TAKEN = "is left out: a job takes definition, network, capacity and platform from a service"
SERVICE: dict[str, Any] = {
    "serviceArn": f"{ARN}:service/prod/web",
    "serviceName": "web",
    "clusterArn": f"{ARN}:cluster/prod",
    "status": "ACTIVE",
    "taskDefinition": f"{ARN}:task-definition/web:4",
    "desiredCount": 1,
    "propagateTags": "NONE",
    "enableExecuteCommand": False,
    "loadBalancers": [],
}


def found(document: object) -> SourceJobs:
    return read(Source("tasks.json", "", document))


def only(document: object) -> Job:
    (job,) = found(document).jobs
    return job


def test_a_task_is_linked_with_its_request() -> None:
    assert only({"tasks": [TASK], "NetworkInterfaces": [INTERFACE], "failures": []}) == Job(
        name="etl", request=ASKED, notes=NOTES
    )


@pytest.mark.parametrize(
    ("members", "request_"),
    [
        pytest.param(
            {"capacityProviderName": "FARGATE_SPOT"},
            {
                "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
                "launchType": None,
            },
            id="a capacity provider",
        ),
        pytest.param({"group": "nightly"}, {"group": "nightly"}, id="a group"),
        pytest.param({"group": "service:web"}, {"group": None}, id="a group of ECS"),
        pytest.param({"attachments": []}, {"networkConfiguration": None}, id="no network of its own"),
        pytest.param(
            {"overrides": {"containerOverrides": [{"name": "main"}]}}, {"overrides": None}, id="no override"
        ),
        pytest.param({"enableExecuteCommand": True}, {"enableExecuteCommand": True}, id="exec"),
        pytest.param({"tags": None}, {"tags": None}, id="no tags"),
    ],
)
def test_what_a_task_was_asked_for(members: dict[str, Any], request_: dict[str, Any]) -> None:
    job = only({"tasks": [{**TASK, **members}], "NetworkInterfaces": [INTERFACE]})

    assert {name: job.request.get(name) for name in request_} == request_


def test_a_private_task() -> None:
    interface = {name: INTERFACE[name] for name in INTERFACE if name != "Association"}

    job = only({"tasks": [TASK], "NetworkInterfaces": [interface]})

    assert job.request["networkConfiguration"] == {
        "awsvpcConfiguration": {
            "subnets": ["subnet-0a"],
            "securityGroups": ["sg-1", "sg-2"],
            "assignPublicIp": "DISABLED",
        }
    }


def test_an_interface_that_is_gone() -> None:
    job = only({"tasks": [TASK]})

    assert job.request["networkConfiguration"] == {"awsvpcConfiguration": {"subnets": ["subnet-0a"]}}
    assert job.notes[0] == (
        "security groups and a public address are left out: the network interface eni-0a has them, and is not"
        " described here"
    )


def test_a_task_of_a_service_gets_a_note() -> None:
    assert "group is left out: the task was one of service:web, which is a group of ECS's own" in (
        only({"tasks": [{**TASK, "group": "service:web"}]}).notes
    )


def test_tasks_of_one_family_are_jobs_of_their_own() -> None:
    made = converted(found({"tasks": [TASK, TASK, TASK]}), title="tasks.json")

    assert made.jobs == ("etl", "etl-2", "etl-3")


def test_what_is_missing_is_noted() -> None:
    failures = [{"arn": f"{ARN}:task/batch/0b", "reason": "MISSING"}, {"detail": "x"}]

    assert found({"tasks": [TASK, {}], "failures": failures}).notes == (
        f"{ARN}:task/batch/0b is not in it: MISSING",
        "one of them is not in it: ECS gives no reason",
        "1 of them have no ARN and are left out",
    )


@pytest.mark.parametrize("document", [None, {}, [], {"tasks": []}, {"tasks": [3]}, {"services": [{}]}, "x"])
def test_nothing_described(document: object) -> None:
    with pytest.raises(ConversionError, match="there is no task and no service in it"):
        found(document)


@pytest.mark.parametrize(
    ("members", "job"),
    [
        pytest.param({}, Job(), id="as it is"),
        pytest.param(
            {
                "loadBalancers": [{"containerName": "app", "containerPort": 1}, {"containerName": "app"}],
                "desiredCount": 3,
                "enableExecuteCommand": True,
                "tags": [{"key": "a", "value": "b"}],
            },
            Job(
                container="app",
                notes=(
                    f"enableExecuteCommand {NOT_TAKEN}",
                    f"tags {NOT_TAKEN}",
                    "desiredCount is left out: it is how many tasks the service keeps, and a job runs once",
                    "load balancers and service discovery are left out: they concern the service alone",
                ),
            ),
            id="with more",
        ),
        pytest.param(
            {"status": "DRAINING"},
            Job(notes=("the service is DRAINING: only a service that is ACTIVE can be run like",)),
            id="on its way out",
        ),
    ],
)
def test_a_service_is_run_like(members: dict[str, Any], job: Job) -> None:
    assert only({"services": [{**SERVICE, **members}], "failures": []}) == Job(
        name="web",
        container=job.container,
        keys={"service": f"{ARN}:service/prod/web", "cluster": f"{ARN}:cluster/prod"},
        notes=job.notes,
    )


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all values below a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [each for key, below in items for each in ((*path, key), *places(below, (*path, key)))]


WHOLE: dict[str, Any] = {
    "tasks": [TASK],
    "services": [SERVICE],
    "NetworkInterfaces": [INTERFACE],
    "failures": [{}],
}


@given(
    st.sampled_from(places(WHOLE)),
    st.one_of(
        st.none(), st.booleans(), st.integers(-1, 3), st.sampled_from(["", "x", {}, [], [None], {"a": []}])
    ),
)
def test_wrong_values_anywhere_do_no_harm(path: tuple[Any, ...], wrong: object) -> None:
    spoilt = copy.deepcopy(WHOLE)
    at: Any = spoilt
    for each in path[:-1]:
        at = at[each]
    at[path[-1]] = wrong

    assert all(isinstance(each, str) for job in found(spoilt).jobs for each in job.notes)
