"""A RunTask request and a task definition as keys of a manifest."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ecsplan.terms.family_names import family_name
from ecsplan.terms.fargate import FARGATE_PROVIDERS
from ecsplan.terms.json_types import Document, Record
from ecsplan.terms.manifest_keys import GROUPS, KEYS, OVERRIDE_OPTIONS, RUN_OPTIONS
from ecsplan.terms.records import dataclass
from ecsplan_convert.manifest.definitions import shortened
from ecsplan_convert.manifest.wanted import plain_request
from ecsplan_convert.references import has_reference, referred
from ecsplan_convert.source import Job

_SPOT: Final = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
_ORDER: Final = {
    key.name: (GROUPS.index(key.group), place) for place, key in enumerate(KEYS) if key.name != "name"
}
_LAST: Final = (len(GROUPS), 0)
_SIZES: Final = ("cpu", "memory")
"""Sizes of the task: keys, members of the overrides, and members of the definition."""
_DIGITS: Final = re.compile(r"[1-9][0-9]{0,8}")
_IN_DEFINITIONS: Final = {
    each.name: member.name
    for each in KEYS
    for member in each.members
    if each.name in OVERRIDE_OPTIONS and member.document == "definition"
}
"""Keys that override a member of the task and set it in the definition, too."""


@dataclass(frozen=True, slots=True)
class Meant:
    """The container that a job means.

    Attributes:
        name: Its name; "" where the requests name none.
        others: The containers that it could be as well.
    """

    name: str
    others: tuple[str, ...] = ()


def in_documented_order(keys: Document) -> Record:
    """Return keys in the order of docs/manifest.md."""
    return {name: keys[name] for name in sorted(keys, key=lambda each: _ORDER.get(each, _LAST))}


def keys_of(job: Job) -> Record:
    """Return the keys that say what a job's definition and request say, as far as keys can.

    What they leave unsaid of the request is for a patch.
    """
    request = plain_request(job.request)
    keys: Record = {}
    if job.definition is not None:
        keys["task_definition"] = shortened({"family": family_name(job.name) or "job", **job.definition})
    elif isinstance(named := job.request.get("taskDefinition"), str):
        keys["task_definition_arn"] = named
    container = container_of(job).name
    if container and "container_name" not in job.keys and not _is_understood(job.definition, container):
        keys["container_name"] = container
    keys |= _of_container(request, container)
    keys |= _of_overrides(request, job.definition) | _sizes(request, job.definition, container)
    if isinstance(definition := keys.get("task_definition"), Mapping):
        keys["task_definition"] = {
            name: definition[name] for name in definition if name not in _said_by(keys)
        }
    keys |= {key: request[name] for key, name in RUN_OPTIONS.items() if name in request}
    keys |= _labels(request) | _network(request) | _launch(job, request)
    return {**keys, **job.keys}


def container_of(job: Job) -> Meant:
    """Return the container that a job means.

    It is the one that the source names, else the only one that the request overrides or that is essential,
    else the first of these.
    """
    if job.container:
        return Meant(job.container)
    overridden = [each["name"] for each in _overrides(job.request) if isinstance(each.get("name"), str)]
    candidates = _candidates(job.definition or {})
    names = [each for each in candidates if each in overridden] or candidates or overridden
    return Meant(names[0], others=tuple(names[1:])) if names else Meant("")


def _candidates(definition: Document) -> list[str]:
    """Return the names of the containers that a job may mean, as the default of `container_name` has it."""
    containers = [each for each in _list(definition, "containerDefinitions") if isinstance(each, Mapping)]
    workers = [each for each in containers if not each.get("firelensConfiguration")]
    essential = [each for each in workers if each.get("essential", True) is not False]
    return [str(each["name"]) for each in essential or workers if each.get("name")]


def _is_understood(definition: Document | None, container: str) -> bool:
    """Return whether the default of `container_name` is this container."""
    return definition is not None and _candidates(definition) == [container]


def _list(document: Document, name: str) -> Sequence[Any]:
    value = document.get(name)
    return value if isinstance(value, list | tuple) else ()


def _overrides(request: Document) -> list[Mapping[str, Any]]:
    inner = request.get("overrides")
    listed = _list(inner, "containerOverrides") if isinstance(inner, Mapping) else ()
    return [each for each in listed if isinstance(each, Mapping)]


def _of_container(request: Document, container: str) -> Record:
    """Return what the request overrides in the job's container: `command` and `env`."""
    own = next((each for each in _overrides(request) if each.get("name") == container), {})
    keys: Record = {}
    command = own.get("command")
    if isinstance(command, list) or (isinstance(command, str) and referred(command)):
        keys["command"] = command
    pairs = list(_pairs(own.get("environment"), "name"))
    if pairs and len(dict(pairs)) == len(_list(own, "environment")):
        keys["env"] = dict(pairs)
    return keys


