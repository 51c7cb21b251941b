"""What the ECS worker of prefect-aws 0.4.20 makes of a base job template, before it asks AWS anything.

Its source, `prefect_aws/workers/ecs_worker.py`, was read, and what it makes was recorded from it.
"""

import re
import shlex
from collections.abc import Mapping
from typing import Any, Final

from ecsplan.decision.members import OUTPUT_ONLY
from ecsplan.terms.bodies import as_mapping, as_mappings, as_text
from ecsplan.terms.fargate import FARGATE_PROVIDERS
from ecsplan.terms.records import dataclass

CONTAINER: Final = "prefect"
"""The container that the worker means where nothing names one, and ECSTask always."""
SPOT: Final = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
"""The strategy of the launch type FARGATE_SPOT."""
SIZE: Final = {"cpu": 1024, "memory": 2048}
"""The size of a task where nothing says one."""
LOG_GROUP: Final = "prefect"
_PLACEHOLDER: Final = re.compile(r"\{\{\s*([\w.\-\[\]$]+)\s*\}\}")
_UNSET: Final = object()
_PREFECTS_OWN: Final = ("prefect.", "$")


@dataclass(frozen=True, slots=True)
class Filled:
    """A job configuration in which the defaults of its variables stand.

    Attributes:
        configuration: The configuration without members that no default fills.
        unset: The names of placeholders without a default, and of those that only Prefect can fill.
    """

    configuration: Mapping[str, Any]
    unset: frozenset[str]


@dataclass(frozen=True, slots=True)
class Prepared:
    """The requests that the worker makes.

    Attributes:
        definition: The RegisterTaskDefinition request; without a family where the worker makes one up.
        request: The RunTask request, without what is looked up in a VPC.
        container: The name of the container that it means.
    """

    definition: Mapping[str, Any]
    request: Mapping[str, Any]
    container: str


def filled(template: Mapping[str, Any]) -> Filled:
    """Return the job configuration of a base job template with the defaults of its variables."""
    properties = as_mapping(as_mapping(template.get("variables")).get("properties"))
    values = {
        name: as_mapping(schema)["default"]
        for name, schema in properties.items()
        if as_mapping(schema).get("default") is not None
    }
    unset: set[str] = set()
    configuration = _applied(as_mapping(template.get("job_configuration")), values, unset)
    return Filled(configuration, frozenset(unset))


def _applied(value: Any, values: Mapping[str, Any], unset: set[str]) -> Any:
    """Return a value with its placeholders replaced; `_UNSET` for one that is nothing but an unset one."""
    if isinstance(value, Mapping):
        members = {str(name): _applied(each, values, unset) for name, each in value.items()}
        return {name: each for name, each in members.items() if each is not _UNSET}
    if isinstance(value, list | tuple):
        return [done for each in value if (done := _applied(each, values, unset)) is not _UNSET]
    if not isinstance(value, str):
        return value
    names = _PLACEHOLDER.findall(value)
    unset.update(each for each in names if each not in values)
    whole = _PLACEHOLDER.fullmatch(value)
    if whole is not None:
        return values.get(whole[1], _UNSET)
    if any(each.startswith(_PREFECTS_OWN) for each in names):
        return _UNSET
    return _PLACEHOLDER.sub(lambda match: str(values.get(match[1], "")), value)


def prepared(configuration: Mapping[str, Any], region: str | None = None) -> Prepared:
    """Return the requests that the worker makes of a filled job configuration.

    Args:
        configuration: The configuration.
        region: The region for the log; None leaves the option out.
    """
    definition = _definition(configuration, region)
    container = container_of(configuration, definition)
    return Prepared(definition, _request(configuration, definition, container), container)


def configures_logs(configuration: Mapping[str, Any]) -> bool:
    """Return whether the container gets a configuration for its log, which follows streaming."""
    configure = configuration.get("configure_cloudwatch_logs")
    return bool(configuration.get("stream_output") if configure is None else configure)


def container_of(configuration: Mapping[str, Any], definition: Mapping[str, Any]) -> str:
    """Return the name of the container that the worker means: as given, else `prefect`, else the first."""
    named = as_text(configuration.get("container_name"))
    names = [each.get("name") for each in as_mappings(definition.get("containerDefinitions"))]
    if named or CONTAINER in names or not names:
        return named or CONTAINER
    return as_text(names[0]) or CONTAINER


