"""Checks of CreateService and UpdateService, with ECS's error codes and messages.

Messages are taken from public reports; where only a rule is documented, the wording is ours.
"""

import re

from ecsplan_local.ecs.definitions import find_definition
from ecsplan_local.ecs.launch_checks import (
    check_fargate_options,
    check_launch_type,
    check_network,
    check_network_given,
    check_one_of_both,
    check_volumes,
)
from ecsplan_local.ecs.service_record import controller
from ecsplan_local.errors import client_error, invalid_parameter
from ecsplan_local.json_types import Body, Record, child, children, integer, text
from ecsplan_local.protocol.wire import Call
from ecsplan_local.tags import read_tags
from ecsplan_local.world import World

_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
"""Botocore ecs model, CreateService.serviceName."""

_TOKEN = re.compile(r"[!-~]{1,36}")
"""Botocore ecs model, CreateService.clientToken."""

_DEPLOYED_ELSEWHERE = {
    "CODE_DEPLOY": "Use AWS CodeDeploy to trigger a new deployment.",
    "EXTERNAL": "Create a new task set instead.",
}
"""Controllers whose services UpdateService does not deploy -> what does (botocore model, UpdateService)."""

_OF_A_DEPLOYMENT = ("taskDefinition", "networkConfiguration", "platformVersion", "loadBalancers")
"""Members that such a service does not take from UpdateService (same page)."""


_OF_A_TASK_SET = {
    "taskDefinition": "TaskDefinition must be blank.",
    "launchType": "LaunchType must be blank.",
    "networkConfiguration": "NetworkConfiguration must be null.",
    "platformVersion": "PlatformVersion must be null.",
    "loadBalancers": "LoadBalancers must be null.",
}
"""What an external controller gives to its task sets, and ECS's refusal of it in a service: of the definition
(aws/aws-cdk#6245) and of the network (aws/aws-cdk#26335); the others are worded like these."""


def check_identifiers(request: Body) -> None:
    """Check the name, the token and the tags of CreateService."""
    if not text(request, "serviceName"):
        raise invalid_parameter("Service name cannot be empty.")
    if not _NAME.fullmatch(text(request, "serviceName")):
        raise invalid_parameter(
            "Invalid service name. Up to 255 letters (uppercase and lowercase), numbers, underscores, and "
            "hyphens are allowed."
        )
    if not _TOKEN.fullmatch(text(request, "clientToken", "-")):
        raise invalid_parameter("clientToken must be 1 to 36 ASCII characters in the range 33-126.")
    read_tags(children(request, "tags"))


def check_new(world: World, call: Call, request: Body, providers: list[str]) -> Body | None:
    """Return the task definition of a service that can be created; None with an external controller.

    Raises:
        ServiceError: ECS's error for the first problem found.
    """
    check_one_of_both(request)
    _check_count(request)
    if controller(request) == "EXTERNAL":
        for name, refusal in _OF_A_TASK_SET.items():
            if request.get(name):
                raise invalid_parameter(refusal)
        return None
    definition = require_definition(world, call, text(request, "taskDefinition"))
    _check_launch(request, definition, providers, call.realm)
    return definition


def check_update(
    world: World, call: Call, service: Record, request: Body, providers: list[str]
) -> Body | None:
    """Return the task definition that a service has after an update; None for an external controller.

    Args:
        world: The endpoint's world.
        call: The call.
        service: The service as it is.
        request: The request, with the strategy that applies.
        providers: The capacity providers of its cluster.

    Raises:
        ServiceError: ECS's error for the first problem found.
    """
    _check_controller(service, request)
    merged = {**service, **request}
    # The record of a DAEMON service has a desired count, which its requests may not have.
    daemon: Body = {**request, "schedulingStrategy": "DAEMON"}
    _check_count(daemon if text(service, "schedulingStrategy") == "DAEMON" else merged)
    if not text(merged, "taskDefinition"):
        return None
    # An update that names no task definition keeps the service's, which may be INACTIVE by now.
    named = "taskDefinition" in request
    reference = text(merged, "taskDefinition")
    definition = (
        require_definition(world, call, reference) if named else find_definition(world, call.realm, reference)
    )
    if definition is None:
        raise client_error("TaskDefinition not found.")
    if children(request, "capacityProviderStrategy"):
        merged.pop("launchType", None)
    _check_launch(merged, definition, providers, call.realm)
    return definition


def require_definition(world: World, call: Call, reference: str) -> Body:
    """Return an ACTIVE task definition.

    Raises:
        ServiceError: ECS's ClientException (aws/aws-cdk#33195 for an inactive one).
    """
    if not reference:
        raise client_error("TaskDefinition can not be blank.")
    definition = find_definition(world, call.realm, reference)
    if definition is None:
        raise client_error("TaskDefinition not found.")
    if text(definition, "status") != "ACTIVE":
        raise client_error("TaskDefinition is inactive")
    return definition


def _check_count(request: Body) -> None:
    daemon = text(request, "schedulingStrategy") == "DAEMON"
    if daemon and "desiredCount" in request:
        # gruntwork-io/cloud-nuke#219
        raise invalid_parameter(
            "The daemon scheduling strategy does not support a desired count for services. Remove the "
            "desired count value and try again"
        )
    # With an external controller, only the name is required (ECS developer guide, external deployment).
    if not daemon and "desiredCount" not in request and controller(request) != "EXTERNAL":
        raise invalid_parameter("desiredCount is required with the scheduling strategy REPLICA.")
    if integer(request, "desiredCount") < 0:
        raise invalid_parameter("desiredCount cannot be negative.")
    if daemon and controller(request) != "ECS":
        raise invalid_parameter("The daemon scheduling strategy needs the deployment controller ECS.")


def _check_launch(request: Body, definition: Body, providers: list[str], realm: str) -> None:
    """Check how the tasks of a service would be launched; on EC2 it would wait for instances."""
    launch_type = check_launch_type(request, definition, providers)
    check_network_given(request, definition)
    if launch_type == "EXTERNAL" and definition.get("networkMode") == "awsvpc":
        raise invalid_parameter("The network mode awsvpc is not supported with EXTERNAL launch type.")
    check_network(request, definition, realm)
    if launch_type == "FARGATE":
        cpu, memory = (text(definition, name) for name in ("cpu", "memory"))
        check_fargate_options(request, definition, cpu=cpu, memory=memory)
        if text(request, "schedulingStrategy") == "DAEMON":
            raise invalid_parameter(
                "The daemon scheduling strategy is not supported with FARGATE launch type."
            )
    elif text(request, "platformVersion"):
        raise invalid_parameter(f"The platform version is not supported with {launch_type} launch type.")
    network = child(child(request, "networkConfiguration"), "awsvpcConfiguration")
    if launch_type != "FARGATE" and text(network, "assignPublicIp") == "ENABLED":
        raise invalid_parameter("Assign public IP is not supported for this launch type.")
    check_volumes(request, definition)


def _check_controller(service: Body, request: Body) -> None:
    """Check that UpdateService may change what a request has, given the service's deployment controller."""
    kind = controller(service)
    if kind not in _DEPLOYED_ELSEWHERE:
        return
    for name in _OF_A_DEPLOYMENT:
        if name in request:
            words = re.sub("([A-Z])", r" \1", name).lower()
            raise invalid_parameter(
                f"Unable to update {words} on services with a {kind} deployment controller. "
                f"{_DEPLOYED_ELSEWHERE[kind]}"
            )