def _pairs(value: Any, name: str) -> Iterator[tuple[str, str]]:
    """Yield the names and values of a list of pairs, as far as both are text.

    A name with a reference in it is left to a patch: the names of keys are not expanded.
    """
    for each in value if isinstance(value, list | tuple) else ():
        if isinstance(each, Mapping) and each.keys() == {name, "value"}:
            key, text = each[name], each["value"]
            if isinstance(key, str) and isinstance(text, str) and not has_reference(key):
                yield key, text


def _of_overrides(request: Document, definition: Document | None) -> Record:
    """Return what the request overrides of the task, as keys that leave an embedded definition as it is."""
    inner = request.get("overrides")
    if not isinstance(inner, Mapping):
        return {}
    keys = {
        key: inner[name]
        for key, name in OVERRIDE_OPTIONS.items()
        if name in inner and (definition is None or _keeps(definition, key, name, inner[name]))
    }
    storage = inner.get("ephemeralStorage")
    if definition is None and isinstance(storage, Mapping) and storage.keys() == {"sizeInGiB"}:
        keys["ephemeral_storage_gib"] = storage["sizeInGiB"]
    return keys


def _keeps(definition: Document, key: str, name: str, value: Any) -> bool:
    """Return whether a definition stays as it is with a key that overrides one of its members."""
    return key not in _IN_DEFINITIONS or definition.get(name) == value


def _sizes(request: Document, definition: Document | None, container: str) -> Record:
    """Return the sizes that an embedded definition has and a request for Fargate overrides with the same.

    A key says both, and the size of the container as well where it is the only one.
    """
    inner = request.get("overrides")
    if definition is None or not isinstance(inner, Mapping) or not _is_for_fargate(request):
        return {}
    own = next((each for each in _overrides(request) if each.get("name") == container), {})
    names = [
        each.get("name") for each in _list(definition, "containerDefinitions") if isinstance(each, Mapping)
    ]
    keys: Record = {}
    for name in _SIZES:
        amount = inner.get(name)
        if isinstance(amount, str) and _DIGITS.fullmatch(amount) and str(definition.get(name)) == amount:
            wanted = int(amount) if names == [container] else None
            if own.get(name) == wanted:
                keys[name] = int(amount)
    return keys


def _is_for_fargate(request: Document) -> bool:
    """Return whether a request is for Fargate, by its launch type or a provider of its strategy."""
    strategy = _list(request, "capacityProviderStrategy")
    providers = {each.get("capacityProvider") for each in strategy if isinstance(each, Mapping)}
    return request.get("launchType") == "FARGATE" or not providers.isdisjoint(FARGATE_PROVIDERS)


def _said_by(keys: Document) -> frozenset[str]:
    """Return the members of a definition that keys say."""
    sizes = {name for name in _SIZES if name in keys}
    return frozenset(sizes | {name for key, name in _IN_DEFINITIONS.items() if key in keys})


def _labels(request: Document) -> Record:
    pairs = dict(_pairs(request.get("tags"), "key"))
    return {"labels": pairs} if pairs and len(pairs) == len(_list(request, "tags")) else {}


def _network(request: Document) -> Record:
    network = request.get("networkConfiguration")
    inner = network.get("awsvpcConfiguration") if isinstance(network, Mapping) else None
    return {"network_configuration": inner} if isinstance(inner, Mapping) else {}


def _launch(job: Job, request: Document) -> Record:
    """Return where the job runs, where that is not Fargate."""
    if "capacityProviderStrategy" in request:
        strategy = request["capacityProviderStrategy"]
        if strategy == _SPOT:
            return {"launch_type": "FARGATE_SPOT"}
        return {"capacity_provider_strategy": strategy}
    if "launchType" in request:
        return {} if request["launchType"] == "FARGATE" else {"launch_type": request["launchType"]}
    if job.request:
        return {"launch_type": None}  # null means something: the cluster decides
    if job.definition is None:
        return {}
    compatible = _list(job.definition, "requiresCompatibilities")
    if "FARGATE" in compatible:
        return {}
    return {"launch_type": next((each for each in ("EC2", "EXTERNAL") if each in compatible), None)}
