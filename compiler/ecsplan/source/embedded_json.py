"""Places in JSON text that a YAML string holds: offsets in the YAML source of what a JSON pointer names."""

import re
from array import array
from collections.abc import Iterator, Sequence
from functools import lru_cache
from json import JSONDecoder

from ecsplan.terms.pointers import tokens_of

_MAX_LENGTH = 2**20
_BLANK = re.compile(r"[ \t\r\n]*")
_BLOCK_HEADER = re.compile(r"[|>][^\r\n]*")
_CHARACTER = {
    '"': re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\(?:x..|u.{4}|U.{8}|.)|.", re.DOTALL),
    "'": re.compile(r"''|.", re.DOTALL),
}
_BLANK_ESCAPES = frozenset("\r\n\t ntrvfNLP_")


def place_in_string(raw: str, text: str, pointer: str) -> tuple[int, int] | None:
    """Return where a value within a JSON string begins and ends in its YAML source.

    Characters other than blanks stand in the source in the order in which they stand in the string, whatever
    the quotes, escapes and folding between them; so the n-th of one is the n-th of the other.

    Args:
        raw: The scalar as it is written, quotes or block header included.
        text: What it means to YAML: the JSON.
        pointer: RFC 6901 pointer into the JSON.

    Returns:
        Offsets into `raw`, those of the nearest parent where there is no such value; None where the string is
        not JSON, or has more than 1 MiB.
    """
    span = _value_span(text, tokens_of(pointer)) if len(raw) <= _MAX_LENGTH else None
    if span is None:
        return None
    starts, ends = _ink_of(raw)
    before, inside = _ink_count(text[: span[0]]), _ink_count(text[slice(*span)])
    if len(starts) != before + inside + _ink_count(text[span[1] :]):
        return None
    return starts[before], ends[before + inside - 1]


def _ink_count(text: str) -> int:
    return sum(map(len, text.split()))


@lru_cache(maxsize=1)
def _ink_of(raw: str) -> tuple[Sequence[int], Sequence[int]]:
    """Return where each character that is not blank begins and ends; one string is asked about many times."""
    starts, ends = array("I"), array("I")
    for start, end in _ink(raw):
        starts.append(start)
        ends.append(end)
    return starts, ends


def _ink(raw: str) -> Iterator[tuple[int, int]]:
    """Yield the span in `raw` of each character of the string that is not blank."""
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
    """Return where the value that `tokens` lead to, or its nearest parent, begins and ends in a JSON text."""
    decoder = JSONDecoder()
    try:
        at = _skip_blank(text, 0)
        for token in tokens:
            found = next((start for name, start in _members(text, at, decoder) if name == token), None)
            if found is None:
                break
            at = found
        return at, decoder.raw_decode(text, at)[1]
    except (ValueError, RecursionError):  # not JSON, or nested too deep to be meant
        return None


def _members(text: str, at: int, decoder: JSONDecoder) -> Iterator[tuple[str, int]]:
    """Yield the name or index of each member of the list or object at `at`, and where it begins."""
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
        if text[at : at + 1] == closing or index > len(text):
            return
        index += 1


def _skip_blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at
