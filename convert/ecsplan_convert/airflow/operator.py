"""Read EcsRunTaskOperator of Airflow: one call, with its arguments, as a job.

Source: the operator's signature and what it makes of its arguments, in apache-airflow-providers-amazon 9.x
and in the versions before, in which it was called EcsOperator and ECSOperator:
https://airflow.apache.org/docs/apache-airflow-providers-amazon/stable/operators/ecs.html
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ecsplan.job.spec import DEFAULT_CONTAINER
from ecsplan.schema.check import job_violations
from ecsplan.terms.bodies import as_mapping, as_mappings, as_text
from ecsplan.terms.json_types import Document, Json, Record
from ecsplan.terms.pointers import tokens_of
from ecsplan_convert.airflow.policy import POLICY_ROWS, policy_of
from ecsplan_convert.airflow.unsupported import DAG_ROWS, OPERATOR_ROWS, unsupported_notes
from ecsplan_convert.aws.conformed import conformed
from ecsplan_convert.aws.named_containers import with_named_containers
from ecsplan_convert.python.calls import Call
from ecsplan_convert.python.settled import settled
from ecsplan_convert.python.values import Value
from ecsplan_convert.source import Job, Row, Suggestion

OPERATORS: Final = frozenset({"EcsRunTaskOperator", "EcsOperator", "ECSOperator"})
"""The operator by its names, the present one first."""
REGISTER: Final = "EcsRegisterTaskDefinitionOperator"

MEMBERS: Final[Mapping[str, str]] = {
    "cluster": "cluster",
    "count": "count",
    "launch_type": "launchType",
    "capacity_provider_strategy": "capacityProviderStrategy",
    "network_configuration": "networkConfiguration",
    "overrides": "overrides",
    "platform_version": "platformVersion",
    "group": "group",
    "placement_constraints": "placementConstraints",
    "placement_strategy": "placementStrategy",
    "propagate_tags": "propagateTags",
    "volume_configurations": "volumeConfigurations",
}
"""Arguments that the operator passes on to RunTask, and their members there."""
_REGIONS: Final = ("region_name", "region")

_KEYS: Final[Mapping[str, str]] = {
    "task_id": "name",
    "task_definition": "task_definition_arn",
    "container_name": "container_name",
}
"""Arguments that are texts of a manifest, and their keys."""

ROWS: Final[tuple[Row, ...]] = (
    Row("task_id", "name"),
    Row(
        "task_definition",
        "task_definition_arn",
        "`task_definition`, where an EcsRegisterTaskDefinitionOperator of the file registers it",
    ),
    Row("cluster", "cluster"),
    Row("overrides.containerOverrides.command", "command"),
    Row("overrides.containerOverrides.environment", "env"),
    Row("overrides.containerOverrides, other members", "task_customizations"),
    Row("overrides, other members", "cpu, memory, task_role_arn, execution_role_arn, ephemeral_storage_gib"),
    Row("launch_type", "launch_type", "EC2 where it is left out, as the operator has it"),
    Row("capacity_provider_strategy", "capacity_provider_strategy", "then `launch_type` has no effect"),
    Row("network_configuration", "network_configuration"),
    Row("platform_version", "platform_version"),
    Row("group", "group"),
    Row("placement_constraints", "placement_constraints"),
    Row("placement_strategy", "placement_strategy"),
    Row("propagate_tags", "propagate_tags"),
    Row("volume_configurations", "volume_configurations"),
    Row("tags", "labels"),
    Row("region_name, region", "aws.region"),
    Row("container_name", "container_name", "its log is the one that is shown, and its exit code counts"),
    *POLICY_ROWS,
    *OPERATOR_ROWS,
    Row("a >> b, b << a, chain, set_downstream, set_upstream, cross_downstream", "after"),
    Row("tasks of other operators", "", "what comes after one comes after the ECS tasks before it"),
    *DAG_ROWS,
)


def job_of(call: Call, inherited: Mapping[str, Value], definition: Document | None = None) -> Job:
    """Return the job of one call of the operator, without its place among others.

    It has neither a definition nor a request that names one where the call does not say what it runs.

    Args:
        call: The call.
        inherited: Arguments that it takes from `default_args`, where it does not have its own.
        definition: The task definition that the file registers for it; None where it registers none.
    """
    arguments = {**inherited, **call.arguments}
    notes: list[str] = []
    known: Record = {}
    for name in (
        "task_id",
        *(() if definition else ("task_definition",)),
        *MEMBERS,
        "tags",
        *_REGIONS,
        "container_name",
    ):
        if name in arguments:
            known[name], left_out = settled(arguments[name], name)
            notes += left_out
    for name in _refused(known):
        notes.append(f"{name} is left out: ecsplan refuses its value")
        del known[name]
    job = _requested(known, definition, notes)
    keys, of_policy = policy_of(arguments)
    notes += [*of_policy, *unsupported_notes(arguments, {*known, *MEMBERS, "task_definition"})]
    if call.positional:
        notes.append("positional arguments are left out: the operator takes its arguments by name only")
    region = next((each for name in _REGIONS if (each := as_text(known.get(name)))), None)
    if region is not None:
        keys = {**keys, "aws": {"region": region}}
    return replace(
        job,
        name=as_text(known.get("task_id")) or "",
        container=as_text(known.get("container_name")) or "",
        keys={**job.keys, **keys},
        notes=(*notes, *job.notes),
    )


def _refused(known: Document) -> list[str]:
    """Return the arguments whose values cannot be those of the keys that they become."""
    keys = {ours: known[name] for name, ours in _KEYS.items() if known.get(name) is not None}
    wrong = {tokens_of(each.pointer)[0] for each in job_violations(keys) if each.pointer}
    return [name for name, ours in _KEYS.items() if name in known and ours in wrong]


def _requested(known: Document, definition: Document | None, notes: list[str]) -> Job:
    """Return the job with its request alone, as the operator makes it of the arguments that are known."""
    request: Record = {ours: known[name] for name, ours in MEMBERS.items() if known.get(name) is not None}
    if request.get("capacityProviderStrategy"):
        request.pop("launchType", None)
    elif "launch_type" not in known:
        request["launchType"] = "EC2"
    elif request.get("launchType") == "":
        del request["launchType"]
    if (tags := known.get("tags")) is not None:
        request["tags"] = _tags(tags)
    if as_text(known.get("task_definition")) is not None:
        request["taskDefinition"] = known["task_definition"]
    suggestions = _without_subnets(request)
    keys = _of_nameless_container(request, notes)
    request, left_out = conformed(request, "run-request")
    request, unnamed = with_named_containers(request)
    return Job(
        definition=definition,
        request=request,
        keys=keys,
        suggestions=suggestions,
        notes=(*map(_in_words_of_operator, left_out), *unnamed),
    )


def _tags(tags: Json) -> Json:
    """Return the tags, which the operator takes as a mapping, as RunTask has them."""
    return (
        [{"key": key, "value": value} for key, value in tags.items()] if isinstance(tags, Mapping) else tags
    )


def _without_subnets(request: Record) -> tuple[Suggestion, ...]:
    """Take a network configuration without subnets out of a request, as a suggestion of what it says."""
    network = as_mapping(as_mapping(request.get("networkConfiguration")).get("awsvpcConfiguration"))
    if not network or network.get("subnets"):
        return ()
    del request["networkConfiguration"]
    reason = (
        "network_configuration is left out: it needs `subnets`, which the source does not have as literals"
    )
    return (Suggestion({"network_configuration": {**network, "subnets": ["subnet-…"]}}, reason),)


def _of_nameless_container(request: Record, notes: list[str]) -> Record:
    """Take the only override of a container out of a request, where its name is not known, as keys.

    The manifest's `command` and `env` are for the job's container, whatever it is called.
    """
    overrides = as_mapping(request.get("overrides"))
    containers = as_mappings(overrides.get("containerOverrides"))
    if len(containers) != 1 or "name" in containers[0]:
        return {}
    (own,) = containers
    others = {name: each for name, each in overrides.items() if name != "containerOverrides"}
    named = {**request, "overrides": {**others, "containerOverrides": [{**own, "name": DEFAULT_CONTAINER}]}}
    # What fits is found out under any name.
    checked, left_out = conformed(named, "run-request")
    notes += [each for each in left_out if "containerOverrides" in each]
    (kept,) = as_mappings(as_mapping(checked.get("overrides")).get("containerOverrides")) or ({},)
    request["overrides"] = others
    keys: Record = {}
    if kept.get("command"):
        keys["command"] = kept["command"]
    if environment := as_mappings(kept.get("environment")):
        keys["env"] = {str(each.get("name")): each.get("value", "") for each in environment}
    lost = sorted(kept.keys() - {"name", "command", "environment"})
    if lost:
        notes.append(
            f"overrides.containerOverrides[0].{', '.join(lost)} is left out: the container is not known"
        )
    return keys


def _in_words_of_operator(note: str) -> str:
    """Return a note on a member of RunTask with the argument's name in place of the member's."""
    member = next((ours for ours in MEMBERS.values() if note.startswith(ours)), None)
    argument = next((name for name, ours in MEMBERS.items() if ours == member), None)
    return note if member is None or argument is None else argument + note.removeprefix(member)


def definition_of(call: Call) -> tuple[Document | None, tuple[str, ...]]:
    """Return the task definition that a call of EcsRegisterTaskDefinitionOperator registers.

    Returns:
        The definition, with notes on what it lacks; None where the image of a container is not known.
    """
    notes: list[str] = []
    known: Record = {}
    for name in ("family", "container_definitions", "register_task_kwargs"):
        known[name], left_out = settled(call.arguments.get(name), name)
        notes += left_out
    body: Record = {**as_mapping(known["register_task_kwargs"])}
    body |= {"family": known["family"], "containerDefinitions": known["container_definitions"]}
    definition, left_out = conformed(body, "task-definition")
    containers = as_mappings(definition.get("containerDefinitions"))
    if not containers or not all(
        as_text(each.get("image")) and as_text(each.get("name")) for each in containers
    ):
        return None, (*notes, *left_out)
    return definition, (*notes, *left_out)
