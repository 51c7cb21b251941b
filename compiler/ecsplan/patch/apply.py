"""Apply RFC 6902 patches operation by operation, so that a message can name the one that fails."""

import copy
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import islice
from typing import TypeAlias

from ecsplan.schema.nearest import nearest
from ecsplan.terms.json_types import text
from ecsplan.terms.pointers import child, tokens_of
from ecsplan.terms.records import dataclass

Operation: TypeAlias = Mapping[str, object]
"""An operation of a patch. Its value may be of any type: `Origins` applies some whose values are origins."""

_NEEDS = {
    "add": ("path", "value"),
    "replace": ("path", "value"),
    "test": ("path", "value"),
    "remove": ("path",),
    "move": ("path", "from"),
    "copy": ("path", "from"),
}
"""The members that each operation requires (RFC 6902, section 4)."""

_MEMBERS = ("op", "path", "from", "value")

MAX_DEPTH = 64
"""Levels of lists and objects in a patched document; no document of AWS comes near it."""

MAX_COPIED = 100_000
"""Values that the copy and move operations of one patch may transfer: copies of copies double a document."""

MAX_NAMED = 20
"""Members that a hint lists."""

_FROM = frozenset({"copy", "move"})
_GIVES = frozenset({"add", "replace"})

_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
"""The index of an item of a list (RFC 6901, section 4)."""


@dataclass(frozen=True, slots=True)
class BadOperation:
    """An operation that cannot be carried out.

    Attributes:
        pointer: RFC 6901 pointer of the place within the patch, such as `/2/path`.
        message: What is wrong with it.
        help: What to write instead; "" where the message says it all.
    """

    pointer: str
    message: str
    help: str = ""


class PatchError(ValueError):
    """A patch does not fit its document; `bad` is its first operation that does not."""

    def __init__(self, bad: BadOperation) -> None:
        super().__init__(bad.message)
        self.bad = bad


def applied(document: object, patch: Sequence[Operation]) -> object:
    """Return the patched document; neither argument is changed.

    Args:
        document: Plain data.
        patch: Well-formed operations, for which `malformed` returns [].

    Raises:
        PatchError: An operation does not fit the document; later ones were not tried.
    """
    result, bad = carried_out(document, patch)
    if bad is not None:
        raise PatchError(bad)
    return result


def carried_out(
    document: object, patch: Sequence[Operation], *, skip: Callable[[object, int], bool] | None = None
) -> tuple[object, BadOperation | None]:
    """Return the document after all operations before the first bad one, and the bad one, or None.

    Args:
        document: Plain data; it is not changed.
        patch: Well-formed operations, for which `malformed` returns [].
        skip: Returns whether to skip an operation, given the document before it and its position.
    """
    from jsonpatch import JsonPatch, JsonPatchException  # noqa: PLC0415 - only jobs with patches need it
    from jsonpointer import JsonPointerException  # noqa: PLC0415

    result = copy.deepcopy(document)
    allowance = MAX_COPIED
    # Invariant: `result` is the document after all earlier operations that were not skipped, and shares no
    # list or object with `document` or `patch`. Operations are applied one at a time because jsonpatch does
    # not say which operation of a patch failed.
    for index, operation in enumerate(patch):
        if skip is not None and skip(result, index):
            continue
        # Counted before the operation, which would already build the doubled document.
        if text(operation, "op") in _FROM:
            allowance -= _values_in(member_at(result, text(operation, "from")))
        # Checked before jsonpatch sees it: its errors quote values, which may be secret, and do not say what
        # the document has in place of what was expected.
        bad = _unfit(result, index, operation) if allowance >= 0 else _too_much(index)
        if bad is not None:
            return result, bad
        # jsonpatch would store the null, which no request of AWS may contain.
        if _removes(operation):
            _remove(result, text(operation, "path"))
            continue
        try:
            # The copy keeps a later operation from changing the value inside the patch itself.
            result = JsonPatch([copy.deepcopy(operation)]).apply(result, in_place=True)
        except (JsonPatchException, JsonPointerException):
            return result, _refused(index, operation)
    return result, None


