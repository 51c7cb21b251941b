"""EC2 networking: a default VPC with subnets in three zones and a default security group."""

import zlib
from collections.abc import Mapping

from ecsplan_local.errors import ServiceError
from ecsplan_local.json_types import Body, Json, Record
from ecsplan_local.protocol.wire import Call, parse_number, query_list, query_text
from ecsplan_local.world import World

_SUBNETS = 3

_VPC_ATTRIBUTES = {
    "enableDnsHostnames": True,
    "enableDnsSupport": True,
    "enableNetworkAddressUsageMetrics": False,
}
"""Attributes of a default VPC (Amazon VPC user guide, default VPCs and DNS attributes)."""


def _id(kind: str, realm: str, number: int = 0) -> str:
    """Return an ID that is the same in every state, so that plans from different machines are equal."""
    return f"{kind}-{zlib.crc32(f'{kind}/{realm}/{number}'.encode()):08x}{number:09x}"


def default_vpc(realm: str) -> Record:
    """Return the default VPC of an account in a region."""
    account = realm.partition("/")[0]
    return {
        "vpcId": _id("vpc", realm),
        "ownerId": account,
        "state": "available",
        "cidrBlock": "172.31.0.0/16",
        "instanceTenancy": "default",
        "isDefault": True,
        "tagSet": [],
    }


def subnets(realm: str) -> list[Body]:
    """Return the subnets of the default VPC, one per zone."""
    account, _, region = realm.partition("/")
    return [
        {
            "subnetId": _id("subnet", realm, number),
            "subnetArn": f"arn:aws:ec2:{region}:{account}:subnet/{_id('subnet', realm, number)}",
            "state": "available",
            "vpcId": _id("vpc", realm),
            "ownerId": account,
            "cidrBlock": f"172.31.{16 * number}.0/20",
            "availableIpAddressCount": 4091,
            "availabilityZone": f"{region}{'abc'[number]}",
            "availabilityZoneId": f"{region}-az{number + 1}",
            "defaultForAz": True,
            "mapPublicIpOnLaunch": True,
            "tagSet": [],
        }
        for number in range(_SUBNETS)
    ]


def security_groups(realm: str) -> list[Body]:
    """Return the default VPC's default security group, with the rules that AWS gives it.

    It lets in what comes from itself, and everything out (VPC user guide, default security groups).
    """
    account = realm.partition("/")[0]
    itself: Record = {"groupId": _id("sg", realm), "userId": account}
    return [
        {
            "groupId": _id("sg", realm),
            "groupName": "default",
            "groupDescription": "default VPC security group",
            "vpcId": _id("vpc", realm),
            "ownerId": account,
            "ipPermissions": [{"ipProtocol": "-1", "groups": [itself]}],
            "ipPermissionsEgress": [{"ipProtocol": "-1", "ipRanges": [{"cidrIp": "0.0.0.0/0"}]}],
            "tagSet": [],
        }
    ]


_FILTERS = {
    "isDefault": "isDefault",
    "is-default": "isDefault",
    "vpc-id": "vpcId",
    "state": "state",
    "subnet-id": "subnetId",
    "default-for-az": "defaultForAz",
    "defaultForAz": "defaultForAz",
    "availability-zone": "availabilityZone",
    "availabilityZone": "availabilityZone",
    "map-public-ip-on-launch": "mapPublicIpOnLaunch",
    "cidr": "cidrBlock",
    "cidr-block": "cidrBlock",
    "owner-id": "ownerId",
    "group-id": "groupId",
    "group-name": "groupName",
}
"""Names of EC2's filters -> the member that they compare (botocore ec2 model)."""


def _selected(items: list[Body], call: Call, ids: str, key: str, error: str) -> list[Body]:
    wanted = [str(each) for each in query_list(call.parameters.get(ids))]
    known = {item[key] for item in items}
    for name in wanted:
        if name not in known:
            noun = {"vpcId": "vpc ID", "subnetId": "subnet ID", "groupId": "security group"}[key]
            raise ServiceError(error, f"The {noun} '{name}' does not exist")
    chosen = [item for item in items if not wanted or item[key] in wanted]
    for each in query_list(call.parameters.get("Filter")):
        name = query_text(each, "Name") if isinstance(each, Mapping) else ""
        values = query_list(each.get("Value")) if isinstance(each, Mapping) else []
        if name not in _FILTERS and not name.startswith("tag"):
            raise ServiceError("InvalidParameterValue", f"The filter '{name}' is invalid")
        chosen = [item for item in chosen if _as_filter_value(item.get(_FILTERS.get(name, ""))) in values]
    return chosen


def _as_filter_value(value: Json) -> str:
    # Filters write booleans in lower case.
    return str(value).lower() if isinstance(value, bool) else str(value)


def _page(items: list[Body], call: Call) -> tuple[list[Body], Record]:
    size = parse_number(query_text(call.parameters, "MaxResults") or "1000")
    start = parse_number(query_text(call.parameters, "NextToken") or "0")
    if size is None or not 5 <= size <= 1000 or start is None:
        raise ServiceError("InvalidParameterValue", "Value for parameter MaxResults or NextToken is invalid.")
    # EC2's own limits (botocore ec2 model, MaxResults); they differ from those of ECS in `pages.py`.
    end = start + size
    return items[start:end], {"nextToken": str(end)} if end < len(items) else {}


def describe_vpcs(_world: World, call: Call) -> Body:
    """Describe the default VPC."""
    found = _selected([default_vpc(call.realm)], call, "VpcId", "vpcId", "InvalidVpcID.NotFound")
    items, more = _page(found, call)
    return {"vpcSet": items, **more}


def describe_vpc_attribute(_world: World, call: Call) -> Body:
    """Describe an attribute of the default VPC, with the values of a default VPC on AWS."""
    attribute, given = query_text(call.parameters, "Attribute"), query_text(call.parameters, "VpcId")
    for name, value in (("attribute", attribute), ("vpcId", given)):
        if not value:
            raise ServiceError("MissingParameter", f"The request must contain the parameter {name}")
    if attribute not in _VPC_ATTRIBUTES:
        raise ServiceError(
            "InvalidParameterValue",
            f"Value ({attribute}) for parameter attribute is invalid. Unknown vpc attribute.",
        )
    if given != default_vpc(call.realm)["vpcId"]:
        raise ServiceError("InvalidVpcID.NotFound", f"The vpc ID '{given}' does not exist")
    return {"vpcId": given, attribute: {"value": _VPC_ATTRIBUTES[attribute]}}


def describe_subnets(_world: World, call: Call) -> Body:
    """Describe the default VPC's subnets."""
    found = _selected(subnets(call.realm), call, "SubnetId", "subnetId", "InvalidSubnetID.NotFound")
    items, more = _page(found, call)
    return {"subnetSet": items, **more}


def describe_security_groups(_world: World, call: Call) -> Body:
    """Describe the default VPC's security group."""
    found = _selected(security_groups(call.realm), call, "GroupId", "groupId", "InvalidGroup.NotFound")
    items, more = _page(found, call)
    return {"securityGroupInfo": items, **more}


OPERATIONS = {
    "DescribeSecurityGroups": describe_security_groups,
    "DescribeSubnets": describe_subnets,
    "DescribeVpcAttribute": describe_vpc_attribute,
    "DescribeVpcs": describe_vpcs,
}
