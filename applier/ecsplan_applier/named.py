"""What a name on a command line stands for in AWS: a task definition, a task or a service, as described.

Takes a family, `family:revision`, an ARN, or `service:CLUSTER/NAME`.
Gives AWS's own documents. Asks only; nothing is changed.
"""

import re
from collections.abc import Sequence
from typing import Final, TypeAlias

from ecsplan.terms.bodies import as_mappings, as_text
from ecsplan.terms.observed import AskService, Aws, Body, NotThere, Service
from ecsplan.terms.records import dataclass
from ecsplan_applier.arns import region_of
from ecsplan_applier.aws.answers import members
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import DESCRIBE_NETWORK_INTERFACES, DESCRIBE_TASKS
from ecsplan_applier.aws.retry import RetryPolicy
from ecsplan_applier.observing.observer import Observation
from ecsplan_applier.observing.services import answer_services
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, NotObservedError, first_line

_OF_ECS: Final = r"arn:[^:\s]+:ecs:[^:\s]+:[0-9]{12}:"
_NAME: Final = r"[A-Za-z0-9_-]{1,255}"
_TASK: Final = re.compile(rf"{_OF_ECS}task/(?:(?P<cluster>{_NAME})/)?{_NAME}")
_SERVICE: Final = re.compile(rf"{_OF_ECS}service/(?:{_NAME}/)?{_NAME}")
_DEFINITION: Final = re.compile(rf"(?:{_OF_ECS}task-definition/)?{_NAME}(?::0*[1-9][0-9]*)?")
_BRIEF: Final = RetryPolicy(max_elapsed_s=5.0, max_unreachable_s=4.0)
"""For what is good to have: a task's network interface is soon gone, and an endpoint may have no EC2."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A task definition.

    Attributes:
        reference: Its family, `family:revision` or ARN.
    """

    reference: str


@dataclass(frozen=True, slots=True)
class PastTask:
    """A task, running or stopped.

    Attributes:
        arn: Its ARN.
        cluster: The cluster in it; None in an ARN of the old format, which has none.
    """

    arn: str
    cluster: str | None


@dataclass(frozen=True, slots=True)
class NamedService:
    """A service.

    Attributes:
        name: Its name or ARN.
        cluster: Its cluster; None for that of the ARN, or the default cluster.
    """

    name: str
    cluster: str | None = None


Named: TypeAlias = Definition | PastTask | NamedService


@dataclass(frozen=True, slots=True)
class Description:
    """What AWS says of something.

    Attributes:
        document: The response of DescribeTaskDefinition, DescribeTasks or DescribeServices; beside `tasks`
            the `NetworkInterfaces` of DescribeNetworkInterfaces, as far as there are any.
        region: Where it is.
        elsewhere: Whether that is another region than the one that the command line or the SDK names.
        notes: What could not be asked.
    """

    document: Body
    region: str
    elsewhere: bool
    notes: tuple[str, ...] = ()


def named(source: str) -> Named | None:
    """Return what a text names; None where it cannot be a name of any of these."""
    if (task := _TASK.fullmatch(source)) is not None:
        return PastTask(source, task["cluster"])
    if _SERVICE.fullmatch(source) is not None:
        return NamedService(source)
    # `service:7` is also a revision of the family `service`, which is not what anybody means by it.
    if source.startswith("service:"):
        cluster, _, name = source.removeprefix("service:").rpartition("/")
        return NamedService(name, cluster or None) if name else None
    return Definition(source) if _DEFINITION.fullmatch(source) is not None else None


async def describe(observation: Observation, thing: Named) -> Description:
    """Return what AWS says of a thing; the region in its ARN is asked, whatever the command line says.

    Raises:
        NotObservedError: There is no such thing, or none any more.
        ApplierError: AWS could not be asked.
    """
    reference = _reference(thing)
    region = region_of(reference)
    usual = _usual(observation, region)
    target = usual if region is None else usual.in_region(region)
    notes: tuple[str, ...] = ()
    match thing:
        case Definition():
            document = await _definition(observation, target, thing.reference)
        case PastTask():
            document, notes = await _task(observation, target, thing)
        case NamedService():
            document = await _service(observation, target, thing)
    return Description(document, target.region, target.region != usual.region, notes)


def _reference(thing: Named) -> str:
    match thing:
        case Definition(reference):
            return reference
        case PastTask(arn, _):
            return arn
        case NamedService(name, _):
            return name


