"""The parts of ARNs, and of the names of revisions."""

from collections.abc import Iterable


def region_of(reference: str) -> str | None:
    """Return the region in an ARN, or None if it is not an ARN."""
    return _part(reference, 3)


def account_of(reference: str) -> str | None:
    """Return the account in an ARN, or None if it is not an ARN."""
    return _part(reference, 4)


def account_in(references: Iterable[str]) -> str | None:
    """Return the account in the first of these that is an ARN with an account, or None."""
    return next((found for each in references if (found := account_of(each))), None)


def cluster_name_of(cluster: str | None) -> str:
    """Return the name of a cluster that a request names by it or by its ARN; None is the default cluster.

    A request without a cluster goes to the cluster `default` (ECS API reference, RunTask).
    """
    return (cluster or "default").rpartition("/")[2]


def is_same_cluster(one: str | None, other: str | None) -> bool:
    """Return whether two clusters of an account and region, named as for `cluster_name_of`, are the same."""
    return cluster_name_of(one) == cluster_name_of(other)


def family_of(arn: str) -> str:
    """Return the family in a revision's ARN or `family:revision`."""
    return arn.rpartition("/")[2].partition(":")[0]


def revision_of(arn: str) -> int:
    """Return the number in a revision's ARN, or 0 where it has none."""
    number = arn.rpartition(":")[2]
    return int(number) if number.isdecimal() else 0


def _part(reference: str, index: int) -> str | None:
    parts = reference.split(":")
    return parts[index] or None if parts[0] == "arn" and len(parts) > index else None
