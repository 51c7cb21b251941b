"""Make a base job template say the requests of a job where its variables alone do not."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ecsplan.decision.canonical import canonical, json_text
from ecsplan.decision.members import OUTPUT_ONLY
from ecsplan.patch.apply import PatchError, applied
from ecsplan.plan.plan import PlannedJob
from ecsplan.terms.bodies import as_mapping, as_mappings
from ecsplan.terms.json_types import Document, Record
from ecsplan.terms.placeholders import REGION_AT_APPLY
from ecsplan_convert.prefect.network import NETWORK
from ecsplan_convert.prefect.template import placeholder
from ecsplan_convert.prefect.worker import filled, prepared

DEFINITION: Final = "task_definition"
REQUEST: Final = "task_run_request"
CONFIGURATION: Final = "job_configuration"
_OVERRIDES: Final = "overrides"
_CONTAINERS: Final = "containerOverrides"
_IN_TASK: Final = {
    "cpu": "cpu",
    "memory": "memory",
    "family": "family",
    "executionRoleArn": "execution_role_arn",
}
_NOT_SENT: Final = frozenset({"taskDefinition", NETWORK})


def with_configuration(template: Document, **members: Any) -> Record:
    """Return a template with other members of its job configuration."""
    return {**template, CONFIGURATION: {**as_mapping(template[CONFIGURATION]), **members}}


def fitted_definition(template: Document, job: PlannedJob, written: Document) -> Record:
    """Return a template whose definition is that of a job, as far as that can be.

    Args:
        template: A template with the defaults of its variables.
        job: The job.
        written: The `task_definition` of the manifest; {} for none.
    """
    defaults = _defaults(template)
    written = {name: each for name, each in written.items() if name not in OUTPUT_ONLY}
    own = _with_placeholders(written, job.watch.container, defaults, only_missing=True) if written else None
    whole = _with_placeholders(job.definition.request, job.watch.container, defaults, only_missing=False)
    literal = _with_placeholders(job.definition.request, job.watch.container, {}, only_missing=False)
    candidates = [
        dict(template) if own is None else with_configuration(template, task_definition=own),
        with_configuration(template, task_definition=whole),
        with_configuration(template, task_definition=literal),
        with_configuration(_without_logging(template), task_definition=literal),
    ]
    for each in candidates:
        if not _differing(each, job):
            return each
    # With placeholders where they do no more harm: a deployment can set these.
    fixed = _differing(candidates[2], job)
    return candidates[1] if _differing(candidates[1], job) == fixed else candidates[2]


def definition_notes(template: Document, job: PlannedJob) -> tuple[str, ...]:
    """Return a note where the worker would register another definition than that of a job.

    Args:
        template: The whole template, on whose run request it depends what the worker prepares.
        job: The job.
    """
    changed = ", ".join(f"`{each}`" for each in _differing(template, job))
    return (f"Prefect's worker changes {changed} of the task definition",) if changed else ()


def _without_logging(template: Document) -> Record:
    """Return a template whose worker leaves the log as the definition has it."""
    variables = as_mapping(template["variables"])
    properties = {name: dict(as_mapping(each)) for name, each in as_mapping(variables["properties"]).items()}
    properties["cloudwatch_logs_options"].pop("default", None)
    properties["configure_cloudwatch_logs"]["default"] = False
    return {**template, "variables": {**variables, "properties": properties}}


def _defaults(template: Document) -> dict[str, Any]:
    properties = as_mapping(as_mapping(template["variables"])["properties"])
    return {name: each["default"] for name, each in properties.items() if "default" in as_mapping(each)}


def _with_placeholders(
    definition: Document, container: str, defaults: Mapping[str, Any], *, only_missing: bool
) -> Record:
    """Return a definition with placeholders for what variables have defaults for.

    Args:
        definition: The definition.
        container: The name of the job's container.
        defaults: The defaults of the variables.
        only_missing: Whether they stand where the definition says something else, or nothing; otherwise
            they stand where it says the same.
    """
    made = dict(definition)
    for member, variable in _IN_TASK.items():
        if variable in defaults and _says(made, member, defaults[variable]) is not only_missing:
            made[member] = placeholder(variable)
    containers = [dict(each) for each in as_mappings(made.get("containerDefinitions"))]
    own = next((each for each in containers if each.get("name") == container), None)
    if own is None:
        own = {"name": container}
        containers.append(own)
    if "image" in defaults and _says(own, "image", defaults["image"]) is not only_missing:
        own["image"] = placeholder("image")
    return {**made, "containerDefinitions": containers}


def _says(part: Mapping[str, Any], member: str, value: Any) -> bool:
    return member in part and str(part[member]) == str(value)


def _differing(template: Document, job: PlannedJob) -> list[str]:
    """Return the members of the definition that the worker would register differently."""
    region = job.aws.region or REGION_AT_APPLY
    made = _comparable(prepared(filled(template).configuration, region).definition)
    wanted = _comparable(job.definition.request)
    names = sorted({*made, *wanted})
    return [name for name in names if json_text({"": made.get(name)}) != json_text({"": wanted.get(name)})]


def _comparable(definition: Document) -> Record:
    """Return a definition in one form, with its tags, which are no part of a revision."""
    tags = sorted(as_mappings(definition.get("tags")), key=lambda each: str(each.get("key")))
    return {**canonical(dict(definition)), **({"tags": [dict(each) for each in tags]} if tags else {})}


def patched_request(
    template: Document, patch: Sequence[Mapping[str, Any]]
) -> tuple[Record, tuple[Mapping[str, Any], ...]]:
    """Return a template with a patch applied to its run request, and the operations that do not fit it."""
    request: object = as_mapping(template[CONFIGURATION])[REQUEST]
    unfit = []
    for each in patch:
        try:
            request = applied(request, [each])
        except PatchError:
            unfit.append(each)
    return with_configuration(template, task_run_request=request), tuple(unfit)


def fitted_request(template: Document, job: PlannedJob, *, linked: bool) -> tuple[Record, tuple[str, ...]]:
    """Return a template whose run request is that of a job, and a note where that cannot be.

    Args:
        template: A template whose definition is that of the job.
        job: The job.
        linked: Whether it runs a definition that the template does not have.
    """
    wanted = _plain(job.run_request)
    if not linked and as_mapping(wanted[_OVERRIDES]).get("executionRoleArn") == job.definition.request.get(
        "executionRoleArn"
    ):
        # The definition has the role, so that the override changes nothing.
        wanted[_OVERRIDES] = {n: v for n, v in wanted[_OVERRIDES].items() if n != "executionRoleArn"}
    request = dict(as_mapping(as_mapping(template[CONFIGURATION])[REQUEST]))
    made = _made(template)
    if job.watch.container.startswith("<"):
        _rename(wanted, job.watch.container, made)
    _repair(request, made, wanted, {_OVERRIDES})
    overrides = dict(as_mapping(request.get(_OVERRIDES)))
    _repair(overrides, made[_OVERRIDES], wanted[_OVERRIDES], {_CONTAINERS})
    overrides[_CONTAINERS] = _containers(overrides.get(_CONTAINERS), made, wanted)
    request[_OVERRIDES] = overrides
    done = with_configuration(template, task_run_request=request)
    left = sorted(_differences(_made(done), wanted))
    return done, tuple(f"Prefect's worker does not send `{each}` as the job has it" for each in left)


def _rename(wanted: dict[str, Any], open_name: str, made: Mapping[str, Any]) -> None:
    """Give the override of a container whose name is not known the name that the worker takes, in place."""
    taken = next((each.get("name") for each in as_mappings(made[_OVERRIDES].get(_CONTAINERS))), None)
    for each in wanted[_OVERRIDES][_CONTAINERS]:
        if each.get("name") == open_name:
            each["name"] = taken


def _made(template: Document) -> dict[str, Any]:
    """Return the request that the worker makes of a template, with what it sends anyway."""
    return _plain(prepared(filled(template).configuration).request)


def _repair(part: dict[str, Any], made: Mapping[str, Any], wanted: Mapping[str, Any], but: set[str]) -> None:
    """Give a part of the template the members that are meant where the worker would send others, in place."""
    for name in {*made, *wanted} - but:
        if made.get(name) == wanted.get(name):
            continue
        if name in wanted:
            part[name] = wanted[name]
        else:
            part.pop(name, None)


def _containers(written: Any, made: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[Record]:
    """Return the overrides of containers in a template, in the order of the request that is meant."""
    templates = [dict(each) for each in as_mappings(written)]
    had = as_mappings(made[_OVERRIDES].get(_CONTAINERS))
    found: list[Record] = []
    for each in as_mappings(wanted[_OVERRIDES].get(_CONTAINERS)):
        index = next((i for i, one in enumerate(had) if one.get("name") == each.get("name")), None)
        if index is None or index >= len(templates):
            found.append(dict(each))
            continue
        _repair(templates[index], had[index], each, set())
        found.append(templates[index])
    return found


def _plain(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request in one form: lists in order, no empty members, no network."""
    kept = {
        name: each for name, each in request.items() if name not in _NOT_SENT and each not in ([], {}, None)
    }
    if "tags" in kept:
        kept["tags"] = sorted(as_mappings(kept["tags"]), key=lambda each: str(each.get("key")))
    if "capacityProviderStrategy" in kept:
        strategy = as_mappings(kept["capacityProviderStrategy"])
        kept["capacityProviderStrategy"] = [{"base": 0, "weight": 0, **each} for each in strategy]
    overrides = {n: v for n, v in as_mapping(kept.get(_OVERRIDES)).items() if v not in ([], {}, None)}
    listed = [_plain_override(each) for each in as_mappings(overrides.get(_CONTAINERS))]
    return {**kept, _OVERRIDES: {**overrides, _CONTAINERS: listed}}


def _plain_override(override: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: each for name, each in override.items() if each not in ([], {}, None)}
    if "environment" in kept:
        kept["environment"] = sorted(as_mappings(kept["environment"]), key=lambda each: str(each.get("name")))
    return kept


def _differences(made: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    for name in {*made, *wanted}:
        if name == _OVERRIDES:
            inner = {*made[name], *wanted[name]}
            yield from (f"{name}.{n}" for n in inner if made[name].get(n) != wanted[name].get(n))
        elif made.get(name) != wanted.get(name):
            yield name
