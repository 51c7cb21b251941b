"""How many columns of a terminal a text takes, and how to make it fit."""

import unicodedata
from typing import Final

ELLIPSIS: Final = "…"


def columns_of(text: str) -> int:
    """Return how many columns a text takes, by Unicode's Standard Annex 11 and without combining marks."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def clipped(text: str, columns: int, *, ellipsis: str = ELLIPSIS) -> str:
    """Return a text that takes at most so many columns; what is cut off leaves an ellipsis."""
    if columns_of(text) <= columns:
        return text
    kept, used = [], columns_of(ellipsis)
    if used > columns:
        return ""
    for each in text:
        # Checked before it is kept: a wide character takes two columns, and one may be left.
        used += _columns(each)
        if used > columns:
            break
        kept.append(each)
    return f"{''.join(kept)}{ellipsis}"


def padded(text: str, columns: int) -> str:
    """Return a text followed by as many blanks as it takes to fill so many columns."""
    return text + " " * (columns - columns_of(text))


def _columns(character: str) -> int:
    if character.isascii():
        return 1
    # Combining marks are drawn over the character before them.
    if unicodedata.category(character) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
