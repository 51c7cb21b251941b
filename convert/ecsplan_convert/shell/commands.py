"""The commands of a shell script, read as POSIX shells and bash read them; nothing is run.

Source: POSIX.1-2017, volume Shell & Utilities, chapter 2 (2.4 reserved words, 2.7 redirection, 2.9 commands);
bash's own `<<<`, `[[ … ]]`, `((…))` and arrays are read as well.
"""

import re
from dataclasses import field
from typing import Final

from ecsplan.terms.records import dataclass
from ecsplan_convert.shell.compound import Compounds
from ecsplan_convert.shell.syntax import Assignment, Command, Text, Word
from ecsplan_convert.shell.words import WordScanner
from ecsplan_convert.source import ConversionError

_ASSIGNED: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\+?)=")
_OPERATOR: Final = re.compile(r";;&?|;&|;|&&|\|\||\|&|\||&(?!>)|\(|\)")
_REDIRECTION: Final = re.compile(
    r"([0-9]*|\{[A-Za-z_]\w*\})(<<<|<<-?|<>|<&|>&|>>|>\||&>>|&>|<(?!\()|>(?!\())"
)
_PARENTHESES: Final = re.compile(r"\([ \t]*\)")
_ARITHMETIC: Final = re.compile(r"\(\([^\n]*?\)\)")
MAX_CHARACTERS: Final = 500_000
"""Characters of the longest script that is read."""
_TESTS: Final = frozenset({"[", "test"})
DECLARES: Final = frozenset({"export", "local", "readonly", "declare", "typeset"})
"""Commands whose arguments are assignments."""


def commands_of(text: str) -> tuple[Command, ...]:
    """Return the simple commands of a script in their order; those in expansions are within their words.

    Raises:
        ConversionError: A quote or an expansion is never closed, or the script is too long.
    """
    if len(text) > MAX_CHARACTERS:
        raise ConversionError(
            f"the script has more than {MAX_CHARACTERS:,} characters",
            help="put the lines with `aws ecs` into a file of their own",
        )
    return _Scanner(text.replace("\r\n", "\n")).script(until="")


@dataclass(slots=True)
class _Building:
    """A command that is being read."""

    within: tuple[str, ...]
    line: int
    words: list[Word] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    document: Word | None = None
    target: Word | None = None
    is_header: bool = False

    @property
    def name(self) -> str:
        """The command's first word, where nothing in it is quoted or expanded."""
        return self.words[0].keyword if self.words else ""

    def done(self) -> Command:
        return Command(
            tuple(self.words),
            tuple(self.assignments),
            self.line,
            self.within,
            self.document,
            self.target,
            self.is_header,
        )


class _Script:
    """The commands of a script, or of an expansion, that have been read, and the one that is being read."""

    def __init__(self) -> None:
        self.compounds = Compounds()
        self._read: list[_Building] = []
        self.current = _Building((), 0)
        self._follows_test = False

    def finish(self, operator: str) -> None:
        """End the current command, after which an operator or a newline stands."""
        if self.current.line:
            is_test = self.current.is_header or self.current.name in _TESTS
            self._follows_test = operator in {"&&", "||"} and (is_test or self._follows_test)
            self._read.append(self.current)
        self.current = _Building((), 0)

    def begin(self, line: int) -> _Building:
        """Return the current command, whose next part is on this line."""
        if not self.current.line:
            self.current.line = line
            condition = ("if",) if self._follows_test else ()
            self.current.within = (*self.compounds.within, *condition)
            self.current.is_header = self.compounds.in_header and not self.compounds.header_is_command
        return self.current

    def done(self) -> tuple[Command, ...]:
        """Return all commands."""
        self.finish("\n")
        return tuple(each.done() for each in self._read)


@dataclass(frozen=True, slots=True)
class _Pending:
    """A here-document whose text begins with the next line."""

    command: _Building
    delimiter: str
    quoted: bool
    strips_tabs: bool


