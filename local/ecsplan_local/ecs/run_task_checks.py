"""Checks of RunTask, with ECS's error codes and messages.

Messages are taken from public reports; where only a rule is documented, the wording is ours.
"""

import json
import re

from ecsplan_local.ecs.clusters import capacity_providers, default_strategy
from ecsplan_local.ecs.definition_checks import storage_error
from ecsplan_local.ecs.launch_checks import (
    check_fargate_options,
    check_launch_type,
    check_network,
    check_network_given,
    check_one_of_both,
    check_volumes,
)
from ecsplan_local.errors import invalid_parameter
from ecsplan_local.json_types import Body, Record, child, children, integer, text
from ecsplan_local.protocol.wire import Call
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


def check_run(world: World, call: Call, cluster: str, definition: Body) -> Body:
    """Return a valid RunTask request with the cluster's default strategy filled in.

    Raises:
        ServiceError: ECS's error for the first problem found.
    """
    request: Record = dict(call.parameters)
    _check_identifiers(request)
    check_one_of_both(request)
    if "launchType" not in request and not request.get("capacityProviderStrategy"):
        request["capacityProviderStrategy"] = default_strategy(world, call.realm, cluster)
    _check_overrides(request, definition)
    _check_launch(request, definition, capacity_providers(world, call.realm, cluster))
    check_network(request, definition, call.realm)
    _check_fargate(request, definition)
    check_volumes(request, definition)
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
    launch_type = check_launch_type(request, definition, providers)
    # The embedded ECS has no container instances. Checked last, so that other problems are reported first.
    check_network_given(request, definition)
    if launch_type != "FARGATE":
        raise invalid_parameter("No Container Instances were found in your cluster.")


def _check_fargate(request: Body, definition: Body) -> None:
    overrides = child(request, "overrides")
    cpu, memory = (text(overrides, name, text(definition, name)) for name in ("cpu", "memory"))
    if wrong := storage_error(integer(child(overrides, "ephemeralStorage"), "sizeInGiB", 21)):
        raise invalid_parameter(wrong)
    check_fargate_options(request, definition, cpu=cpu, memory=memory)
    role = overrides.get("taskRoleArn") or definition.get("taskRoleArn")
    if request.get("enableExecuteCommand") and not role:
        raise invalid_parameter(
            "The task couldn't be run because a valid taskRoleArn is not being used. "
            "Specify a valid task role in your task definition and try again."
        )
