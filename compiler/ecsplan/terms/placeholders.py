"""Placeholders `<…>` of a plan for values that only AWS knows; apply fills them in."""

import re
from typing import Final

REGISTERED_AT_APPLY = "<registered at apply>"
"""Placeholder of the ARN of a revision that apply is going to register."""
REGION_AT_APPLY = "<region at apply>"
"""Placeholder of the region where only the SDK's configuration at apply determines it."""

DIGEST_AT_APPLY = "<digest at apply>"
"""Placeholder of the digest of an image whose registry was not asked."""


def variable_at_apply(name: str) -> str:
    """Return the placeholder of a sensitive variable, whose value a plan never holds."""
    return f"<variable {name} at apply>"


_LOOKUP: Final = re.compile(r"<([a-z][-a-z]*:[^<>\s]+) at apply>")


def lookup_at_apply(name: str) -> str:
    """Return the placeholder of a lookup, such as `ssm:/path`, that AWS was not asked about."""
    return f"<{name} at apply>"


def open_lookups(text: str) -> tuple[str, ...]:
    """Return the lookups whose placeholders a text contains, in order."""
    return tuple(_LOOKUP.findall(text)) if "<" in text else ()


def around_lookups(text: str) -> list[str]:
    """Return a text split at the placeholders of lookups: text, lookup, text, and so on."""
    return _LOOKUP.split(text)


def is_one_lookup(text: str) -> bool:
    """Return whether a text is the placeholder of a lookup and nothing else."""
    return _LOOKUP.fullmatch(text) is not None


def as_references(text: str) -> str:
    """Return a text with lookups as a manifest refers to them, in place of their placeholders."""
    return _LOOKUP.sub(r"${\1}", text)


def is_open(value: object) -> bool:
    """Return whether a value is a text that is not known before its lookups are: it has placeholders."""
    return isinstance(value, str) and bool(open_lookups(value))


def lacks_digest(value: object) -> bool:
    """Return whether a value is the name of an image whose digest is not known yet."""
    return isinstance(value, str) and value.endswith(f"@{DIGEST_AT_APPLY}")


def of_service(what: str, name: str) -> str:
    """Return the placeholder of what a service says, about which AWS was not asked."""
    return f"<{what} of service {name}>"


def subnets_at_apply(vpc: str, tags: str = "") -> str:
    """Return the placeholder of subnets that AWS was not asked about.

    Args:
        vpc: Their VPC in words, or its id.
        tags: The tags that they have in words; "" for all subnets of the VPC.
    """
    return f"<subnets with {tags} of {vpc}>" if tags else f"<subnets of {vpc}>"


def security_group_at_apply(name: str, vpc: str) -> str:
    """Return the placeholder of the id of a security group of a VPC that AWS was not asked about."""
    return f"<security group {name} of {vpc}>"


_ANY: Final = re.compile(
    r"<[^<>\n]+ at apply>|<[^<>\n]+ of service [^<>\n]+>"
    r"|<(?:subnets|security group|container|image)\b[^<>\n]* of [^<>\n]+>"
)


def placeholders_in(text: str) -> tuple[str, ...]:
    """Return the placeholders of a plan that a text contains, in order, each with its angle brackets."""
    return tuple(_ANY.findall(text)) if "<" in text else ()
