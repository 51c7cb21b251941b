"""The escapes of bash's `$'…'` quotes."""

import re
from typing import Final

_ESCAPE: Final = re.compile(
    r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|c(.)|(.))", re.DOTALL
)
_LETTERS: Final = dict(zip("abeEfnrtv\\'\"?", "\a\b\x1b\x1b\f\n\r\t\v\\'\"?", strict=True))


def ansi_c(text: str) -> str:
    """Return the characters that the text between `$'` and `'` stands for (bash manual, 3.1.2.4)."""
    return _ESCAPE.sub(_character, text)


def _character(match: "re.Match[str]") -> str:
    base_16 = match[1] or match[2] or match[3]
    if base_16:
        code = int(base_16, 16)
        return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else ""
    if match[4]:
        return chr(int(match[4], 8) & 0xFF)
    if match[5]:
        return chr(ord(match[5]) & 0x1F)
    return _LETTERS.get(match[6], match[0])
