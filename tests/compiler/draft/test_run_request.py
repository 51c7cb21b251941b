"""The RunTask request of a job, and how its tasks are watched."""

from typing import Any

import pytest
from compiled_jobs import ROLE, SUBNETS, TASK_ROLE, but, compiled, job_of, observed, said

from ecsplan.terms.observed import Subnet

JOB = {"name": "etl", "image": "alpine:3"}
NETWORK = {
    "awsvpcConfiguration": {
        "subnets": ["<subnets of the default VPC>"],
        "securityGroups": [],
        "assignPublicIp": "ENABLED",
    }
}
OWN: dict[str, object] = {"name": "main", "environment": []}
RUN = {
    "taskDefinition": "<registered at apply>",
    "launchType": "FARGATE",
    "networkConfiguration": NETWORK,
    "overrides": {"containerOverrides": [OWN]},
    "tags": [],
}
"""How the smallest job is run, as far as is known offline."""


def run(own: dict[str, Any] | None = None, overrides: dict[str, Any] | None = None, **changes: Any) -> Any:
    """Return RUN with these members in the container's override, in `overrides` and beside them."""
    container = but(OWN, **(own or {}))
    return but(RUN, overrides={"containerOverrides": [container], **(overrides or {})}, **changes)


def run_of(keys: dict[str, Any]) -> Any:
    return job_of({**JOB, **keys})["run_request"]


def awsvpc(**changes: object) -> dict[str, object]:
    return {"awsvpcConfiguration": but(NETWORK["awsvpcConfiguration"], **changes)}


SIDECAR = {"name": "proxy", "image": "envoy:1", "memory": 64}
SPOT = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
MIXED = [
    {"capacityProvider": "FARGATE_SPOT", "weight": 3},
    {"capacityProvider": "FARGATE", "weight": 1, "base": 1},
]
NOWHERE = {"networkConfiguration": None}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        pytest.param({}, RUN, id="the smallest job"),
        pytest.param({"cluster": "batch"}, run(cluster="batch"), id="cluster"),
        pytest.param({"count": 1}, run(count=1), id="one copy, as written"),
        pytest.param({"count": 25}, run(count=25), id="more copies than one call takes"),
        pytest.param({"platform_version": "1.4.0"}, run(platformVersion="1.4.0"), id="platform version"),
        pytest.param({"enable_execute_command": False}, run(enableExecuteCommand=False), id="false is sent"),
        pytest.param(
            {"enable_execute_command": True, "task_role_arn": ROLE},
            run(overrides={"taskRoleArn": ROLE}, enableExecuteCommand=True),
            id="execute command",
        ),
        pytest.param({"propagate_tags": "TASK_DEFINITION"}, run(propagateTags="TASK_DEFINITION"), id="tags"),
        pytest.param({"group": "g"}, run(group="g"), id="group"),
        pytest.param(
            {
                "launch_type": "EC2",
                "placement_constraints": [{"type": "distinctInstance"}],
                "placement_strategy": [{"type": "spread", "field": "host"}],
            },
            run(
                launchType="EC2",
                placementConstraints=[{"type": "distinctInstance"}],
                placementStrategy=[{"type": "spread", "field": "host"}],
                **NOWHERE,
            ),
            id="placement",
        ),
        pytest.param(
            {
                "volume_configurations": [
                    {"name": "v", "managedEBSVolume": {"sizeInGiB": 10, "roleArn": ROLE}}
                ],
                "task_definition": {"volumes": [{"name": "v", "configuredAtLaunch": True}]},
            },
            run(volumeConfigurations=[{"name": "v", "managedEBSVolume": {"sizeInGiB": 10, "roleArn": ROLE}}]),
            id="volumes",
        ),
        pytest.param({"ephemeral_storage_gib": 50}, RUN, id="ephemeral storage stands in the definition"),
        pytest.param({"image": "other:1", "family": "f"}, RUN, id="what belongs to the definition stays out"),
    ],
)
def test_members(keys: dict[str, object], expected: dict[str, object]) -> None:
    assert run_of(keys) == expected


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        pytest.param({"launch_type": "FARGATE"}, run(), id="FARGATE"),
        pytest.param(
            {"launch_type": "FARGATE_SPOT"},
            run(launchType=None, capacityProviderStrategy=SPOT),
            id="FARGATE_SPOT",
        ),
        pytest.param({"launch_type": "EC2"}, run(launchType="EC2", **NOWHERE), id="EC2"),
        pytest.param({"launch_type": "EXTERNAL"}, run(launchType="EXTERNAL", **NOWHERE), id="EXTERNAL"),
        pytest.param({"launch_type": None}, run(launchType=None, **NOWHERE), id="null"),
        pytest.param(
            {"capacity_provider_strategy": MIXED},
            run(launchType=None, capacityProviderStrategy=MIXED),
            id="a strategy, as given",
        ),
        pytest.param(
            {"capacity_provider_strategy": MIXED, "launch_type": None},
            run(launchType=None, capacityProviderStrategy=MIXED),
            id="a strategy and null",
        ),
        pytest.param(
            {"capacity_provider_strategy": [{"capacityProvider": "mine", "weight": 1}]},
            run(
                launchType=None,
                capacityProviderStrategy=[{"capacityProvider": "mine", "weight": 1}],
                **NOWHERE,
            ),
            id="a strategy without Fargate",
        ),
        pytest.param({"capacity_provider_strategy": []}, run(), id="an empty strategy is none"),
    ],
)
def test_launch_type(keys: dict[str, object], expected: dict[str, object]) -> None:
    assert run_of(keys) == expected


