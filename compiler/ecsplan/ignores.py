"""Comments `# ecsplan: ignore[rule, …]`: where they stand, what they silence, and which are of no use."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ecsplan.checks import CHECKS
from ecsplan.diagnostic import Diagnostic, Location, warning
from ecsplan.job_rules import JOB_RULES, ONLINE_RULES
from ecsplan.nearest import nearest
from ecsplan.nodes import Mapping, Node, Scalar
from ecsplan.schema_rules import SCHEMA_RULES
from ecsplan.source_rules import SOURCE_RULES
from ecsplan.source_text import SourceText

_MARK = re.compile(r"ecsplan:[ \t]*ignore\b")
_COMMENT = re.compile(r"#[ \t]*ecsplan:[ \t]*ignore\b(?:[ \t]*\[([^\]#\r\n]*)\])?")
_NAME = re.compile(r"[^\s,]+")


_OF_INPUTS = frozenset({"link-cycle", "no-manifests", "unnamed-job", "unreadable-file"})
"""Rules about files, and about what standard input lacks: no comment could stand where they are reported."""

_ENDS_CHECKING = frozenset(each.name for each in SOURCE_RULES) | frozenset(each.name for each in SCHEMA_RULES)
"""Rules whose errors keep other rules from running, so that nothing can be said of what is not found."""


@dataclass(frozen=True, slots=True)
class Ignore:
    """One rule that a comment names.

    Attributes:
        rule: The rule; "" for a comment that names none.
        location: Where the name stands, or the comment. What is silenced is on the same line.
    """

    rule: str
    location: Location


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which rules have run, so that an ignore that silences nothing can be called unused.

    Attributes:
        online: Whether AWS has answered every question of the jobs.
        unseen: Files with a job whose linked definition was not seen: most rules wait for it.
    """

    online: bool
    unseen: frozenset[str] = frozenset()


def rule_names() -> frozenset[str]:
    """Return the name of every rule that a diagnostic can have."""
    checks = (each.__name__.replace("_", "-") for each in CHECKS)
    return _ENDS_CHECKING.union(checks, (each.name for each in JOB_RULES), _OF_INPUTS)


def ignores_in(source: SourceText) -> tuple[Ignore, ...]:
    """Return what the comments of a text ask to ignore, in their order.

    The text has been parsed: a `#` inside a scalar is no comment. Texts without such a comment, nearly all,
    cost one search.
    """
    lines = {source.line_of(each.start()) for each in _MARK.finditer(source.text)}
    if not lines:
        return ()
    scalars = _scalars_on(source, lines)
    return tuple(each for line in sorted(lines) for each in _on_line(source, line, scalars.get(line, ())))


def heeded(
    found: Iterable[Diagnostic], ignores: Iterable[Ignore], coverage: Coverage
) -> Iterator[Diagnostic]:
    """Yield the diagnostics that no comment silences, and what is wrong with the comments themselves."""
    diagnostics, asked = tuple(found), tuple(ignores)
    if not asked:
        yield from diagnostics
        return
    silenced = {(each.location.path, each.location.line, each.rule) for each in asked}
    remarks = tuple(_remarks(diagnostics, asked, coverage))
    for each in (*diagnostics, *remarks):
        if each.severity == "error" or (each.path, each.line, each.rule) not in silenced:
            yield each


def _remarks(
    found: tuple[Diagnostic, ...], asked: tuple[Ignore, ...], coverage: Coverage
) -> Iterator[Diagnostic]:
    """Yield the warnings about comments: rules that do not exist, errors, and what silences nothing."""
    known = rule_names()
    severities: dict[tuple[str, int, str], set[str]] = {}
    for each in found:
        severities.setdefault((each.path, each.line, each.rule), set()).add(each.severity)
    cut_short = {each.path for each in found if each.severity == "error" and each.rule in _ENDS_CHECKING}
    for ignore in asked:
        there = severities.get((ignore.location.path, ignore.location.line, ignore.rule), set())
        if ignore.rule not in known:
            yield _unknown(ignore, known)
        elif "error" in there:
            message = f"{ignore.rule} is an error here, and only warnings can be ignored"
            yield warning(
                "unused-ignore", ignore.location, message, help="fix the error, and remove the comment"
            )
        elif not there and ignore.location.path not in cut_short and _has_run(ignore, coverage):
            message = f"{ignore.rule} reports nothing on this line"
            help_text = "remove it, or put the comment on the line that the diagnostic names"
            yield warning("unused-ignore", ignore.location, message, help=help_text)


