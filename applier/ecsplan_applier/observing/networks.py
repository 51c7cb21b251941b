"""Answering which VPC, subnets and security groups are meant: one list a VPC, whatever is sought in it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from ecsplan.schema.nearest import nearest
from ecsplan.terms.bodies import as_mappings, as_text
from ecsplan.terms.observed import (
    FOUND_TWICE,
    NOT_FOUND,
    Answer,
    AskSecurityGroup,
    AskSubnets,
    AskVpc,
    AskVpcOfSubnets,
    Body,
    NotThere,
    Subnet,
    Tags,
)
from ecsplan.terms.short_texts import listed
from ecsplan_applier.aws.answers import member, members
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.filtered import SECURITY_GROUPS, SUBNETS, filtered
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import DESCRIBE_SECURITY_GROUPS, DESCRIBE_SUBNETS, DESCRIBE_VPCS
from ecsplan_applier.outcomes.errors import AwsError, NotObservedError

_MAX_NAMED: Final = 20
"""VPCs, subnets or names that one message names."""
_MAX_LISTED: Final = 3
"""Pages of security groups that are looked through for a suggestion."""


async def answer_subnets(asker: Asker, target: Target, questions: Sequence[AskSubnets]) -> Sequence[Answer]:
    """Return the subnets that have these tags, by zone; a VPC is listed once, whatever is sought in it.

    Raises:
        NotObservedError: All subnets of a VPC are asked for, and there is no such VPC, or it has none.
        ApplierError: EC2 could not be asked.
    """
    vpcs = list(dict.fromkeys(each.vpc_id for each in questions))
    plain = {each.vpc_id for each in questions if not each.tags}
    found = await asker.together(_subnets(asker, target, vpc, needed=vpc in plain) for vpc in vpcs)
    listed = dict(zip(vpcs, found, strict=True))
    return [_chosen(each, listed[each.vpc_id]) for each in questions]


async def _subnets(
    asker: Asker, target: Target, vpc_id: str | None, *, needed: bool
) -> tuple[str, Sequence[Body]] | NotThere:
    """Return a VPC's id and the subnets that it has; what is missing is an error where it is `needed`."""
    vpc = vpc_id or await _default_vpc(asker, target)
    asked, missing = DESCRIBE_VPCS, _no_default_vpc(target)
    if vpc is not None:
        request = _in_vpc(vpc)
        pages = await asker.pages(target, DESCRIBE_SUBNETS, request, f"VPC {vpc}")
        found = [each for page in pages for each in members(page, "Subnets", dict, DESCRIBE_SUBNETS.name)]
        if found:
            return vpc, found
        # DescribeSubnets has no error for a VPC that does not exist: the empty list may mean either.
        unknown = await _missing_vpc(asker, target, vpc)
        asked, missing = (DESCRIBE_SUBNETS, _bare(vpc, target)) if unknown is None else (asked, unknown)
    if needed:
        raise NotObservedError(f"{asked.name}: {missing.message}\n  help: {missing.help}")
    return missing


def _bare(vpc: str, target: Target) -> NotThere:
    message = f"VPC {vpc} has no subnets in {target.region}"
    return NotThere(message, "name another vpc_id, or subnets in network_configuration", NOT_FOUND)


def _chosen(question: AskSubnets, listed: tuple[str, Sequence[Body]] | NotThere) -> Answer:
    if isinstance(listed, NotThere):
        return listed
    vpc, subnets = listed
    found = [_subnet(each) for each in subnets if _has(each, question.tags)]
    if not found:
        message = f"no subnet of {vpc} has {_shown(question.tags)}"
        return NotThere(message, _near_tags(question.tags, subnets, "its subnets"), NOT_FOUND)
    return tuple(sorted(found, key=lambda each: (each.zone, each.subnet_id)))


def _subnet(body: Body) -> Subnet:
    operation = DESCRIBE_SUBNETS.name
    return Subnet(
        member(body, "SubnetId", str, operation), member(body, "AvailabilityZone", str, operation, "")
    )