@pytest.mark.parametrize("kind", ["FARGATE", "FARGATE_SPOT", "EC2", "EXTERNAL"])
def test_a_launch_type_beside_a_strategy_is_an_error(kind: str) -> None:
    result = compiled({**JOB, "launch_type": kind, "capacity_provider_strategy": MIXED})

    assert ("error", "launch-type-with-strategy", "/launch_type") in said(result)
    assert result.plan is None


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        pytest.param({"command": ["a", "b c"]}, {"command": ["a", "b c"]}, id="a list"),
        pytest.param(
            {"command": "sh -c 'echo \"$A\" b' \\# x"},
            {"command": ["sh", "-c", 'echo "$A" b', "#", "x"]},
            id="a string, split as a shell would",
        ),
        pytest.param({"command": ""}, {"command": []}, id="an empty string"),
        pytest.param({"command": []}, {"command": []}, id="an empty list"),
        pytest.param(
            {"env": {"B": "b", "A": None, "C": 2}},
            {"environment": [{"name": "B", "value": "b"}, {"name": "C", "value": "2"}]},
            id="variables without the unset one",
        ),
        pytest.param(
            {"env": {"a/b~c d": "é\n", "E": ""}},
            {"environment": [{"name": "E", "value": ""}, {"name": "a/b~c d", "value": "é\n"}]},
            id="odd names and an empty value",
        ),
        pytest.param({"container_name": "job"}, {"name": "job"}, id="the container's name"),
        pytest.param(
            {
                "task_definition": {
                    "containerDefinitions": [{**SIDECAR, "essential": False}, {"name": "job", "image": "b"}]
                }
            },
            {"name": "job"},
            id="the name of the only candidate",
        ),
    ],
)
def test_the_container_of_the_job(keys: dict[str, object], expected: dict[str, object]) -> None:
    assert run_of(keys) == run(own=expected)


ALONE = {"containerDefinitions": [{"name": "main"}]}
OTHER = {"containerDefinitions": [SIDECAR]}
TWO = {"containerDefinitions": [{"name": "main"}, {**SIDECAR, "essential": False}]}


@pytest.mark.parametrize(
    ("keys", "own", "overrides"),
    [
        pytest.param({}, {}, {}, id="defaults are no overrides"),
        pytest.param({"cpu": 512}, {"cpu": 512}, {"cpu": "512"}, id="cpu"),
        pytest.param({"memory": "4 GB"}, {"memory": 4096}, {"memory": "4096"}, id="memory"),
        pytest.param(
            {"cpu": 512, "memory": 1024, "task_definition": ALONE},
            {"cpu": 512, "memory": 1024},
            {"cpu": "512", "memory": "1024"},
            id="the only container",
        ),
        pytest.param(
            {"cpu": 512, "memory": 1024, "task_definition": TWO},
            {},
            {"cpu": "512", "memory": "1024"},
            id="beside a sidecar",
        ),
        pytest.param(
            {"cpu": 512, "memory": 1024, "container_name": "job", "task_definition": OTHER},
            {"name": "job"},
            {"cpu": "512", "memory": "1024"},
            id="beside one that is there already",
        ),
        pytest.param(
            {"task_definition": {"cpu": "512", "memory": "1024"}}, {}, {}, id="the definition's size"
        ),
        pytest.param({"execution_role_arn": ROLE}, {}, {"executionRoleArn": ROLE}, id="execution role"),
        pytest.param({"task_role_arn": TASK_ROLE}, {}, {"taskRoleArn": TASK_ROLE}, id="task role"),
        pytest.param(
            {"task_definition": {"executionRoleArn": ROLE, "taskRoleArn": ROLE}},
            {},
            {},
            id="the definition's roles",
        ),
    ],
)
def test_overrides(keys: dict[str, object], own: dict[str, object], overrides: dict[str, object]) -> None:
    assert run_of(keys) == run(own=own, overrides=overrides)