class _Scanner(WordScanner):
    """Reads a script from its beginning."""

    def __init__(self, text: str, first_line: int = 1, depth: int = 0) -> None:
        super().__init__(text, first_line, depth)
        self._pending: list[_Pending] = []

    def script(self, until: str) -> tuple[Command, ...]:
        script, start = _Script(), self.at
        # Here-documents of the commands around an expansion begin after the line on which it ends.
        around, self._pending = self._pending, []
        closed = False
        while not closed:
            self.skip_blank()
            if self.at >= len(self.text):
                break
            closed = self._token(script, until)
        if until and not closed:
            raise self.unclosed("a command substitution", start)
        if not until:
            self._read_documents()
        self._pending = [*around, *self._pending]
        return script.done()

    def _token(self, script: _Script, until: str) -> bool:
        """Read the next token; return whether it is the parenthesis that closes the script."""
        character = self.text[self.at]
        if character == "\n":
            self.at += 1
            self._read_documents()
            if script.current.line:
                script.finish("\n")
            script.compounds.end_of_line()
        elif character == "#":
            self._skip_comment()
        elif self.at_process_substitution():
            script.begin(self.line()).words.append(self.word())
        elif match := _REDIRECTION.match(self.text, self.at):
            self._redirection(match, script.begin(self.line()))
        elif match := _OPERATOR.match(self.text, self.at):
            if match[0] == until and not script.compounds.takes_parenthesis:
                self.at = match.end()
                return True
            self._operator(match, script)
        else:
            self._word_of_command(script)
        return False

    def _operator(self, match: "re.Match[str]", script: _Script) -> None:
        current = script.current
        if match[0] == "(" and not current.words and self._skip(_ARITHMETIC):
            return
        if (
            match[0] == "("
            and len(current.words) == 1
            and not script.compounds.in_header
            and self._skip(_PARENTHESES)
        ):
            script.compounds.function(current.words.pop().plain or "")
            current.line = 0
            return
        self.at = match.end()
        script.finish(match[0])
        script.compounds.operator(match[0])

    def _skip(self, pattern: "re.Pattern[str]") -> bool:
        """Skip what matches a pattern here; return whether there is something."""
        match = pattern.match(self.text, self.at)
        if match is not None:
            self.at = match.end()
        return match is not None

    def _word_of_command(self, script: _Script) -> None:
        compounds, words = script.compounds, script.current.words
        begins = not words and not compounds.in_header
        if begins or (words and words[0].keyword in DECLARES):
            match = _ASSIGNED.match(self.text, self.at)
            if match is not None:
                script.begin(self.line()).assignments.append(self._assignment(match))
                return
        word = self.word()
        if not words and not script.current.assignments and compounds.keyword(word):
            if compounds.header_is_command:
                script.begin(word.line).words.append(word)
            return
        script.begin(word.line).words.append(word)
        compounds.word(word)

    def _assignment(self, match: "re.Match[str]") -> Assignment:
        self.at = match.end()
        name, appends = match[1], bool(match[2])
        if self.text.startswith("(", self.at):
            return Assignment(name, None, self._items(), appends)
        return Assignment(name, self.value(), (), appends)

    def _items(self) -> tuple[Word, ...]:
        """Return the items of an array, whose `(` is next."""
        start = self.at
        self.at += 1
        items: list[Word] = []
        while self.at < len(self.text):
            self.skip_blank()
            character = self.text[self.at : self.at + 1]
            if character == ")":
                self.at += 1
                return tuple(items)
            if character == "#":
                self._skip_comment()
            elif character in {"\n", ";", "&", "|", "<", ">", "("}:
                self.at += 1
            elif character:
                items.append(self.word())
        raise self.unclosed("an array", start)

    def _skip_comment(self) -> None:
        end = self.text.find("\n", self.at)
        self.at = len(self.text) if end < 0 else end

    def _redirection(self, match: "re.Match[str]", current: _Building) -> None:
        self.at = match.end()
        number, operator = match.groups()
        self.skip_blank()
        start = self.at
        target = self.value()
        if self.at == start:
            return
        if operator in {"<<", "<<-"}:
            quoted = any(mark in self.text[start : self.at] for mark in "'\"\\")
            delimiter = target.plain or self.text[start : self.at]
            self._pending.append(_Pending(current, delimiter, quoted, operator == "<<-"))
        elif operator == "<<<":
            current.document = target
        elif operator in {">", ">|", "&>"} and number in {"", "1"}:
            current.target = target

    def _read_documents(self) -> None:
        """Read the here-documents that begin here; an unclosed one ends with the script, as in bash."""
        pending, self._pending = self._pending, []
        for each in pending:
            first, lines = self.line(), list[str]()
            while self.at < len(self.text):
                end = self.text.find("\n", self.at)
                end = len(self.text) if end < 0 else end
                line = self.text[self.at : end]
                self.at = min(end + 1, len(self.text))
                if each.strips_tabs:
                    line = line.lstrip("\t")
                if line == each.delimiter:
                    break
                lines.append(line + "\n")
            each.command.document = self._document("".join(lines), each, first)

    def _document(self, text: str, pending: _Pending, line: int) -> Word:
        """Return the text of a here-document as a word; one with a quoted delimiter is literal."""
        if pending.quoted:
            return Word((Text(text, quoted=True),), line)
        return _Scanner(text, line, self.depth).document()
