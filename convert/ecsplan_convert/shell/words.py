"""The words of a shell script, read as POSIX shells and bash read them; nothing is expanded.

Source: POSIX.1-2017, volume Shell & Utilities, chapter 2 (2.2 quoting, 2.3 tokens, 2.6 expansions); bash's
own `$'…'` and process substitution are read as well.
"""

import re
from abc import ABC, abstractmethod
from bisect import bisect_right
from typing import Final

from ecsplan_convert.shell.escapes import ansi_c
from ecsplan_convert.shell.syntax import Command, Opaque, Output, Parameter, Part, Text, Word
from ecsplan_convert.source import ConversionError

MAX_DEPTH: Final = 40
"""Expansions within expansions."""
MAX_SHOWN: Final = 40
"""Characters of an expansion that are shown to people."""

_ORDINARY: Final = re.compile(r"[^\s'\"\\$`;&|()<>]+")
_IN_BRACES: Final = re.compile(r"[^'\"\\$`}]+")
_IN_QUOTES: Final = re.compile(r"[^\"\\$`]+")
_IN_QUOTED_BRACES: Final = re.compile(r"[^\"\\$`}]+")
_IN_DOCUMENT: Final = re.compile(r"[^\\$`]+")
_BLANK: Final = re.compile(r"(?:[ \t\r]|\\\r?\n)+")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SPECIAL: Final = re.compile(r"[0-9@*#?$!-]")
_DIGITS: Final = re.compile(r"[0-9]+")
_DEFAULT: Final = re.compile(r":?[-=?]")
_ANSI_C: Final = re.compile(r"\$'((?:\\.|[^'\\])*)'", re.DOTALL)
_BACKQUOTED: Final = re.compile(r"`((?:\\.|[^`\\])*)`", re.DOTALL)
_PARENTHESIS: Final = re.compile(r"[()]|'[^']*'|\\.", re.DOTALL)


