"""Values of words, as far as they are known without running the script."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from ecsplan.terms.records import dataclass

MAX_LENGTH: Final = 200_000
"""Characters of the longest value; Linux passes a process 131,072 bytes in one argument (MAX_ARG_STRLEN)."""
LOST: Final = "\ue003"
"""Stands in a text in place of what only a running shell knows; see `references` for such characters."""


@dataclass(frozen=True, slots=True)
class Value:
    """The value of a word.

    Attributes:
        text: The text, with references to variables of the script.
        line: Its line in the script.
        structured: The text where JSON or shorthand is meant: a variable to which the script assigns some is
            replaced by it.
        resolved: The text with what the script assigns to its variables in place of all of them.
        lost: The expansions in it that only a running shell knows, as they are shown to people; `LOST` stands
            in the texts for each.
        definition: The number of the registered definition that it names; None where it names none.
    """

    text: str
    line: int
    structured: str
    resolved: str
    lost: tuple[str, ...] = ()
    definition: int | None = None

    def mapped(self, change: Callable[[str], str]) -> "Value":
        """Return the value with its texts changed."""
        return replace(
            self,
            text=change(self.text),
            structured=change(self.structured),
            resolved=change(self.resolved),
        )


def literal(text: str, line: int) -> Value:
    """Return the value of a word without expansions."""
    return Value(text, line, text, text)


def lost(shown: str, line: int, definition: int | None = None) -> Value:
    """Return the value of an expansion that only a running shell knows."""
    return Value(LOST, line, LOST, LOST, (shown,), definition)


def registered(number: int, line: int) -> Value:
    """Return the value that stands for a registered definition."""
    return Value("", line, "", "", (), number)


def joined(values: Iterable[Value], line: int, between: str = "") -> Value:
    """Return the value of words or parts, one after the other."""
    parts = list(values)
    if len(parts) == 1:
        return parts[0]
    if sum(len(each.resolved) + len(each.text) for each in parts) > 2 * MAX_LENGTH:
        return lost("a value that is too long", line)
    return Value(
        between.join(each.text for each in parts),
        line,
        between.join(each.structured for each in parts),
        between.join(each.resolved for each in parts),
        tuple(shown for each in parts for shown in each.lost),
        next((each.definition for each in parts if each.definition is not None), None),
    )
