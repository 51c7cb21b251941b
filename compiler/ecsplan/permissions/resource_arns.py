"""Patterns of ARNs as policies of IAM have them: what is not known is `*`."""

import re
from typing import Final

from ecsplan.terms.placeholders import placeholders_in
from ecsplan.terms.records import dataclass

ANY: Final = "*"
_PARTITIONS: Final = (
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("eu-isoe-", "aws-iso-e"),
    ("eusc-", "aws-eusc"),
)
"""How the names of the regions of a partition begin (botocore, partitions.json); all others are of `aws`."""
_SPECIAL: Final = re.compile(r"[*?$]")
_OPEN: Final = "\0"
"""Stands for a placeholder; no name has it."""
_ARN: Final = re.compile(
    r"arn:(?P<partition>[a-z-]+):[^:]*:(?P<region>[^:]*):(?P<account>[^:]*):.+", re.DOTALL
)
_ACCOUNT: Final = re.compile(r"\d{12}")


@dataclass(frozen=True, slots=True)
class Arn:
    """What an ARN says of where its resource is; None for what it does not say."""

    partition: str
    region: str | None
    account: str | None


def parsed(reference: str | None) -> Arn | None:
    """Return what an ARN says; None for another text, and for one that is not known to its end."""
    found = _ARN.fullmatch(reference or "")
    if found is None:
        return None
    account = found["account"] if _ACCOUNT.fullmatch(found["account"]) else None
    region = found["region"]
    return Arn(found["partition"], None if not region or placeholders_in(region) else region, account)


def partition_of(region: str) -> str:
    """Return the partition of AWS that a region belongs to."""
    return next((partition for prefix, partition in _PARTITIONS if region.startswith(prefix)), "aws")


def literal(text: str) -> str:
    """Return a text with `*`, `?` and `$` written so that they stand for themselves.

    Source: IAM user guide, policy variables, special characters.
    """
    return _SPECIAL.sub(lambda found: f"${{{found[0]}}}", text)


def known(text: str) -> str:
    """Return a text as a pattern: itself as far as it is known, and `*` in place of each placeholder."""
    # One may stand in another: what a service says whose name is looked up.
    while found := placeholders_in(text):
        for each in found:
            text = text.replace(each, _OPEN)
    return ANY.join(map(literal, text.split(_OPEN)))


@dataclass(frozen=True, slots=True)
class Where:
    """Where resources are: a partition, a region and an account, `*` for what is not known."""

    partition: str
    region: str
    account: str

    def arn(self, service: str, resource: str, *, region: str | None = None) -> str:
        """Return the ARN of a resource, a pattern, in this region or another one."""
        region = self.region if region is None else region
        return f"arn:{self.partition}:{service}:{region}:{self.account}:{resource}"

    def named(self, service: str, reference: str, resource: str = "", *, regional: bool = True) -> str:
        """Return the ARN of a resource that is given by its ARN, or by its name.

        Args:
            service: The service.
            reference: The ARN or the name; what is not known of it is a placeholder.
            resource: What stands before the name.
            regional: Whether its ARN has a region.
        """
        if parsed(reference) is not None:
            return known(reference)
        return self.arn(service, f"{resource}{known(reference)}", region=None if regional else "")
