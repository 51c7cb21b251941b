"""`NetworkKeys`: what a job says about its network in keys of its own, some of which AWS has to look up."""

from collections.abc import Mapping
from typing import Any

from ecsplan.terms.observed import Tags
from ecsplan.terms.records import dataclass

KEYS = ("subnets", "security_groups", "assign_public_ip")
"""The keys that stand for parts of a `network_configuration`, which excludes them."""

_NO_NAME = ("sg-", "<")
"""How the id of a security group begins, and a placeholder for one; no name can (EC2 API reference,
CreateSecurityGroup)."""


@dataclass(frozen=True, slots=True)
class NetworkKeys:
    """A job's VPC, subnets, security groups and public IP address as its keys give them.

    Attributes:
        vpc_id: The id of its VPC; None where it is given by tags, or not at all.
        vpc_tags: The tags of its VPC.
        subnets: The ids of its subnets, as written.
        subnet_tags: The tags of its subnets.
        groups: Its security groups, ids and names, as written.
        public_ip: Whether it gets a public IP address, or a placeholder for that; None where it does not say.
        beside: The ids of the subnets of a service in whose VPC tags and names are sought; () without one.
    """

    vpc_id: str | None = None
    vpc_tags: Tags = ()
    subnets: tuple[str, ...] = ()
    subnet_tags: Tags = ()
    groups: tuple[str, ...] = ()
    public_ip: bool | str | None = None
    beside: tuple[str, ...] = ()

    @property
    def group_names(self) -> tuple[str, ...]:
        """The security groups given by name, each once."""
        return tuple(dict.fromkeys(each for each in self.groups if not each.startswith(_NO_NAME)))

    @property
    def vpc_of(self) -> tuple[str, ...]:
        """The subnets whose VPC is meant where none is given."""
        return self.subnets or self.beside

    @property
    def vpc_in_words(self) -> str:
        """The VPC in which subnets and groups are sought, as a placeholder calls it."""
        if self.vpc_tags:
            return f"the VPC with {tags_in_words(self.vpc_tags)}"
        if self.vpc_id is None and self.vpc_of:
            return f"the VPC of {self.vpc_of[0].strip('<>')}"
        return self.vpc_id or "the default VPC"


def network_keys_of(spec: Mapping[str, Any]) -> NetworkKeys:
    """Return the network keys of a normalized manifest."""
    vpc, subnets = spec.get("vpc_id"), spec.get("subnets")
    return NetworkKeys(
        vpc_id=vpc if isinstance(vpc, str) else None,
        vpc_tags=_tags(vpc),
        subnets=_ids(subnets),
        subnet_tags=_tags(subnets),
        groups=_ids(spec.get("security_groups")),
        public_ip=spec.get("assign_public_ip"),
    )


def tags_in_words(tags: Tags) -> str:
    """Return tags as messages and placeholders show them: `Name=main, tier=private`."""
    return ", ".join(f"{key}={value}" for key, value in tags)


def _ids(value: object) -> tuple[str, ...]:
    """Return the ids and names in a list; the placeholder of a lookup that stands for the whole list."""
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list | tuple) else ()


def _tags(value: object) -> Tags:
    return tuple(sorted(value["tags"].items())) if isinstance(value, dict) else ()
