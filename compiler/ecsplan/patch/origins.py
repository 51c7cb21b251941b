"""Trace each value of a patched document to its origin: the document, or an operation of the patch."""

from collections.abc import Sequence
from functools import cached_property

from ecsplan.patch.apply import Operation, carried_out, step
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
        """Return the origin of a value, or of its nearest existing parent where the value is missing."""
        # Without a patch, every value is its own origin, and the document itself can be searched.
        node, exists = self._shadow if self._patch else self._document, ""
        # Invariant: `exists` is the pointer of `node`, and the longest part of `pointer` so far that exists.
        for name in tokens_of(pointer):
            below = step(node, name)
            if below is None:
                break
            exists, (node,) = child(exists, name), below
        return _origin_of(node) if self._patch else Origin(exists, in_patch=False)

    @cached_property
    def _shadow(self) -> object:
        # A test would compare origins with values and fail; the patch has already passed its tests. A null
        # stays null, for it removes a member and adds no value.
        shadowed = [
            {**each, "value": _shadow(each["value"], Origin(self._value(index), in_patch=True))}
            if each.get("value") is not None
            else each
            for index, each in enumerate(self._patch)
            if text(each, "op") != "test"
        ]
        return carried_out(_shadow(self._document, Origin("", in_patch=False)), shadowed)[0]

    def _value(self, index: int) -> str:
        return f"{self._patch_pointer}/{index}/value"


# Lists and objects have an origin of their own: a place is asked for them too, not for leaves alone. They are
# subclasses because jsonpatch and `step` treat only a list as a list and only a dict as an object.
class _Members(dict[str, object]):
    """The shadow of an object, with the origin of the object."""

    origin: Origin


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
    raise TypeError("the shadow of a document holds a value that is no origin")
