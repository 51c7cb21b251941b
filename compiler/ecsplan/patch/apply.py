"""RFC 6902 patches on either document, operation by operation, so that a failing one is named."""

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ecsplan.schema.nearest import nearest
from ecsplan.terms.pointers import child, tokens_of

_NEEDS = {
    "add": ("path", "value"),
    "replace": ("path", "value"),
    "test": ("path", "value"),
    "remove": ("path",),
    "move": ("path", "from"),
    "copy": ("path", "from"),
}
"""The members that each operation needs (RFC 6902, section 4)."""

_MEMBERS = ("op", "path", "from", "value")

MAX_DEPTH = 64
"""Levels of lists and objects that a patch may leave in a document; no document of AWS comes near it."""

MAX_COPIED = 100_000
"""Values that the copies and moves of one patch may take along: copies of copies double a document."""

MAX_NAMED = 20
"""Members that a hint names."""

_FROM = frozenset({"copy", "move"})
_GIVES = frozenset({"add", "replace"})

_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
"""The index of an item of a list (RFC 6901, section 4)."""


@dataclass(frozen=True, slots=True)
class BadOperation:
    """An operation that cannot be carried out.

    Attributes:
        pointer: The place within the patch, an RFC 6901 pointer such as `/2/path`.
        message: What is wrong with it.
        help: What to do.
    """

    pointer: str
    message: str
    help: str = ""


class PatchError(ValueError):
    """A patch that does not fit its document."""

    def __init__(self, bad: BadOperation) -> None:
        super().__init__(bad.message)
        self.bad = bad


def applied(document: Any, patch: Sequence[Any]) -> Any:
    """Return the document with the patch applied; neither is changed. The first bad operation ends it.

    Args:
        document: Plain data.
        patch: Operations in which `malformed` found nothing.

    Raises:
        PatchError: An operation does not fit the document; it carries the `BadOperation`.
    """
    result, bad = carried_out(document, patch)
    if bad is not None:
        raise PatchError(bad)
    return result


def carried_out(
    document: Any, patch: Sequence[Any], *, leave: Callable[[Any, int], bool] | None = None
) -> tuple[Any, BadOperation | None]:
    """Return the document after all operations before the first bad one, and that one, or None.

    Args:
        document: Plain data.
        patch: Operations in which `malformed` found nothing.
        leave: Whether to leave an operation out, given the document before it and its position.
    """
    from jsonpatch import JsonPatch, JsonPatchException  # noqa: PLC0415 - only jobs with patches need it
    from jsonpointer import JsonPointerException  # noqa: PLC0415

    result = copy.deepcopy(document)
    room = MAX_COPIED
    for index, operation in enumerate(patch):
        if leave is not None and leave(result, index):
            continue
        if operation["op"] in _FROM:
            room -= _values_in(member_at(result, operation["from"]))
        bad = _unfit(result, index, operation) if room >= 0 else _too_much(index)
        if bad is not None:
            return result, bad
        if _removes(operation):
            _remove(result, operation["path"])
            continue
        try:
            result = JsonPatch([copy.deepcopy(operation)]).apply(result, in_place=True)
        except (JsonPatchException, JsonPointerException):
            return result, _refused(index, operation)
    return result, None


def _removes(operation: Mapping[str, Any]) -> bool:
    """Return whether an operation gives a member the value null, which no document of AWS has."""
    return operation["op"] in _GIVES and operation["value"] is None


def _remove(document: Any, pointer: str) -> None:
    """Remove the member that `_unfit` has found a mapping for, if it is there."""
    holder, _, _ = pointer.rpartition("/")
    found = member_at(document, holder)
    if found is not None:
        found[0].pop(tokens_of(pointer)[-1], None)


def member_at(document: Any, pointer: str) -> tuple[Any] | None:
    """Return what a pointer leads to, in a tuple since null is a value; None where there is nothing."""
    for name in tokens_of(pointer):
        below = step(document, name)
        if below is None:
            return None
        (document,) = below
    return (document,)


def step(document: Any, name: str) -> tuple[Any] | None:
    """Return the member of this name or index, in a tuple; None where there is none."""
    if isinstance(document, dict):
        return (document[name],) if name in document else None
    if isinstance(document, list) and _INDEX.fullmatch(name) and int(name) < len(document):
        return (document[int(name)],)
    return None


def malformed(patch: Sequence[Any]) -> list[BadOperation]:
    """Return what is wrong with the operations themselves, whatever they are applied to."""
    return [bad for index, operation in enumerate(patch) for bad in _malformed(f"/{index}", operation)]


def _malformed(pointer: str, operation: Any) -> list[BadOperation]:
    if not isinstance(operation, Mapping):
        message = "an operation of a JSON Patch is a mapping"
        return [BadOperation(pointer, message, 'it has "op", "path" and mostly "value"')]
    name = operation.get("op")
    if not isinstance(name, str) or name not in _NEEDS:
        at = f"{pointer}/op" if "op" in operation else pointer
        message = f"{name!r} is no operation of a JSON Patch" if "op" in operation else 'there is no "op"'
        return [BadOperation(at, message, f"use one of {', '.join(_NEEDS)}")]
    found = [
        BadOperation(pointer, f'"{name}" needs "{each}"') for each in _NEEDS[name] if each not in operation
    ]
    found += [_unknown(pointer, each) for each in operation if each not in _MEMBERS]
    for member in ("path", "from"):
        found += _bad_pointer(f"{pointer}/{member}", member, operation.get(member, ""))
    return found


