"""Where a value of a patched document comes from: the document, or an operation of the patch."""

from collections.abc import Sequence
from typing import Any

from ecsplan.patch import PatchError, applied
from ecsplan.pointers import child, tokens_of

_OWN = "\0written"
"""The member of a shadow that holds the object's own pointer; no document has a member of that name."""


class Origins:
    """The pointers that the values of a document had before its patch, or have within the patch.

    A shadow of the document has its shape, with pointers for values; the patch is applied to the shadow,
    so whatever it moves, copies or adds keeps its origin.
    """

    def __init__(self, document: Any, patch: Sequence[Any], patch_pointer: str) -> None:
        """Trace a document through its patch.

        Args:
            document: The document before the patch.
            patch: Well-formed operations.
            patch_pointer: The pointer of the patch in the manifest.
        """
        self._shadow = _shadow(document, "")
        self._patch_pointer = patch_pointer
        for index, operation in enumerate(patch):
            if operation["op"] == "test":
                continue
            shadowed = dict(operation)
            if "value" in operation:
                shadowed["value"] = _shadow(operation["value"], f"{patch_pointer}/{index}/value")
            try:
                self._shadow = applied(self._shadow, [shadowed])
            except PatchError:
                break

    def find(self, pointer: str) -> tuple[str, bool]:
        """Return where a value comes from: a pointer, and whether it leads into the patch."""
        node, origin = self._shadow, ""
        for name in tokens_of(pointer):
            if isinstance(node, dict) and name in node:
                origin, node = child(node.get(_OWN, origin), name), node[name]
            elif isinstance(node, list) and name.isdecimal() and int(name) < len(node):
                origin, node = child(origin, name), node[int(name)]
            else:
                break
            origin = _pointer_of(node, origin)
        return origin, origin.startswith(f"{self._patch_pointer}/")


def _pointer_of(node: Any, otherwise: str) -> str:
    """Return the pointer that a shadow's node holds; a list holds none and has its first item's parent."""
    if isinstance(node, dict):
        return str(node.get(_OWN, otherwise))
    if isinstance(node, list):
        first = _pointer_of(node[0], "") if node else ""
        return first.rpartition("/")[0] or otherwise
    return str(node)


def _shadow(value: Any, pointer: str) -> Any:
    if isinstance(value, dict):
        inner = {name: _shadow(each, child(pointer, name)) for name, each in value.items()}
        return {**inner, _OWN: pointer}
    if isinstance(value, list):
        return [_shadow(each, f"{pointer}/{index}") for index, each in enumerate(value)]
    return pointer
