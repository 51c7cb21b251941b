"""The AWS CLI's shorthand syntax: `key=value,list=a,b,inner={x=1,y=[2,3]}`.

Source: AWS CLI User Guide, "Using shorthand syntax in the AWS CLI". What the guide leaves open (which
characters a value may have, what a backslash does, when `a=b,c` is a list) is what the CLI was seen to do.
"""

import re
import string
from collections.abc import Callable
from typing import Final

from ecsplan_convert.shell.open_values import OpenJson, bare_or_text

MAX_DEPTH: Final = 50
_KEY_CHARACTERS: Final = frozenset(f"{string.ascii_letters}{string.digits}-_.#/:")
_SINGLE: Final = re.compile(r"'((?:\\'|[^'])*)'")
_DOUBLE: Final = re.compile(r'"((?:\\"|[^"])*)"')
# A value without quotes ends at a quote or at a comma that no backslash protects; besides at a bracket or a
# brace that closes what it stands in or, where a key may follow (`a=b,c,d=e`), at an equals sign.
_BEGINNING: Final = r"(?:\\,|[^\x00-\x20\"',=\[{])"
_CONTROLS: Final = r"\x00-\x08\x0e-\x1b"
_FIRST: Final = re.compile(rf"{_BEGINNING}(?:\\,|[^{_CONTROLS}\"',\]}}])*")
_FOLLOWING: Final = re.compile(rf"{_BEGINNING}(?:\\,|[^{_CONTROLS}\"',=])*")


class ShorthandError(ValueError):
    """A text is not shorthand; the message says what is missing, and `at` is the offset."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


def parsed(text: str) -> dict[str, OpenJson]:
    """Return the mapping that a text in shorthand is; all scalars in it are strings.

    A reference to a variable that stands alone and without quotes is `Bare`.

    Raises:
        ShorthandError: The text is not shorthand.
    """
    return _Parser(text).mapping()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def mapping(self) -> dict[str, OpenJson]:
        found: dict[str, OpenJson] = {}
        while True:
            start = self._at
            key = self._key_and_sign()
            value = self._values()
            if key in found:
                raise ShorthandError(
                    f"`{key}` is written twice (after a comma; a space begins the next value)", start
                )
            found[key] = value
            if self._at >= len(self._text):
                return found
            self._expect(",")

    def _key_and_sign(self) -> str:
        start = self._at
        while self._current() in _KEY_CHARACTERS:
            self._at += 1
        key = self._text[start : self._at]
        self._blank()
        if self._current() == "@":
            raise ShorthandError(f"`{key}@=` reads a file, which is not supported here", self._at)
        self._expect("=")
        return key

    def _values(self) -> OpenJson:
        """Return what stands after a key that is in no braces: several values without brackets are a list."""
        if self._at >= len(self._text):
            return ""
        if self._current() in {"[", "{"}:
            return self._value()
        first = self._value()
        self._blank()
        values = [first]
        while self._current() == ",":
            comma = self._at
            self._expect(",")
            following = self._following()
            if following is None:
                # The word before the `=` is the next key, so the comma ends this value.
                self._at = comma
                break
            values.append(following)
        return first if len(values) == 1 else values

    def _following(self) -> OpenJson:
        """Return the next value of a list without brackets; None where a key stands there."""
        start = self._at
        quoted = self._quoted()
        if quoted is not None:
            value: OpenJson = quoted
        else:
            match = _FOLLOWING.match(self._text, self._at)
            if match is None:
                if self._at >= len(self._text):
                    raise ShorthandError("a value is missing after the last comma", self._at)
                return None
            self._at = match.end()
            value = bare_or_text(_unescaped(match[0]))
        self._blank()
        if self._at < len(self._text) and self._current() != ",":
            self._at = start
            return None
        return value

    def _value(self) -> OpenJson:
        """Return one value: a list in brackets, a mapping in braces, or a scalar."""
        if self._current() == "[":
            return self._nested(self._list)
        if self._current() == "{":
            return self._nested(self._inner_mapping)
        quoted = self._quoted()
        if quoted is not None:
            return quoted
        match = _FIRST.match(self._text, self._at)
        if match is None:
            return ""
        self._at = match.end()
        return bare_or_text(_unescaped(match[0]))

    def _nested(self, read: Callable[[], OpenJson]) -> OpenJson:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ShorthandError("lists and mappings are nested too deeply", self._at)
        value = read()
        self._depth -= 1
        return value

    def _list(self) -> OpenJson:
        self._expect("[")
        values: list[OpenJson] = []
        while self._current() != "]":
            values.append(self._value())
            self._separator("]")
        self._expect_here("]")
        return values

    def _inner_mapping(self) -> OpenJson:
        self._expect("{")
        found: dict[str, OpenJson] = {}
        while self._current() != "}":
            key = self._key_and_sign()
            found[key] = self._value()
            self._separator("}")
        self._expect_here("}")
        return found

    def _separator(self, end: str) -> None:
        self._blank()
        if self._current() != end:
            self._expect(",")

    def _quoted(self) -> str | None:
        """Return the text in quotes that begins here; None where none does."""
        quote = self._current()
        if quote not in {"'", '"'}:
            return None
        match = (_SINGLE if quote == "'" else _DOUBLE).match(self._text, self._at)
        if match is None:
            raise ShorthandError(f"the quote {quote} is never closed", self._at)
        self._at = match.end()
        return match[1].replace(f"\\{quote}", quote).replace("\\\\", "\\")

    def _current(self) -> str:
        return self._text[self._at : self._at + 1]

    def _expect(self, character: str) -> None:
        """Skip a character with the blanks around it."""
        self._blank()
        self._expect_here(character)
        self._blank()

    def _expect_here(self, character: str) -> None:
        if self._current() != character:
            found = f"`{self._current()}`" if self._current() else "the end"
            raise ShorthandError(f"`{character}` is expected in place of {found}", self._at)
        self._at += 1

    def _blank(self) -> None:
        while self._current() and self._current() in string.whitespace:
            self._at += 1


def _unescaped(text: str) -> str:
    return text.replace("\\,", ",").rstrip()