def _definition(configuration: Mapping[str, Any], region: str | None) -> dict[str, Any]:
    written = as_mapping(configuration.get("task_definition"))
    definition = {name: each for name, each in written.items() if name not in OUTPUT_ONLY}
    containers = [dict(each) for each in as_mappings(definition.get("containerDefinitions")) if each]
    name = container_of(configuration, definition)
    unnamed = (each for each in containers if "name" not in each)
    own = next((each for each in containers if each.get("name") == name), next(unnamed, None))
    if own is None:
        own = {}
        containers.append(own)
    own["name"] = name
    # The worker unsets in the definition what is null in `env`.
    unset = {each for each, value in as_mapping(configuration.get("env")).items() if value is None}
    if "environment" in own:
        own["environment"] = [
            each for each in as_mappings(own["environment"]) if str(each.get("name")) not in unset
        ]
    if configures_logs(configuration):
        own["logConfiguration"] = _logging(configuration, region)
    definition["containerDefinitions"] = containers
    sizes = {each: definition.get(each) or default for each, default in SIZE.items()}
    launch_type = as_mapping(configuration.get("task_run_request")).get("launchType", "FARGATE")
    if launch_type in FARGATE_PROVIDERS:
        definition |= {each: str(size) for each, size in sizes.items()}
        compatible = definition.get("requiresCompatibilities")
        listed = list(compatible) if isinstance(compatible, list | tuple) else []
        definition["requiresCompatibilities"] = [*listed, *([] if "FARGATE" in listed else ["FARGATE"])]
        definition.setdefault("networkMode", "awsvpc")
    elif launch_type == "EC2":
        own |= {each: _whole(own.get(each, size)) for each, size in sizes.items()}
    return definition | {each: str(definition[each]) for each in SIZE if definition.get(each)}


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _logging(configuration: Mapping[str, Any], region: str | None) -> dict[str, Any]:
    prefix = as_text(configuration.get("cloudwatch_logs_prefix"))
    options = {"awslogs-create-group": "true", "awslogs-group": LOG_GROUP}
    options |= {} if region is None else {"awslogs-region": region}
    options |= {} if prefix is None else {"awslogs-stream-prefix": prefix}
    return {
        "logDriver": "awslogs",
        "options": {**options, **as_mapping(configuration.get("cloudwatch_logs_options"))},
    }


def _request(
    configuration: Mapping[str, Any], definition: Mapping[str, Any], container: str
) -> dict[str, Any]:
    request = dict(as_mapping(configuration.get("task_run_request")))
    if request.get("capacityProviderStrategy"):
        request.pop("launchType", None)
    elif request.get("launchType") == "FARGATE_SPOT":
        request.pop("launchType")
        request["capacityProviderStrategy"] = SPOT
    inner = as_mapping(configuration.get("network_configuration"))
    if definition.get("networkMode") == "awsvpc" and inner and configuration.get("vpc_id"):
        request["networkConfiguration"] = {"awsvpcConfiguration": inner}
    overrides = dict(as_mapping(request.get("overrides")))
    overrides |= {each: str(overrides[each]) for each in SIZE if overrides.get(each)}
    listed = [dict(each) for each in as_mappings(overrides.get("containerOverrides"))]
    if listed and not listed[0].get("name"):
        listed[0]["name"] = container
    for each in listed:
        _finish(each, configuration if each.get("name") == container else {})
    request["overrides"] = {**overrides, "containerOverrides": listed}
    request["tags"] = _pairs(request.get("tags"), as_mapping(configuration.get("labels")), "key")
    return request


def _finish(override: dict[str, Any], configuration: Mapping[str, Any]) -> None:
    """Give an override the command and the environment of the configuration, and AWS's shapes, in place."""
    command = configuration.get("command") or override.get("command")
    if isinstance(command, str):
        command = _words(command)
    if command:
        override["command"] = command
    environment = as_mapping(configuration.get("env"))
    override["environment"] = _pairs(override.get("environment"), environment, "name")


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()


def _pairs(value: Any, over: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return a mapping or a list of pairs as pairs, with others laid over it, without those that are null."""
    pairs = value.items() if isinstance(value, Mapping) else ()
    listed = as_mappings(value) if not isinstance(value, Mapping) else ()
    named = {str(name): each for name, each in pairs} | {
        str(each.get(key)): each.get("value") for each in listed
    }
    return [{key: name, "value": each} for name, each in {**named, **over}.items() if each is not None]
