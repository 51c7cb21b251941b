"""What RegisterTaskDefinition and RunTask refuse, with AWS's codes and texts; each row spoils one thing."""

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from local_requests import LOGGED, definition, run_request
from local_tasks import MakeClient, MakeEndpoint, Post

from ecsplan_local import ScriptedClock

FARGATE_QUOTES = "Fargate only supports network mode ‘awsvpc’."  # noqa: RUF001
Hello: TypeAlias = tuple[BaseClient, dict[str, Any]]


def spoiled(request: dict[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    """Return a copy with members set by path (`containerDefinitions.0.name`); None takes one out."""
    request = copy.deepcopy(request)
    for path, value in changes.items():
        *steps, last = path.split(".")
        node: Any = request
        for step in steps:
            node = node[int(step)] if step.isdecimal() else node.setdefault(step, {})
        if value is None:
            del node[last]
        else:
            node[last] = value
    return request


def refusal(call: Callable[..., object], **parameters: object) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


BRIDGE = {
    "networkMode": "bridge",
    "requiresCompatibilities": None,
    "cpu": None,
    "memory": None,
    "containerDefinitions.0.memory": 128,
}
SECOND = {"name": "second", "image": "image", "essential": False}


def second(**members: object) -> list[dict[str, object]]:
    return [definition()["containerDefinitions"][0], SECOND | members]


@pytest.fixture(scope="module")
def ecs() -> Iterator[BaseClient]:
    import boto3  # noqa: PLC0415

    from ecsplan_local import serve  # noqa: PLC0415

    with serve(runner="scripted") as endpoint:
        client = boto3.client(
            "ecs",
            endpoint_url=endpoint.url,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        yield client
        client.close()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"family": "bad family!"}, "Family contains invalid characters.", id="family"),
        pytest.param({"family": "a" * 256}, "Family contains invalid characters.", id="family too long"),
        pytest.param({"containerDefinitions": []}, "Container list cannot be empty.", id="no containers"),
        pytest.param(
            {"containerDefinitions.0.name": ""}, "Container.name should not be null or empty.", id="no name"
        ),
        pytest.param(
            {"containerDefinitions.0.name": "a b"}, "Container.name contains invalid characters.", id="name"
        ),
        pytest.param(
            {"containerDefinitions.0.image": None},
            "Container.image should not be null or empty.",
            id="no image",
        ),
        pytest.param(
            {"containerDefinitions": second(name="main")},
            "Container names must be unique within a Task Definition.",
            id="duplicate names",
        ),
        pytest.param(
            {"containerDefinitions.0.essential": False},
            "Task definition doesn't have any essential container",
            id="none essential",
        ),
        pytest.param({"networkMode": "bridge"}, FARGATE_QUOTES, id="bridge on Fargate"),
        pytest.param({"networkMode": None}, FARGATE_QUOTES, id="no network mode on Fargate"),
        pytest.param(
            {"cpu": None}, "Fargate requires that 'cpu' be defined at the task level.", id="no cpu on Fargate"
        ),
        pytest.param(
            {"memory": None, "containerDefinitions.0.memory": 128},
            "Fargate requires that 'memory' be defined at the task level.",
            id="no memory on Fargate",
        ),
        pytest.param(
            {"cpu": "256", "memory": "3072"},
            "No Fargate configuration exists for given values: 256 CPU, 3072 memory. "
            "See the Amazon ECS documentation for the valid values.",
            id="size not sold",
        ),
        pytest.param({"cpu": "much"}, "Invalid 'cpu' setting for task.", id="cpu"),
        pytest.param({"memory": "1 GiB"}, "Invalid 'memory' setting for task.", id="memory"),
        pytest.param(
            BRIDGE | {"containerDefinitions.0.memory": 0},
            "Invalid 'memory' setting for container 'main'.",
            id="0 MiB",
        ),
        pytest.param(
            {"memory": None, "cpu": None, "requiresCompatibilities": None},
            "Invalid setting for container 'main'. "
            "At least one of 'memory' or 'memoryReservation' must be specified.",
            id="no memory anywhere",
        ),
        pytest.param(
            {"executionRoleArn": None},
            "Fargate requires task definition to have execution role ARN to support log driver awslogs.",
            id="awslogs without role",
        ),
        pytest.param(
            {"executionRoleArn": None, "containerDefinitions.0.secrets": [{"name": "S", "valueFrom": "s"}]},
            "When you are specifying container secrets, "
            "you must also specify a value for 'executionRoleArn'.",
            id="secrets without role",
        ),
        pytest.param({"taskRoleArn": "arn:aws:iam::1:user/x"}, "Role is not valid", id="role"),
        pytest.param(
            {"containerDefinitions.0.environment": [{"name": "S", "value": ""}]}
            | {"containerDefinitions.0.secrets": [{"name": "S", "valueFrom": "s"}]},
            "The secret name must be unique and not shared with any new or existing environment variable "
            "set on the container, such as 'S'.",
            id="secret and variable",
        ),
        pytest.param(
            {"containerDefinitions.0.portMappings": [{"containerPort": 80, "hostPort": 81}]},
            "When networkMode=awsvpc, the host ports and container ports in port mappings must match.",
            id="host port",
        ),
        pytest.param(
            {"containerDefinitions.0.mountPoints": [{"sourceVolume": "v", "containerPath": "/v"}]},
            "Unknown volume 'v'.",
            id="unknown volume",
        ),
        pytest.param(
            {"containerDefinitions.0.volumesFrom": [{"sourceContainer": "c"}]},
            "Invalid 'volumesFrom' setting. Unknown container: 'c'",
            id="unknown container in volumesFrom",
        ),
        pytest.param(
            {"containerDefinitions.0.dependsOn": [{"containerName": "c", "condition": "START"}]},
            "Cannot depend on container + 'c' because it does not exist",
            id="unknown dependency",
        ),
        pytest.param(
            {"containerDefinitions": second(dependsOn=[{"containerName": "main", "condition": "SUCCESS"}])},
            "A dependency container with SUCCESS or COMPLETE condition cannot be an essential container",
            id="success of an essential container",
        ),
        pytest.param(
            {"containerDefinitions": second(dependsOn=[{"containerName": "main", "condition": "HEALTHY"}])},
            "A dependency container with HEALTHY condition must have health check configured",
            id="health without check",
        ),
        pytest.param(
            {
                "containerDefinitions": second(dependsOn=[{"containerName": "main", "condition": "START"}]),
                "containerDefinitions.0.dependsOn": [{"containerName": "second", "condition": "START"}],
            },
            "Containers have a dependency cycle: main, second.",
            id="circle",
        ),
        pytest.param(
            {"containerDefinitions.0.cpu": 512},
            "The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'.",
            id="cpu of containers",
        ),
        pytest.param(
            {"containerDefinitions.0.memory": 1024},
            "The 'memory' setting for container 'main' is greater than for the task.",
            id="memory of a container",
        ),
        pytest.param(
            {"containerDefinitions.0.healthCheck": {"command": ["CMD", "true"], "interval": 4}},
            "Health check interval must be greater than or equal to the minimum allowed value 5 for "
            "container 'main'",
            id="health check",
        ),
        pytest.param(
            {
                "containerDefinitions.0.logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {"awslogs-region": "r"},
                }
            },
            "Log driver awslogs requires options: awslogs-group",
            id="log group",
        ),
        pytest.param(
            {
                "containerDefinitions.0.logConfiguration.options": LOGGED["options"]
                | {"awslogs-colour": "red"}
            },
            "Log driver awslogs disallows options: awslogs-colour",
            id="log option",
        ),
        pytest.param(
            {"containerDefinitions.0.privileged": True},
            "Fargate requires that the 'privileged' setting be 'false'.",
            id="privileged on Fargate",
        ),
        pytest.param(
            {"containerDefinitions.0.linuxParameters": {"capabilities": {"add": ["NET_ADMIN"]}}},
            "NET_ADMIN is not allowed on Fargate.",
            id="capability on Fargate",
        ),
        pytest.param(
            {"containerDefinitions.0.resourceRequirements": [{"type": "GPU", "value": "1"}]},
            "Tasks using the Fargate launch type do not support GPU resource requirements.",
            id="GPU on Fargate",
        ),
        pytest.param(
            {"containerDefinitions.0.stopTimeout": 121},
            "Tasks using the Fargate launch type must have a container stop timeout of less than 120 "
            "seconds.",
            id="stop timeout on Fargate",
        ),
        pytest.param(
            {"containerDefinitions.0.dnsServers": ["10.0.0.2"]},
            "DNS servers are not supported on container when networkMode=awsvpc.",
            id="DNS servers in awsvpc",
        ),
        pytest.param(
            {"containerDefinitions.0.ulimits": [{"name": "nofile", "softLimit": 2, "hardLimit": 1}]},
            "Soft limit exceeds hard limit for ulimit nofile",
            id="soft limit",
        ),
        pytest.param(
            {"containerDefinitions.0.portMappings": [{"protocol": "tcp"}]},
            "Invalid 'containerPort' setting for container 'main'.",
            id="no port",
        ),
        pytest.param(
            {"containerDefinitions.0.portMappings": [{"containerPort": 80, "containerPortRange": "80-81"}]},
            "cannot specify both single port and port range",
            id="port and range",
        ),
        pytest.param(
            {"containerDefinitions.0.logConfiguration": {"logDriver": "awsfirelens"}},
            "When awsfirelens log driver is specified in log configuration, a firelens configuration object "
            "must be configured in one of the containers.",
            id="no log router",
        ),
        pytest.param(
            {
                "executionRoleArn": None,
                "containerDefinitions.0.logConfiguration": None,
                "containerDefinitions.0.repositoryCredentials": {"credentialsParameter": "registry"},
            },
            "Private repository authentication requires that the task definition specify a value for "
            "executionRoleArn.",
            id="registry without role",
        ),
        pytest.param(
            {
                "volumes": [
                    {
                        "name": "v",
                        "efsVolumeConfiguration": {"fileSystemId": "fs-1"},
                        "host": {"sourcePath": "/"},
                    }
                ]
            },
            "When the volume parameter is specified, only one volume configuration type should be used.",
            id="two kinds of volume",
        ),
        pytest.param(
            {"inferenceAccelerators": [{"deviceName": "a", "deviceType": "eia2.medium"}]},
            "Unsupported field 'inferenceAccelerators'.",
            id="retired accelerators",
        ),
        pytest.param(
            {"ephemeralStorage": {"sizeInGiB": 201}},
            "EphemeralStorage size should be at most 200",
            id="too much storage",
        ),
        pytest.param(
            {"ephemeralStorage": {"sizeInGiB": 20}},
            "EphemeralStorage size should be at least 21",
            id="storage",
        ),
        pytest.param(
            {
                "containerDefinitions.0.firelensConfiguration": {"type": "fluentbit"},
                "containerDefinitions.0.user": "1",
            },
            "If 'user' field is specified on firelens container, then 'UID' has to be '0'.",
            id="firelens user",
        ),
        pytest.param(
            {"containerDefinitions.0.command": ["x" * 70000]},
            "Actual length: '70423'. Max allowed length is '65536' bytes.",
            id="too large",
        ),
        pytest.param(
            {"networkMode": "bogus"},
            "1 validation error detected: Value 'bogus' at 'networkMode' failed to satisfy constraint: "
            "Member must satisfy enum value set: [bridge, host, awsvpc, none, default]",
            id="network mode",
        ),
    ],
)
def test_definition(ecs: BaseClient, changes: Mapping[str, object], expected: str) -> None:
    assert (
        refusal(ecs.register_task_definition, **spoiled(definition(), changes))
        == f"ClientException: {expected}"
    )


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="as it stands"),
        pytest.param({"family": "a" * 255}, id="longest family"),
        pytest.param({"cpu": "0.25 vCPU", "memory": "0.5 GB"}, id="units"),
        pytest.param({"cpu": "16 vcpu", "memory": "120GB"}, id="largest size"),
        pytest.param({"ephemeralStorage": {"sizeInGiB": 21}}, id="least storage"),
        pytest.param({"ephemeralStorage": {"sizeInGiB": 200}}, id="most storage"),
        pytest.param(
            {"containerDefinitions.0.portMappings": [{"containerPort": 80, "hostPort": 80}]}, id="same port"
        ),
        pytest.param(
            BRIDGE | {"containerDefinitions.0.portMappings": [{"containerPort": 80, "hostPort": 0}]},
            id="dynamic port",
        ),
        pytest.param(BRIDGE | {"executionRoleArn": None}, id="awslogs on EC2 needs no role"),
        pytest.param({"taskRoleArn": "task-role"}, id="role by name"),
        pytest.param(
            {"containerDefinitions.0.healthCheck": {"command": ["/healthcheck"]}}, id="a check without CMD"
        ),
        pytest.param(
            {
                "containerDefinitions.0.portMappings": [
                    {"containerPort": 53, "protocol": "tcp"},
                    {"containerPort": 53, "protocol": "udp"},
                ]
            },
            id="one port for two protocols",
        ),
        pytest.param(
            {"containerDefinitions.0.environment": [{"name": "A", "value": each} for each in "bc"]},
            id="a variable twice",
        ),
        pytest.param(BRIDGE | {"networkMode": "default"}, id="the network mode of Windows"),
        pytest.param(BRIDGE | {"containerDefinitions.0.memory": 1}, id="less memory than Docker takes"),
        pytest.param(
            BRIDGE | {"networkMode": "none", "containerDefinitions.0.portMappings": [{"containerPort": 80}]},
            id="ports without network",
        ),
        pytest.param(BRIDGE | {"volumes": [{"name": "my.data"}]}, id="a volume with a dot in its name"),
        pytest.param(
            {"containerDefinitions.0.linuxParameters": {"swappiness": 10}}, id="swappiness on Fargate"
        ),
    ],
)
def test_definition_that_passes(ecs: BaseClient, changes: Mapping[str, object]) -> None:
    ecs.register_task_definition(**spoiled(definition(), changes))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            {"family": 1},
            "SerializationException: NUMBER_VALUE can not be converted to a String",
            id="number",
        ),
        pytest.param(
            {"family": "f", "containerDefinitions": [{"cpu": "1"}]},
            "SerializationException: STRING_VALUE can not be converted to an Integer",
            id="string for a number",
        ),
        pytest.param(
            {"containerDefinitions": {}},
            "SerializationException: Start of structure or map found where not expected.",
            id="map for a list",
        ),
        pytest.param(
            {"containerDefinitions": [{"secrets": [{"name": "S"}]}]},
            "ClientException: 1 validation error detected: Value null at "
            "'containerDefinitions.1.member.secrets.1.member.valueFrom' failed to satisfy constraint: "
            "Member must not be null",
            id="missing member",
        ),
        pytest.param(
            [1], "SerializationException: Start of structure or map found where not expected.", id="a list"
        ),
        pytest.param(b"{", "SerializationException: The request body is not valid JSON.", id="no JSON"),
        pytest.param(
            {"famly": "f"}, "ClientException: Unknown parameter famly, must be one of: family,", id="unknown"
        ),
    ],
)
def test_input_of_another_shape(start: MakeEndpoint, post: Post, body: object, expected: str) -> None:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    status, answer = post(start(), "AmazonEC2ContainerServiceV20141113.RegisterTaskDefinition", data)

    assert status == 400
    assert f"{answer['__type']}: {answer['message']}".startswith(expected)


