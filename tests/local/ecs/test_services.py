"""Services as records: what ECS fills in, what it refuses, and that none of them starts a task."""

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from local_requests import definition
from local_tasks import MakeClient, MakeEndpoint

from ecsplan_local import ScriptedClock

DEFAULT = "arn:aws:ecs:us-east-1:000000000000:cluster/default"
WEB = "arn:aws:ecs:us-east-1:000000000000:service/default/web"
HELLO = "arn:aws:ecs:us-east-1:000000000000:task-definition/hello"
ON_EC2 = {
    "family": "bridge",
    "networkMode": "bridge",
    "requiresCompatibilities": ["EC2", "EXTERNAL"],
    "containerDefinitions": [{"name": "main", "image": "example.test/main", "memory": 64}],
}
SPOT = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]

Services: TypeAlias = tuple[BaseClient, dict[str, Any]]


@pytest.fixture
def services(start: MakeEndpoint, client: MakeClient) -> Services:
    """Return an ECS client of an endpoint with two families, and a valid request of CreateService."""
    endpoint = start(clock=ScriptedClock())
    ecs = client(endpoint)
    ecs.register_task_definition(**definition())
    ecs.register_task_definition(**ON_EC2)
    subnets = [each["SubnetId"] for each in client(endpoint, "ec2").describe_subnets()["Subnets"]]
    return ecs, {
        "serviceName": "web",
        "taskDefinition": "hello",
        "desiredCount": 0,
        "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": subnets}},
    }


def refusal(call: Callable[..., object], **parameters: object) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