class WordScanner(ABC):
    """Reads words, one after the other; `at` is the offset of what is read next."""

    def __init__(self, text: str, first_line: int = 1, depth: int = 0) -> None:
        self.text = text
        self.at = 0
        self.depth = depth
        self._first_line = first_line
        self._newlines = [match.start() for match in re.finditer("\n", text)]

    def line(self, at: int | None = None) -> int:
        """Return the line of an offset; of the next character without one."""
        return self._first_line + bisect_right(self._newlines, (self.at if at is None else at) - 1)

    @abstractmethod
    def script(self, until: str) -> tuple[Command, ...]:
        """Return the commands up to the end, or to the `)` that closes an expansion."""

    def unclosed(self, what: str, start: int) -> ConversionError:
        """Return the error that something that begins at an offset never ends."""
        line = self.line(start)
        return ConversionError(f"{what} that begins on line {line} is never closed", line=line)

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ConversionError("expansions are nested too deeply to be read", line=self.line())

    def skip_blank(self) -> None:
        """Skip blanks and line continuations."""
        match = _BLANK.match(self.text, self.at)
        if match is not None:
            self.at = match.end()

    def at_process_substitution(self) -> bool:
        """Return whether a process substitution begins here."""
        return self.text.startswith(("<(", ">("), self.at)

    def word(self) -> Word:
        """Return the word that begins here; a character that begins none is a word of its own."""
        start = self.at
        word = self.value()
        if self.at == start:
            self.at += 1
            return Word((Text(self.text[start]),), word.line)
        return word

    def value(self) -> Word:
        """Return what begins here up to the end of the word; it may be empty, as in `A=`."""
        line = self.line()
        return Word(_joined(self._unquoted(_ORDINARY, "")), line)

    def _unquoted(self, ordinary: "re.Pattern[str]", end: str) -> list[Part]:
        """Return the parts up to the end of a word, or up to the character `end`."""
        parts: list[Part] = []
        start = self.at
        while self.at < len(self.text):
            character = self.text[self.at]
            if end and character == end:
                return parts
            if character == "'":
                parts.append(self._single_quoted())
            elif character == '"':
                parts += self._double_quoted()
            elif character == "\\":
                parts += self._escaped()
            elif character in "$`":
                parts.append(self._expansion(quoted=False))
            elif self.at_process_substitution() and not end:
                parts.append(self._opaque_parentheses(f"{character}(…)"))
            elif match := ordinary.match(self.text, self.at):
                parts.append(Text(match[0]))
                self.at = match.end()
            else:
                break
        if end:
            raise self.unclosed("an expansion", start)
        return parts

    def _single_quoted(self) -> Text:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise self.unclosed("a single quote", self.at)
        text = self.text[self.at + 1 : end]
        self.at = end + 1
        return Text(text, quoted=True)

    def _double_quoted(self) -> list[Part]:
        start = self.at
        self.at += 1
        parts = self._expanded(_IN_QUOTES, '"', start)
        self.at += 1
        return [Text("", quoted=True), *parts]

    def _escaped(self) -> list[Part]:
        """Return what a backslash outside quotes protects; with a newline, both are gone."""
        following = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        if following == "\n":
            return []
        return [Text(following or "\\", quoted=True)]

    def _expanded(self, ordinary: "re.Pattern[str]", end: str, start: int) -> list[Part]:
        """Return the parts of a text in double quotes, or of a here-document, up to the character `end`."""
        parts: list[Part] = []
        while self.at < len(self.text):
            character = self.text[self.at]
            if end and character == end:
                return parts
            if character == "\\":
                parts.append(self._escaped_in_quotes(end))
            elif character in "$`":
                parts.append(self._expansion(quoted=True))
            elif match := ordinary.match(self.text, self.at):
                parts.append(Text(match[0], quoted=True))
                self.at = match.end()
            else:
                # A double quote within `"${A:-…}"`, which bash takes away.
                self.at += 1
        if end:
            raise self.unclosed("a double quote" if end == '"' else "an expansion", start)
        return parts

    def _escaped_in_quotes(self, end: str) -> Text:
        following = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        if following == "\n":
            return Text("", quoted=True)
        protects = following != "" and following in ("$`\\" + end)
        return Text(following if protects else "\\" + following, quoted=True)

    def _expansion(self, *, quoted: bool) -> Part:
        """Return the expansion that a dollar sign or a backquote begins; the sign where it begins none."""
        if self.text[self.at] == "`":
            return self._backquoted(quoted=quoted)
        following = self.text[self.at + 1 : self.at + 2]
        if following == "{":
            return self._braced(quoted=quoted)
        if following == "(":
            return self._parenthesized(quoted=quoted)
        if following == "'" and not quoted:
            return self._ansi_c_quoted()
        if following == '"' and not quoted:
            self.at += 1
            return Text("")
        for pattern in _NAME, _SPECIAL:
            match = pattern.match(self.text, self.at + 1)
            if match is not None:
                self.at = match.end()
                return Parameter(match[0], quoted)
        self.at += 1
        return Text("$", quoted)

    def _ansi_c_quoted(self) -> Text:
        match = _ANSI_C.match(self.text, self.at)
        if match is None:
            raise self.unclosed("a single quote", self.at)
        self.at = match.end()
        return Text(ansi_c(match[1]), quoted=True)

    def _backquoted(self, *, quoted: bool) -> Output:
        match = _BACKQUOTED.match(self.text, self.at)
        if match is None:
            raise self.unclosed("a backquote", self.at)
        escaped = '[`\\\\$"]' if quoted else "[`\\\\$]"
        inner = re.sub(rf"\\({escaped})", r"\1", match[1])
        line = self.line()
        self.at = match.end()
        self._deeper()
        commands = type(self)(inner, line, self.depth).script(until="")
        self.depth -= 1
        return Output(commands, quoted)

    def _parenthesized(self, *, quoted: bool) -> Part:
        if self.text.startswith("$((", self.at):
            at = self.at
            self.at += 1
            part = self._opaque_parentheses("$((…))")
            if self.text[self.at - 2 : self.at] == "))":
                return part
            # `$((a) | (b))`: a command substitution that begins with a subshell.
            self.at = at
        self.at += 2
        self._deeper()
        commands = self.script(until=")")
        self.depth -= 1
        return Output(commands, quoted)

    def _opaque_parentheses(self, shown: str) -> Opaque:
        """Skip up to the parenthesis that closes the first one from here."""
        start, level = self.at, 0
        for match in _PARENTHESIS.finditer(self.text, self.at):
            level += {"(": 1, ")": -1}.get(match[0], 0)
            if match[0] == ")" and level == 0:
                self.at = match.end()
                return Opaque(shown)
        raise self.unclosed("a parenthesis", start)

    def _braced(self, *, quoted: bool) -> Part:
        start = self.at
        self.at += 2
        self._deeper()
        part = self._braced_parameter(start, quoted=quoted)
        self.depth -= 1
        return part

    def _braced_parameter(self, start: int, *, quoted: bool) -> Part:
        name = _NAME.match(self.text, self.at) or _DIGITS.match(self.text, self.at)
        name = name or _SPECIAL.match(self.text, self.at)
        if name is None:
            return self._opaque_braces(start, quoted=quoted)
        self.at = name.end()
        every_item = self.text.startswith(("[@]", "[*]"), self.at)
        if every_item:
            self.at += 3
        if self.text.startswith("}", self.at):
            self.at += 1
            return Parameter(name[0], quoted, every_item=every_item)
        operator = _DEFAULT.match(self.text, self.at)
        if operator is None or every_item:
            return self._opaque_braces(start, quoted=quoted)
        self.at = operator.end()
        default = self._default(quoted=quoted)
        if operator[0].endswith("?"):
            return Parameter(name[0], quoted)
        return Parameter(name[0], quoted, default, assigns=operator[0].endswith("="))

    def _default(self, *, quoted: bool) -> Word:
        line, start = self.line(), self.at
        parts = self._expanded(_IN_QUOTED_BRACES, "}", start) if quoted else self._unquoted(_IN_BRACES, "}")
        self.at += 1
        return Word(_joined(parts), line)

    def _opaque_braces(self, start: int, *, quoted: bool) -> Opaque:
        self._default(quoted=quoted)
        raw = self.text[start : self.at]
        return Opaque(raw if len(raw) <= MAX_SHOWN and "\n" not in raw else "${…}")

    def document(self) -> Word:
        """Return a here-document, the whole text, as a word."""
        return Word(_joined(self._expanded(_IN_DOCUMENT, "", 0)), self.line(0))


def _joined(parts: list[Part]) -> tuple[Part, ...]:
    """Return parts in which texts that follow each other, both quoted or both not, are one."""
    joined: list[Part] = []
    for each in parts:
        last = joined[-1] if joined else None
        if isinstance(each, Text) and isinstance(last, Text) and each.quoted == last.quoted:
            joined[-1] = Text(last.text + each.text, each.quoted)
        else:
            joined.append(each)
    return tuple(joined)