@pytest.fixture
def hello(start: MakeEndpoint, client: MakeClient) -> Hello:
    """Return an ECS client with a registered family, and a request that runs it."""
    endpoint = start(clock=ScriptedClock())
    ecs = client(endpoint)
    ecs.register_task_definition(**definition())
    return ecs, run_request(client(endpoint, "ec2"))


SUBNET = "networkConfiguration.awsvpcConfiguration.subnets"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {"taskDefinition": "nope"}, "ClientException: TaskDefinition not found.", id="no definition"
        ),
        pytest.param(
            {"taskDefinition": "hello:2"}, "ClientException: TaskDefinition not found.", id="no revision"
        ),
        pytest.param({"cluster": "nope"}, "ClusterNotFoundException: Cluster not found.", id="no cluster"),
        pytest.param(
            {"count": 0}, "InvalidParameterException: count must be between 1 and 10.", id="count 0"
        ),
        pytest.param(
            {"count": 11}, "InvalidParameterException: count must be between 1 and 10.", id="count 11"
        ),
        pytest.param(
            {"capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}]},
            "InvalidParameterException: Specifying both a launch type and capacity provider strategy is not "
            "supported. Remove one and try again.",
            id="launch type and strategy",
        ),
        pytest.param(
            {"launchType": None, "capacityProviderStrategy": [{"capacityProvider": "mine", "weight": 1}]},
            "InvalidParameterException: The specified capacity provider 'mine' was not found.",
            id="unknown provider",
        ),
        pytest.param(
            {"launchType": "EC2"},
            "InvalidParameterException: Task definition does not support launch_type EC2.",
            id="launch type that the definition lacks",
        ),
        pytest.param(
            {"networkConfiguration": None},
            "InvalidParameterException: Network Configuration must be provided when networkMode 'awsvpc' "
            "is specified.",
            id="no network",
        ),
        pytest.param(
            {SUBNET: ["subnet-1"]},
            "InvalidParameterException: Error retrieving subnet information for [subnet-1]: The subnet ID "
            "'subnet-1' does not exist (ErrorCode: InvalidSubnetID.NotFound)",
            id="unknown subnet",
        ),
        pytest.param({SUBNET: []}, "InvalidParameterException: subnets can not be empty.", id="no subnets"),
        pytest.param(
            {SUBNET: ["subnet-1"] * 17},
            "InvalidParameterException: subnets can have at most 16 items.",
            id="subnets",
        ),
        pytest.param(
            {"networkConfiguration.awsvpcConfiguration.securityGroups": ["sg-1"]},
            "InvalidParameterException: Error retrieving security group information for [sg-1]: The security "
            "group 'sg-1' does not exist (ErrorCode: InvalidGroup.NotFound)",
            id="unknown security group",
        ),
        pytest.param(
            {"overrides": {"containerOverrides": [{"name": "X"}]}},
            "InvalidParameterException: "
            "Override for container named X is not a container in the TaskDefinition.",
            id="unknown container",
        ),
        pytest.param(
            {"overrides": {"containerOverrides": [{"name": "main", "command": ["x" * 8192]}]}},
            "InvalidParameterException: Container Overrides length must be at most 8192",
            id="overrides too long",
        ),
        pytest.param(
            {"overrides": {"memory": "700"}},
            "InvalidParameterException: "
            "No Fargate configuration exists for given values: 256 CPU, 700 memory. "
            "See the Amazon ECS documentation for the valid values.",
            id="size not sold",
        ),
        pytest.param(
            {"clientToken": "x" * 65},
            "InvalidParameterException: clientToken must be 1 to 64 ASCII characters in the range 33-126.",
            id="token too long",
        ),
        pytest.param(
            {"startedBy": "a+b"},
            "InvalidParameterException: "
            "startedBy must be 1 to 128 letters, numbers, hyphens, slashes or underscores.",
            id="startedBy",
        ),
        pytest.param(
            {"tags": [{"key": "aws:x", "value": ""}]},
            "InvalidParameterException: Some tags contain invalid key prefixes. "
            "Tag keys must not start with aws:.",
            id="tag prefix",
        ),
        pytest.param(
            {"tags": [{"key": f"k{number}", "value": ""} for number in range(51)]},
            "InvalidParameterException: The number of tags exceeds the limit of 50.",
            id="51 tags",
        ),
        pytest.param(
            {"placementStrategy": [{"type": "random"}]},
            "InvalidParameterException: Placement strategies are not supported with FARGATE launch type.",
            id="placement on Fargate",
        ),
        pytest.param(
            {"platformVersion": "9"},
            "PlatformUnknownException: The specified platform does not exist.",
            id="platform version",
        ),
    ],
)
def test_run(hello: Hello, changes: Mapping[str, object], expected: str) -> None:
    ecs, request = hello

    assert refusal(ecs.run_task, **spoiled(request, changes)) == expected
    assert ecs.list_tasks()["taskArns"] == []


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="as it stands"),
        pytest.param({"count": 10}, id="ten"),
        pytest.param({"clientToken": "!" * 64}, id="longest token"),
        pytest.param(
            {"overrides": {"containerOverrides": [{"name": "main", "command": ["x" * 8134]}]}},
            id="longest overrides",
        ),
        pytest.param(
            {
                "launchType": None,
                "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
            },
            id="spot",
        ),
        pytest.param({"startedBy": "ecsplan/" + "r" * 120}, id="longest startedBy"),
        pytest.param({"startedBy": "ECS Deploy"}, id="startedBy of fabfuel/ecs-deploy"),
        pytest.param({"tags": [{"key": "é ü+-=._:/@", "value": "x" * 256}]}, id="tag of any script"),
    ],
)
def test_run_that_passes(hello: Hello, changes: Mapping[str, object]) -> None:
    ecs, request = hello

    assert ecs.run_task(**spoiled(request, changes))["failures"] == []


