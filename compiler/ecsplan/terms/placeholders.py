"""Placeholders `<…>` of a plan for values that only AWS knows; apply fills them in."""

REGISTERED_AT_APPLY = "<registered at apply>"
"""Placeholder of the ARN of a revision that apply is going to register."""
REGION_AT_APPLY = "<region at apply>"
"""Placeholder of the region where only the SDK's configuration at apply determines it."""


def variable_at_apply(name: str) -> str:
    """Return the placeholder of a sensitive variable, whose value a plan never holds."""
    return f"<variable {name} at apply>"


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
