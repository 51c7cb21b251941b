"""The text of a manifest file by lines: turn offsets into locations with an excerpt."""

import re
from bisect import bisect_right
from dataclasses import field
from functools import cached_property

from ecsplan.terms.diagnostic import Location, Severity
from ecsplan.terms.records import dataclass
from ecsplan.yaml.excerpts import Secrets, Span, same_width
from ecsplan.yaml.nodes import Node

EXCERPT_WIDTH = 160
"""Characters of a line that a diagnostic shows; a longer line is cut on both sides of the place."""

REPLACEMENT = "\ufffd"
"""Replaces a character that YAML refuses."""

_EXCERPT_LEAD = 60
_MASKING_CONTEXT = 400
_LINE_END = re.compile(r"\r\n|\r|\n")
_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*(?:\s+(?:#[^\r\n]*)?)+)+")


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem at a span; becomes a `Diagnostic` once the whole file is parsed and its secrets are known.

    `source` is the text of the span, where that is another one than the file's.
    """

    rule: str
    start: int
    end: int
    message: str
    help: str = ""
    pointer: str = ""
    severity: Severity = "error"
    source: "SourceText | None" = None


@dataclass(frozen=True, eq=False)
class SourceText:
    """The text of one manifest file, without its byte order mark.

    Attributes:
        path: The file as the user named it; `<stdin>` for standard input.
        text: Its characters, each one that YAML refuses replaced by U+FFFD.
        roots: Its parsed nodes, by which excerpts mask credentials; complete before the first excerpt.
        replaced: Whether characters were replaced, which is then reported.
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
        """Return the start and end offsets of a line without its line break."""
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        while end > start and self.text[end - 1] in "\r\n":
            end -= 1
        return start, end

    def location(self, start: int, end: int, pointer: str = "") -> Location:
        """Return the location of a span: its part on the first line, at least one character wide."""
        line = self.line_of(start)
        first, last = self.line_span(line)
        start = min(start, last)
        width = max(1, min(end, last) - start)
        shown, skipped = self._excerpt(first, last, start)
        return Location(self.path, line, start - first + 1, width, pointer, shown, skipped)

    def after_properties(self, start: int, end: int) -> int:
        """Return the offset at which a node's value begins, behind its anchor and tag."""
        if self.text[start : start + 1] not in {"&", "!"}:
            return start
        found = _PROPERTIES.match(self.text, start, end)
        return found.end() if found and found.end() < end else start

    def _begin_of_value(self, start: int, end: int) -> int:
        """Return the offset from which a scalar may be a credential: with a tag that YAML does not have."""
        is_own_tag = self.text[start : start + 1] == "!" and self.text[start + 1 : start + 2] != "!"
        return start if is_own_tag else self.after_properties(start, end)

    def _excerpt(self, first: int, last: int, place: int) -> tuple[str, int]:
        """Return the excerpt of the line `first`..`last` around `place`, and how many characters it skips."""
        skipped = 0
        if last - first > EXCERPT_WIDTH:
            skipped = max(0, min(place - first - _EXCERPT_LEAD, last - first - EXCERPT_WIDTH))
        begin, end = first + skipped, min(last, first + skipped + EXCERPT_WIDTH)
        # Masked with some context and then cut: a credential that begins outside the excerpt would not be
        # recognized by the part of it that is shown.
        context = max(first, begin - _MASKING_CONTEXT)
        shown = self._masked(context, min(last, end + _MASKING_CONTEXT))[begin - context :][: end - begin]
        if skipped:
            shown = "…" + shown[1:]
        return (shown[:-1] + "…" if end < last else shown), skipped

    def _masked(self, begin: int, end: int) -> str:
        """Return the text of a span with each character of a credential replaced by an asterisk.

        Text behind the last scalar, such as a comment or text that could not be parsed, is judged by its
        shape alone.
        """
        # Invariant: `shown` keeps its length, so that offsets into the file stay valid for it.
        shown = self.text[begin:end]
        parsed = 0
        for (start, stop), secret in self._secrets.scalars(begin, end):
            low = max(0, self._begin_of_value(start, stop) - begin)
            parsed = min(stop, end) - begin
            if secret and low < parsed:
                shown = shown[:low] + "*" * (parsed - low) + shown[parsed:]
        return shown[:parsed] + same_width(shown[parsed:])
