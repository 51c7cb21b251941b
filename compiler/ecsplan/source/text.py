"""The text of a manifest file, cut into lines: offsets become places that a reader can click."""

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property

from ecsplan.source.excerpts import Secrets, Span, same_width
from ecsplan.source.nodes import Node
from ecsplan.terms.diagnostic import Location

EXCERPT_WIDTH = 160
"""Characters of a line that a diagnostic shows; a longer line is cut around the place."""

REPLACEMENT = "\ufffd"
"""What stands for a character that YAML refuses."""

_EXCERPT_LEAD = 60
_MASKING_CONTEXT = 400
_LINE_END = re.compile(r"\r\n|\r|\n")
_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*(?:\s+(?:#[^\r\n]*)?)+)+")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong at a span; becomes a `Diagnostic` once it is known what excerpts must hide."""

    rule: str
    start: int
    end: int
    message: str
    help: str = ""
    pointer: str = ""


@dataclass(frozen=True, eq=False)
class SourceText:
    """The text of one manifest file, without its byte order mark.

    Attributes:
        path: The file as the user named it; `<stdin>` for standard input.
        text: Its characters; those that YAML refuses are replaced by U+FFFD, one for one.
        roots: What it was parsed to, by which excerpts know what to hide; complete before the first is made.
        replaced: Whether there was anything to replace, which was reported then.
    """

    path: str
    text: str
    roots: list[Node] = field(default_factory=list)
    replaced: bool = False

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(each.end() for each in _LINE_END.finditer(self.text))]

    @cached_property
    def _secrets(self) -> Secrets:
        return Secrets(self.roots, aliased="*" in self.text)

    def line_of(self, offset: int) -> int:
        """Return the line, counted from 1, of the character at `offset`."""
        return bisect_right(self._starts, offset)

    def line_span(self, line: int) -> Span:
        """Return where the text of a line begins and ends, its line end left out."""
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        while end > start and self.text[end - 1] in "\r\n":
            end -= 1
        return start, end

    def location(self, start: int, end: int, pointer: str = "") -> Location:
        """Return the place of a span: its part on the first line, at least one character wide."""
        line = self.line_of(start)
        first, last = self.line_span(line)
        start = min(start, last)
        width = max(1, min(end, last) - start)
        shown, skipped = self._excerpt(first, last, start)
        return Location(self.path, line, start - first + 1, width, pointer, shown, skipped)

    def after_properties(self, start: int, end: int) -> int:
        """Return where the value begins that `start` may open with an anchor or a tag."""
        if self.text[start : start + 1] not in {"&", "!"}:
            return start
        found = _PROPERTIES.match(self.text, start, end)
        return found.end() if found and found.end() < end else start

    def _excerpt(self, first: int, last: int, place: int) -> tuple[str, int]:
        """Return what to show of the line `first`..`last`, and how many characters before it are left out."""
        skipped = 0
        if last - first > EXCERPT_WIDTH:
            skipped = max(0, min(place - first - _EXCERPT_LEAD, last - first - EXCERPT_WIDTH))
        begin, end = first + skipped, min(last, first + skipped + EXCERPT_WIDTH)
        context = max(first, begin - _MASKING_CONTEXT)
        shown = self._masked(context, min(last, end + _MASKING_CONTEXT))[begin - context :][: end - begin]
        if skipped:
            shown = "…" + shown[1:]
        return (shown[:-1] + "…" if end < last else shown), skipped

    def _masked(self, begin: int, end: int) -> str:
        """Return the text of a span, credentials in it replaced by as many asterisks.

        What stands behind the last scalar, comments and what could not be parsed, is judged by its looks.
        """
        shown = self.text[begin:end]
        parsed = 0
        for (start, stop), secret in self._secrets.scalars(begin, end):
            low = max(0, self.after_properties(start, stop) - begin)
            parsed = min(stop, end) - begin
            if secret and low < parsed:
                shown = shown[:low] + "*" * (parsed - low) + shown[parsed:]
        return shown[:parsed] + same_width(shown[parsed:])
