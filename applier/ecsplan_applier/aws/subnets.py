"""Looking up the subnets of a VPC, and saying what is wrong where there are none."""

from ecsplan.terms.observed import Subnet
from ecsplan_applier.aws.answers import member, members
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import DESCRIBE_SUBNETS, DESCRIBE_VPCS
from ecsplan_applier.outcomes.errors import AwsError, NotObservedError


async def find_subnets(asker: Asker, target: Target, vpc_id: str | None) -> tuple[Subnet, ...]:
    """Return the subnets of a VPC by zone; None is the account's default VPC.

    Raises:
        NotObservedError: There is no such VPC, or it has no subnets.
        ApplierError: EC2 could not be asked.
    """
    vpc = vpc_id or await _default_vpc(asker, target)
    request = {"Filters": [{"Name": "vpc-id", "Values": [vpc]}]}
    pages = await asker.pages(target, DESCRIBE_SUBNETS, request, f"VPC {vpc}")
    found = [
        Subnet(
            member(each, "SubnetId", str, "DescribeSubnets"),
            member(each, "AvailabilityZone", str, "DescribeSubnets", ""),
        )
        for page in pages
        for each in members(page, "Subnets", dict, "DescribeSubnets")
    ]
    if not found:
        # DescribeSubnets has no error for a VPC that does not exist: the empty list may mean either.
        await _require_vpc(asker, target, vpc)
        raise NotObservedError(
            f"DescribeSubnets: VPC {vpc} has no subnets in {target.region}\n"
            "  help: name another vpc_id, or subnets in network_configuration"
        )
    return tuple(sorted(found, key=lambda each: (each.zone, each.subnet_id)))


async def _default_vpc(asker: Asker, target: Target) -> str:
    request = {"Filters": [{"Name": "isDefault", "Values": ["true"]}]}
    for page in await asker.pages(target, DESCRIBE_VPCS, request, "the default VPC"):
        for each in members(page, "Vpcs", dict, "DescribeVpcs"):
            return member(each, "VpcId", str, "DescribeVpcs")
    raise NotObservedError(
        f"DescribeVpcs: the account has no default VPC in {target.region}\n"
        "  help: name one with vpc_id, or subnets in network_configuration"
    )


async def _require_vpc(asker: Asker, target: Target, vpc: str) -> None:
    try:
        answer = await asker.call(target, DESCRIBE_VPCS, {"VpcIds": [vpc]}, f"VPC {vpc}")
    except AwsError as error:
        # EC2 refuses an id that does not exist, and one that is malformed, with different codes of this
        # prefix.
        if not error.code.startswith("InvalidVpc"):
            raise
        answer = {}
    if not members(answer, "Vpcs", dict, "DescribeVpcs"):
        raise NotObservedError(
            f"DescribeVpcs: there is no VPC {vpc} in {target.region}\n"
            "  help: check vpc_id, the region and the account"
        )
