"""Find values of JSON text embedded in a YAML string: JSON pointer -> offsets in the YAML source."""

import re
from array import array
from collections.abc import Iterator, Sequence
from functools import lru_cache
from json import JSONDecoder

from ecsplan.terms.pointers import tokens_of

_MAX_LENGTH = 2**20
"""Characters of a scalar's source that are searched."""

_BLANK = re.compile(r"[ \t\r\n]*")
_BLOCK_HEADER = re.compile(r"[|>][^\r\n]*")
_CHARACTER = {
    '"': re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\(?:x..|u.{4}|U.{8}|.)|.", re.DOTALL),
    "'": re.compile(r"''|.", re.DOTALL),
}
_BLANK_ESCAPES = frozenset("\r\n\t ntrvfNLP_")


def place_in_string(raw: str, text: str, pointer: str) -> tuple[int, int] | None:
    """Return the span of a value of embedded JSON in its YAML source.

    Args:
        raw: The scalar as it is written, with its quotes or block header.
        text: The text of the scalar: the JSON.
        pointer: RFC 6901 pointer into the JSON.

    Returns:
        Offsets into `raw`, those of the nearest existing parent where the value is missing; None where the
        text is not JSON, or longer than 1 MiB.
    """
    # Quotes, escapes and folding change how many characters the source has, and blanks come and go with
    # them. What keeps its number and its order are the characters that are not blank: the n-th of the text is
    # the n-th of the source. So a span is translated by counting those before it and in it.
    span = _value_span(text, tokens_of(pointer)) if len(raw) <= _MAX_LENGTH else None
    if span is None:
        return None
    starts, ends = _visible_spans(raw)
    before, inside = _visible_count(text[: span[0]]), _visible_count(text[slice(*span)])
    # A mismatch means that `_visible` reads the source differently than the YAML parser did. No place is then
    # better than a wrong one.
    if len(starts) != before + inside + _visible_count(text[span[1] :]):
        return None
    return starts[before], ends[before + inside - 1]


def _visible_count(text: str) -> int:
    """Return the number of characters that are not blank."""
    return sum(map(len, text.split()))


# One entry is enough: all places within one string are asked for in a row, up to a thousand of them.
@lru_cache(maxsize=1)
def _visible_spans(raw: str) -> tuple[Sequence[int], Sequence[int]]:
    """Return the start and end offsets of each character of the string that is not blank."""
    # Arrays, since a tuple of tuples of a mebibyte of text takes a hundred times the text's own memory.
    starts, ends = array("I"), array("I")
    for start, end in _visible(raw):
        starts.append(start)
        ends.append(end)
    return starts, ends


def _visible(raw: str) -> Iterator[tuple[int, int]]:
    """Yield the span in `raw` of each character of the string that is not blank; an escape is one span."""
    quoted = _CHARACTER.get(raw[:1])
    if quoted is None:
        header = _BLOCK_HEADER.match(raw)
        begin = header.end() if header else 0
        yield from ((at, at + 1) for at in range(begin, len(raw)) if not raw[at].isspace())
        return
    for each in quoted.finditer(raw, 1, len(raw) - 1):
        character = each.group()
        escaped_blank = character[0] == "\\" and character[1:2] in _BLANK_ESCAPES
        if not escaped_blank and not character.isspace():
            yield each.span()


def _value_span(text: str, tokens: tuple[str, ...]) -> tuple[int, int] | None:
    """Return the span in a JSON text of the value that `tokens` lead to, or of its nearest existing parent.

    None where the text is not JSON.
    """
    # `json` reports no positions of values, and our own parser would need to agree with it exactly. So its
    # decoder reads members one by one and says where each ends.
    decoder = JSONDecoder()
    try:
        at = _skip_blank(text, 0)
        # Invariant: a value begins at `at`, and the tokens before this one lead to it.
        for token in tokens:
            found = next((start for name, start in _members(text, at, decoder) if name == token), None)
            if found is None:
                break
            at = found
        return at, decoder.raw_decode(text, at)[1]
    except (ValueError, RecursionError):  # not JSON, or nested deeper than any patch may be
        return None


def _members(text: str, at: int, decoder: JSONDecoder) -> Iterator[tuple[str, int]]:
    """Yield the name or index of each member of the list or object at `at`, and the offset of its value."""
    opening = text[at : at + 1]
    closing = {"[": "]", "{": "}"}.get(opening)
    at = _skip_blank(text, at + 1)
    index = 0
    while closing is not None and at < len(text) and text[at] != closing:
        name = str(index)
        if opening == "{":
            name, at = decoder.raw_decode(text, at)
            at = _skip_blank(text, _skip_blank(text, at) + 1)
        yield name, at
        at = _skip_blank(text, decoder.raw_decode(text, at)[1])
        at = _skip_blank(text, at + 1) if text[at : at + 1] == "," else at
        # The text may lack a closing bracket; an index above its length bounds the loop whatever it contains.
        if text[at : at + 1] == closing or index > len(text):
            return
        index += 1


def _skip_blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at
