"""What differs between two task definitions, with paths that a person can read: the verdict, and its reasons.

DeepDiff finds the differences. It is given documents in which every list without order is a mapping by the
names of its items, and every list in which order counts is a single value. Two canonical documents turn
into the same of these only if they are the same, so DeepDiff finds a difference exactly where one is.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, TypeAlias

from ecsplan.decision.canonical import canonical, json_text, owner_of
from ecsplan.decision.member_kinds import Member, Struct, Unordered
from ecsplan.decision.members import FLAG, TASK_DEFINITION
from ecsplan.terms.json_types import Json, Record
from ecsplan.terms.member_order import alphabetical
from ecsplan.terms.pointers import pointer_of
from ecsplan.terms.records import dataclass
from ecsplan.terms.secrecy import mask_document, mask_value

Op = Literal["add", "remove", "replace"]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between the live definition and the desired one; values that look secret are masked.

    Reads like its JSON too: `change["from"]`, `dict(change)`.

    Attributes:
        op: `add` where only the desired definition has it, `remove` where only the live one has it,
            or `replace`.
        path: Where it is: `/containerDefinitions/web/environment/MODE`. Items of lists are named by their
            name, not by position; in a name, `~1` stands for a slash and `~0` for a tilde.
        before: What the live definition says, plain JSON; None where it says nothing.
        after: What the desired definition says, plain JSON; None where it says nothing.
    """

    op: Op
    path: str
    before: Json
    after: Json

    def to_json(self) -> Record:
        """Return the change as it stands in a plan."""
        return {"op": self.op, "path": self.path, "from": self.before, "to": self.after}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Change":
        """Return the change that `to_json` wrote.

        Raises:
            KeyError: The document lacks a member; the schema of plans asks for all four.
        """
        return cls(document["op"], document["path"], document["from"], document["to"])

    def keys(self) -> Iterable[str]:
        """Return the member names of its JSON."""
        return self.to_json().keys()

    def __getitem__(self, name: str) -> Json:
        return self.to_json()[name]


def compare(desired: Mapping[str, object], live: Mapping[str, object]) -> tuple[Change, ...]:
    """Return what would change in meaning between two task definitions, sorted by path.

    Both are brought to their canonical form first; () means that they say the same. Bare role names on
    either side mean roles in the account of the live definition. Both arguments are left as they were.

    Args:
        desired: A RegisterTaskDefinition request.
        live: What DescribeTaskDefinition returned under `taskDefinition`.
    """
    owner = owner_of(live)
    wanted, found = canonical(desired, owner=owner), canonical(live, owner=owner)
    return () if json_text(wanted) == json_text(found) else describe(wanted, found)


def describe(wanted: Mapping[str, object], found: Mapping[str, object]) -> tuple[Change, ...]:
    """Return the differences between two canonical documents, as `compare` does; () if they are the same."""
    from deepdiff import DeepDiff  # noqa: PLC0415 - 80 ms, and only where something differs

    differences = DeepDiff(
        _named(TASK_DEFINITION, dict(found)),
        _named(TASK_DEFINITION, dict(wanted)),
        view="tree",
        threshold_to_diff_deeper=0,
        ignore_private_variables=False,
    )
    changes = [each for report in differences.values() for level in report for each in _changes(level)]
    return tuple(sorted(changes, key=lambda each: each.path))


_Key: TypeAlias = str | tuple[str, int]
"""What an item is called, and for a later item of the same name also its number, from 2."""


class _Named(dict[_Key, object]):
    """A mapping, with the body that it stands for."""

    __slots__ = ("body",)

    def __init__(self, items: Mapping[Any, object], body: object) -> None:
        super().__init__(items)
        self.body = body


class _NamedList(_Named):
    """A list without order as a mapping from the names of its items.

    A type of its own: DeepDiff reports a change of type before it looks inside, so that a list of pairs
    never equals a mapping with the same names and values.
    """

    __slots__ = ()


