"""`Unknown`: the parts of a request that only AWS knows, and the patch operations that depend on them."""

from collections.abc import Iterable, Mapping, Sequence

from ecsplan.patch.apply import BadOperation, Operation, carried_out, member_at, step
from ecsplan.terms.json_types import text
from ecsplan.terms.placeholders import is_open
from ecsplan.terms.pointers import child, tokens_of
from ecsplan.terms.records import dataclass


@dataclass(frozen=True, slots=True)
class Unknown:
    """The parts of a document that are not known before AWS is asked.

    Attributes:
        markers: Placeholder texts, each of a value, or alone in a list, of any number of items.
        places: Pointers of members that may or may not exist.
        lookups: Whether texts may have placeholders of lookups in them.
    """

    markers: frozenset[str] = frozenset()
    places: tuple[str, ...] = ()
    lookups: bool = False

    def __bool__(self) -> bool:
        """Return whether anything is unknown."""
        return bool(self.markers or self.places or self.lookups)

    def is_marker(self, value: object) -> bool:
        """Return whether a value is a placeholder, or a list that consists of one."""
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        return isinstance(value, str) and self._marks(value)

    def contains_marker(self, value: object) -> bool:
        """Return whether this value is a placeholder or contains one."""
        if isinstance(value, Mapping):
            return any(map(self.contains_marker, value.values()))
        if isinstance(value, list):
            return any(map(self.contains_marker, value))
        return isinstance(value, str) and self._marks(value)

    def _marks(self, text: str) -> bool:
        return text in self.markers or (self.lookups and is_open(text))


KNOWN = Unknown()
"""Nothing is unknown."""


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """A document after the operations of a patch that can be carried out before AWS is asked.

    Attributes:
        document: The document; with a bad operation, as it was before that one.
        bad: The first operation that does not fit, or None.
        left_open: The positions of the operations that depend on unknown parts.
    """

    document: object
    bad: BadOperation | None
    left_open: frozenset[int] = frozenset()


def carried_out_as_known(document: object, patch: Sequence[Operation], unknown: Unknown) -> CarriedOut:
    """Return the document after a patch whose operations on unknown parts are left open.

    Later operations on the same part of the document are left open as well, since their order matters.
    """
    # Invariant: `touched` has the pointers that operations left open may still change, and `places` the
    # members that may or may not exist after the operations that were carried out.
    left: set[int] = set()
    touched: list[str] = []
    places = list(unknown.places)

    def skip(before: object, index: int) -> bool:
        operation = patch[index]
        paths = [text(operation, each) for each in ("path", "from") if each in operation]
        reached = _reached(before, operation, unknown, places)
        if reached or any(_overlap(path, each) for path in paths for each in touched):
            left.add(index)
            touched.extend((*reached, *paths))
            return True
        # Only an add of the member itself gets here, after which it does exist.
        if text(operation, "path") in places:
            places.remove(text(operation, "path"))
        return False

    result, bad = carried_out(document, patch, skip=skip)
    return CarriedOut(result, bad, frozenset(left))


def _reached(document: object, operation: Operation, unknown: Unknown, places: Iterable[str]) -> list[str]:
    """Return the pointers of the unknown parts that an operation depends on."""
    name, path = text(operation, "op"), text(operation, "path")
    reached = [_marker_above(document, path, unknown)]
    if "from" in operation and name in {"move", "copy"}:
        reached.append(_marker_above(document, text(operation, "from"), unknown))
        reached += (each for each in places if _is_within(text(operation, "from"), each))
    if (
        name == "test"
        and (there := member_at(document, path)) is not None
        and unknown.contains_marker(there[0])
    ):
        reached.append(path)
    reached += (each for each in places if _is_within(path, each) and not (name == "add" and path == each))
    return [each for each in reached if each is not None]


def _marker_above(document: object, pointer: str, unknown: Unknown) -> str | None:
    """Return the pointer of the placeholder that a pointer leads through, or None."""
    exists = ""
    for token in tokens_of(pointer):
        if unknown.is_marker(document):
            return exists
        below = step(document, token)
        if below is None:
            return None
        exists, (document,) = child(exists, token), below
    return None


def _is_within(pointer: str, holder: str) -> bool:
    return pointer == holder or pointer.startswith(f"{holder}/")


def _overlap(one: str, other: str) -> bool:
    return _is_within(one, other) or _is_within(other, one)
