"""The record of a service: what ECS fills in when it is created, and what an update changes."""

from ecsplan_local.arns import caller_arn, cluster_arn, new_id, role_arn, service_arn
from ecsplan_local.ecs.task_record import stamp
from ecsplan_local.json_types import Body, Record, child, children, integer, text, texts
from ecsplan_local.protocol.wire import Call

STARTS_NOTHING = (
    "Services of the embedded ECS are records: this one starts no tasks, whatever its desired count."
)
"""The event of a service with a desired count above 0, and why its deployment does not complete."""

_DEPLOYED = (
    *("capacityProviderStrategy", "launchType", "networkConfiguration", "platformFamily"),
    *("platformVersion", "taskDefinition", "serviceConnectConfiguration", "volumeConfigurations"),
)
"""Members of a service that its deployment has as well; where one changes, there is a new deployment."""

_OF_THE_DEPLOYMENT = frozenset({"serviceConnectConfiguration", "volumeConfigurations"})
"""Members of a request that only the deployment of a described service has (botocore ecs model, Service)."""

_DEFAULTS: Body = {
    "loadBalancers": [],
    "serviceRegistries": [],
    "placementConstraints": [],
    "placementStrategy": [],
    "schedulingStrategy": "REPLICA",
    "deploymentController": {"type": "ECS"},
    "enableECSManagedTags": False,
    "propagateTags": "NONE",
    "enableExecuteCommand": False,
    "availabilityZoneRebalancing": "ENABLED",
}
"""What ECS fills in (botocore ecs model, CreateService; `none` of the tags is written NONE there)."""

_DEPLOYMENT_DEFAULTS: Body = {
    "deploymentCircuitBreaker": {"enable": False, "rollback": False},
    "maximumPercent": 200,
    "minimumHealthyPercent": 100,
    "strategy": "ROLLING",
    "bakeTimeInMinutes": 0,
}
"""The same for the deployment of a replica service (botocore ecs model, DeploymentConfiguration)."""

_SERVICE_ROLE = "aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
"""The role that ECS takes for task definitions in the network mode awsvpc (ECS developer guide)."""


def controller(service: Body) -> str:
    """Return the type of a service's deployment controller."""
    return text(child(service, "deploymentController"), "type", "ECS")


def new_service(call: Call, cluster: str, request: Body, definition: Body | None, now: float) -> Record:
    """Return the record of a service that CreateService has accepted.

    Args:
        call: The call.
        cluster: Name of the cluster.
        request: The request, with the strategy that applies.
        definition: The task definition; None with an external controller.
        now: Seconds since 1970.
    """
    name = text(request, "serviceName")
    service: Record = {
        "serviceArn": service_arn(call.realm, cluster, name),
        "serviceName": name,
        "clusterArn": cluster_arn(call.realm, cluster),
        "status": "ACTIVE",
        "desiredCount": integer(request, "desiredCount"),
        "runningCount": 0,
        "pendingCount": 0,
        "events": [],
        "deployments": [],
        "createdAt": stamp(now),
        "createdBy": caller_arn(call),
        **_DEFAULTS,
        **{name: request[name] for name in _DEFAULTS if name in request},
        "deploymentConfiguration": {**_DEPLOYMENT_DEFAULTS, **child(request, "deploymentConfiguration")},
    }
    if children(request, "loadBalancers"):
        service["healthCheckGracePeriodSeconds"] = integer(request, "healthCheckGracePeriodSeconds")
    _place(service, request, definition)
    if role := text(request, "role") or _service_role(definition):
        service["roleArn"] = role_arn(call.realm, role)
    if controller(service) == "EXTERNAL":
        service["taskSets"] = []
    else:
        _deploy(service, request, now)
    _note_what_is_not_done(service, now)
    return service