class _Whole(str):
    """A list in which order counts: one value, compared by its JSON text.

    Of its own type as well, so that it never equals a string with that text.
    """

    __slots__ = ("body",)
    body: object

    @classmethod
    def of(cls, body: object) -> "_Whole":
        text = cls(json_text(body))
        text.body = body
        return text


def _named(member: Member | None, body: object) -> object:
    match member, body:
        case Struct(), dict():
            return _named_struct(member, body)
        case Unordered(), list():
            return _named_items(member, body)
        case _, dict():
            return _Named({name: _named(None, each) for name, each in body.items()}, body)
        case _, list():
            return _Whole.of(body)
        case _:
            return body


def _named_struct(struct: Struct, body: dict[str, object]) -> _Named:
    """Spell out missing lists, so that each item is a difference of its own, and missing flags as false.

    No canonical document has an empty list or such a flag that is false, so nothing else looks like this.
    """
    items = {name: _named(struct.members.get(name), each) for name, each in body.items()}
    for name, member in struct.members.items():
        if name not in items and isinstance(member, Unordered):
            items[name] = _NamedList({}, [])
        elif member is FLAG:
            items.setdefault(name, False)
    return _Named(items, body)


def _named_items(member: Unordered, body: list[Any]) -> _NamedList:
    items: dict[_Key, object] = {}
    for each in body:
        name = _item_name(member, each)
        key: _Key = name
        number = 2
        # A number within the name would be taken for an item that really has this name.
        while key in items:
            key = (name, number)
            number += 1
        items[key] = _named(None, each[member.value]) if _is_pair(member, each) else _named(member.item, each)
    return _NamedList(items, body)


def _item_name(member: Unordered, item: object) -> str:
    if isinstance(item, dict):
        parts = [str(item[part]) for part in member.named_by if part in item]
        return "-".join(parts) or json_text(item)
    return item if isinstance(item, str) else json_text(item)


def _is_pair(member: Unordered, item: object) -> bool:
    """Return whether an item is a name and a value: then the value stands under its name, by itself.

    The name has to be text: of anything else the path shows only a rendering, which other values share.
    """
    if not isinstance(item, dict) or item.keys() != {*member.named_by, member.value}:
        return False
    return all(isinstance(item[part], str) for part in member.named_by)


def _changes(level: Any) -> Iterator[Change]:
    """Yield what one finding of DeepDiff says; a list that came or went is said item by item."""
    keys = [_key_text(key) for key in level.path(output_format="list")]
    added = level.report_type == "dictionary_item_added" or _is_missing_list(level.t1)
    removed = level.report_type == "dictionary_item_removed" or _is_missing_list(level.t2)
    if added:
        yield from _one_sided("add", keys, level.t2)
    elif removed:
        yield from _one_sided("remove", keys, level.t1)
    else:
        yield Change("replace", pointer_of(*keys), _shown(keys, level.t1), _shown(keys, level.t2))


def _is_missing_list(value: object) -> bool:
    return isinstance(value, _NamedList) and not value


def _key_text(key: _Key) -> str:
    return key if isinstance(key, str) else f"{key[0]} ({key[1]})"


def _one_sided(op: Literal["add", "remove"], keys: list[str], value: object) -> Iterator[Change]:
    if isinstance(value, _NamedList):
        for key, each in value.items():
            yield from _one_sided(op, [*keys, _key_text(key)], each)
        return
    shown = _shown(keys, value)
    yield Change(op, pointer_of(*keys), None if op == "add" else shown, shown if op == "add" else None)


def _shown(keys: list[str], value: object) -> Json:
    """Return a value as a plan may show it: as it is sent to AWS, secrets masked."""
    body = value.body if isinstance(value, (_Named, _Whole)) else value
    is_whole = isinstance(body, (dict, list))
    shown: Json = mask_document(alphabetical(body)) if is_whole else mask_value(keys, body)
    return shown
