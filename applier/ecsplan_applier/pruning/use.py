"""`Use`: something that runs a revision, or is going to, and how it names the revision."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from ecsplan.terms.records import dataclass


@dataclass(frozen=True, slots=True)
class Use:
    """Something that uses a revision.

    Attributes:
        reference: The revision as it names it: an ARN or `family:revision`, or a family, whose newest one it
            uses.
        by: What uses it, in words: `service web in cluster shop`.
    """

    reference: str
    by: str


def users_of(uses: Iterable[Use]) -> Mapping[str, tuple[str, ...]]:
    """Return by what each revision is used, by `family:revision`, or by the family where none is named.

    A revision of another account or region with that name counts as well: to keep one too many does no harm.
    """
    users: dict[str, dict[str, None]] = defaultdict(dict)
    for each in uses:
        users[each.reference.rpartition("/")[2]][each.by] = None
    return {name: tuple(found) for name, found in users.items()}
