"""The bytes of a manifest file -> its characters, whatever is wrong with them reported."""

import codecs
import re
from collections.abc import Iterator

from ecsplan.source.text import REPLACEMENT, Problem, SourceText

MAX_BYTES = 10 * 2**20
"""A manifest file may have 10 MiB."""

MAX_CONTROL_CHARACTERS = 20
"""A file with more characters that YAML refuses is not text; it is not read further."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks, that of UTF-32 before its beginning, that of UTF-16."""

# All but YAML 1.2.2 section 5.1, and NEL, LS and PS: editors disagree on whether these three end a line.
# Naming what is refused compiles ten times as fast as naming what is not.
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def decode(raw: str | bytes, path: str) -> tuple[SourceText, tuple[Problem, ...]]:
    """Return the text of a manifest, empty where it cannot be read at all, and what is wrong with it.

    Bytes are UTF-8, or what their byte order mark says. What YAML refuses is replaced by U+FFFD, so that the
    rest can be checked all the same.
    """
    size = len(raw)
    if size > MAX_BYTES:
        message = f"the file has {size:,} bytes, more than {MAX_BYTES // 2**20} MiB"
        return SourceText(path, ""), (Problem("too-large", 0, 0, message, "split it into several files"),)
    text, problems = (raw, []) if isinstance(raw, str) else _characters(raw)
    text = text.removeprefix("\ufeff")
    problems.extend(_refused_characters(text))
    source = SourceText(path, _REFUSED.sub(REPLACEMENT, text), replaced=bool(problems))
    if len(problems) > MAX_CONTROL_CHARACTERS:
        problem = problems[0]
        message = f"this is not a text file: {problem.message}, and there are more"
        return SourceText(path, ""), (
            Problem(problem.rule, problem.start, problem.end, message, "save the file as UTF-8 text"),
        )
    return source, tuple(problems)


def _characters(raw: bytes) -> tuple[str, list[Problem]]:
    """Decode bytes; what cannot be decoded is reported once and becomes U+FFFD."""
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), "utf-8")
    try:
        return raw.decode(encoding), []
    except UnicodeDecodeError as found:
        place = len(raw[: found.start].decode(encoding).removeprefix("\ufeff"))
        message = f"the byte 0x{raw[found.start]:02X} is not {encoding.upper()}"
        problem = Problem("encoding", place, place + 1, message, "save the file as UTF-8")
        return raw.decode(encoding, errors="replace"), [problem]


def _refused_characters(text: str) -> Iterator[Problem]:
    for count, found in enumerate(_REFUSED.finditer(text)):
        if count > MAX_CONTROL_CHARACTERS:
            return
        code = f"U+{ord(found.group()):04X}"
        help_text = (
            f'remove it; in a value write it as an escape in double quotes: "{_escape(ord(found.group()))}"'
        )
        message = f"the character {code} cannot stand in YAML"
        yield Problem("control-character", found.start(), found.end(), message, help_text)


def _escape(code: int) -> str:
    return f"\\x{code:02X}" if code <= 0xFF else f"\\u{code:04X}"
