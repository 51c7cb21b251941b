"""The requests of Prefect's ECS worker as keys of a manifest that makes the same ones."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ecsplan.job.spec import DEFAULT_CONTAINER
from ecsplan.terms.bodies import as_list, as_mapping, as_mappings, as_text, capacity_providers
from ecsplan.terms.fargate import FARGATE_PROVIDERS
from ecsplan.terms.manifest_keys import RUN_OPTIONS
from ecsplan.terms.pointers import child
from ecsplan_convert.prefect.fields import Part
from ecsplan_convert.prefect.slugs import slugged_tag
from ecsplan_convert.prefect.worker import LOG_GROUP, SIZE, SPOT, Prepared, configures_logs
from ecsplan_convert.source import Suggestion

_NETWORK: Final = "networkConfiguration"
_INNER: Final = "awsvpcConfiguration"
_OWN: Final = "/overrides/containerOverrides/0"
_SIMPLE: Final = frozenset(
    {"containerDefinitions", "family", "executionRoleArn", "requiresCompatibilities", "networkMode", *SIZE}
)
"""Members of a definition that keys say, or that Fargate implies."""
_KNOWN: Final = frozenset(
    {"taskDefinition", "launchType", "capacityProviderStrategy", "overrides", "tags", _NETWORK}
)
_KEYS: Final = {aws: key for key, aws in RUN_OPTIONS.items()}


def keys_of_pool(values: Mapping[str, Any], made: Prepared, *, default_image: str) -> tuple[Part, ...]:
    """Return the keys of the requests that the worker makes.

    Args:
        values: The members of the job configuration, each of its type.
        made: The requests.
        default_image: The image of the container where nothing gives one.
    """
    return (
        _definition(values, made, default_image),
        _place(made),
        _container(made),
        _network(values, made),
        _logging(values, made),
        _patch(made),
    )


def _linked(made: Prepared) -> str | None:
    return as_text(made.request.get("taskDefinition"))


def _own(made: Prepared) -> Mapping[str, Any]:
    """Return the container of the definition that the worker means."""
    containers = as_mappings(made.definition.get("containerDefinitions"))
    return next((each for each in containers if each.get("name") == made.container), {})


def _override(made: Prepared) -> Mapping[str, Any]:
    """Return what the request overrides of that container."""
    listed = as_mappings(as_mapping(made.request.get("overrides")).get("containerOverrides"))
    return next((each for each in listed if each.get("name") == made.container), {})


def _is_alone(made: Prepared) -> bool:
    return len(as_mappings(made.definition.get("containerDefinitions"))) == 1


def on_fargate(request: Mapping[str, Any]) -> bool:
    """Return whether ecsplan takes a request for one on Fargate."""
    providers = capacity_providers(request)
    return request.get("launchType") in FARGATE_PROVIDERS or not FARGATE_PROVIDERS.isdisjoint(providers)


def _definition(values: Mapping[str, Any], made: Prepared, default_image: str) -> Part:
    """Return the definition that the worker registers or is given, with the sizes and roles that keys say."""
    linked = _linked(made)
    role = values.get("execution_role_arn")
    roles = {"execution_role_arn": role} if role else {}
    if linked is not None:
        return _linked_definition(values, made, {"task_definition_arn": linked, **roles})
    notes: list[str] = []
    own = dict(_own(made))
    if configures_logs(values):
        own.pop("logConfiguration", None)
    if not own.get("image"):
        own["image"] = default_image
        notes.append(
            "no image is set: the worker takes that of the Prefect that is installed where it runs; the "
            f"manifest has `{default_image}`"
        )
    if not made.definition.get("family"):
        notes.append(
            "no family is set: the worker names one after pool and deployment, ecsplan after the job"
        )
    keys = roles if _is_simple(made, own) else {**roles, "task_definition": _embedded(made, own, role)}
    if _is_simple(made, own):
        keys |= {"image": own["image"]} | {
            name: made.definition[name] for name in ("family",) if made.definition.get(name)
        }
    if not (_is_alone(made) and ("task_definition" in keys or made.container == DEFAULT_CONTAINER)):
        keys["container_name"] = made.container
    return Part({**keys, **_sizes(made)}, tuple(notes))


def _linked_definition(values: Mapping[str, Any], made: Prepared, keys: Mapping[str, Any]) -> Part:
    """Return these keys of a linked definition, with its sizes and the name of its container."""
    overridden = as_mapping(as_mapping(values.get("task_run_request")).get("overrides"))
    first = next(iter(as_mappings(overridden.get("containerOverrides"))), {})
    named = as_text(values.get("container_name")) or as_text(first.get("name"))
    is_ignored = len(_own(made)) > 1 or not _is_alone(made)
    note = "the worker ignores `task_definition` beside a `taskDefinition`, and so does the manifest"
    container = {"container_name": named} if named else {}
    return Part({**keys, **_sizes(made), **container}, (note,) if is_ignored else ())


def _is_simple(made: Prepared, own: Mapping[str, Any]) -> bool:
    """Return whether keys alone make the definition, without `task_definition`."""
    definition = made.definition
    sizes = {
        name: as_mapping(made.request.get("overrides")).get(name, str(size)) for name, size in SIZE.items()
    }
    return (
        on_fargate(made.request)
        and {*definition} <= _SIMPLE
        and {*own} <= {"name", "image"}
        and _is_alone(made)
        and definition.get("networkMode") == "awsvpc"
        and definition.get("requiresCompatibilities") == ["FARGATE"]
        and all(definition.get(name) == size for name, size in sizes.items())
    )


def _embedded(made: Prepared, own: Mapping[str, Any], role: str | None) -> dict[str, Any]:
    """Return the definition without what the manifest adds for Fargate, and without its role."""
    containers = [
        own if each.get("name") == made.container else each
        for each in as_mappings(made.definition.get("containerDefinitions"))
    ]
    definition = {**made.definition, "containerDefinitions": containers}
    if role is not None and definition.get("executionRoleArn") == role:
        del definition["executionRoleArn"]
    if on_fargate(made.request):
        if definition.get("networkMode") == "awsvpc":
            del definition["networkMode"]
        if definition.get("requiresCompatibilities") == ["FARGATE"]:
            del definition["requiresCompatibilities"]
    return definition


def _sizes(made: Prepared) -> dict[str, int]:
    """Return the sizes that the request overrides, where keys would not change the definition."""
    overrides = as_mapping(made.request.get("overrides"))
    return {
        name: int(size)
        for name in SIZE
        if isinstance(size := overrides.get(name), str)
        and size.isdecimal()
        and (_linked(made) or not on_fargate(made.request) or made.definition.get(name) == size)
    }


def _place(made: Prepared) -> Part:
    """Return where the job runs, and the members of the request that keys pass through."""
    request = made.request
    keys = {_KEYS[name]: each for name, each in request.items() if name in _KEYS and each is not None}
    strategy = [
        {name: each for name, each in one.items() if (name, each) != ("base", 0)}
        for one in as_mappings(request.get("capacityProviderStrategy"))
    ]
    if strategy == SPOT:
        return Part({**keys, "launch_type": "FARGATE_SPOT"})
    if strategy:
        return Part({**keys, "capacity_provider_strategy": strategy})
    launch = request.get("launchType")
    return Part(keys if launch == "FARGATE" else {**keys, "launch_type": launch})


def _container(made: Prepared) -> Part:
    """Return what the request sets for the run: command, variables, tags and the role of the task."""
    override = _override(made)
    keys: dict[str, Any] = {}
    notes: list[str] = []
    command = [str(each) for each in as_list(override.get("command"))]
    if command:
        keys["command"] = command
    for key, name, pairs in (
        ("env", "name", as_mappings(override.get("environment"))),
        ("labels", "key", as_mappings(made.request.get("tags"))),
    ):
        named = {str(each.get(name)): str(each.get("value")) for each in pairs}
        notes += (
            f"`{key}.{each}` is filled in by Prefect; it is left out" for each in named if "{{" in named[each]
        )
        kept = {each: value for each, value in named.items() if "{{" not in value}
        if key == "labels":
            kept = {slugged_tag(each): slugged_tag(value) for each, value in kept.items()}
        keys |= {key: kept} if kept else {}
    overrides = as_mapping(made.request.get("overrides"))
    for key, name in ("task_role_arn", "taskRoleArn"), ("execution_role_arn", "executionRoleArn"):
        keys |= {key: overrides[name]} if as_text(overrides.get(name)) else {}
    return Part(keys, tuple(notes))


def _network(values: Mapping[str, Any], made: Prepared) -> Part:
    """Return the network, where the definition has one of its own."""
    inner = as_mapping(as_mapping(made.request.get(_NETWORK)).get(_INNER))
    vpc_id = values.get("vpc_id")
    if not _linked(made) and made.definition.get("networkMode") != "awsvpc":
        note = "`vpc_id` and `network_configuration` are left out: only network mode `awsvpc` uses them"
        return Part({}, (note,) if inner or vpc_id or values.get("network_configuration") else ())
    if inner.get("subnets"):
        note = "`vpc_id` is left out: the subnets of `network_configuration` say it"
        return Part({"network_configuration": inner}, (note,) if vpc_id else ())
    if not inner and values.get("network_configuration"):
        note = "`network_configuration` is left out: the worker refuses it without a `vpc_id`"
        return Part({}, (note,))
    return Part({"vpc_id": vpc_id} if vpc_id else {})


def _logging(values: Mapping[str, Any], made: Prepared) -> Part:
    """Return the keys of logging, with the group that the worker has by default."""
    streams = values.get("stream_output")
    logs = as_mapping(_own(made).get("logConfiguration"))
    if not configures_logs(values):
        return Part({"stream_output": streams} if streams and logs.get("logDriver") == "awslogs" else {})
    if _linked(made):
        return Part({}, ("the worker configures no log for a definition that is linked by `taskDefinition`",))
    keys: dict[str, Any] = {"stream_output": True} if streams else {"configure_cloudwatch_logs": True}
    keys |= {"stream_output": False} if streams is False else {}
    options = as_mapping(logs.get("options"))
    keys["cloudwatch_logs_options"] = {
        name: value for name, value in options.items() if (name, value) != ("awslogs-create-group", "true")
    }
    notes = () if "awslogs-stream-prefix" in options else (_PREFIX,)
    if values.get("execution_role_arn") or made.definition.get("executionRoleArn"):
        return Part(keys, notes)
    reason = "logs in CloudWatch are left out: they need an execution role, which is not in the source"
    return Part({}, notes, (Suggestion({"execution_role_arn": "arn:aws:iam::…:role/…", **keys}, reason),))


_PREFIX: Final = (
    "no prefix of the log is set: the worker names one after pool and deployment, ecsplan after the job "
    f"(group `{LOG_GROUP}`)"
)


def _patch(made: Prepared) -> Part:
    """Return a patch of the run request for what no key says."""
    operations = [*_operations(made)]
    inner = as_mapping(as_mapping(made.request.get(_NETWORK)).get(_INNER))
    if (
        inner
        and not inner.get("subnets")
        and (_linked(made) or made.definition.get("networkMode") == "awsvpc")
    ):
        operations += (_add(f"/{_NETWORK}/{_INNER}", name, value) for name, value in inner.items())
    return Part({"task_customizations": operations} if operations else {})


def _operations(made: Prepared) -> Iterator[dict[str, Any]]:
    request = made.request
    overrides = as_mapping(request.get("overrides"))
    yield from (_add("", name, each) for name, each in request.items() if name not in {*_KNOWN, *_KEYS})
    said = {"taskRoleArn", "executionRoleArn", "containerOverrides", *_sizes(made)}
    yield from (_add("/overrides", name, each) for name, each in overrides.items() if name not in said)
    own = _override(made)
    sizes = _sizes(made) if _is_alone(made) and not _linked(made) else {}
    for name in {**sizes, **own}:
        if name in {"name", "command", "environment"} or own.get(name) == sizes.get(name):
            continue
        yield _add(_OWN, name, own[name]) if name in own else {"op": "remove", "path": child(_OWN, name)}
    for each in as_mappings(overrides.get("containerOverrides")):
        if each is not own:
            yield _add("/overrides/containerOverrides", "-", each)


def _add(at: str, name: str, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": child(at, name), "value": value}
