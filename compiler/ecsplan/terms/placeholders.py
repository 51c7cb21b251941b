"""Placeholders `<…>` of a plan for values that only AWS knows; apply fills them in."""

REGISTERED_AT_APPLY = "<registered at apply>"
"""Placeholder of the ARN of a revision that apply is going to register."""
REGION_AT_APPLY = "<region at apply>"
"""Placeholder of the region where only the SDK's configuration at apply determines it."""


def variable_at_apply(name: str) -> str:
    """Return the placeholder of a sensitive variable, whose value a plan never holds."""
    return f"<variable {name} at apply>"


def subnets_at_apply(vpc_id: str | None) -> str:
    """Return the placeholder of the subnets of a VPC that AWS was not asked about; None: the default VPC."""
    return f"<subnets of {vpc_id or 'the default VPC'}>"
