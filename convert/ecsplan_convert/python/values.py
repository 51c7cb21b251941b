"""What is read of an expression: JSON values in which anything may be open."""

import ast
from dataclasses import field
from typing import TypeAlias

from ecsplan.terms.records import dataclass


@dataclass(frozen=True, slots=True)
class Open:
    """What stands in place of a literal.

    Attributes:
        what: What it is, as a noun phrase that quotes names and no values: "a call of Variable.get".
        line: Its line, from 1.
        node: The expression.
        is_template: Whether it is a text that the library fills in.
    """

    what: str
    line: int
    node: ast.expr = field(compare=False, repr=False)
    is_template: bool = False


Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value] | Open | None"
"""A JSON value in which anything may be open. Under the key `**` is a mapping that is merged, not known."""


def as_number(value: Value) -> int | float | None:
    """Return a value that is a number; None for any other."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
