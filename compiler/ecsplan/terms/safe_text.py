"""Make texts of manifests and of AWS safe to print on a terminal and in the log of a pipeline."""

import re
import unicodedata
from typing import Final

_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories that can control a terminal, reorder or hide text on it, or end a line."""
_SHORT: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_COMMAND: Final = re.compile(r"^([^\S\n]*):(?=:)", re.MULTILINE)
"""A workflow command: `::` at the start of a line, after any blanks (actions/runner, ActionCommand)."""
_OLD_COMMAND: Final = re.compile(r"#(?=#(?:\[|vso\[))", re.IGNORECASE)
"""`##[…]` of GitHub's runner and `##vso[…]` of Azure Pipelines, which are commands anywhere in a line."""


def is_hidden(character: str) -> bool:
    """Return whether a character is not simply printed: a control or format character, or a line end."""
    return unicodedata.category(character) in _HIDDEN


def has_hidden(text: str) -> bool:
    """Return whether a text has a hidden character other than a line feed."""
    # No hidden character is printable, and Python tells at once whether all of a long text are.
    return not text.replace("\n", "").isprintable() and any(each != "\n" and is_hidden(each) for each in text)


def escaped(text: str) -> str:
    r"""Return a text on one line, with hidden characters written as escapes such as `\x1b`."""
    # Most texts are printable ASCII, and this runs for every line of a job's log.
    if text.isascii() and text.isprintable():
        return text
    return "".join(escaped_character(each) for each in text)


def escaped_character(character: str) -> str:
    """Return a character, or its escape if it is hidden."""
    if not is_hidden(character):
        return character
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else _unicode_escape(code)


def escaped_lines(text: str) -> str:
    """Return a text with each of its lines safe to print; for texts whose line breaks are ecsplan's own."""
    return without_commands("\n".join(escaped(each) for each in text.split("\n")))


def without_commands(text: str) -> str:
    """Return a text with pipeline commands escaped: `::` at the start of a line, `##[` and `##vso[`."""
    if "::" in text:
        text = _COMMAND.sub(r"\1\\x3a", text)
    return _OLD_COMMAND.sub(r"\\x23", text) if "##" in text else text


def escaped_json(text: str) -> str:
    r"""Return equivalent JSON, with hidden characters and pipeline commands written as `\uXXXX`."""
    # An escape is valid inside a string only. Outside of its strings, JSON has neither hidden characters nor
    # commands, apart from line feeds, which are kept.
    if "##" in text:
        text = _OLD_COMMAND.sub(r"\\u0023", text)
    if text.isascii():
        return text.replace("\x7f", "\\u007f")
    if not has_hidden(text):
        return text
    return "".join(each if each == "\n" or not is_hidden(each) else _json_escape(ord(each)) for each in text)


def escaped_yaml(text: str) -> str:
    r"""Return equivalent YAML, with hidden characters and pipeline commands written as `\\uXXXX`.

    Scalars with any of them must already be in double quotes.
    """
    text = _OLD_COMMAND.sub(r"\\x23", text) if "##" in text else text
    if not has_hidden(text):
        return text
    return "".join(
        each if each == "\n" or not is_hidden(each) else _unicode_escape(ord(each)) for each in text
    )


def _json_escape(code: int) -> str:
    if code < 0x10000:
        return f"\\u{code:04x}"
    # JSON escapes a character beyond U+FFFF as its surrogate pair (RFC 8259, section 7).
    pair = chr(code).encode("utf-16-be").hex()
    return f"\\u{pair[:4]}\\u{pair[4:]}"


def _unicode_escape(code: int) -> str:
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
