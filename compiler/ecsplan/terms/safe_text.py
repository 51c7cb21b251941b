"""Texts of manifests and of AWS, made safe to show: on a terminal, and in a log that a pipeline reads."""

import re
import unicodedata
from typing import Final

_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories that can steer a terminal, reorder its text, hide in it or end a line."""
_SHORT: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_COMMAND: Final = re.compile(r"^([^\S\n]*):(?=:)", re.MULTILINE)
"""How a workflow command begins: `::` heads a line, after any blanks (actions/runner, ActionCommand)."""
_OLD_COMMAND: Final = re.compile(r"#(?=#(?:\[|vso\[))", re.IGNORECASE)
"""`##[…]` of GitHub's runner and `##vso[…]` of Azure Pipelines, which count anywhere in a line."""


def is_hidden(character: str) -> bool:
    """Return whether a character would not just be printed: a control or format character, or a line end."""
    return unicodedata.category(character) in _HIDDEN


def escaped(text: str) -> str:
    r"""Return a text on one line; what a terminal would not just print is written out, as `\x1b`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(escaped_character(each) for each in text)


def escaped_character(character: str) -> str:
    """Return a character, or its escape where a terminal would not just print it."""
    if not is_hidden(character):
        return character
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else _unicode_escape(code)


def escaped_lines(text: str) -> str:
    """Return a text of several lines, each safe to print; for texts that ecsplan itself cut into lines."""
    return without_commands("\n".join(escaped(each) for each in text.split("\n")))


def without_commands(text: str) -> str:
    """Return a text in which no pipeline finds a command: `::` at the head of a line, `##[`, `##vso[`."""
    if "::" in text:
        text = _COMMAND.sub(r"\1\\x3a", text)
    return _OLD_COMMAND.sub(r"\\x23", text) if "##" in text else text


def escaped_json(text: str) -> str:
    r"""Return JSON that says the same, with hidden characters and pipeline commands written as `\uXXXX`.

    Outside of its strings, JSON has neither, but for the line feeds between its members.
    """
    if "##" in text:
        text = _OLD_COMMAND.sub(r"\\u0023", text)
    if text.isascii():
        return text.replace("\x7f", "\\u007f")
    return "".join(each if each == "\n" or not is_hidden(each) else _json_escape(ord(each)) for each in text)


def escaped_yaml(text: str) -> str:
    r"""Return YAML that says the same, with hidden characters and pipeline commands written as `\\uXXXX`.

    Texts with any of them must be in double quotes already.
    """
    text = _OLD_COMMAND.sub(r"\\x23", text) if "##" in text else text
    return "".join(
        each if each == "\n" or not is_hidden(each) else _unicode_escape(ord(each)) for each in text
    )


def _json_escape(code: int) -> str:
    if code < 0x10000:
        return f"\\u{code:04x}"
    pair = chr(code).encode("utf-16-be").hex()
    return f"\\u{pair[:4]}\\u{pair[4:]}"


def _unicode_escape(code: int) -> str:
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
