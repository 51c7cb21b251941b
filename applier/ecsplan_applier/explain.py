"""What ECS says, what it means, and what to do about it: one table, with the source of each row."""

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that ECS says.

    Attributes:
        name: A stable short name, also the heading in `docs/failures.md`.
        operation: The API operation that says it, or `*` for any.
        code: The error code, a regular expression for the whole of it.
        text: A regular expression that is found in the message, whatever its case.
        meaning: What it means.
        remedy: What to do.
        source: Who documents or reports it.
    """

    name: str
    operation: str
    code: str
    text: str
    meaning: str
    remedy: str
    source: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a message of AWS means and what to do; `name` is the row's."""

    name: str
    meaning: str
    remedy: str


CALLS: Final[tuple[Row, ...]] = ()


def explain_call(operation: str, code: str, text: str) -> Explanation | None:
    """Return what a refused call means, or None where the table has nothing on it."""
    return _first(CALLS, operation, code, text)


def _first(rows: tuple[Row, ...], operation: str, code: str, text: str) -> Explanation | None:
    for row in rows:
        if (
            row.operation in {"*", operation}
            and re.fullmatch(row.code, code)
            and re.search(row.text, text, re.IGNORECASE)
        ):
            return Explanation(row.name, row.meaning, row.remedy)
    return None
