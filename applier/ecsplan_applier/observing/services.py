"""Answering what a service of ECS says, ten services of a cluster a call."""

from collections.abc import Mapping, Sequence
from typing import Final

from ecsplan.schema.nearest import nearest
from ecsplan.terms.bodies import as_mapping, as_mappings, as_text, as_texts
from ecsplan.terms.observed import NOT_FOUND, NOT_USABLE, Answer, AskService, Body, NotThere, Service
from ecsplan_applier.aws.answers import in_one_line, member, members
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import DESCRIBE_SERVICES, LIST_CLUSTERS, LIST_SERVICES, Operation
from ecsplan_applier.outcomes.errors import AwsError

_BATCH: Final = 10
"""Services of one DescribeServices request (ECS API reference)."""
_LISTED: Final = 100
"""Services or clusters of one answer (ECS API reference, maxResults)."""
_MAX_LISTED: Final = 3
"""Pages of names that are looked through for a suggestion."""
_MISSING: Final = "MISSING"
"""The reason of a failure that says that there is no such service (ECS API, API failure reasons)."""
_TAKEN: Final = (
    "taskDefinition",
    "networkConfiguration",
    "capacityProviderStrategy",
    "launchType",
    "platformVersion",
)
"""Members that a service and each of its task sets have (botocore ecs model, Service, TaskSet)."""


async def answer_services(asker: Asker, target: Target, questions: Sequence[AskService]) -> Sequence[Answer]:
    """Return what each service says, if it is ACTIVE and has a task definition of its own.

    Raises:
        ApplierError: ECS could not be asked.
    """
    places = [(_cluster_of(each), each.name) for each in questions]
    clusters = dict.fromkeys(cluster for cluster, _ in places)
    batches = [
        (cluster, names[start : start + _BATCH])
        for cluster in clusters
        for names in [list(dict.fromkeys(name for where, name in places if where == cluster))]
        for start in range(0, len(names), _BATCH)
    ]
    found = await asker.together(_read(asker, target, cluster, names) for cluster, names in batches)
    known = {
        (cluster, name): answer
        for (cluster, _), answers in zip(batches, found, strict=True)
        for name, answer in answers.items()
    }
    return [known[each] for each in places]


def _cluster_of(question: AskService) -> str | None:
    """Return the cluster that is asked: an ARN `…:service/CLUSTER/NAME` names it, too."""
    parts = question.name.split("/")
    named = parts[1] if question.name.startswith("arn:") and len(parts) == 3 else None
    return question.cluster or named


async def _read(
    asker: Asker, target: Target, cluster: str | None, names: Sequence[str]
) -> Mapping[str, Service | NotThere]:
    request: Body = {"services": list(names), **({} if cluster is None else {"cluster": cluster})}
    about = f"service {names[0]}" + (f" and {len(names) - 1} more" if len(names) > 1 else "")
    try:
        answer = await asker.call(target, DESCRIBE_SERVICES, request, about)
    except AwsError as error:
        if error.code == "ClusterNotFoundException":
            return dict.fromkeys(names, await _no_cluster(asker, target, cluster))
        if error.code != "InvalidParameterException":
            raise
        # One name that ECS does not accept fails the whole call.
        if len(names) > 1:
            alone = await asker.together(_read(asker, target, cluster, (each,)) for each in names)
            return {name: each for found in alone for name, each in found.items()}
        refused = f"ECS does not accept the service {names[0]!r}: {in_one_line(error.text)}"
        return {names[0]: NotThere(refused, "write the service's name or ARN", NOT_FOUND)}
    described = {name: _described(answer, name) for name in names}
    others: Sequence[str] = ()
    if any(each is None or each.get("status") == "INACTIVE" for each in described.values()):
        others = await _names(asker, target, LIST_SERVICES, "serviceArns", cluster)
    return {name: _service(name, body, cluster, others) for name, body in described.items()}


def _described(answer: Body, name: str) -> Body | None:
    """Return what an answer says of a service; None where it is missing.

    Raises:
        AwsError: ECS does not describe it for another reason.
    """
    operation = DESCRIBE_SERVICES.name
    found = [each for each in members(answer, "services", dict, operation) if _is_named(each, name)]
    # A service that was deleted is described for a while, also beside a new one of its name.
    found.sort(key=lambda each: each.get("status") == "INACTIVE")
    if found:
        return found[0]
    for each in members(answer, "failures", dict, operation):
        reason = member(each, "reason", str, operation, "")
        if _last(member(each, "arn", str, operation, "")) == _last(name) and reason == _MISSING:
            return None
        if _last(member(each, "arn", str, operation, "")) == _last(name):
            text = f"ECS does not describe the service: {reason}"
            raise AwsError(operation, reason or AwsError.BAD_ANSWER, text, about=f"service {name}")
    text = f"the response does not mention the service {name}"
    raise AwsError(operation, AwsError.BAD_ANSWER, text)