def _removes(operation: Operation) -> bool:
    """Return whether an operation sets a member to null, which removes it: AWS's documents have no nulls."""
    return text(operation, "op") in _GIVES and operation["value"] is None


def removed_by(operation: Operation) -> str | None:
    """Return the pointer of what an operation removes, or None where it removes nothing."""
    if text(operation, "op") == "move":
        return text(operation, "from")
    removes = text(operation, "op") == "remove" or _removes(operation)
    return text(operation, "path") if removes else None


def _remove(document: object, pointer: str) -> None:
    """Remove a member, if it exists, of the object that `_unfit` has found."""
    holder, _, _ = pointer.rpartition("/")
    found = member_at(document, holder)
    if found is not None and isinstance(found[0], dict):
        found[0].pop(tokens_of(pointer)[-1], None)


def member_at(document: object, pointer: str) -> tuple[object] | None:
    """Return the value at a pointer in a tuple of one, since the value may be null; None without a value."""
    # Invariant: the tokens so far lead to `document`.
    for name in tokens_of(pointer):
        below = step(document, name)
        if below is None:
            return None
        (document,) = below
    return (document,)


def step(document: object, name: str) -> tuple[object] | None:
    """Return the member of this name or index in a tuple of one; None where there is none."""
    if isinstance(document, dict):
        return (document[name],) if name in document else None
    if isinstance(document, list) and _INDEX.fullmatch(name) and int(name) < len(document):
        return (document[int(name)],)
    return None


def malformed(patch: Sequence[object]) -> list[BadOperation]:
    """Return what is wrong with the operations themselves, regardless of the document."""
    return [bad for index, operation in enumerate(patch) for bad in _malformed(f"/{index}", operation)]


def _malformed(pointer: str, operation: object) -> list[BadOperation]:
    if not isinstance(operation, Mapping):
        message = "an operation of a JSON Patch must be a mapping"
        return [BadOperation(pointer, message, 'it has "op", "path" and usually "value"')]
    name = operation.get("op")
    if not isinstance(name, str) or name not in _NEEDS:
        at = f"{pointer}/op" if "op" in operation else pointer
        message = f"{name!r} is not a JSON Patch operation" if "op" in operation else '"op" is missing'
        return [BadOperation(at, message, f"use one of {', '.join(_NEEDS)}")]
    found = [
        BadOperation(pointer, f'"{name}" requires "{each}"') for each in _NEEDS[name] if each not in operation
    ]
    found += [_unknown(pointer, each) for each in operation if each not in _MEMBERS]
    for member in ("path", "from"):
        found += _bad_pointer(f"{pointer}/{member}", member, operation.get(member, ""))
    return found


def _unknown(pointer: str, member: str) -> BadOperation:
    near = nearest(member, _MEMBERS)
    return BadOperation(
        child(pointer, member),
        f"a JSON Patch operation has no member {member!r}",
        f'did you mean "{near}"?' if near else f"its members are {', '.join(_MEMBERS)}",
    )


def _bad_pointer(pointer: str, member: str, where: object) -> list[BadOperation]:
    if not isinstance(where, str):
        return [BadOperation(pointer, f"{member} must be a string such as /tags/0")]
    if where and not where.startswith("/"):
        return [BadOperation(pointer, f"{where!r} is not a JSON pointer", f"did you mean /{where}?")]
    # Only ~0 and ~1 are escapes (RFC 6901, section 3).
    if any(each[:1] not in {"0", "1"} for each in where.split("~")[1:]):
        message = f"{where!r} has a ~ that is not part of an escape"
        return [BadOperation(pointer, message, "write ~0 for ~ and ~1 for /")]
    return []


