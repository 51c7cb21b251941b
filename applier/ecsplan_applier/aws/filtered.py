"""Describing many resources of EC2 by a filter: those that exist, in as few calls as possible."""

from collections.abc import Sequence
from typing import Final

from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.answers import members
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import (
    DESCRIBE_NAT_GATEWAYS,
    DESCRIBE_NETWORK_INTERFACES,
    DESCRIBE_ROUTE_TABLES,
    DESCRIBE_SECURITY_GROUPS,
    DESCRIBE_SUBNETS,
    DESCRIBE_VPC_ENDPOINTS,
    Operation,
)

MAX_VALUES: Final = 200
"""Values of one filter of a request (EC2 API reference, Filter)."""


@dataclass(frozen=True, slots=True)
class Resources:
    """A kind of resource of EC2 that is described by filters.

    Attributes:
        operation: Describes them.
        items: The member of its answer that lists them.
        filters: The member of its request that holds the filters.
    """

    operation: Operation
    items: str
    filters: str = "Filters"


SUBNETS: Final = Resources(DESCRIBE_SUBNETS, "Subnets")
SECURITY_GROUPS: Final = Resources(DESCRIBE_SECURITY_GROUPS, "SecurityGroups")
ROUTE_TABLES: Final = Resources(DESCRIBE_ROUTE_TABLES, "RouteTables")
NAT_GATEWAYS: Final = Resources(DESCRIBE_NAT_GATEWAYS, "NatGateways", "Filter")
VPC_ENDPOINTS: Final = Resources(DESCRIBE_VPC_ENDPOINTS, "VpcEndpoints")
NETWORK_INTERFACES: Final = Resources(DESCRIBE_NETWORK_INTERFACES, "NetworkInterfaces")


async def filtered(
    asker: Asker,
    target: Target,
    kind: Resources,
    name: str,
    values: Sequence[str],
    *,
    about: str,
    also: Sequence[Body] = (),
) -> list[Body]:
    """Return the resources that a filter finds, whatever the number of its values.

    By filter, not by id: a request with an id that does not exist is refused as a whole, and the error names
    only the first one. A filter takes `*` and `?` for any characters, so it may find more than was asked for.

    Args:
        asker: Makes the calls.
        target: Where they go.
        kind: What is described.
        name: The filter.
        values: Its values, at most 200 of which go into one request.
        about: What is asked about, for messages.
        also: Other filters, which must hold as well.

    Raises:
        ApplierError: EC2 could not be asked.
    """
    requests = [
        {kind.filters: [{"Name": name, "Values": list(values[start : start + MAX_VALUES])}, *also]}
        for start in range(0, len(values), MAX_VALUES)
    ]
    lists = await asker.together(asker.pages(target, kind.operation, each, about) for each in requests)
    return [
        each
        for pages in lists
        for page in pages
        for each in members(page, kind.items, dict, kind.operation.name)
    ]