def changed(request: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return a request with these members; None takes one out."""
    return {name: value for name, value in (request | changes).items() if value is not None}


def described(ecs: BaseClient, *names: str, **options: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ecs.describe_services(services=list(names), **options)["services"]
    return found


def test_what_ecs_fills_in(services: Services) -> None:
    ecs, request = services

    made = ecs.create_service(**request)["service"]

    subnets = request["networkConfiguration"]["awsvpcConfiguration"]["subnets"]
    network = {
        "awsvpcConfiguration": {"subnets": subnets, "securityGroups": [], "assignPublicIp": "DISABLED"}
    }
    (deployment,) = made.pop("deployments")
    created = made["createdAt"]
    assert made == {
        "serviceArn": WEB,
        "serviceName": "web",
        "clusterArn": DEFAULT,
        "status": "ACTIVE",
        "desiredCount": 0,
        "runningCount": 0,
        "pendingCount": 0,
        "launchType": "FARGATE",
        "platformVersion": "LATEST",
        "platformFamily": "Linux",
        "taskDefinition": f"{HELLO}:1",
        "networkConfiguration": network,
        "deploymentConfiguration": {
            "deploymentCircuitBreaker": {"enable": False, "rollback": False},
            "maximumPercent": 200,
            "minimumHealthyPercent": 100,
            "strategy": "ROLLING",
            "bakeTimeInMinutes": 0,
        },
        "deploymentController": {"type": "ECS"},
        "schedulingStrategy": "REPLICA",
        "availabilityZoneRebalancing": "ENABLED",
        "loadBalancers": [],
        "serviceRegistries": [],
        "placementConstraints": [],
        "placementStrategy": [],
        "events": [],
        "createdAt": created,
        "createdBy": "arn:aws:iam::000000000000:user/local",
        "roleArn": ("arn:aws:iam::000000000000:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"),
        "enableECSManagedTags": False,
        "enableExecuteCommand": False,
        "propagateTags": "NONE",
        "tags": [],
    }
    identifier = deployment.pop("id")
    assert identifier.startswith("ecs-svc/")
    assert deployment == {
        "status": "PRIMARY",
        "taskDefinition": f"{HELLO}:1",
        "desiredCount": 0,
        "pendingCount": 0,
        "runningCount": 0,
        "failedTasks": 0,
        "createdAt": created,
        "updatedAt": created,
        "launchType": "FARGATE",
        "platformVersion": "LATEST",
        "platformFamily": "Linux",
        "networkConfiguration": network,
        "rolloutState": "COMPLETED",
        "rolloutStateReason": f"ECS deployment {identifier} completed.",
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {"launchType": None, "capacityProviderStrategy": SPOT, "platformVersion": "1.4.0"},
            {
                "launchType": None,
                "capacityProviderStrategy": [SPOT[0] | {"base": 0}],
                "platformVersion": "1.4.0",
            },
            id="strategy",
        ),
        pytest.param(
            {"launchType": None, "taskDefinition": "bridge", "networkConfiguration": None},
            {
                "launchType": "EC2",
                "platformVersion": None,
                "platformFamily": None,
                "networkConfiguration": None,
                "roleArn": None,
            },
            id="EC2 is the default, and waits for instances",
        ),
        pytest.param(
            {"launchType": "EXTERNAL", "taskDefinition": "bridge", "networkConfiguration": None},
            {"launchType": "EXTERNAL", "platformVersion": None},
            id="EXTERNAL",
        ),
        pytest.param(
            {
                "launchType": "EC2",
                "taskDefinition": "bridge",
                "networkConfiguration": None,
                "desiredCount": None,
                "schedulingStrategy": "DAEMON",
            },
            {"schedulingStrategy": "DAEMON", "desiredCount": 0},
            id="daemon",
        ),
        pytest.param(
            {
                "deploymentController": {"type": "EXTERNAL"},
                "taskDefinition": None,
                "launchType": None,
                "networkConfiguration": None,
                "desiredCount": None,
            },
            {
                "taskDefinition": None,
                "launchType": None,
                "deployments": [],
                "deploymentController": {"type": "EXTERNAL"},
            },
            id="external controller",
        ),
        pytest.param(
            {"propagateTags": "SERVICE", "enableExecuteCommand": True, "enableECSManagedTags": True},
            {"propagateTags": "SERVICE", "enableExecuteCommand": True, "enableECSManagedTags": True},
            id="options",
        ),
    ],
)
def test_variants(services: Services, changes: dict[str, Any], expected: dict[str, Any]) -> None:
    ecs, request = services

    made = ecs.create_service(**changed(request, changes))["service"]

    assert {name: made.get(name) for name in expected} == expected


def test_the_default_strategy_of_the_cluster(services: Services) -> None:
    ecs, request = services
    ecs.put_cluster_capacity_providers(
        cluster="default", capacityProviders=["FARGATE_SPOT"], defaultCapacityProviderStrategy=SPOT
    )

    made = ecs.create_service(**changed(request, {"launchType": None}))["service"]

    assert made["capacityProviderStrategy"] == [SPOT[0] | {"base": 0}]
    assert "launchType" not in made


def test_a_desired_count_starts_nothing_and_says_so(services: Services) -> None:
    ecs, request = services

    made = ecs.create_service(**request | {"desiredCount": 2})["service"]

    assert [made["desiredCount"], made["runningCount"], made["pendingCount"]] == [2, 0, 0]
    assert ecs.list_tasks()["taskArns"] == ecs.list_tasks(serviceName="web")["taskArns"] == []
    assert "starts no tasks" in made["events"][0]["message"]
    assert made["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    assert "starts no tasks" in made["deployments"][0]["rolloutStateReason"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"cluster": "none"}, "ClusterNotFoundException: Cluster not found.", id="cluster"),
        pytest.param({"serviceName": "a b"}, "InvalidParameterException: Invalid service name.", id="name"),
        pytest.param({"serviceName": ""}, "InvalidParameterException: Service name cannot be", id="no name"),
        pytest.param(
            {"serviceName": "a" * 256}, "InvalidParameterException: Invalid service name.", id="long name"
        ),
        pytest.param({"clientToken": "a" * 37}, "InvalidParameterException: clientToken", id="token"),
        pytest.param({"taskDefinition": "none"}, "ClientException: TaskDefinition not found.", id="unknown"),
        pytest.param({"taskDefinition": None}, "ClientException: TaskDefinition can not be", id="none"),
        pytest.param(
            {"capacityProviderStrategy": SPOT},
            "InvalidParameterException: Specifying both a launch type and capacity provider strategy",
            id="launch type and strategy",
        ),
        pytest.param(
            {"launchType": None, "capacityProviderStrategy": [{"capacityProvider": "mine", "weight": 1}]},
            "InvalidParameterException: The specified capacity provider 'mine' was not found.",
            id="capacity provider",
        ),
        pytest.param(
            {"networkConfiguration": None},
            "InvalidParameterException: Network Configuration must be provided when networkMode 'awsvpc'",
            id="no network",
        ),
        pytest.param(
            {"launchType": "EC2", "taskDefinition": "bridge"},
            "InvalidParameterException: Network Configuration is not valid for the given networkMode",
            id="network in bridge mode",
        ),
        pytest.param(
            {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0"]}}},
            "InvalidParameterException: Error retrieving subnet information for [subnet-0]",
            id="subnet",
        ),
        pytest.param(
            {"taskDefinition": "bridge", "networkConfiguration": None},
            "InvalidParameterException: Task definition does not support launch_type FARGATE.",
            id="compatibilities",
        ),
        pytest.param(
            {"deploymentController": {"type": "EXTERNAL"}},
            "InvalidParameterException: TaskDefinition must be blank.",
            id="definition with an external controller",
        ),
        pytest.param(
            {
                "deploymentController": {"type": "EXTERNAL"},
                "taskDefinition": None,
                "launchType": None,
            },
            "InvalidParameterException: NetworkConfiguration must be null.",
            id="network with an external controller",
        ),
        pytest.param({"platformVersion": "9"}, "PlatformUnknownException", id="platform version"),
        pytest.param(
            {
                "launchType": "EC2",
                "taskDefinition": "bridge",
                "networkConfiguration": None,
                "platformVersion": "LATEST",
            },
            "InvalidParameterException: The platform version is not supported with EC2",
            id="platform version on EC2",
        ),
        pytest.param({"desiredCount": None}, "InvalidParameterException: desiredCount is", id="no count"),
        pytest.param({"desiredCount": -1}, "InvalidParameterException: desiredCount", id="negative count"),
        pytest.param(
            {"schedulingStrategy": "DAEMON"},
            "InvalidParameterException: The daemon scheduling strategy does not support a desired count",
            id="daemon with a count",
        ),
        pytest.param(
            {"schedulingStrategy": "DAEMON", "desiredCount": None},
            "InvalidParameterException: The daemon scheduling strategy is not supported with FARGATE",
            id="daemon on Fargate",
        ),
        pytest.param(
            {"volumeConfigurations": [{"name": "data"}]},
            "InvalidParameterException: Volume configuration provided but no matching",
            id="volume",
        ),
        pytest.param(
            {"tags": [{"key": "aws:a", "value": "b"}]},
            "InvalidParameterException: Some tags contain invalid key prefixes.",
            id="tag",
        ),
        pytest.param(
            {"placementStrategy": [{"type": "random"}]},
            "InvalidParameterException: Placement strategies are not supported with FARGATE",
            id="placement",
        ),
    ],
)
def test_what_create_refuses(services: Services, changes: dict[str, Any], expected: str) -> None:
    ecs, request = services
    # botocore checks that there is a name; the endpoint is asked about an empty one.
    assert refusal(ecs.create_service, **changed(request, changes)).startswith(expected)
    assert ecs.list_services()["serviceArns"] == []


def test_an_inactive_task_definition(services: Services) -> None:
    ecs, request = services
    ecs.create_service(**request)
    ecs.deregister_task_definition(taskDefinition="hello:1")

    again = request | {"serviceName": "other", "taskDefinition": "hello:1"}
    assert refusal(ecs.create_service, **again) == "ClientException: TaskDefinition is inactive"
    # A service keeps a revision that is INACTIVE by now, and can be changed in other respects.
    ecs.update_service(service="web", enableExecuteCommand=True)
    assert described(ecs, "web")[0]["taskDefinition"] == f"{HELLO}:1"
    named = refusal(ecs.update_service, service="web", taskDefinition="hello:1")
    assert named == "ClientException: TaskDefinition is inactive"


def test_a_token_creates_once(services: Services) -> None:
    ecs, request = services
    first = ecs.create_service(**request, clientToken="t")["service"]

    assert ecs.create_service(**request, clientToken="t")["service"] == first
    taken = "InvalidParameterException: Creation of service was not idempotent."
    assert refusal(ecs.create_service, **request, clientToken="other") == taken
    assert refusal(ecs.create_service, **request | {"propagateTags": "SERVICE"}, clientToken="t") == taken
    assert refusal(ecs.create_service, **request) == taken


def test_clusters_are_apart(services: Services) -> None:
    ecs, request = services
    ecs.create_cluster(clusterName="other")
    ecs.create_service(**request)
    ecs.create_service(**request, cluster="other")

    assert ecs.list_services()["serviceArns"] == [WEB]
    assert ecs.list_services(cluster="other")["serviceArns"] == [WEB.replace("default", "other")]
    assert ecs.describe_clusters()["clusters"][0]["activeServicesCount"] == 1
    assert refusal(ecs.describe_services, cluster="other", services=[WEB]) == (
        "InvalidParameterException: Identifier is for default. Your cluster is other"
    )
    assert refusal(ecs.delete_cluster, cluster="other") == (
        "ClusterContainsServicesException: The Cluster cannot be deleted while Services are active."
    )


def test_describe(services: Services) -> None:
    ecs, request = services
    ecs.create_service(**request, tags=[{"key": "team", "value": "data"}])
    elsewhere = WEB.replace("us-east-1", "eu-west-1")

    answer = ecs.describe_services(services=["web", WEB, "none", elsewhere])

    assert [each["serviceName"] for each in answer["services"]] == ["web", "web"]
    assert answer["failures"] == [
        {"arn": "arn:aws:ecs:us-east-1:000000000000:service/none", "reason": "MISSING"},
        {"arn": elsewhere, "reason": "MISSING"},
    ]
    assert "tags" not in answer["services"][0]
    assert described(ecs, "web", include=["TAGS"])[0]["tags"] == [{"key": "team", "value": "data"}]
    assert described(ecs, WEB.replace("default/", ""))[0]["serviceArn"] == WEB


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param([], "InvalidParameterException: Services cannot be empty.", id="none"),
        pytest.param(["a"] * 11, "InvalidParameterException: Cannot describe more than 10", id="eleven"),
    ],
)
def test_how_many_are_described(services: Services, names: list[str], expected: str) -> None:
    ecs, _ = services

    assert len(ecs.describe_services(services=["a"] * 10)["failures"]) == 1
    assert refusal(ecs.describe_services, services=names).startswith(expected)


def test_pages(services: Services) -> None:
    ecs, request = services
    for number in range(12):
        ecs.create_service(**request | {"serviceName": f"s{number:02}"})

    first = ecs.list_services()
    rest = ecs.list_services(nextToken=first["nextToken"])
    small = [
        len(page["serviceArns"])
        for page in ecs.get_paginator("list_services").paginate(PaginationConfig={"PageSize": 5})
    ]

    assert [len(first["serviceArns"]), len(rest["serviceArns"]), small] == [10, 2, [5, 5, 2]]
    assert "nextToken" not in rest
    assert len(ecs.list_services(maxResults=100)["serviceArns"]) == 12
    assert refusal(ecs.list_services, maxResults=101).startswith("InvalidParameterException")


def test_filters_of_the_list(services: Services) -> None:
    ecs, request = services
    ecs.create_service(**request)
    elsewhere = {"serviceName": "ec2", "launchType": "EC2", "taskDefinition": "bridge"}
    ecs.create_service(**changed(request, elsewhere | {"networkConfiguration": None}))

    assert ecs.list_services(launchType="FARGATE")["serviceArns"] == [WEB]
    assert ecs.list_services(schedulingStrategy="DAEMON")["serviceArns"] == []
    assert len(ecs.list_services(schedulingStrategy="REPLICA")["serviceArns"]) == 2
    assert ecs.list_services(resourceManagementType="ECS")["serviceArns"] == []


def test_update_makes_a_deployment_of_what_concerns_tasks(services: Services) -> None:
    ecs, request = services
    before = ecs.create_service(**request)["service"]
    ecs.register_task_definition(**definition(memory="1024"))
    network = {
        "awsvpcConfiguration": request["networkConfiguration"]["awsvpcConfiguration"]
        | {"assignPublicIp": "ENABLED"}
    }

    counted = ecs.update_service(service=WEB, desiredCount=1)["service"]
    after = ecs.update_service(
        service="web", taskDefinition="hello", networkConfiguration=network, platformVersion="1.4.0"
    )["service"]
    forced = ecs.update_service(service="web", forceNewDeployment=True)["service"]

    ids = [each["deployments"][0]["id"] for each in (before, counted, after, forced)]
    assert [ids[0] == ids[1], ids[1] == ids[2], ids[2] == ids[3]] == [True, False, False]
    assert counted["deployments"][0]["desiredCount"] == 1
    assert after["taskDefinition"] == after["deployments"][0]["taskDefinition"] == f"{HELLO}:2"
    assert after["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] == "ENABLED"
    assert after["platformVersion"] == "1.4.0"
    assert described(ecs, "web")[0] == {name: each for name, each in forced.items() if name != "tags"}


def test_update_from_a_launch_type_to_a_strategy(services: Services) -> None:
    ecs, request = services
    ecs.create_service(**request)

    after = ecs.update_service(service="web", capacityProviderStrategy=SPOT)["service"]

    assert after["capacityProviderStrategy"] == [SPOT[0] | {"base": 0}]
    assert "launchType" not in after


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"service": "none"}, "ServiceNotFoundException: Service not found.", id="unknown"),
        pytest.param({"cluster": "none"}, "ClusterNotFoundException: Cluster not found.", id="cluster"),
        pytest.param(
            {"taskDefinition": "none"}, "ClientException: TaskDefinition not found.", id="definition"
        ),
        pytest.param(
            {"taskDefinition": "bridge"}, "InvalidParameterException: Task definition does", id="type"
        ),
        pytest.param({"desiredCount": -1}, "InvalidParameterException: desiredCount", id="count"),
        pytest.param({"platformVersion": "9"}, "PlatformUnknownException", id="platform version"),
    ],
)
def test_what_update_refuses(services: Services, changes: dict[str, Any], expected: str) -> None:
    ecs, request = services
    before = ecs.create_service(**request)["service"]

    assert refusal(ecs.update_service, **{"service": "web"} | changes).startswith(expected)
    assert described(ecs, "web", include=["TAGS"])[0] == before


def test_update_leaves_other_controllers_their_deployments(services: Services) -> None:
    ecs, request = services
    ecs.create_service(**request, deploymentController={"type": "CODE_DEPLOY"})

    assert refusal(ecs.update_service, service="web", taskDefinition="hello") == (
        "InvalidParameterException: Unable to update task definition on services with a CODE_DEPLOY "
        "deployment controller. Use AWS CodeDeploy to trigger a new deployment."
    )
    assert ecs.update_service(service="web", desiredCount=3)["service"]["desiredCount"] == 3


def test_delete(services: Services) -> None:
    ecs, request = services
    ecs.create_service(**request | {"desiredCount": 1}, tags=[{"key": "team", "value": "data"}])
    assert refusal(ecs.delete_service, service="web") == (
        "InvalidParameterException: The service cannot be stopped while it is scaled above 0."
    )

    gone = ecs.delete_service(service="web", force=True)["service"]

    assert [gone["status"], gone["desiredCount"], gone["deployments"]] == ["INACTIVE", 0, []]
    assert described(ecs, "web")[0]["status"] == "INACTIVE"
    assert ecs.list_services()["serviceArns"] == []
    assert refusal(ecs.update_service, service="web", desiredCount=0) == (
        "ServiceNotActiveException: Service was not ACTIVE."
    )
    assert refusal(ecs.delete_service, service="web") == "ServiceNotFoundException: Service not found."
    assert refusal(ecs.list_tasks, serviceName="web").startswith("ServiceNotFoundException")
    # The name is free again, and nothing of the service before is left.
    again = ecs.create_service(**request)["service"]
    assert [again["status"], again["tags"]] == ["ACTIVE", []]


def test_a_scaled_down_service_needs_no_force(services: Services) -> None:
    ecs, request = services
    ecs.create_service(**request | {"desiredCount": 1})
    ecs.update_service(service="web", desiredCount=0)

    assert ecs.delete_service(service="web")["service"]["status"] == "INACTIVE"


def test_tags_of_a_service(services: Services) -> None:
    ecs, request = services
    ecs.create_service(**request)

    ecs.tag_resource(resourceArn=WEB, tags=[{"key": "team", "value": "data"}])

    assert ecs.list_tags_for_resource(resourceArn=WEB)["tags"] == [{"key": "team", "value": "data"}]
    missing = refusal(ecs.list_tags_for_resource, resourceArn=f"{WEB}s")
    assert missing == "InvalidParameterException: The specified service is not found."


def test_the_waiters_of_boto3(services: Services) -> None:
    ecs, request = services
    ecs.create_service(**request)

    ecs.get_waiter("services_stable").wait(services=["web"], WaiterConfig={"MaxAttempts": 1})
    ecs.delete_service(service="web")
    ecs.get_waiter("services_inactive").wait(services=["web"], WaiterConfig={"MaxAttempts": 1})
