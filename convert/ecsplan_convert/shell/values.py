"""Values of words, as far as they are known without running the script."""

from collections.abc import Iterable
from typing import Final

from ecsplan.terms.records import dataclass

LOST: Final = "\ue003"
"""Stands in a text in place of what only a running shell knows; see `references` for such characters."""


@dataclass(frozen=True, slots=True)
class Value:
    """The value of a word.

    Attributes:
        text: The text, with references to variables of the script.
        inlined: The same, with what the script assigns to its variables in place of references to these.
        lost: The expansions in it that only a running shell knows, as they are shown to people; `LOST` stands
            in the text for each.
        definition: The number of the registered definition that it names; None where it names none.
        line: Its line in the script.
    """

    text: str
    line: int
    inlined: str = ""
    lost: tuple[str, ...] = ()
    definition: int | None = None

    @property
    def structured(self) -> str:
        """The text where JSON or shorthand is meant: variables that hold some are replaced by it."""
        return self.inlined if any(mark in self.inlined for mark in _OF_STRUCTURES) else self.text


_OF_STRUCTURES: Final = '{["='


def literal(text: str, line: int) -> Value:
    """Return the value of a word without expansions."""
    return Value(text, line, text)


def joined(values: Iterable[Value], line: int, between: str = "") -> Value:
    """Return the value of words or parts, one after the other."""
    parts = list(values)
    return Value(
        between.join(each.text for each in parts),
        line,
        between.join(each.inlined for each in parts),
        tuple(lost for each in parts for lost in each.lost),
        next((each.definition for each in parts if each.definition is not None), None),
    )
