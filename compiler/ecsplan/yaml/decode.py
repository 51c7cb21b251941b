"""The bytes of a manifest file -> its text, and the problems of its encoding."""

import codecs
import re
from collections.abc import Iterator

from ecsplan.yaml.text import REPLACEMENT, Problem, SourceText

MAX_BYTES = 10 * 2**20
"""Bytes of a manifest file: 10 MiB."""

MAX_CONTROL_CHARACTERS = 20
"""Characters refused by YAML above which a file is considered binary and not read further."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks. That of UTF-32-LE begins with that of UTF-16-LE, so it is tried first."""

# Every character that YAML 1.2.2 section 5.1 excludes, and NEL, LS and PS, because editors disagree on
# whether these three end a line. Listing what is refused compiles ten times as fast as listing what is not.
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def decode(raw: str | bytes, path: str) -> tuple[SourceText, tuple[Problem, ...]]:
    """Return the text of a manifest, empty where it cannot be read at all, and its problems.

    Bytes are UTF-8 unless a byte order mark says otherwise. What YAML refuses is replaced by U+FFFD, so that
    the rest can still be checked.
    """
    size = len(raw)
    if size > MAX_BYTES:
        message = f"the file has {size:,} bytes, more than {MAX_BYTES // 2**20} MiB"
        return SourceText(path, ""), (Problem("too-large", 0, 0, message, "split it into several files"),)
    text, problems = (raw, []) if isinstance(raw, str) else characters(raw)
    # Offsets count without the mark, as the columns of editors do.
    text = text.removeprefix("\ufeff")
    problems.extend(_refused_characters(text))
    source = SourceText(path, _REFUSED.sub(REPLACEMENT, text), replaced=bool(problems))
    if len(problems) > MAX_CONTROL_CHARACTERS:
        problem = problems[0]
        message = f"this is not a text file: {problem.message}, and there are more such characters"
        return SourceText(path, ""), (
            Problem(problem.rule, problem.start, problem.end, message, "save the file as UTF-8 text"),
        )
    return source, tuple(problems)


def characters(raw: bytes) -> tuple[str, list[Problem]]:
    """Return the characters of some bytes; undecodable bytes become U+FFFD, and the first is reported."""
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), "utf-8")
    try:
        return raw.decode(encoding), []
    except UnicodeDecodeError as found:
        place = len(raw[: found.start].decode(encoding).removeprefix("\ufeff"))
        message = f"the byte 0x{raw[found.start]:02X} is not valid {encoding.upper()}"
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
        message = f"the character {code} is not allowed in YAML"
        yield Problem("control-character", found.start(), found.end(), message, help_text)


def _escape(code: int) -> str:
    return f"\\x{code:02X}" if code <= 0xFF else f"\\u{code:04X}"