def updated_service(service: Record, request: Body, definition: Body | None, now: float) -> Record:
    """Return the record of a service after UpdateService.

    Args:
        service: The service before.
        request: The request, with the strategy that applies.
        definition: The task definition that it names or keeps; None with an external controller.
        now: Seconds since 1970.
    """
    kept = {name: request[name] for name in (*_DEFAULTS, "desiredCount") if name in request}
    given = child(request, "deploymentConfiguration")
    after: Record = {
        **service,
        **kept,
        "deploymentConfiguration": {**child(service, "deploymentConfiguration"), **given},
    }
    if "healthCheckGracePeriodSeconds" in request:
        after["healthCheckGracePeriodSeconds"] = request["healthCheckGracePeriodSeconds"]
    _place(after, request, definition)
    deployed = request.get("forceNewDeployment") or not _OF_THE_DEPLOYMENT.isdisjoint(request)
    if deployed or any(after.get(name) != service.get(name) for name in _DEPLOYED):
        _deploy(after, request, now)
    elif children(after, "deployments"):
        after["deployments"] = [
            {
                **children(after, "deployments")[0],
                "desiredCount": after["desiredCount"],
                "updatedAt": stamp(now),
            }
        ]
    _note_what_is_not_done(after, now)
    return after


def ended_service(service: Record) -> Record:
    """Return the record of a deleted service: INACTIVE, without deployments."""
    return {**service, "status": "INACTIVE", "desiredCount": 0, "deployments": []}


def deployed_on_fargate(service: Body) -> bool:
    """Return whether the tasks of a service would run on Fargate, by its launch type or its strategy."""
    return text(service, "launchType") == "FARGATE" or bool(children(service, "capacityProviderStrategy"))


def _service_role(definition: Body | None) -> str:
    return _SERVICE_ROLE if definition and definition.get("networkMode") == "awsvpc" else ""


def _place(service: Record, request: Body, definition: Body | None) -> None:
    """Set where the tasks of a service would run, as far as a request says it."""
    if definition is not None:
        service["taskDefinition"] = text(definition, "taskDefinitionArn")
    if children(request, "capacityProviderStrategy"):
        service["capacityProviderStrategy"] = [
            {"weight": 0, "base": 0, **each} for each in children(request, "capacityProviderStrategy")
        ]
        service.pop("launchType", None)
    elif "capacityProviderStrategy" in request or "launchType" in request:
        service.pop("capacityProviderStrategy", None)
        service["launchType"] = text(request, "launchType", text(service, "launchType", "EC2"))
    network = child(child(request, "networkConfiguration"), "awsvpcConfiguration")
    if network:
        service["networkConfiguration"] = {
            "awsvpcConfiguration": {
                "subnets": texts(network, "subnets"),
                "securityGroups": texts(network, "securityGroups"),
                "assignPublicIp": text(network, "assignPublicIp", "DISABLED"),
            }
        }
    for name in ("platformVersion", "platformFamily"):
        if not deployed_on_fargate(service):
            service.pop(name, None)
    if deployed_on_fargate(service):
        version = text(service, "platformVersion", "LATEST")
        service["platformVersion"] = text(request, "platformVersion", version)
        system = text(child(definition or {}, "runtimePlatform"), "operatingSystemFamily", "LINUX")
        service["platformFamily"] = "Linux" if system == "LINUX" else system


def _deploy(service: Record, request: Body, now: float) -> None:
    """Give a service a new primary deployment, which replaces the one before: no task has to end for it."""
    before = next(iter(children(service, "deployments")), {})
    known = {**before, **service, **{name: request[name] for name in _OF_THE_DEPLOYMENT if name in request}}
    service["deployments"] = [
        {
            "id": f"ecs-svc/{int(new_id()[:15], 16):019d}",
            "status": "PRIMARY",
            "desiredCount": service["desiredCount"],
            "pendingCount": 0,
            "runningCount": 0,
            "failedTasks": 0,
            "createdAt": stamp(now),
            "updatedAt": stamp(now),
            **{name: known[name] for name in _DEPLOYED if name in known},
        }
    ]


def _note_what_is_not_done(service: Record, now: float) -> None:
    """Say in a service's events and deployment whether its desired count is reached: only 0 is."""
    wanted = integer(service, "desiredCount")
    deployment = next(iter(children(service, "deployments")), None)
    if deployment is not None:
        identifier = text(deployment, "id")
        state = (
            ("IN_PROGRESS", STARTS_NOTHING)
            if wanted
            else ("COMPLETED", f"ECS deployment {identifier} completed.")
        )
        service["deployments"] = [{**deployment, "rolloutState": state[0], "rolloutStateReason": state[1]}]
    if wanted:
        event: Record = {"id": new_id(), "createdAt": stamp(now), "message": STARTS_NOTHING}
        service["events"] = [event, *children(service, "events")]
