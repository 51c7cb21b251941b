"""Which revisions the services of a cluster use: for new tasks, in deployments and in task sets."""

from collections.abc import Iterator, Sequence
from typing import Final

from ecsplan.terms.bodies import as_mappings, as_text
from ecsplan.terms.observed import Body
from ecsplan_applier.arns import cluster_name_of
from ecsplan_applier.aws.answers import member, members
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import DESCRIBE_SERVICES, LIST_SERVICES
from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.pruning.use import Use

_BATCH: Final = 10
"""Services of one DescribeServices request (ECS API reference)."""
_LISTED: Final = 100
"""Services of one answer (ECS API reference, ListServices, maxResults)."""
_MISSING: Final = "MISSING"
"""The reason of a failure that says that there is no such service (ECS API, API failure reasons)."""


async def services_using(asker: Asker, target: Target, cluster: str) -> list[Use]:
    """Return which revisions the services of a cluster use.

    A service that is being deleted has tasks still. Its deployments are those under way: the one that a
    failing deployment is rolled back to is among them (ECS developer guide, deployment circuit breaker).

    Args:
        asker: Makes the calls.
        target: Where the cluster is.
        cluster: Its ARN.

    Raises:
        ApplierError: ECS could not be asked.
    """
    name = cluster_name_of(cluster)
    request = {"cluster": cluster, "maxResults": _LISTED}
    try:
        pages = await asker.pages(target, LIST_SERVICES, request, f"cluster {name}")
        arns = [arn for page in pages for arn in members(page, "serviceArns", str, LIST_SERVICES.name)]
        found = await asker.together(
            _described(asker, target, cluster, arns[start : start + _BATCH])
            for start in range(0, len(arns), _BATCH)
        )
    except AwsError as error:
        if error.code == "ClusterNotFoundException":
            return []
        raise
    return [use for services in found for service in services for use in _uses(service, name)]


async def _described(asker: Asker, target: Target, cluster: str, arns: Sequence[str]) -> list[Body]:
    """Return the services, but for those that have been deleted.

    Raises:
        AwsError: ECS does not say of each of them what it is.
    """
    request = {"cluster": cluster, "services": list(arns)}
    operation = DESCRIBE_SERVICES.name
    answer = await asker.call(target, DESCRIBE_SERVICES, request, f"cluster {cluster_name_of(cluster)}")
    found = members(answer, "services", dict, operation)
    gone = [each for each in members(answer, "failures", dict, operation) if each.get("reason") == _MISSING]
    named = {_last(as_text(each.get("serviceArn"))) for each in found}
    named |= {_last(as_text(each.get("arn"))) for each in gone}
    unknown = [each for each in arns if _last(each) not in named]
    if unknown:
        raise AwsError(
            operation, AwsError.BAD_ANSWER, f"the response does not mention the service {unknown[0]}"
        )
    return [each for each in found if each.get("status") != "INACTIVE"]


def _last(arn: str | None) -> str:
    """Return the name in the ARN of a service; older ARNs do not name the cluster before it."""
    return (arn or "").rpartition("/")[2]


def _uses(service: Body, cluster: str) -> Iterator[Use]:
    name = member(service, "serviceName", str, DESCRIBE_SERVICES.name)
    by = f"service {name} in cluster {cluster}"
    for each in (service, *as_mappings(service.get("taskSets")), *as_mappings(service.get("deployments"))):
        reference = as_text(each.get("taskDefinition"))
        if reference is not None:
            yield Use(reference, by)
