"""Whether the endpoints of a VPC lead tasks to the services that they need to start."""

from collections.abc import Iterator, Sequence

from ecsplan.terms.bodies import as_mappings, as_text, as_texts
from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.verify.ec2_questions import AskSecurityGroup
from ecsplan_applier.verify.security_rules import HTTPS, Peers, passage_in
from ecsplan_applier.verify.seen import Seen
from ecsplan_applier.verify.start_requirements import Requirement


@dataclass(frozen=True, slots=True)
class Lack:
    """Why endpoints do not meet a requirement.

    Attributes:
        words: Why, as a clause; of a service without any endpoint, its name.
        is_certain: False where it may be met, in a way that is not checked.
        is_missing: Whether it is a service without any endpoint.
    """

    words: str
    is_certain: bool = True
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """Where tasks use endpoints from.

    Attributes:
        target: The region and account.
        vpc: The VPC.
        table: The id of the route table of their subnet.
        tasks: Their addresses and security groups.
    """

    target: Target
    vpc: str
    table: str
    tasks: Peers


def endpoint_groups(endpoints: Sequence[Body], target: Target) -> Iterator[AskSecurityGroup]:
    """Yield the questions about the security groups of endpoints."""
    for endpoint in endpoints:
        for each in as_mappings(endpoint.get("Groups")):
            if (group := as_text(each.get("GroupId"))) is not None:
                yield AskSecurityGroup(target, group)


def serving(endpoints: Sequence[Body], requirements: Sequence[Requirement]) -> list[Body]:
    """Return the endpoints of the services that are needed."""
    return [each for each in endpoints if any(serves(each, requirement) for requirement in requirements)]


def beyond_endpoints(requirement: Requirement) -> Lack:
    """Return what is said of a requirement that no endpoint meets."""
    return Lack(f"no endpoint leads to {requirement.name}, where the {requirement.why} is")


def words_of(lacks: Sequence[Lack], vpc: str) -> str:
    """Return what endpoints of a VPC lack, as a clause."""
    missing = [each.words for each in lacks if each.is_missing]
    words = [f"{vpc} has no endpoint for {', '.join(missing)}"] if missing else []
    return ", ".join((*words, *(each.words for each in lacks if not each.is_missing)))


def lack_of(requirement: Requirement, endpoints: Sequence[Body], origin: Origin, seen: Seen) -> Lack | None:
    """Return why the endpoints of a VPC do not meet a requirement; None where they do.

    Source: ECR user guide, Amazon ECR interface VPC endpoints (gateway endpoint for S3, private DNS, port
        443; no endpoints for Amazon ECR Public); ECS developer guide, Amazon ECS interface VPC endpoints (the
        interface endpoints for S3 can't be used with Amazon ECR); PrivateLink guide, gateway endpoints.
    """
    match requirement.reach:
        case "internet":
            return beyond_endpoints(requirement)
        case "unknown":
            return Lack(
                f"whether {requirement.name} can be reached from {origin.vpc} is not known", is_certain=False
            )
        case "service":
            faults = [
                _fault(each, requirement, origin, seen) for each in endpoints if serves(each, requirement)
            ]
            if None in faults:
                return None
            found = [each for each in faults if each is not None]
            default = Lack(_named(requirement, origin), is_missing=True)
            return next((each for each in found if not each.is_certain), found[0] if found else default)


def serves(endpoint: Body, requirement: Requirement) -> bool:
    """Return whether an endpoint is one of the service that is needed."""
    # `com.amazonaws.REGION.SERVICE`, in China also `cn.com.amazonaws.REGION.SERVICE`.
    name = as_text(endpoint.get("ServiceName")) or ""
    return requirement.reach == "service" and name.endswith(f".{requirement.region}.{requirement.name}")


def _fault(endpoint: Body, requirement: Requirement, origin: Origin, seen: Seen) -> Lack | None:
    name = f"endpoint {endpoint.get('VpcEndpointId')} ({requirement.name})"
    state = as_text(endpoint.get("State")) or ""
    # The API reference writes `Available`, the answers `available`.
    if state.casefold() != "available":
        return Lack(f"{name} is {state or 'in an unknown state'}")
    if endpoint.get("VpcEndpointType") == "Gateway":
        if origin.table in as_texts(endpoint.get("RouteTableIds")):
            return None
        return Lack(f"{name} is not associated with route table {origin.table}")
    if endpoint.get("PrivateDnsEnabled") is not True:
        # A private hosted zone of Route 53 may lead the name to it instead, as where VPCs share endpoints.
        text = f"private DNS is off for {name}; whether a private hosted zone leads to it is not checked"
        return Lack(text, is_certain=False)
    passage = _passage(endpoint, origin, seen)
    if passage == "closed":
        return Lack(f"the security groups of {name} do not let the tasks in on TCP port 443")
    if passage == "unclear":
        text = f"whether the security groups of {name} let the tasks in on TCP port 443 is not known"
        return Lack(text, is_certain=False)
    if requirement.name == "s3":
        return Lack(f"{name} is an interface endpoint, which ECR does not support", is_certain=False)
    return None


def _passage(endpoint: Body, origin: Origin, seen: Seen) -> str:
    questions = list(endpoint_groups((endpoint,), origin.target))
    groups = [each for each in seen.all_of(*questions) if each is not None]
    # Groups of another account are not shown.
    if not questions or len(groups) < len(questions):
        return "open"
    return passage_in(groups, HTTPS, origin.tasks)


def _named(requirement: Requirement, origin: Origin) -> str:
    return (
        requirement.name
        if requirement.region == origin.target.region
        else f"{requirement.name} in {requirement.region}"
    )
