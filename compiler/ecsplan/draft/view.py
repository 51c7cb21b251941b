"""`View`: a mapping within a document and its pointer, with typed access to members of any type."""

from dataclasses import field
from types import MappingProxyType

from ecsplan.terms.json_types import Document
from ecsplan.terms.pointers import child
from ecsplan.terms.records import dataclass

_NOTHING: Document = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class View:
    """A mapping within a document.

    A member of another type than a rule expects counts as absent: the schema reports it, also in the result
    of a patch.

    Attributes:
        pointer: RFC 6901 pointer of the mapping within the document.
        members: The mapping; empty if there is none.
    """

    pointer: str
    members: Document
    # All rules read the same document, so a view keeps the views below it for the next rule.
    _mappings: dict[str, "View"] = field(default_factory=dict, init=False, repr=False, compare=False)
    _lists: dict[str, tuple["View", ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def at(self, name: str | int) -> str:
        """Return the pointer of a member."""
        return child(self.pointer, name)

    def has(self, name: str) -> bool:
        """Return whether a member has an effect: it exists, and is neither null, false nor empty."""
        value = self.members.get(name)
        return value is not None and value is not False and value not in ("", [], {})

    def text(self, name: str) -> str | None:
        """Return a member that is a string, else None."""
        value = self.members.get(name)
        return value if isinstance(value, str) else None

    def number(self, name: str) -> int | None:
        """Return a member that is an integer, else None."""
        value = self.members.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the strings in a list; () for any other member."""
        value = self.members.get(name)
        return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()

    def mapping(self, name: str) -> "View":
        """Return the view of a member that is a mapping; an empty view for any other member."""
        found = self._mappings.get(name)
        if found is None:
            value = self.members.get(name)
            found = View(self.at(name), value if isinstance(value, dict) else _NOTHING)
            self._mappings[name] = found
        return found

    def mappings(self, name: str) -> tuple["View", ...]:
        """Return the views of the mappings in a list; () for any other member."""
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
