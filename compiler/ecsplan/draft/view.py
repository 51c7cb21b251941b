"""`View`: a mapping within a document and its pointer, for reading values that may be of any type."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ecsplan.terms.pointers import child

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class View:
    """A mapping of a document.

    Whatever is of another type than a rule expects counts as absent: the schema's rules report it, also
    where a patch made it so. Every rule reads the same document, so a part keeps the parts below it.

    Attributes:
        pointer: RFC 6901 pointer within the document.
        members: The mapping; empty where there is none.
    """

    pointer: str
    members: Mapping[str, Any]
    _mappings: dict[str, "View"] = field(default_factory=dict, init=False, repr=False, compare=False)
    _lists: dict[str, tuple["View", ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def at(self, name: str | int) -> str:
        """Return the pointer of a member."""
        return child(self.pointer, name)

    def has(self, name: str) -> bool:
        """Return whether a member says something: it is there, and neither null, false nor empty."""
        value = self.members.get(name)
        return value is not None and value is not False and value not in ("", [], {})

    def text(self, name: str) -> str | None:
        """Return a member that is a text."""
        value = self.members.get(name)
        return value if isinstance(value, str) else None

    def number(self, name: str) -> int | None:
        """Return a member that is a whole number."""
        value = self.members.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the texts of a list."""
        value = self.members.get(name)
        return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()

    def mapping(self, name: str) -> "View":
        """Return a member that is a mapping, or an empty part."""
        found = self._mappings.get(name)
        if found is None:
            value = self.members.get(name)
            found = View(self.at(name), value if isinstance(value, dict) else _NOTHING)
            self._mappings[name] = found
        return found

    def mappings(self, name: str) -> tuple["View", ...]:
        """Return the mappings of a list."""
        value = self.members.get(name)
        if not isinstance(value, list):
            return ()
        found = self._lists.get(name)
        if found is None:
            pointer = self.at(name)
            items = enumerate(value)
            found = tuple(View(f"{pointer}/{index}", each) for index, each in items if isinstance(each, dict))
            self._lists[name] = found
        return found
