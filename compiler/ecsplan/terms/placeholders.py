"""What stands in a plan for what only AWS can tell: `<…>`, filled in at apply."""

REGISTERED_AT_APPLY = "<registered at apply>"
"""Stands for the ARN of a revision that does not exist until apply registers it."""
REGION_AT_APPLY = "<region at apply>"
"""Stands for the region, where only the SDK's chain at apply will tell."""


def subnets_at_apply(vpc_id: str | None) -> str:
    """Return what stands for the subnets of a VPC that was not asked about; None is the default VPC."""
    return f"<subnets of {vpc_id or 'the default VPC'}>"
