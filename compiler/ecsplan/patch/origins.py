"""Trace each value of a patched document to its origin: the document, or an operation of the patch."""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType

from ecsplan.patch.apply import Operation, carried_out, member_at, removed_by, step
from ecsplan.terms.json_types import text
from ecsplan.terms.pointers import child, tokens_of
from ecsplan.terms.records import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """The place that a value of a patched document comes from.

    Attributes:
        pointer: RFC 6901 pointer: into the manifest where the value comes from the patch, else into the
            document before the patch.
        in_patch: Whether the value comes from the patch.
    """

    pointer: str
    in_patch: bool

    def __deepcopy__(self, memo: dict[int, object]) -> "Origin":
        """Return itself, since it is immutable."""
        # Copying the shadow takes most of the time of tracing, and `carried_out` copies it at least once.
        return self


class Origins:
    """The origins of the values of a patched document.

    The patch is applied a second time, to a shadow of the document, which has its shape and an origin in the
    place of each value. So whatever the patch moves, copies or adds keeps its origin.
    """

    def __init__(self, document: object, patch: Sequence[Operation], patch_pointer: str) -> None:
        """Take a document and its patch; nothing is traced before the first `find`.

        Args:
            document: The document before the patch.
            patch: Well-formed operations that fit the document.
            patch_pointer: The pointer of the patch in the manifest.
        """
        self._document = document
        self._patch = patch
        self._patch_pointer = patch_pointer

    def find(self, pointer: str) -> Origin:
        """Return the origin of a value.

        The origin of a missing value is the operation that removed it, or else that of its nearest existing
        parent.
        """
        # Without a patch, every value is its own origin, and the document itself can be searched.
        node, exists = self._shadow if self._patch else self._document, ""
        # Invariant: `exists` is the pointer of `node`, and the longest part of `pointer` so far that exists.
        for name in tokens_of(pointer):
            below = step(node, name)
            if below is None and isinstance(node, _Members) and name in node.removed:
                return node.removed[name]
            if below is None:
                break
            exists, (node,) = child(exists, name), below
        return _origin_of(node) if self._patch else Origin(exists, in_patch=False)

    def ending(self, holds: Callable[[object], bool]) -> Origin:
        """Return the operation after which something no longer holds of the document.

        Args:
            holds: Returns whether it holds of a document: true before the patch, and false after it.
        """

        def is_over(operations: int) -> bool:
            return not holds(carried_out(self._document, self._patch[:operations])[0])

        index = bisect_left(range(1, len(self._patch)), True, key=is_over)
        return Origin(f"{self._patch_pointer}/{index}", in_patch=True)

    @cached_property
    def _shadow(self) -> object:
        # A test would compare origins with values and fail; the patch has already passed its tests. A null
        # stays null, for it removes a member and adds no value.
        numbered = [(index, each) for index, each in enumerate(self._patch) if text(each, "op") != "test"]

        def note_removed(before: object, position: int) -> bool:
            index, operation = numbered[position]
            self._note_removed(before, operation, index)
            return False

        return carried_out(
            _shadow(self._document, Origin("", in_patch=False)),
            [self._shadowed(operation, index) for index, operation in numbered],
            skip=note_removed,
        )[0]

    def _shadowed(self, operation: Operation, index: int) -> Operation:
        if operation.get("value") is None:
            return operation
        origin = Origin(f"{self._patch_pointer}/{index}/value", in_patch=True)
        return {**operation, "value": _shadow(operation["value"], origin)}

    def _note_removed(self, before: object, operation: Operation, index: int) -> None:
        """Keep in the shadow of an object which operation removes a member of it."""
        pointer = removed_by(operation)
        holder = member_at(before, pointer.rpartition("/")[0]) if pointer else None
        if pointer and holder is not None and isinstance(holder[0], _Members):
            origin = Origin(f"{self._patch_pointer}/{index}", in_patch=True)
            holder[0].removed = {**holder[0].removed, tokens_of(pointer)[-1]: origin}


# Lists and objects have an origin of their own: a place is asked for them too, not for leaves alone. They are
# subclasses because jsonpatch and `step` treat only a list as a list and only a dict as an object.
class _Members(dict[str, object]):
    """The shadow of an object, with its origin, and the operations that removed members of it."""

    origin: Origin
    removed: Mapping[str, Origin] = MappingProxyType({})


class _Items(list[object]):
    """The shadow of a list, with the origin of the list."""

    origin: Origin


def _shadow(value: object, origin: Origin) -> object:
    def below(name: str | int) -> Origin:
        return Origin(child(origin.pointer, name), origin.in_patch)

    if isinstance(value, dict):
        members = _Members((name, _shadow(each, below(name))) for name, each in value.items())
        members.origin = origin
        return members
    if isinstance(value, list):
        items = _Items(_shadow(each, below(index)) for index, each in enumerate(value))
        items.origin = origin
        return items
    return origin


def _origin_of(node: object) -> Origin:
    if isinstance(node, (_Members, _Items)):
        return node.origin
    if isinstance(node, Origin):
        return node
    raise TypeError("the shadow of a document holds a value that is not an origin")