def _service(name: str, body: Body | None, cluster: str | None, others: Sequence[str]) -> Service | NotThere:
    """Return a service, if a job can be run like it; `others` are the services of its cluster."""
    if body is None:
        return _no_service(name, cluster, others, deleted=False)
    status = member(body, "status", str, DESCRIBE_SERVICES.name)
    if status == "INACTIVE":
        return _no_service(name, cluster, others, deleted=True)
    if status != "ACTIVE":
        message = f"the service {name!r} is {in_one_line(status)}: it is being deleted"
        return NotThere(message, "name a service that is ACTIVE", NOT_USABLE)
    # Task sets of an external deployment have a definition each, and ECS refuses one of the service itself
    # (ECS developer guide, external deployment; aws/aws-cdk#6245).
    controller = as_text(as_mapping(body.get("deploymentController")).get("type"))
    if controller == "EXTERNAL":
        return NotThere(
            f"the service {name!r} is deployed by an external controller: its task sets, not the service,"
            " have task definitions",
            "link the definition with task_definition_arn, and write network_configuration",
            NOT_USABLE,
        )
    whole = _with_primary(body) if controller == "CODE_DEPLOY" else body
    if as_text(whole.get("taskDefinition")) is None:
        message = f"the service {name!r} has no task definition"
        return NotThere(message, "link a definition with task_definition_arn", NOT_USABLE)
    return Service(whole)


def _with_primary(body: Body) -> Body:
    """Return a service of CodeDeploy with what only its primary task set says.

    CodeDeploy keeps the service's own task definition up to date
    (aws-cloudformation/cloudformation-coverage-roadmap#2234); the rest may stand in the task set alone.
    """
    primary = next(
        (each for each in as_mappings(body.get("taskSets")) if each.get("status") == "PRIMARY"), None
    )
    if primary is None:
        return body
    lacking = {name: primary[name] for name in _TAKEN if primary.get(name) and not body.get(name)}
    # A strategy and a launch type exclude each other: what the service says of one holds for both.
    if body.get("launchType") or body.get("capacityProviderStrategy"):
        lacking.pop("launchType", None)
        lacking.pop("capacityProviderStrategy", None)
    return {**body, **lacking}


def _is_named(body: Body, name: str) -> bool:
    return name in {body.get("serviceName"), body.get("serviceArn")} or (
        name.startswith("arn:") and _last(name) == body.get("serviceName")
    )


def _last(arn: str) -> str:
    """Return the name at the end of an ARN, or a name as it is."""
    return arn.rpartition("/")[2]


def _no_service(name: str, cluster: str | None, others: Sequence[str], *, deleted: bool) -> NotThere:
    where = "the default cluster" if cluster is None else f"cluster {_last(cluster)}"
    near = nearest(_last(name), (each for each in others if each != _last(name)))
    listing = "`aws ecs list-services` lists them; check cluster, region and account"
    what = f"the service {name!r} of {where} was deleted" if deleted else f"{where} has no service {name!r}"
    return NotThere(what, f"did you mean `{near}`?" if near else listing, NOT_FOUND)


async def _no_cluster(asker: Asker, target: Target, cluster: str | None) -> NotThere:
    if cluster is None:
        message = f"there is no default cluster in {target.region}"
        return NotThere(message, "name the service's cluster with `cluster`", NOT_FOUND)
    others = await _names(asker, target, LIST_CLUSTERS, "clusterArns", None)
    near = nearest(_last(cluster), others)
    listing = "`aws ecs list-clusters` lists them; check the region and the account"
    help_text = f"did you mean `{near}`?" if near else listing
    return NotThere(f"there is no cluster {cluster!r} in {target.region}", help_text, NOT_FOUND)


async def _names(
    asker: Asker, target: Target, operation: Operation, listed: str, cluster: str | None
) -> list[str]:
    """Return the names in a list of ARNs, as far as a suggestion needs them."""
    request: Body = {"maxResults": _LISTED, **({} if cluster is None else {"cluster": cluster})}
    pages = await asker.if_allowed(target, operation, request, "names", _MAX_LISTED)
    return [_last(each) for page in pages for each in as_texts(page.get(listed))]