def _unfit(document: object, index: int, operation: Operation) -> BadOperation | None:
    """Return why an operation does not fit the document, without quoting the document's values; else None."""
    name, path = text(operation, "op"), text(operation, "path")
    value = (operation.get("value"),)
    if name in _FROM:
        source = text(operation, "from")
        there = member_at(document, source)
        if there is None:
            hint = _nearest(document, source)
            return BadOperation(f"/{index}/from", f"{name}: there is nothing at {source}", hint)
        # RFC 6902, section 4.4: a value cannot be moved into itself.
        if name == "move" and path.startswith(f"{source}/"):
            return BadOperation(f"/{index}/path", f"move: {path} is inside {source}, which is being moved")
        value = there
    # A test changes nothing, so nothing but its comparison can fail, which jsonpatch makes.
    if name == "test":
        return None
    bad = _bad_target(document, index, operation) or _too_deep(index, operation, value[0])
    return bad or (_bad_null(document, index, operation) if _removes(operation) else None)


def _bad_null(document: object, index: int, operation: Operation) -> BadOperation | None:
    """Return why null cannot be the value here, else None: it removes a member, which only objects have."""
    path = text(operation, "path")
    there = member_at(document, path.rpartition("/")[0]) if path else None
    if there is not None and isinstance(there[0], dict):
        return None
    what = "an item of a list" if path else "the whole document"
    message = f"{operation['op']}: null cannot be {what}"
    return BadOperation(
        f"/{index}/value", message, "the value null removes a member; to remove an item, use remove"
    )


def _bad_target(document: object, index: int, operation: Operation) -> BadOperation | None:
    name, path = text(operation, "op"), text(operation, "path")
    if not path and name == "remove":
        return BadOperation(f"/{index}/path", "remove: the whole document", "keep the document an object")
    if not path:
        return None
    # What adds needs the holder of its path to exist; what replaces or removes needs the path itself.
    adds = name not in {"replace", "remove"}
    target = path.rpartition("/")[0] if adds else path
    there = member_at(document, target)
    if there is None:
        hint = _nearest(document, target)
        return BadOperation(f"/{index}/path", f"{name}: there is nothing at {target}", hint)
    return None if not adds or _takes(there[0], tokens_of(path)[-1]) else _refused(index, operation)


def _takes(holder: object, name: str) -> bool:
    """Return whether a value can be added to a list or object under this name or index."""
    if isinstance(holder, list):
        return name == "-" or (_INDEX.fullmatch(name) is not None and int(name) <= len(holder))
    return isinstance(holder, dict)


def _too_deep(index: int, operation: Operation, value: object) -> BadOperation | None:
    name, path = text(operation, "op"), text(operation, "path")
    if name == "remove" or len(tokens_of(path)) + depth(value) <= MAX_DEPTH:
        return None
    return BadOperation(f"/{index}/path", f"{name}: more than {MAX_DEPTH} levels deep")


def _refused(index: int, operation: Operation) -> BadOperation:
    """Return why an operation whose target exists still cannot be carried out."""
    name, path = text(operation, "op"), text(operation, "path")
    # The value expected by the patch is not quoted, nor is the one found: either may be secret.
    if name == "test":
        return BadOperation(f"/{index}", f"test: {path} is not the value that the patch expects")
    return BadOperation(
        f"/{index}/path",
        f"{name}: {path} does not fit the document",
        "an item of a list is named by its index, or by - for the end of the list",
    )


def _too_much(index: int) -> BadOperation:
    message = f"the copy and move operations of this patch transfer more than {MAX_COPIED:,} values"
    return BadOperation(f"/{index}", message, "write the values out, or copy less")


# Recursion is safe in both of these: no document gets deeper than `MAX_DEPTH`, and a patch is compared with
# that limit when it is read.


def _values_in(value: object) -> int:
    return 1 + sum(map(_values_in, _values_below(value) or ()))


def depth(value: object) -> int:
    """Return the levels of lists and objects in a value; 0 for a string, number, boolean or null."""
    below = _values_below(value)
    return 0 if below is None else 1 + max(map(depth, below), default=0)


def _values_below(value: object) -> Collection[object] | None:
    """Return the members of an object or the items of a list; None for any other value."""
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list | tuple) else None


def _nearest(document: object, pointer: str) -> str:
    """Return a hint that describes the deepest existing parent at the pointer; it has names but no values."""
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
