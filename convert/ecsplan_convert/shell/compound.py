"""The compound commands of a shell around a simple one: `if`, loops, `case`, functions, groups, subshells."""

from typing import Final

from ecsplan_convert.shell.syntax import Word
from ecsplan_convert.source import ConversionError

MAX_DEPTH: Final = 100
"""Compound commands within each other."""
_OPENS: Final = {"if": "if", "while": "loop", "until": "loop", "{": "group"}
_CLOSES: Final = {"fi": "if", "done": "loop", "esac": "case", "}": "group"}
_BETWEEN: Final = frozenset({"then", "elif", "else", "do", "!", "time", "in"})
_HEADERS: Final = {"for": "loop", "select": "loop", "case": "case", "function": "function", "[[": "test"}


class Compounds:
    """Follows the reserved words of a script; a word is reserved only where a command begins."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._header = ""
        self._function = ""
        self._in_pattern = False

    @property
    def within(self) -> tuple[str, ...]:
        """The compound commands around, the outermost first, without groups and subshells."""
        return tuple(each for each in self._open if each not in {"group", "subshell"})

    @property
    def in_header(self) -> bool:
        """Whether the words are not a command's, but those of `for NAME in …` and the like."""
        return bool(self._header) or self._in_pattern

    @property
    def header_is_command(self) -> bool:
        """Whether the header that has just begun is handed on as a command, for the names in it."""
        return self._header == "loop"

    def keyword(self, word: Word) -> bool:
        """Take the first word of a command; return whether it is reserved, and no part of the command."""
        text = word.keyword
        if self._header == "function":
            self._function, self._header = word.plain or "", ""
            return True
        if self._in_pattern and text != "esac":
            return True
        if text in _HEADERS:
            self._header = _HEADERS[text]
            if self._header in {"loop", "case"}:
                self._begin(self._header)
            return True
        if text in _OPENS:
            self._begin(self._named(_OPENS[text]))
            return True
        if text in _CLOSES:
            self._in_pattern = False
            self._close(_CLOSES[text])
            return True
        return text in _BETWEEN

    def word(self, word: Word) -> None:
        """Take any other word of a command."""
        if self._header == "case" and word.keyword == "in":
            self._header, self._in_pattern = "", True
        elif self._header == "test" and word.keyword == "]]":
            self._header = ""

    def function(self, name: str) -> None:
        """Take `name()`: the next group is the body of a function."""
        self._function = name

    def end_of_line(self) -> None:
        """Take the end of a line."""
        if self._header == "loop":
            self._header = ""

    def operator(self, operator: str) -> None:
        """Take an operator between commands."""
        if operator == ";" and self._header == "loop":
            self._header = ""
        elif operator in {";;", ";&", ";;&"} and "case" in self._open:
            self._in_pattern = True
        elif operator == "(" and not self.in_header:
            self._begin(self._named("subshell"))
        elif operator == ")":
            self._parenthesis()

    @property
    def takes_parenthesis(self) -> bool:
        """Whether a `)` closes a subshell or the pattern of a `case`."""
        return self._in_pattern or any(each == "subshell" for each in self._open)

    def _parenthesis(self) -> None:
        if self._in_pattern:
            self._in_pattern = False
        elif "subshell" in self._open:
            self._close("subshell")

    def _begin(self, kind: str) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise ConversionError("compound commands are nested too deeply to be read")
        self._open.append(kind)

    def _named(self, kind: str) -> str:
        if not self._function:
            return kind
        name, self._function = self._function, ""
        return f"function {name}"

    def _close(self, kind: str) -> None:
        for index in range(len(self._open) - 1, -1, -1):
            is_function = kind == "group" and self._open[index].startswith("function ")
            if self._open[index] == kind or is_function:
                del self._open[index:]
                return
