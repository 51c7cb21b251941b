"""`Refused`: the places of values that were refused and reported, looked up in the time that one takes."""

from collections.abc import Iterator, Mapping
from dataclasses import field

from ecsplan.terms.records import dataclass


@dataclass(frozen=True, slots=True)
class Refused:
    """The places of a manifest whose values were refused.

    Attributes:
        pointers: Their pointers, from the manifest's root.
    """

    pointers: frozenset[str] = frozenset()
    _around: frozenset[str] = field(init=False, repr=False, compare=False)
    _names: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names: dict[str, list[str]] = {}
        for each in sorted(self.pointers):
            parent, _, name = each.rpartition("/")
            names.setdefault(parent, []).append(name)
        object.__setattr__(self, "_around", frozenset(up for each in self.pointers for up in _above(each)))
        object.__setattr__(self, "_names", {parent: tuple(below) for parent, below in names.items()})

    def __bool__(self) -> bool:
        """Return whether anything was refused."""
        return bool(self.pointers)

    def __or__(self, more: frozenset[str]) -> "Refused":
        """Return these places and more."""
        return Refused(self.pointers | more) if more else self

    def spoils(self, pointer: str) -> bool:
        """Return whether a value at this place, within it or around it was refused."""
        return bool(self.pointers) and (pointer in self._around or self.covers(pointer))

    def covers(self, pointer: str) -> bool:
        """Return whether the value at this place was refused, or one around it."""
        return pointer in self.pointers or any(each in self.pointers for each in _above(pointer))

    def names_in(self, holder: str) -> tuple[str, ...]:
        """Return the names of the members of a mapping, or the positions in a list, that were refused."""
        return self._names.get(holder, ())


def _above(pointer: str) -> Iterator[str]:
    """Yield the pointers of what a place is in, the nearest first."""
    while pointer:
        pointer = pointer.rpartition("/")[0]
        yield pointer
