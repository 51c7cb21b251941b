"""Checks of how tasks are launched, which RunTask, CreateService and UpdateService share.

Messages are taken from public reports; where only a rule is documented, the wording is ours.
"""

from ecsplan_local.ecs.fargate_checks import size_error
from ecsplan_local.errors import ServiceError, invalid_parameter
from ecsplan_local.json_types import Body, child, children, integer, text, texts
from ecsplan_local.services.network import security_groups, subnets

_PLATFORMS = frozenset({"LATEST", "1.4.0", "1.3.0", "1.0.0"})

_MOST_IN_NETWORK = (("subnets", 16), ("securityGroups", 5))
"""Most items of a network configuration (botocore ecs model, AwsVpcConfiguration)."""


def check_one_of_both(request: Body) -> None:
    """Check that a request does not have both a launch type and a strategy."""
    if "launchType" in request and request.get("capacityProviderStrategy"):
        raise invalid_parameter(
            "Specifying both a launch type and capacity provider strategy is not supported. "
            "Remove one and try again."
        )


def check_launch_type(request: Body, definition: Body, providers: list[str]) -> str:
    """Return the launch type of a request: FARGATE for a strategy, since all providers here are Fargate's.

    Raises:
        ServiceError: The strategy is invalid, or the task definition does not support the launch type.
    """
    strategy = children(request, "capacityProviderStrategy")
    for each in strategy:
        if text(each, "capacityProvider") not in providers:
            raise invalid_parameter(
                f"The specified capacity provider '{each['capacityProvider']}' was not found."
            )
    # A base alone suffices: it places that many tasks without any weight.
    weights = [integer(each, "weight") for each in strategy]
    if strategy and not any(weights) and not any(each.get("base") for each in strategy):
        raise invalid_parameter(
            "There are no capacity providers in the capacity provider strategy with a weight value greater "
            "than zero. Specify a weight value greater than zero for at least one capacity provider and try "
            "again."
        )
    launch_type = "FARGATE" if strategy else text(request, "launchType", "EC2")
    allowed = texts(definition, "requiresCompatibilities") or texts(definition, "compatibilities")
    if launch_type not in allowed:
        raise invalid_parameter(f"Task definition does not support launch_type {launch_type}.")
    return launch_type


def check_network_given(request: Body, definition: Body) -> None:
    """Check that a request has a network configuration if, and only if, the network mode is `awsvpc`."""
    given = "awsvpcConfiguration" in child(request, "networkConfiguration")
    if definition.get("networkMode") == "awsvpc" and not given:
        raise invalid_parameter(
            "Network Configuration must be provided when networkMode 'awsvpc' is specified."
        )
    if definition.get("networkMode") != "awsvpc" and given:
        raise invalid_parameter(
            "Network Configuration is not valid for the given networkMode of this task definition."
        )


def check_network(request: Body, definition: Body, realm: str) -> None:
    """Check that the subnets and security groups of a request exist, and that they are not too many."""
    if definition.get("networkMode") != "awsvpc":
        return
    given = child(child(request, "networkConfiguration"), "awsvpcConfiguration")
    if not texts(given, "subnets"):
        raise invalid_parameter("subnets can not be empty.")
    for name, most in _MOST_IN_NETWORK:
        if len(texts(given, name)) > most:
            raise invalid_parameter(f"{name} can have at most {most} items.")
    known = {text(each, "subnetId") for each in subnets(realm)}
    _require_known(texts(given, "subnets"), known, ("subnet", "subnet ID", "InvalidSubnetID.NotFound"))
    known = {text(each, "groupId") for each in security_groups(realm)}
    _require_known(
        texts(given, "securityGroups"), known, ("security group", "security group", "InvalidGroup.NotFound")
    )


def _require_known(wanted: list[str], known: set[str], words: tuple[str, str, str]) -> None:
    what, noun, code = words
    missing = [each for each in wanted if each not in known]
    if missing:
        raise invalid_parameter(
            f"Error retrieving {what} information for [{', '.join(missing)}]: "
            f"The {noun} '{missing[0]}' does not exist (ErrorCode: {code})"
        )


def check_fargate_options(request: Body, definition: Body, *, cpu: str, memory: str) -> None:
    """Check the options of a request that launches tasks on Fargate.

    Args:
        request: The request of RunTask, CreateService or UpdateService.
        definition: The task definition.
        cpu: The CPU units of the task.
        memory: Its memory.
    """
    wrong = size_error(cpu, memory, child(definition, "runtimePlatform"))
    if wrong:
        raise invalid_parameter(wrong)
    for name, words in (("placementConstraints", "constraints"), ("placementStrategy", "strategies")):
        if request.get(name):
            raise invalid_parameter(f"Placement {words} are not supported with FARGATE launch type.")
    if text(request, "platformVersion", "LATEST") not in _PLATFORMS:
        raise ServiceError("PlatformUnknownException", "The specified platform does not exist.")


def check_volumes(request: Body, definition: Body) -> None:
    """Check that the task definition leaves each volume that a request configures to the launch."""
    configurable = {
        text(each, "name") for each in children(definition, "volumes") if each.get("configuredAtLaunch")
    }
    given = {text(each, "name") for each in children(request, "volumeConfigurations")}
    if given - configurable:
        raise invalid_parameter(
            "Volume configuration provided but no matching configuredAtLaunch volume found in task "
            "definition."
        )
