"""One spelling per meaning: what ECS adds to a task definition, reorders and rewrites, undone."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, Final, TypeGuard, TypeVar

from ecsplan.decision.member_kinds import Data, Leaf, Member, Sequence, Struct, Unordered
from ecsplan.decision.members import NOT_COMPARED, PORT_MAPPINGS, TASK_DEFINITION
from ecsplan.decision.spelling import AS_WRITTEN, SPELLINGS, plain_number
from ecsplan.terms.json_types import Json, Record
from ecsplan.terms.records import dataclass

NOTHING: Final = object()
"""Stands for a value that says as much as leaving it out."""

_SAME_PORT_MODES = frozenset({"awsvpc", "host"})
"""Network modes in which the host port is the container port (P2, P3); elsewhere 0 is a dynamic one (P4)."""
_WINDOWS_DEFAULT_MODES = frozenset({"bridge", "default", "<default>"})
"""What the one mode beside awsvpc is called on Windows; Describe may leave it out (T3, U19).

The agent runs a Windows task with any of them on Docker's `nat` network (aws/amazon-ecs-agent#3564).
"""
_ROLES = ("taskRoleArn", "executionRoleArn")

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose account a task definition lives in: bare role names mean roles of this account (T5).

    Attributes:
        partition: `aws`, `aws-cn`, `aws-us-gov`, …; taken from the ARN and never guessed.
        account_id: The account's 12 digits.
    """

    partition: str
    account_id: str


def owner_of(described: Mapping[str, object]) -> Owner | None:
    """Return whose account a described task definition is in, or None where its ARN does not say."""
    arn = described.get("taskDefinitionArn")
    match arn.split(":", 5) if isinstance(arn, str) else ():
        case ["arn", str(partition), _, _, str(account_id), _] if partition and account_id:
            return Owner(partition, account_id)
    return None


def canonical(request: Mapping[str, object], *, owner: Owner | None = None) -> Record:
    """Return a task definition in the one spelling that fingerprints and comparisons use.

    Two documents that mean the same to ECS have the same canonical form. Pure: `request` is left as it
    was, and canonical(canonical(x)) == canonical(x). A value of the wrong type is kept as it is.

    Args:
        request: A RegisterTaskDefinition request, or what DescribeTaskDefinition returned under
            `taskDefinition`; what only Describe returns is dropped, and tags.
        owner: The account that bare role names belong to; otherwise the account in the document's own
            `taskDefinitionArn`. Without either they stay bare.
    """
    # First the rules of single members, each without a look at its neighbours. Then those that depend on
    # another member, which has its one spelling by now: a host port needs the network mode of the task.
    compared = {str(name): value for name, value in request.items() if name not in NOT_COMPARED}
    said = _struct(TASK_DEFINITION, compared)
    body: Record = said if isinstance(said, dict) else {}
    _set_network_mode(body)
    _set_roles(body, owner or owner_of(request))
    for container in _mappings(body.get("containerDefinitions")):
        _set_host_ports(container, body.get("networkMode"))
        _set_firelens_user(container)
    return body


def fingerprint(request: Mapping[str, object]) -> str:
    """Return `sha256:…` over the canonical form of a request: equal for requests that mean the same."""
    return "sha256:" + hashlib.sha256(json_text(canonical(request)).encode("ascii")).hexdigest()


def json_text(value: object) -> str:
    """Return canonical JSON: sorted keys, no blanks, ASCII. Unlike `==` it keeps 1 and true apart."""
    return _ENCODE(value)


_ENCODE = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode


def _member(member: Member, value: object) -> object:
    return _BY_CLASS[member.__class__](member, value)


def _leaf(leaf: Leaf, value: object) -> object:
    # Nearly every value takes this way out: it is of the type that has no second spelling. The class is
    # compared, not asked with `isinstance`, because true is an int for Python and a flag for ECS.
    if value.__class__ is AS_WRITTEN.get(leaf.kind):
        return NOTHING if value in leaf.nothing else value
    if value is None:
        return NOTHING
    # What says nothing is looked up in its one spelling: "0" asks for as little as 0.
    if isinstance(value, (str, int, float)):
        spelled = SPELLINGS[leaf.kind](value)
        return NOTHING if spelled in leaf.nothing else spelled
    return unknown(value)


def _data(_: Data, value: object) -> object:
    if not isinstance(value, Mapping):
        return unknown(value)
    kept = {str(name): each for name, raw in value.items() if (each := _leaf(_DATUM, raw)) is not NOTHING}
    return kept or NOTHING


_DATUM = Leaf(nothing=frozenset())


def _struct(struct: Struct, value: object) -> object:
    if not (value.__class__ is dict or isinstance(value, Mapping)):
        return unknown(value)
    kept: dict[str, object] = {}
    members = struct.members
    for name, raw in value.items():
        # A member that this version does not know is compared as well: a wrong reuse would hide its change.
        member = members.get(name)
        each = unknown(raw) if member is None else _BY_CLASS[member.__class__](member, raw)
        if each is not NOTHING:
            kept[str(name)] = each
    # ECS drops an item without this member (a variable without a value), so it must not differ from no item.
    if struct.required is not None and struct.required not in kept:
        return NOTHING
    if not struct.fills:
        return kept or NOTHING
    # All defaults say as much as no mapping at all, unless its presence alone means something. With the
    # defaults filled in, an empty mapping would differ from one that is left out.
    if not struct.defaults_count and kept.items() <= struct.fills.items():
        return NOTHING
    return {**struct.fills, **kept}