async def answer_vpcs(asker: Asker, target: Target, questions: Sequence[AskVpc]) -> Sequence[Answer]:
    """Return the VPC with the tags of each question; the VPCs of the region are listed once.

    Raises:
        ApplierError: EC2 could not be asked.
    """
    # All of them, without a filter: what is like the tags that nothing has is then known, too. A region has
    # 5 VPCs by default and at most hundreds (VPC user guide, quotas).
    pages = await asker.pages(target, DESCRIBE_VPCS, {}, "VPCs")
    vpcs = [each for page in pages for each in members(page, "Vpcs", dict, DESCRIBE_VPCS.name)]
    return [_vpc(each.tags, vpcs, target) for each in questions]


def _vpc(tags: Tags, vpcs: Sequence[Body], target: Target) -> Answer:
    found = sorted(member(each, "VpcId", str, DESCRIBE_VPCS.name) for each in vpcs if _has(each, tags))
    if len(found) == 1:
        return found[0]
    if found:
        message = f"{len(found)} VPCs in {target.region} have {_shown(tags)}: {_listed(found)}"
        return NotThere(message, "add a tag that only one of them has, or write its id", FOUND_TWICE)
    message = f"no VPC in {target.region} has {_shown(tags)}"
    return NotThere(message, _near_tags(tags, vpcs, "VPCs"), NOT_FOUND)


async def answer_vpcs_of_subnets(
    asker: Asker, target: Target, questions: Sequence[AskVpcOfSubnets]
) -> Sequence[Answer]:
    """Return the VPC that the subnets of each question belong to; all subnets are described in one list.

    Raises:
        ApplierError: EC2 could not be asked.
    """
    names = sorted({name for each in questions for name in each.subnets})
    found = await filtered(asker, target, SUBNETS, "subnet-id", names, about=f"subnets {_listed(names)}")
    operation = DESCRIBE_SUBNETS.name
    vpcs = {member(each, "SubnetId", str, operation): member(each, "VpcId", str, operation) for each in found}
    return [_vpc_of(each.subnets, vpcs, target) for each in questions]


def _vpc_of(subnets: Sequence[str], vpcs: Mapping[str, str], target: Target) -> Answer:
    unknown = [each for each in dict.fromkeys(subnets) if each not in vpcs]
    if unknown:
        what = f"is no subnet {unknown[0]}" if len(unknown) == 1 else f"are no subnets {_listed(unknown)}"
        message = f"there {what} in {target.region}"
        return NotThere(message, "check the ids, the region and the account", NOT_FOUND)
    found = sorted({vpcs[each] for each in subnets})
    if len(found) == 1:
        return found[0]
    where = _listed(f"{each} is in {vpcs[each]}" for each in dict.fromkeys(subnets))
    return NotThere(
        f"the subnets belong to {len(found)} VPCs: {where}", "name the subnets of one VPC", FOUND_TWICE
    )


async def answer_security_groups(
    asker: Asker, target: Target, questions: Sequence[AskSecurityGroup]
) -> Sequence[Answer]:
    """Return the security group of each name and VPC; the groups of one VPC are sought in one list.

    Raises:
        ApplierError: EC2 could not be asked.
    """
    vpcs = list(dict.fromkeys(each.vpc_id for each in questions))
    names = {vpc: sorted({each.name for each in questions if each.vpc_id == vpc}) for vpc in vpcs}
    found = await asker.together(_groups(asker, target, vpc, names[vpc]) for vpc in vpcs)
    groups = dict(zip(vpcs, found, strict=True))
    return [groups[each.vpc_id][each.name] for each in questions]


async def _groups(
    asker: Asker, target: Target, vpc_id: str | None, names: Sequence[str]
) -> Mapping[str, str | NotThere]:
    """Return the id of each of these groups of a VPC."""
    vpc = vpc_id or await _default_vpc(asker, target)
    if vpc is None:
        return dict.fromkeys(names, _no_default_vpc(target))
    # Filters take `*` and `?` for any characters: what they find may be more than what was asked for, and is
    # compared again below. Names are unique within a VPC, and case-sensitive (EC2 API, CreateSecurityGroup).
    operation = DESCRIBE_SECURITY_GROUPS.name
    about = f"groups of VPC {vpc}"
    found = {
        member(each, "GroupName", str, operation): member(each, "GroupId", str, operation)
        for each in await filtered(
            asker, target, SECURITY_GROUPS, "group-name", names, about=about, also=(_of_vpc(vpc),)
        )
    }
    if all(each in found for each in names):
        return found
    others = await _group_names(asker, target, vpc)
    # Every VPC has the group `default`, which cannot be deleted (VPC user guide, default security groups).
    gone = None if others else await _missing_vpc(asker, target, vpc)
    return {each: found.get(each) or gone or _no_group(each, vpc, others) for each in names}