def _unknown(pointer: str, member: str) -> BadOperation:
    near = nearest(member, _MEMBERS)
    return BadOperation(
        child(pointer, member),
        f"an operation of a JSON Patch has no {member!r}",
        f'did you mean "{near}"?' if near else f"it has {', '.join(_MEMBERS)}",
    )


def _bad_pointer(pointer: str, member: str, where: Any) -> list[BadOperation]:
    if not isinstance(where, str):
        return [BadOperation(pointer, f"{member} is a string such as /tags/0")]
    if where and not where.startswith("/"):
        return [BadOperation(pointer, f"{where!r} is no JSON pointer", f"did you mean /{where}?")]
    if any(each[:1] not in {"0", "1"} for each in where.split("~")[1:]):
        message = f"{where!r} has a ~ that escapes nothing"
        return [BadOperation(pointer, message, "write ~0 for ~ and ~1 for /")]
    return []


def _unfit(document: Any, index: int, operation: Mapping[str, Any]) -> BadOperation | None:
    """Return what keeps the operation from fitting the document, without quoting the document's values."""
    name, path = operation["op"], operation["path"]
    value = (operation.get("value"),)
    if name in _FROM:
        source = operation["from"]
        there = member_at(document, source)
        if there is None:
            hint = _nearest(document, source)
            return BadOperation(f"/{index}/from", f"{name}: there is nothing at {source}", hint)
        if name == "move" and path.startswith(f"{source}/"):
            return BadOperation(f"/{index}/path", f"move: {path} is within {source}, which moves away")
        value = there
    if name == "test":
        return None
    bad = _bad_target(document, index, operation) or _too_deep(index, operation, value[0])
    return bad or (_bad_null(document, index, operation) if _removes(operation) else None)


def _bad_null(document: Any, index: int, operation: Mapping[str, Any]) -> BadOperation | None:
    """Return what is wrong with null as a value: it removes a member, and a list has none."""
    path = operation["path"]
    there = member_at(document, path.rpartition("/")[0]) if path else None
    if there is not None and isinstance(there[0], dict):
        return None
    what = "an item of a list" if path else "the whole document"
    message = f"{operation['op']}: null cannot be {what}"
    return BadOperation(
        f"/{index}/value", message, "null as a value removes a member; to remove an item, use remove"
    )


def _bad_target(document: Any, index: int, operation: Mapping[str, Any]) -> BadOperation | None:
    name, path = operation["op"], operation["path"]
    if not path and name == "remove":
        return BadOperation(f"/{index}/path", "remove: the whole document", "keep the document an object")
    if not path:
        return None
    adds = name not in {"replace", "remove"}
    target = path.rpartition("/")[0] if adds else path
    there = member_at(document, target)
    if there is None:
        hint = _nearest(document, target)
        return BadOperation(f"/{index}/path", f"{name}: there is nothing at {target}", hint)
    return None if not adds or _takes(there[0], tokens_of(path)[-1]) else _refused(index, operation)


def _takes(holder: Any, name: str) -> bool:
    """Return whether a value can be added to its holder under this name or index."""
    if isinstance(holder, list):
        return name == "-" or (_INDEX.fullmatch(name) is not None and int(name) <= len(holder))
    return isinstance(holder, dict)


def _too_deep(index: int, operation: Mapping[str, Any], value: Any) -> BadOperation | None:
    name, path = operation["op"], operation["path"]
    if name == "remove" or len(tokens_of(path)) + depth(value) <= MAX_DEPTH:
        return None
    return BadOperation(f"/{index}/path", f"{name}: more than {MAX_DEPTH} levels deep")


def _refused(index: int, operation: Mapping[str, Any]) -> BadOperation:
    """Return what is wrong with an operation that has its target, and yet cannot be carried out."""
    name, path = operation["op"], operation["path"]
    if name == "test":
        return BadOperation(f"/{index}", f"test: {path} is not the value that the patch expects")
    return BadOperation(
        f"/{index}/path",
        f"{name}: {path} does not fit the document",
        "a list takes an index within it, or - for its end",
    )


def _too_much(index: int) -> BadOperation:
    message = f"the copies and moves of this patch take along more than {MAX_COPIED:,} values"
    return BadOperation(f"/{index}", message, "write the values out, or copy less")


def _values_in(value: Any) -> int:
    match value:
        case dict():
            return 1 + sum(map(_values_in, value.values()))
        case list() | tuple():
            return 1 + sum(map(_values_in, value))
        case _:
            return 1


def depth(value: Any) -> int:
    """Return the levels of lists and objects in a value; 0 for a single one."""
    match value:
        case dict():
            return 1 + max(map(depth, value.values()), default=0)
        case list() | tuple():
            return 1 + max(map(depth, value), default=0)
        case _:
            return 0


def _nearest(document: Any, pointer: str) -> str:
    """Return what stands at the longest part of the pointer that exists: names only, never values."""
    exists = ""
    for name in tokens_of(pointer):
        below = step(document, name)
        if below is None:
            break
        exists, (document,) = child(exists, name), below
    if isinstance(document, dict):
        names = [*map(str, islice(document, MAX_NAMED)), *(["…"] if len(document) > MAX_NAMED else [])]
        return f"{exists or '/'} has {', '.join(names) or 'no members'}"
    if isinstance(document, list):
        return f"{exists or '/'} is a list of {len(document)}"
    return f"{exists or '/'} is a single value"