def _sequence(sequence: Sequence, value: object) -> object:
    if not _is_list(value):
        return unknown(value)
    items = [each for raw in value if (each := _member(sequence.item, raw)) is not NOTHING]
    return items or NOTHING


def _unordered(unordered: Unordered, value: object) -> object:
    # A single item is in order already; most lists without order have one or none.
    items = _sequence(Sequence(unordered.item), value) if _is_list(value) else unknown(value)
    if not isinstance(items, list) or len(items) == 1:
        return items
    return _in_order(items, unordered)


def _in_order(items: list[_Item], unordered: Unordered) -> list[_Item]:
    """Return the items of a list without order sorted by name, each once."""
    # The later item of a name takes the place of the earlier one, as ECS has it where `last_wins`.
    by_name = {_name(each, unordered.named_by): each for each in items}
    # Elsewhere two items of a name stay two, unless they are the same; their text orders them, whatever
    # order they came in.
    if len(by_name) < len(items) and not unordered.last_wins:
        distinct = {(_name(each, unordered.named_by), json_text(each)): each for each in items}
        return [distinct[key] for key in sorted(distinct)]
    return [by_name[name] for name in sorted(by_name)]


def _name(item: object, named_by: tuple[str, ...]) -> tuple[str, ...]:
    # Of a tuple of texts every two can be compared; of the values themselves, 1 and "a" could not be sorted.
    if not named_by or item.__class__ is not dict:
        return (item if item.__class__ is str else json_text(item),)
    return tuple(
        [each if (each := item.get(part)).__class__ is str else json_text(each) for part in named_by]
    )


_BY_CLASS: Mapping[type, Callable[[Any, object], object]] = {
    Leaf: _leaf,
    Data: _data,
    Struct: _struct,
    Sequence: _sequence,
    Unordered: _unordered,
}


def unknown(value: object) -> object:
    """Return a value that no rule knows as plain JSON, or NOTHING where it can only be a new default.

    ECS starts to echo defaults without notice (`systemControls: []`, `enableFaultInjection: false`), so
    null, false, the empty string, list or map, and a point in time say nothing; anything else is compared.
    """
    # Numbers count, zero too: a new limit of 0 may well forbid something, and a wrong reuse would hide it.
    if isinstance(value, Mapping):
        kept = {str(name): each for name, raw in value.items() if (each := unknown(raw)) is not NOTHING}
        return kept or NOTHING
    if _is_list(value):
        return [_plain(each) for each in value] or NOTHING
    says_nothing = value is None or value is False or value == "" or isinstance(value, date)
    return NOTHING if says_nothing else _plain(value)


def _plain(value: object) -> object:
    """Return a value of a list of which nothing is known; there a zero or an empty string has its place."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, (int, float)):
        return plain_number(value)
    if isinstance(value, Mapping):
        each = unknown(value)
        return {} if each is NOTHING else each
    return [_plain(each) for each in value] if _is_list(value) else str(value)


def _is_list(value: object) -> TypeGuard[list[object] | tuple[object, ...]]:
    return value.__class__ is list or isinstance(value, (list, tuple))


def _mappings(value: object) -> Iterable[Record]:
    return (each for each in value if isinstance(each, dict)) if isinstance(value, list) else ()


def _set_network_mode(body: Record) -> None:
    """Bridge is the default on Linux; the default on Windows has no name that Describe always shows (T3)."""
    platform = body.get("runtimePlatform")
    family = platform.get("operatingSystemFamily") if isinstance(platform, dict) else None
    if not (isinstance(family, str) and family.upper().startswith("WINDOWS")):
        body.setdefault("networkMode", "bridge")
    elif str(body.get("networkMode")) in _WINDOWS_DEFAULT_MODES:
        del body["networkMode"]


def _set_roles(body: Record, owner: Owner | None) -> None:
    """ECS returns a bare role name as the ARN in the caller's account (T5)."""
    for member in _ROLES:
        name = body.get(member)
        if owner is not None and isinstance(name, str) and not name.startswith("arn:"):
            body[member] = f"arn:{owner.partition}:iam::{owner.account_id}:role/{name}"


def _set_host_ports(container: Record, network_mode: Json) -> None:
    """The host port that ECS fills in depends on the network mode (P2-P4); a range alone has none."""
    mappings = container.get("portMappings")
    for mapping in _mappings(mappings):
        port = mapping.get("containerPort")
        if port is not None:
            mapping.setdefault("hostPort", port if str(network_mode) in _SAME_PORT_MODES else 0)
    # Mappings that differed only by a host port that was left out may be the same now: order them anew.
    if isinstance(mappings, list) and len(mappings) > 1:
        container["portMappings"] = _in_order(mappings, PORT_MAPPINGS)


def _set_firelens_user(container: Record) -> None:
    """ECS runs a FireLens container as user 0 where it names none (F1)."""
    if "firelensConfiguration" in container:
        container.setdefault("user", "0")