async def _group_names(asker: Asker, target: Target, vpc: str) -> list[str]:
    about = f"groups of VPC {vpc}"
    pages = await asker.if_allowed(target, DESCRIBE_SECURITY_GROUPS, _in_vpc(vpc), about, _MAX_LISTED)
    return [
        name
        for page in pages
        for each in as_mappings(page.get("SecurityGroups"))
        if (name := as_text(each.get("GroupName"))) is not None
    ]


def _in_vpc(vpc: str) -> Body:
    return {"Filters": [_of_vpc(vpc)]}


def _of_vpc(vpc: str) -> Body:
    return {"Name": "vpc-id", "Values": [vpc]}


def _no_group(name: str, vpc: str, others: Sequence[str]) -> NotThere:
    near = nearest(name, others)
    help_text = f"did you mean `{near}`?" if near else f"its groups are: {_listed(sorted(others)) or 'none'}"
    return NotThere(f"{vpc} has no security group named {name!r}", help_text, NOT_FOUND)


async def _default_vpc(asker: Asker, target: Target) -> str | None:
    return await asker.once((target, "default VPC"), _find_default_vpc(asker, target))


async def _find_default_vpc(asker: Asker, target: Target) -> str | None:
    request = {"Filters": [{"Name": "isDefault", "Values": ["true"]}]}
    for page in await asker.pages(target, DESCRIBE_VPCS, request, "the default VPC"):
        for each in members(page, "Vpcs", dict, DESCRIBE_VPCS.name):
            return member(each, "VpcId", str, DESCRIBE_VPCS.name)
    return None


def _no_default_vpc(target: Target) -> NotThere:
    return NotThere(
        f"the account has no default VPC in {target.region}",
        "name one with vpc_id, or subnets in network_configuration",
        NOT_FOUND,
    )


async def _missing_vpc(asker: Asker, target: Target, vpc: str) -> NotThere | None:
    """Return what to say of a VPC that does not exist; None where it does."""
    try:
        answer = await asker.call(target, DESCRIBE_VPCS, {"VpcIds": [vpc]}, f"VPC {vpc}")
    except AwsError as error:
        # EC2 refuses an id that does not exist, and one that is malformed, with different codes of this
        # prefix.
        if not error.code.startswith("InvalidVpc"):
            raise
        answer = {}
    if members(answer, "Vpcs", dict, DESCRIBE_VPCS.name):
        return None
    message = f"there is no VPC {vpc} in {target.region}"
    return NotThere(message, "check vpc_id, the region and the account", NOT_FOUND)


def _tags_of(body: Body) -> dict[str, str]:
    return {str(each.get("Key", "")): str(each.get("Value", "")) for each in as_mappings(body.get("Tags"))}


def _has(body: Body, tags: Tags) -> bool:
    """Return whether a resource has these tags; case matters (EC2 user guide, tag restrictions)."""
    found = _tags_of(body)
    return all(found.get(key) == value for key, value in tags)


def _shown(tags: Tags) -> str:
    words = " and ".join(f"{key}={value}" for key, value in tags)
    return f"the tag {words}" if len(tags) == 1 else f"the tags {words}"


def _near_tags(tags: Tags, bodies: Iterable[Body], which: str) -> str:
    """Return what to write in place of tags: the first of them that nothing has at all is at fault."""
    there = [_tags_of(each) for each in bodies]
    for key, value in tags:
        values = sorted({each[key] for each in there if key in each})
        if not values:
            keys = sorted({name for each in there for name in each})
            near = nearest(key, keys)
            return (
                f"did you mean the tag `{near}`?"
                if near
                else f"the tags of {which}: {_listed(keys) or 'none'}"
            )
        if value not in values:
            near = nearest(value, values)
            return f"did you mean `{near}`?" if near else f"the values of {key}: {_listed(values)}"
    return "each of these tags exists, but nothing has all of them"


def _listed(names: Iterable[str]) -> str:
    return listed(names, _MAX_NAMED)
