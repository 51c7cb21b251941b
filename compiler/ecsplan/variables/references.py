"""The pieces of a string: literal text, references `${name}`, and what begins like one and is none."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from ecsplan.terms.records import dataclass

OPENING = "${"
MATRIX = "matrix."
"""How the names of references to a value of the job's matrix begin."""
_NEXT = re.compile(r"\$\$\{|\$\{")
"""An escaped or a real opening; any other `$` is text."""
_LOOKUP = re.compile(r"[a-z][-a-z]*:[^}]", re.ASCII)
"""How what stands between the braces of a lookup begins."""


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that stays as it is; of `$${` what it stands for, `${`."""

    text: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference.

    Attributes:
        name: What stands between the braces; of a lookup with the references in it.
        start: Offset of its `$` in the string.
        end: Offset after its brace.
    """

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Malformed:
    """An opening `${` that nothing closes, or that closes at once.

    Attributes:
        closed: Whether it closes: then there is no name between the braces.
        start: Offset of its `$` in the string.
        end: Offset after it.
    """

    closed: bool
    start: int
    end: int


Piece = Literal | Reference | Malformed


def has_references(text: str) -> bool:
    """Return whether a string has anything to expand, escaped openings included."""
    return OPENING in text


def pieces_of(text: str) -> Iterator[Piece]:
    """Yield the pieces of a string, in order; literal text is never empty.

    `${name}` ends at the first closing brace, so a reference holds no other, but for a lookup: in
    `${ssm:/${stage}/key}`, variables may stand behind the colon. `$${` is a literal `${`, and any other `$`
    stays: `$HOME`, `$(date)` and `$$` are text.
    """
    at = 0
    # Invariant: everything before `at` has been yielded, and `literal` is what is to be yielded next.
    literal = ""
    while (opening := _NEXT.search(text, at)) is not None:
        literal += text[at : opening.start()]
        at = opening.end()
        if opening.group() == "$${":
            literal += OPENING
            continue
        if literal:
            yield Literal(literal)
            literal = ""
        closing = _closing(text, at)
        if closing < 0:
            # Nothing after it can be a reference either: that would have to close.
            yield Malformed(False, opening.start(), len(text))
            return
        name = text[at:closing]
        at = closing + 1
        yield Reference(name, opening.start(), at) if name else Malformed(True, opening.start(), at)
    literal += text[at:]
    if literal:
        yield Literal(literal)


def _closing(text: str, at: int) -> int:
    """Return the offset of the brace that closes a reference; -1 where none does.

    Args:
        text: The string.
        at: Offset of what stands between the braces.
    """
    closing = text.find("}", at)
    if _LOOKUP.match(text, at) is None:
        return closing
    # Only text behind the colon is looked at: what a lookup refers to is a variable, which holds no other.
    inner = text.find(OPENING, at)
    while 0 <= inner < closing:
        at = closing + 1
        closing, inner = text.find("}", at), text.find(OPENING, at)
    return closing


def all_pieces(text: str) -> tuple[Piece, ...]:
    """Return the pieces of a string; those of a short one are found once, whoever asks."""
    return _kept_pieces(text) if len(text) <= MAX_KEPT else tuple(pieces_of(text))


def flat_pieces(text: str) -> Iterator[Piece]:
    """Yield the pieces of a string; after each lookup the references within it, with their offsets there."""
    for piece in all_pieces(text):
        yield piece
        if isinstance(piece, Reference) and OPENING in piece.name and _LOOKUP.match(piece.name):
            offset = piece.start + len(OPENING)
            for inner in flat_pieces(piece.name):
                if not isinstance(inner, Literal):
                    yield replace(inner, start=offset + inner.start, end=offset + inner.end)


MAX_KEPT = 500
"""Characters of a string whose pieces are kept: jobs that share defaults ask for the same ones."""


@lru_cache(maxsize=1024)
def _kept_pieces(text: str) -> tuple[Piece, ...]:
    return tuple(pieces_of(text))
