"""The kinds of members that a task definition is made of, by what ECS does to the values of each."""

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, TypeAlias

from ecsplan.terms.records import dataclass

Kind = Literal["text", "whole", "flag", "cpu_units", "memory_mib"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A single value.

    Attributes:
        kind: How the value is spelled: text, a whole number, true or false, or a task-level size as text.
        nothing: Values that say as much as leaving the member out.
        default: What ECS takes where the member is left out; None where that has a meaning of its own.
    """

    kind: Kind = "text"
    nothing: frozenset[str | int] = frozenset({""})
    default: str | int | bool | None = None


@dataclass(frozen=True, slots=True)
class Data:
    """A map whose keys and values are the user's own: in it an empty value is a value."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list in which order and repeats mean something (N1, EF1)."""

    item: "Member"


@dataclass(frozen=True, slots=True)
class Unordered:
    """A list in which order means nothing (E1, S1, O1-O6).

    Attributes:
        item: What the list holds.
        named_by: The members that name an item in a path; () where an item is its own name.
        value: The one other member of a name and value pair, or None where items are larger.
        last_wins: Whether a later item of the same name replaces an earlier one.
    """

    item: "Member"
    named_by: tuple[str, ...] = ()
    value: str | None = None
    last_wins: bool = False


@dataclass(frozen=True, slots=True)
class Struct:
    """A mapping with fixed members.

    Attributes:
        members: Its members by name; others are unknown to this version.
        required: An item without this member is dropped by ECS, or None.
        defaults_count: Whether the mapping means something even when it is empty or all defaults.
    """

    members: Mapping[str, "Member"]
    required: str | None = None
    defaults_count: bool = False
    fills: Mapping[str, str | int | bool] = field(init=False)

    def __post_init__(self) -> None:
        defaults = {name: each.default for name, each in self.members.items() if isinstance(each, Leaf)}
        object.__setattr__(self, "fills", {name: to for name, to in defaults.items() if to is not None})


Member: TypeAlias = Leaf | Data | Sequence | Unordered | Struct