def _has_run(ignore: Ignore, coverage: Coverage) -> bool:
    """Return whether the rule would have reported what there is to report on the comment's line."""
    if ignore.rule in {"unknown-ignore", "unused-ignore"}:
        return False
    return coverage.online or (
        ignore.rule not in ONLINE_RULES and ignore.location.path not in coverage.unseen
    )


def _unknown(ignore: Ignore, known: frozenset[str]) -> Diagnostic:
    if not ignore.rule:
        help_text = "name the rules: `# ecsplan: ignore[env-secret, command-shell]`"
        return warning(
            "unknown-ignore", ignore.location, "this comment names no rule to ignore", help=help_text
        )
    near = nearest(ignore.rule, sorted(known))
    help_text = f"did you mean {near}?" if near else "docs/rules.md lists the rules"
    return warning("unknown-ignore", ignore.location, f"there is no rule {ignore.rule!r}", help=help_text)


def _on_line(source: SourceText, line: int, scalars: Iterable[Scalar]) -> Iterator[Ignore]:
    """Yield what the comment of a line asks for; a comment reaches from its `#` to the end of the line."""
    start, end = source.line_span(line)
    comment = next(
        (at for at in _hashes(source.text, start, end) if not _is_inside(source, at, scalars)), end
    )
    for found in _COMMENT.finditer(source.text, comment, end):
        names = () if found[1] is None else tuple(_NAME.finditer(source.text, found.start(1), found.end(1)))
        for name in names:
            yield Ignore(name[0], source.location(name.start(), name.end()))
        if not names:
            yield Ignore("", source.location(found.start(), found.end()))


def _hashes(text: str, start: int, end: int) -> Iterator[int]:
    """Yield where a comment of a line could begin: at its start, or after a blank."""
    at = text.find("#", start, end)
    while at >= 0:
        if at == start or text[at - 1] in " \t\ufeff":
            yield at
        at = text.find("#", at + 1, end)


def _is_inside(source: SourceText, at: int, scalars: Iterable[Scalar]) -> bool:
    """Return whether an offset lies in the text of a scalar; the header of a block scalar is none."""
    for each in scalars:
        start = source.after_properties(each.start, each.end)
        if source.text[start : start + 1] in {"|", ">"}:
            start = source.line_span(source.line_of(start))[1]
        if start <= at < each.end:
            return True
    return False


def _scalars_on(source: SourceText, lines: set[int]) -> dict[int, list[Scalar]]:
    """Return the scalars, keys included, that reach into one of these lines, by line."""
    ordered = sorted(lines)
    found: dict[int, list[Scalar]] = {}
    for each in _scalars(source.roots):
        first, last = source.line_of(each.start), source.line_of(each.end)
        for line in ordered[bisect_left(ordered, first) : bisect_right(ordered, last)]:
            found.setdefault(line, []).append(each)
    return found


def _scalars(roots: Iterable[Node]) -> Iterator[Scalar]:
    """Yield the scalars of documents, those that several aliases stand for once."""
    seen: set[int] = set()
    rest = list(roots)
    while rest:
        node = rest.pop()
        if isinstance(node, Scalar):
            yield node
        elif id(node) not in seen:
            seen.add(id(node))
            if isinstance(node, Mapping):
                for key, value in node.entries.values():
                    rest += (key, value)
            else:
                rest += node.items
