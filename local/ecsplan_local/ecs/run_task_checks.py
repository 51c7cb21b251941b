"""Checks of RunTask, with ECS's error codes and messages.

Messages are taken from public reports; where only a rule is documented, the wording is ours.
"""

import json
import re

from ecsplan_local.ecs.clusters import capacity_providers, default_strategy
from ecsplan_local.ecs.definition_checks import storage_error
from ecsplan_local.ecs.fargate_checks import size_error
from ecsplan_local.errors import ServiceError, invalid_parameter
from ecsplan_local.json_types import Body, Record, child, children, integer, text, texts
from ecsplan_local.protocol.wire import Call
from ecsplan_local.services.network import security_groups, subnets
from ecsplan_local.tags import read_tags
from ecsplan_local.world import World

MAX_TASKS = 10
"""Most tasks of one call (botocore ecs model, RunTask.count)."""

MAX_OVERRIDES = 8192
"""Most characters of the overrides as JSON (botocore ecs model, RunTask.overrides)."""

_TOKEN = re.compile(r"[!-~]{1,64}")
_STARTED_BY = re.compile(r"[A-Za-z0-9_/ -]{1,128}")
"""The API reference allows letters, digits, `-`, `/` and `_`; ECS also accepts spaces (fabfuel/ecs-deploy
sends `ECS Deploy` with every task)."""
_PLATFORMS = frozenset({"LATEST", "1.4.0", "1.3.0", "1.0.0"})


def check_run(world: World, call: Call, cluster: str, definition: Body) -> Body:
    """Return a valid RunTask request with the cluster's default strategy filled in.

    Raises:
        ServiceError: ECS's error for the first problem found.
    """
    request: Record = dict(call.parameters)
    _check_identifiers(request)
    if "launchType" in request and request.get("capacityProviderStrategy"):
        raise invalid_parameter(
            "Specifying both a launch type and capacity provider strategy is not supported. "
            "Remove one and try again."
        )
    if "launchType" not in request and not request.get("capacityProviderStrategy"):
        request["capacityProviderStrategy"] = default_strategy(world, call.realm, cluster)
    _check_overrides(request, definition)
    _check_launch(request, definition, capacity_providers(world, call.realm, cluster))
    _check_network(request, definition, call.realm)
    _check_fargate(request, definition)
    _check_volumes(request, definition)
    return request


def _check_identifiers(request: Body) -> None:
    if not 1 <= integer(request, "count", 1) <= MAX_TASKS:
        raise invalid_parameter(f"count must be between 1 and {MAX_TASKS}.")
    if not _TOKEN.fullmatch(text(request, "clientToken", "-")):
        raise invalid_parameter("clientToken must be 1 to 64 ASCII characters in the range 33-126.")
    if not _STARTED_BY.fullmatch(text(request, "startedBy", "-")):
        raise invalid_parameter(
            "startedBy must be 1 to 128 letters, numbers, hyphens, slashes or underscores."
        )
    read_tags(children(request, "tags"))
    if request.get("propagateTags") == "SERVICE":
        raise invalid_parameter("SERVICE is not a valid value for propagateTags of RunTask.")


def _check_overrides(request: Body, definition: Body) -> None:
    overrides = child(request, "overrides")
    # Compact and unescaped, which is the lower bound of what ECS may count.
    if len(json.dumps(overrides, separators=(",", ":"), ensure_ascii=False)) > MAX_OVERRIDES:
        raise invalid_parameter(f"Container Overrides length must be at most {MAX_OVERRIDES}")
    names = {text(each, "name") for each in children(definition, "containerDefinitions")}
    for each in children(overrides, "containerOverrides"):
        if not each.get("name"):
            raise invalid_parameter("Container override name should not be null or empty.")
        if text(each, "name") not in names:
            raise invalid_parameter(
                f"Override for container named {each['name']} is not a container in the TaskDefinition."
            )
        if any(not variable.get("name") for variable in children(each, "environment")):
            raise invalid_parameter("Environment variable name should not be null or empty.")


def _check_launch(request: Body, definition: Body, providers: list[str]) -> None:
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
    # The embedded ECS has no container instances. Checked last, so that other problems are reported first.
    _check_network_given(request, definition)
    if launch_type != "FARGATE":
        raise invalid_parameter("No Container Instances were found in your cluster.")


def _check_network_given(request: Body, definition: Body) -> None:
    given = "awsvpcConfiguration" in child(request, "networkConfiguration")
    if definition.get("networkMode") == "awsvpc" and not given:
        raise invalid_parameter(
            "Network Configuration must be provided when networkMode 'awsvpc' is specified."
        )
    if definition.get("networkMode") != "awsvpc" and given:
        raise invalid_parameter(
            "Network Configuration is not valid for the given networkMode of this task definition."
        )


def _check_network(request: Body, definition: Body, realm: str) -> None:
    if definition.get("networkMode") != "awsvpc":
        return
    given = child(child(request, "networkConfiguration"), "awsvpcConfiguration")
    if not texts(given, "subnets"):
        raise invalid_parameter("subnets can not be empty.")
    for name, most in (("subnets", 16), ("securityGroups", 5)):
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


def _check_fargate(request: Body, definition: Body) -> None:
    overrides = child(request, "overrides")
    cpu, memory = (text(overrides, name, text(definition, name)) for name in ("cpu", "memory"))
    wrong = size_error(cpu, memory, child(definition, "runtimePlatform"))
    if wrong:
        raise invalid_parameter(wrong)
    if wrong := storage_error(integer(child(overrides, "ephemeralStorage"), "sizeInGiB", 21)):
        raise invalid_parameter(wrong)
    for name, words in (("placementConstraints", "constraints"), ("placementStrategy", "strategies")):
        if request.get(name):
            raise invalid_parameter(f"Placement {words} are not supported with FARGATE launch type.")
    if text(request, "platformVersion", "LATEST") not in _PLATFORMS:
        raise ServiceError("PlatformUnknownException", "The specified platform does not exist.")
    role = overrides.get("taskRoleArn") or definition.get("taskRoleArn")
    if request.get("enableExecuteCommand") and not role:
        raise invalid_parameter(
            "The task couldn't be run because a valid taskRoleArn is not being used. "
            "Specify a valid task role in your task definition and try again."
        )


def _check_volumes(request: Body, definition: Body) -> None:
    configurable = {
        text(each, "name") for each in children(definition, "volumes") if each.get("configuredAtLaunch")
    }
    given = {text(each, "name") for each in children(request, "volumeConfigurations")}
    if given - configurable:
        raise invalid_parameter(
            "Volume configuration provided but no matching configuredAtLaunch volume found in task "
            "definition."
        )
