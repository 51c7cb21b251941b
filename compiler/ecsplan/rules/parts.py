"""`Part`: a mapping within a document and its pointer, for reading values that may be of any type."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ecsplan.draft import Draft
from ecsplan.pointers import child

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Part:
    """A mapping of a document.

    Whatever is of another type than a rule expects counts as absent: the schema's rules report it, also
    where a patch made it so.

    Attributes:
        pointer: RFC 6901 pointer within the document.
        members: The mapping; empty where there is none.
    """

    pointer: str
    members: Mapping[str, Any]

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
        return tuple(each for each in self._list(name) if isinstance(each, str))

    def part(self, name: str) -> "Part":
        """Return a member that is a mapping, or an empty part."""
        value = self.members.get(name)
        return Part(self.at(name), value if isinstance(value, dict) else _NOTHING)

    def parts(self, name: str) -> Iterator["Part"]:
        """Yield the mappings of a list."""
        pointer = self.at(name)
        for index, each in enumerate(self._list(name)):
            if isinstance(each, dict):
                yield Part(f"{pointer}/{index}", each)

    def _list(self, name: str) -> list[Any]:
        value = self.members.get(name)
        return value if isinstance(value, list) else []


def definition_of(draft: Draft) -> Part:
    """Return the draft's task definition."""
    return Part("", draft.definition)


def run_of(draft: Draft) -> Part:
    """Return the draft's run request."""
    return Part("", draft.run)


def containers_of(draft: Draft) -> tuple[Part, ...]:
    """Return the containers of the draft's task definition."""
    return tuple(definition_of(draft).parts("containerDefinitions"))


def named(container: Part) -> str:
    """Return how a message calls a container."""
    name = container.text("name")
    return f"container {name!r}" if name else "this container"


def names_of(parts: tuple[Part, ...]) -> frozenset[str]:
    """Return the names of these parts."""
    return frozenset(name for each in parts if (name := each.text("name")))