@pytest.mark.parametrize("kind", ["EC2", "EXTERNAL"])
def test_the_size_is_an_override_on_instances_too(kind: str) -> None:
    assert run_of({"launch_type": kind, "cpu": 256, "memory": 512}) == run(
        own={"cpu": 256, "memory": 512}, overrides={"cpu": "256", "memory": "512"}, launchType=kind, **NOWHERE
    )


@pytest.mark.parametrize(
    ("labels", "tags"),
    [
        pytest.param({}, [], id="none"),
        pytest.param({"b": "2", "a": "1"}, [("a", "1"), ("b", "2")], id="by name"),
        pytest.param({"A": "x", "a": "y"}, [("A", "x"), ("a", "y")], id="case stays"),
        pytest.param({"a,;b": "50%|x"}, [("a-b", "50-x")], id="cleaned"),
        pytest.param({"x/y~z": "/ ~"}, [("x/y-z", "/ -")], id="slash and tilde"),
        pytest.param({"k": ""}, [("k", "")], id="an empty value"),
        pytest.param({"Schlüssel 日本": "é"}, [("Schlüssel 日本", "é")], id="letters of any script"),
    ],
)
def test_labels_are_tags_of_the_run(labels: dict[str, str], tags: list[tuple[str, str]]) -> None:
    assert run_of({"labels": labels}) == run(tags=[{"key": key, "value": value} for key, value in tags])


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        pytest.param({}, NETWORK, id="the default VPC"),
        pytest.param({"vpc_id": "vpc-1"}, awsvpc(subnets=["<subnets of vpc-1>"]), id="a VPC"),
        pytest.param(
            {"network_configuration": {"subnets": ["subnet-z", "subnet-a"]}},
            awsvpc(subnets=["subnet-z", "subnet-a"], assignPublicIp=None),
            id="as given",
        ),
        pytest.param(
            {
                "network_configuration": {
                    "awsvpcConfiguration": {"subnets": ["subnet-a"], "securityGroups": ["sg-1"]}
                }
            },
            awsvpc(subnets=["subnet-a"], securityGroups=["sg-1"], assignPublicIp=None),
            id="as given in AWS's wrapper",
        ),
        pytest.param(
            {"launch_type": "EC2", "task_definition": {"networkMode": "awsvpc"}},
            awsvpc(assignPublicIp="DISABLED"),
            id="no public address on instances",
        ),
        pytest.param(
            {"launch_type": "EC2", "task_definition": {"networkMode": "bridge"}}, None, id="another mode"
        ),
    ],
)
def test_network(keys: dict[str, object], expected: dict[str, object] | None) -> None:
    assert run_of(keys).get("networkConfiguration") == expected


@pytest.mark.parametrize("key", ["vpc_id", "network_configuration"])
@pytest.mark.parametrize("mode", ["bridge", "host", "none", None])
def test_a_network_in_another_mode_is_a_warning(key: str, mode: str | None) -> None:
    value = {"vpc_id": "vpc-1", "network_configuration": {"subnets": ["subnet-a"]}}[key]
    definition = {} if mode is None else {"networkMode": mode}

    result = compiled({**JOB, "launch_type": "EC2", "task_definition": definition, key: value})

    assert said(result) == [("warning", "network-unused", f"/{key}")]
    assert result.plan is not None
    assert "networkConfiguration" not in result.plan.jobs[0].run_request


def test_the_subnets_of_the_vpc_stand_in_the_plan() -> None:
    job = job_of(JOB, observed(latest={"etl": None}))

    assert job["run_request"]["networkConfiguration"] == awsvpc(
        subnets=sorted(each.subnet_id for each in SUBNETS)
    )


def test_subnets_that_are_left_out_are_a_warning() -> None:
    many = tuple(Subnet(f"subnet-{number:02}", "a") for number in range(17))
    seen = observed(latest={"etl": None})
    answers = {question: many if value == SUBNETS else value for question, value in seen.answers.items()}

    result = compiled(JOB, type(seen)(answers))

    assert said(result) == [("warning", "subnets-left-out", "")]


LOGS = {"awslogs-group": "g", "awslogs-region": "us-west-2", "awslogs-stream-prefix": "p"}
LOGGING = {"logDriver": "awslogs", "options": LOGS}
WHERE = {"group": "g", "stream_prefix": "p", "region": "us-west-2"}


