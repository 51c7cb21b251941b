"""The decision: whether the newest revision of a family already says what a request says."""

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from ecsplan.decision.canonical import canonical, json_text, owner_of
from ecsplan.terms.records import dataclass

if TYPE_CHECKING:
    from ecsplan.decision.compare import Change

ACTIVE: Final = "ACTIVE"
"""The one status of a revision that can start tasks (M2); botocore's ECS model, TaskDefinitionStatus."""


@dataclass(frozen=True, slots=True)
class Reuse:
    """The live revision says the same; run it.

    Attributes:
        arn: The ARN of that revision, or None where the live document has none.
    """

    arn: str | None
    changes: "tuple[Change, ...]" = ()
    action: Literal["reuse"] = field(default="reuse", init=False)


@dataclass(frozen=True, slots=True)
class Register:
    """No revision says the same; register one.

    Attributes:
        changes: What differs from the live revision; () where the family has no ACTIVE one.
    """

    changes: "tuple[Change, ...]" = ()
    action: Literal["register"] = field(default="register", init=False)


@dataclass(frozen=True, slots=True)
class Undecided:
    """AWS was not asked; apply decides."""

    changes: "tuple[Change, ...]" = ()
    action: Literal["undecided"] = field(default="undecided", init=False)


Decision: TypeAlias = Reuse | Register | Undecided


def decide(request: Mapping[str, object], live: Mapping[str, object] | None) -> Reuse | Register:
    """Decide whether a request needs a new revision, and say why.

    The rules are in `docs/decision.md`. Pure: no argument is changed, and the order of keys means nothing.

    Args:
        request: A RegisterTaskDefinition request.
        live: What DescribeTaskDefinition returned under `taskDefinition` for the family, or None where
            the family has no ACTIVE revision. One that is not ACTIVE counts as none (M2).
    """
    if not live or (live.get("status") or ACTIVE) != ACTIVE:
        return Register()
    owner = owner_of(live)
    wanted, found = canonical(request, owner=owner), canonical(live, owner=owner)
    # DeepDiff finds nothing between equal texts. Most jobs run unchanged, and loading it takes longer than
    # compiling one, so it is asked only where the texts differ; then what it finds is the verdict.
    if json_text(wanted) != json_text(found):
        from ecsplan.decision.compare import describe  # noqa: PLC0415 - for the same reason

        if changes := describe(wanted, found):
            return Register(changes)
    arn = live.get("taskDefinitionArn")
    return Reuse(arn if isinstance(arn, str) else None)