def test_run_of_definitions_for_other_launch_types(hello: Hello) -> None:
    ecs, request = hello
    ecs.register_task_definition(**spoiled(definition(family="bridge"), BRIDGE))

    on_ec2 = spoiled(request, {"taskDefinition": "bridge", "launchType": None, "networkConfiguration": None})
    with_network = spoiled(request, {"taskDefinition": "bridge", "launchType": None})
    on_fargate = spoiled(request, {"taskDefinition": "bridge"})

    assert [refusal(ecs.run_task, **each) for each in (on_ec2, with_network, on_fargate)] == [
        "InvalidParameterException: No Container Instances were found in your cluster.",
        (
            "InvalidParameterException: "
            "Network Configuration is not valid for the given networkMode of this task definition."
        ),
        "InvalidParameterException: Task definition does not support launch_type FARGATE.",
    ]


def test_run_of_an_inactive_revision(hello: Hello) -> None:
    ecs, request = hello
    ecs.register_task_definition(**definition())
    ecs.deregister_task_definition(taskDefinition="hello:2")

    assert refusal(ecs.run_task, **request | {"taskDefinition": "hello:2"}) == (
        "InvalidParameterException: TaskDefinition is inactive"
    )
    task = ecs.run_task(**request)["tasks"][0]
    assert task["taskDefinitionArn"].endswith("hello:1")