def logging(configuration: dict[str, Any]) -> dict[str, Any]:
    return {
        "task_definition": {
            "executionRoleArn": ROLE,
            "containerDefinitions": [{"name": "main", "logConfiguration": configuration}],
        }
    }


@pytest.mark.parametrize(
    ("keys", "stream_output", "logs"),
    [
        pytest.param({}, False, None, id="no logs"),
        pytest.param(logging(LOGGING), True, WHERE, id="the container logs through awslogs"),
        pytest.param({"stream_output": False, **logging(LOGGING)}, False, WHERE, id="not wanted"),
        pytest.param(
            {"stream_output": True, "execution_role_arn": ROLE},
            True,
            {"group": "ecsplan", "stream_prefix": "etl", "region": "eu-west-1"},
            id="wanted",
        ),
        pytest.param(
            {"configure_cloudwatch_logs": True, "execution_role_arn": ROLE},
            True,
            {"group": "ecsplan", "stream_prefix": "etl", "region": "eu-west-1"},
            id="configured",
        ),
        pytest.param(
            {"configure_cloudwatch_logs": False, "stream_output": True, **logging(LOGGING)},
            True,
            WHERE,
            id="wanted, with what is there",
        ),
        pytest.param(
            logging({"logDriver": "splunk", "options": {"splunk-url": "u", "splunk-token": "<t>"}}),
            False,
            None,
            id="another driver",
        ),
        pytest.param(
            {
                "launch_type": "EC2",
                **logging({"logDriver": "awslogs", "options": but(LOGS, **{"awslogs-stream-prefix": None})}),
            },
            False,
            None,
            id="streams whose name nobody knows in advance",
        ),
    ],
)
def test_streaming(keys: dict[str, object], stream_output: bool, logs: dict[str, str] | None) -> None:
    watch = job_of({**JOB, **keys})["watch"]

    assert (watch["stream_output"], watch["logs"]) == (stream_output, logs)


WATCH = {
    "container": "main",
    "start_timeout_seconds": 120,
    "timeout_seconds": None,
    "poll_interval_seconds": 5.0,
    "stream_output": False,
    "logs": None,
    "deregister": False,
}


@pytest.mark.parametrize(
    ("keys", "changes"),
    [
        pytest.param({}, {}, id="defaults"),
        pytest.param({"container_name": "job"}, {"container": "job"}, id="container"),
        pytest.param({"task_start_timeout_seconds": 0.5}, {"start_timeout_seconds": 0.5}, id="half a second"),
        pytest.param(
            {"task_start_timeout_seconds": 300.0}, {"start_timeout_seconds": 300}, id="whole seconds"
        ),
        pytest.param({"task_timeout_seconds": 3600}, {"timeout_seconds": 3600}, id="timeout"),
        pytest.param({"task_watch_poll_interval": 1}, {"poll_interval_seconds": 1.0}, id="interval"),
        pytest.param({"auto_deregister_task_definition": True}, {"deregister": True}, id="deregister"),
    ],
)
def test_watch(keys: dict[str, object], changes: dict[str, object]) -> None:
    assert job_of({**JOB, **keys})["watch"] == {**WATCH, **changes}


@pytest.mark.parametrize(
    ("aws", "region", "expected"),
    [
        pytest.param({}, None, {"region": "<region at apply>"}, id="nobody says"),
        pytest.param({}, "eu-west-1", {"region": "eu-west-1"}, id="the surroundings say"),
        pytest.param({"region": "us-east-1"}, "eu-west-1", {"region": "us-east-1"}, id="the manifest says"),
        pytest.param(
            {"region": "us-east-1", "profile": "p", "account_id": "111122223333", "assume_role_arn": ROLE},
            None,
            {"region": "us-east-1", "profile": "p", "account_id": "111122223333", "assume_role_arn": ROLE},
            id="everything",
        ),
        pytest.param(
            {"endpoint_url": "http://127.0.0.1:5000"},
            None,
            {"region": "<region at apply>", "endpoint_url": "http://127.0.0.1:5000"},
            id="endpoint",
        ),
    ],
)
def test_where_a_job_runs(aws: dict[str, str], region: str | None, expected: dict[str, str]) -> None:
    keys = {"aws": aws, "configure_cloudwatch_logs": True, "execution_role_arn": ROLE}

    job = job_of({**JOB, **keys}, region=region)

    (container,) = job["task_definition"]["request"]["containerDefinitions"]
    assert job["aws"] == expected
    assert container["logConfiguration"]["options"]["awslogs-region"] == expected["region"]
    assert job["watch"]["logs"]["region"] == expected["region"]
