"""Respell YAML 1.2 and JSON text so that the parsers read it correctly; libyaml knows YAML 1.1 only."""

import re
from collections.abc import Callable
from typing import TypeAlias

# `[curl, http://x/?y]` and `{image: alpine:3}`: a colon before text and a question mark after text are
# part of the scalar in YAML 1.2 (sections 7.3.3 and 7.4) but errors in libyaml before 0.2. A colon after a
# quote or a bracket ends a key, and the colons of a tag such as `!<tag:yaml.org,2002:str>` must stay.
_TEXT = re.compile(r"!(?<![^\s,\[{]!)\S*|:(?=[^\s,\[\]{}])(?<![\"'\]}]:)|\?(?<=[^\s,\[\]{}]\?)")

# Private-use characters, which no manifest has a reason to contain; one that does gets others of them.
_STAND_INS = tuple(map(chr, range(0xE000, 0xE020)))

# JSON writes a character beyond U+FFFF as two escapes (RFC 8259, section 7), which no YAML parser combines
# to one character.
_PAIR = re.compile(
    r"(?P<even>\\\\)|\\(?P<high>u[dD][89abAB][0-9a-fA-F]{2})\\(?P<low>u[dD][c-fC-F][0-9a-fA-F]{2})"
)
_HIGH = re.compile(r"\\u[dD][89abAB]")

Restored: TypeAlias = Callable[[str, bool], str]
"""Takes a respelled scalar, and whether it is in double quotes, and returns its original text."""


def respelled(text: str, *, for_libyaml: bool) -> tuple[str, Restored]:
    """Return the text with stand-ins for what a parser would misread, and the function that undoes that.

    Each character is replaced by one other, so that all offsets stay the same.

    Args:
        text: YAML 1.2 text.
        for_libyaml: Whether libyaml reads the text, rather than ruamel.yaml, which knows YAML 1.2.
    """
    escapes = text.lower() if "\\" in text else ""
    free = [each for each in _STAND_INS if each not in text and not _is_escaped(each, escapes)]
    # A text that uses nearly all stand-ins is read as it is: at worst, it gets a syntax error.
    if len(free) < 3:
        return text, _as_it_is
    colon, question_mark, backslash = free[:3]
    stand_ins = {":": colon, "?": question_mark}

    def stand_in(found: re.Match[str]) -> str:
        return stand_ins.get(found[0], found[0])

    def pair(found: re.Match[str]) -> str:
        return found[0] if found["even"] else f"{backslash}{found['high']}{backslash}{found['low']}"

    has_pairs = "\\u" in text and _HIGH.search(text) is not None
    spelled, count = _TEXT.subn(stand_in, text) if for_libyaml else (text, 0)
    spelled = _PAIR.sub(pair, spelled) if has_pairs else spelled
    paired = re.compile(f"{backslash}u(....){backslash}u(....)")

    def restored(written: str, in_double_quotes: bool) -> str:
        written = written.replace(colon, ":").replace(question_mark, "?")
        if not has_pairs or backslash not in written:
            return written
        return (paired.sub(_character, written) if in_double_quotes else written).replace(backslash, "\\")

    return spelled, restored if count or has_pairs else _as_it_is


def _is_escaped(character: str, text: str) -> bool:
    """Return whether a text in lower case may hold the escape of a character, as JSON or YAML writes it."""
    code = f"{ord(character):x}"
    return f"\\u{code}" in text or f"\\u0000{code}" in text


def _as_it_is(written: str, in_double_quotes: bool) -> str:
    del in_double_quotes
    return written


def _character(halves: re.Match[str]) -> str:
    """Return the character that a surrogate pair encodes (The Unicode Standard, D91)."""
    return chr(0x10000 + ((int(halves[1], 16) - 0xD800) << 10) + int(halves[2], 16) - 0xDC00)
