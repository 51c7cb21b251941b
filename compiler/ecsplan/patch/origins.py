"""Where a value of a patched document comes from: the document, or an operation of the patch."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ecsplan.patch.apply import carried_out, step
from ecsplan.terms.pointers import child, tokens_of


@dataclass(frozen=True, slots=True)
class Origin:
    """The pointer that a value had before the patch, or has within the patch.

    Attributes:
        pointer: RFC 6901 pointer, from the manifest's root where it is within the patch.
        in_patch: Whether it is.
    """

    pointer: str
    in_patch: bool

    def __deepcopy__(self, memo: dict[int, Any]) -> "Origin":
        """Return itself: nothing in it changes, and copying a shadow is most of the work of tracing."""
        return self


class Origins:
    """The origins of the values of a patched document.

    A shadow of the document has its shape, with origins for values; the patch is applied to the shadow, so
    whatever it moves, copies or adds keeps its origin.
    """

    def __init__(self, document: Any, patch: Sequence[Any], patch_pointer: str) -> None:
        """Trace a document through its patch.

        Args:
            document: The document before the patch.
            patch: Well-formed operations that fit the document.
            patch_pointer: The pointer of the patch in the manifest.
        """
        self._document = document
        self._patch = patch
        self._patch_pointer = patch_pointer

    def find(self, pointer: str) -> Origin:
        """Return where a value comes from; where there is none, that of the nearest parent that exists."""
        node, exists = self._shadow if self._patch else self._document, ""
        for name in tokens_of(pointer):
            below = step(node, name)
            if below is None:
                break
            exists, (node,) = child(exists, name), below
        return _origin_of(node) if self._patch else Origin(exists, in_patch=False)

    @cached_property
    def _shadow(self) -> Any:
        shadowed = [
            {**each, "value": _shadow(each["value"], Origin(self._value(index), in_patch=True))}
            if each.get("value") is not None
            else each
            for index, each in enumerate(self._patch)
            if each["op"] != "test"
        ]
        return carried_out(_shadow(self._document, Origin("", in_patch=False)), shadowed)[0]

    def _value(self, index: int) -> str:
        return f"{self._patch_pointer}/{index}/value"


class _Members(dict[str, Any]):
    """The shadow of an object."""

    origin: Origin


class _Items(list[Any]):
    """The shadow of a list."""

    origin: Origin


def _shadow(value: Any, origin: Origin) -> Any:
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


def _origin_of(node: Any) -> Origin:
    return node if isinstance(node, Origin) else node.origin
