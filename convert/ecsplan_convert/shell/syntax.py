"""What a shell script consists of: commands, words and the parts of words, nothing of it expanded."""

from typing import TypeAlias

from ecsplan.terms.records import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """Characters that stand for themselves; quotes and backslashes are gone."""

    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """`$NAME`, `${NAME}` or `${NAME:-default}`.

    Attributes:
        name: A name, a digit or a special parameter such as `@`.
        quoted: Whether it stands in double quotes, which keep its value one word.
        default: What it stands for where it is unset; None without one.
        assigns: Whether the default is assigned as well: `${NAME:=default}`.
        every_item: Whether it stands for all items of an array: `${NAME[@]}`.
    """

    name: str
    quoted: bool = False
    default: "Word | None" = None
    assigns: bool = False
    every_item: bool = False


@dataclass(frozen=True, slots=True)
class Output:
    """The output of commands: `$(…)` or backquotes."""

    commands: "tuple[Command, ...]"
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Opaque:
    """An expansion whose value is known to a running shell only, as it is shown to people: `${A##*/}`."""

    shown: str


Part: TypeAlias = Text | Parameter | Output | Opaque


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a command, and its line in the script, from 1."""

    parts: tuple[Part, ...]
    line: int

    @property
    def plain(self) -> str | None:
        """The characters of a word without expansions; None for any other word."""
        texts = [each.text for each in self.parts if isinstance(each, Text)]
        return "".join(texts) if len(texts) == len(self.parts) else None

    @property
    def keyword(self) -> str:
        """The characters of a word in which nothing is quoted or expanded; "" for any other word."""
        bare = all(isinstance(each, Text) and not each.quoted for each in self.parts)
        return self.plain or "" if bare else ""


@dataclass(frozen=True, slots=True)
class Assignment:
    """`NAME=value`, `NAME+=value`, or an array `NAME=(one two)`.

    Attributes:
        name: The name of the parameter.
        value: Its value; None for an array.
        items: The items of an array.
        appends: Whether the value is added to the one before: `+=`.
    """

    name: str
    value: Word | None
    items: tuple[Word, ...] = ()
    appends: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """A simple command.

    Attributes:
        words: Its words, the command's name first; () where it is nothing but assignments.
        assignments: Those before its first word.
        line: The line that it begins on, from 1.
        within: The compound commands around it, the outermost first: `if`, `loop`, `case`, `function f`.
        document: Its standard input, where a here-document or a here-string gives it.
        target: The file that its output replaces; None where it goes elsewhere.
        is_header: Whether these are the words of `case` or `[[ … ]]`, which name no command.
    """

    words: tuple[Word, ...]
    assignments: tuple[Assignment, ...]
    line: int
    within: tuple[str, ...] = ()
    document: Word | None = None
    target: Word | None = None
    is_header: bool = False