def _usual(observation: Observation, region: str | None) -> Target:
    """Return where AWS is asked for what names no region; where nothing names one, that of the ARN."""
    try:
        return observation.target(Aws())
    except ApplierError:
        if region is None:
            raise
        return observation.target(Aws(region=region))


async def _definition(observation: Observation, target: Target, reference: str) -> Body:
    """Return a task definition with its tags, as DescribeTaskDefinition has them."""
    revisions = observation.revisions
    # DescribeTaskDefinition documents a family's name, and no ARN without a revision.
    name = reference.rpartition("/")[2]
    is_family = ":" not in name
    found = await (revisions.latest(target, name) if is_family else revisions.describe(target, reference))
    if found is None:
        what = (
            f"there is no ACTIVE revision of the family {name}" if is_family else f"there is no {reference}"
        )
        raise NotObservedError(
            f"DescribeTaskDefinition: {what} in {target.region}\n"
            "  help: `aws ecs list-task-definitions` lists what exists; check the region and the account"
        )
    return {"taskDefinition": found.definition, "tags": list(found.tags)}


async def _task(observation: Observation, target: Target, task: PastTask) -> tuple[Body, tuple[str, ...]]:
    """Return a task as DescribeTasks has it, with its network interfaces, and what could not be asked."""
    place = {} if task.cluster is None else {"cluster": task.cluster}
    request = {**place, "tasks": [task.arn], "include": ["TAGS"]}
    try:
        answer = await observation.asker.call(target, DESCRIBE_TASKS, request, f"task {task.arn}")
    except AwsError as error:
        if error.code != "ClusterNotFoundException":
            raise
        where = f"cluster {task.cluster}" if task.cluster else "default cluster"
        raise NotObservedError(
            f"there is no {where} in {target.region}, which the task {task.arn} ran in\n"
            "  help: check the ARN and the account; `aws ecs list-clusters` lists the clusters"
        ) from error
    found = members(answer, "tasks", dict, DESCRIBE_TASKS.name)
    if not found:
        raise NotObservedError(_forgotten(task, target))
    interfaces, notes = await _interfaces(observation, target, _interface_ids(found))
    return {"tasks": list(found), "NetworkInterfaces": interfaces}, notes


def _forgotten(task: PastTask, target: Target) -> str:
    where = "" if task.cluster else "; its ARN names no cluster, so the default cluster was asked"
    return (
        f"ECS in {target.region} no longer knows the task {task.arn}{where}\n"
        "  help: ECS forgets a task about an hour after it stopped; `ecsplan init` takes the family or ARN of"
        " its task definition, the RunTask input that started it, or a saved response of DescribeTasks"
    )


def _interface_ids(tasks: Sequence[Body]) -> list[str]:
    details = (
        detail
        for task in tasks
        for attachment in as_mappings(task.get("attachments"))
        for detail in as_mappings(attachment.get("details"))
    )
    names = (as_text(each.get("value")) for each in details if each.get("name") == "networkInterfaceId")
    return list(dict.fromkeys(each for each in names if each))


async def _interfaces(
    observation: Observation, target: Target, ids: Sequence[str]
) -> tuple[list[Body], tuple[str, ...]]:
    """Return network interfaces as EC2 describes them, and why they could not be asked for.

    Those of a stopped task are gone, which a filter answers with an empty list, and an id with an error.
    """
    if not ids:
        return [], ()
    request = {"Filters": [{"Name": "network-interface-id", "Values": list(ids)}]}
    operation = DESCRIBE_NETWORK_INTERFACES
    try:
        answer = await observation.asker.call(target, operation, request, f"interface {ids[0]}", _BRIEF)
        return list(members(answer, "NetworkInterfaces", dict, operation.name)), ()
    except AwsError as error:
        return [], (f"the network interface of the task could not be read: {first_line(error)}",)


async def _service(observation: Observation, target: Target, service: NamedService) -> Body:
    """Return a service as DescribeServices has it."""
    question = AskService(Aws(), service.cluster, service.name)
    answers = await answer_services(observation.asker, target, [question])
    for missing in (each for each in answers if isinstance(each, NotThere)):
        # Most services are in a cluster that has a name.
        unnamed = service.cluster is None and not service.name.startswith("arn:")
        remedy = f"name its cluster: `service:CLUSTER/{service.name}`" if unnamed else missing.help
        raise NotObservedError(f"{missing.message}\n  help: {remedy}")
    return {"services": [each.body for each in answers if isinstance(each, Service)]}
