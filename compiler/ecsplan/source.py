"""YAML text -> jobs as written, with the place of every value. The only module that knows ruamel."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from ecsplan.compose import Composer, Refused
from ecsplan.decode import decode
from ecsplan.diagnostic import Diagnostic, error, in_order
from ecsplan.ignores import Ignore, ignores_in
from ecsplan.jobs import Document, JobSource, jobs_of
from ecsplan.nodes import Node
from ecsplan.respell import respelled
from ecsplan.source_text import Problem, SourceText
from ecsplan.syntax import SyntaxProblem, explain

try:
    from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined] # re-exported from a library without stubs
except ModuleNotFoundError:  # the C library is compiled for CPython only
    CParser = None

__all__ = ["MAX_PROBLEMS", "JobSource", "Manifest", "read_manifest"]

MAX_UNREADABLE = 20
"""Documents of a stream that may have syntax errors before reading stops."""

MAX_PROBLEMS = 1000
"""Problems of a file, and then of each of its jobs, that are reported one by one."""

_NEXT_DOCUMENT = re.compile(r"^---(?=\s|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one file says.

    Attributes:
        jobs: The jobs that could be read, in the order of the file.
        diagnostics: What is wrong with the YAML and with `jobs:` and `defaults:`, sorted by place.
        ignores: What its comments ask to ignore.
    """

    jobs: tuple[JobSource, ...]
    diagnostics: tuple[Diagnostic, ...]
    ignores: tuple[Ignore, ...] = ()


def read_manifest(text: str | bytes, *, file: str) -> Manifest:
    """Return the jobs of a YAML 1.2 text and whatever is wrong with it; never raises for what the text is.

    Args:
        text: The manifest; bytes are UTF-8, or as their byte order mark says.
        file: The file as the user named it; `-` or `<stdin>` for standard input.
    """
    source, refused = decode(text, "<stdin>" if file == "-" else file)
    problems = list(refused)
    composer = Composer(source, problems)
    roots = list(_documents(composer, source, problems))
    source.roots.extend(roots)
    documents = [Document(root, source, problems, composer.allowance) for root in roots]
    jobs = [job for document in documents for job in jobs_of(document)]
    if not documents and not problems:
        message = "the manifest is empty"
        problems.append(Problem("empty-manifest", 0, 0, message, "write at least `image:` and `command:`"))
    found = in_order(_diagnostic(source, each) for each in _bounded(problems))
    return Manifest(tuple(jobs), found, ignores_in(source))


def _bounded(problems: list[Problem]) -> list[Problem]:
    """Return the first problems of a file, and one that says how many more there are."""
    found = sorted(dict.fromkeys(problems), key=lambda each: each.start)
    if len(found) <= MAX_PROBLEMS:
        return found
    more = len(found) - MAX_PROBLEMS
    place = found[MAX_PROBLEMS]
    message = f"{more:,} more problems are not shown"
    last = Problem(
        "too-many-problems", place.start, place.end, message, "mend the first ones and check again"
    )
    return [*found[:MAX_PROBLEMS], last]


def _diagnostic(source: SourceText, problem: Problem) -> Diagnostic:
    location = source.location(problem.start, problem.end, problem.pointer)
    return error(problem.rule, location, problem.message, help=problem.help)


def _documents(composer: Composer, source: SourceText, problems: list[Problem]) -> Iterator[Node]:
    """Yield the documents that can be read; after one that cannot, go on with the next `---`."""
    begin = 0
    for _ in range(MAX_UNREADABLE):
        try:
            yield from _compose(composer, source.text[begin:], begin)
        except (Refused, MarkedYAMLError) as found:
            stopped_at = _note(found, source, begin, problems)
        else:
            stopped_at = len(source.text)
        source.roots.extend(composer.remains())
        following = _NEXT_DOCUMENT.search(source.text, max(stopped_at, begin + 1))
        if following is None:
            return
        begin = following.start()


def _compose(composer: Composer, text: str, begin: int) -> Iterator[Node]:
    """Yield the documents of a text that begins at offset `begin` of its file, empty ones left out."""
    composer.restart(begin)
    if CParser is None:
        yield from _nodes(composer, YAML(typ="safe", pure=True).parse(text), str)
        return
    spelled, restored = respelled(text)
    yield from _nodes(composer, iter(CParser(spelled).get_event, None), restored)


def _nodes(composer: Composer, events: Iterable[Any], restored: Callable[[str], str]) -> Iterator[Node]:
    """Yield the documents that a parser's events make; `restored` gives back a text as it is written."""
    for event in events:
        start, end = event.start_mark.index, event.end_mark.index
        kind = type(event)
        if kind is ScalarEvent:
            text, plain = restored(event.value), event.implicit[0]
            composer.scalar(start, end, text, plain=plain, tag=_tag(event), anchor=event.anchor)
        elif kind is MappingStartEvent:
            composer.open_mapping(start, flow=event.flow_style, tag=_tag(event), anchor=event.anchor)
        elif kind is SequenceStartEvent:
            composer.open_sequence(start, flow=event.flow_style, tag=_tag(event), anchor=event.anchor)
        elif kind is MappingEndEvent:
            composer.close_mapping(end)
        elif kind is SequenceEndEvent:
            composer.close_sequence(end)
        elif kind is AliasEvent:
            composer.alias(start, end, event.anchor)
        elif kind is DocumentStartEvent:
            composer.open_document(start, end, event.version)
        elif kind is DocumentEndEvent:
            root = composer.close_document()
            if root is not None:
                yield root


def _tag(event: Any) -> str | None:
    return None if event.ctag is None else str(event.tag)


def _note(found: Refused | MarkedYAMLError, source: SourceText, begin: int, problems: list[Problem]) -> int:
    """Note why a document cannot be read; return the offset from which reading may go on."""
    if isinstance(found, Refused):
        problems.append(found.problem)
        return len(source.text) if found.final else found.problem.start
    offset: int = begin + found.problem_mark.index
    context_offset = offset if found.context_mark is None else begin + found.context_mark.index
    explained = explain(
        SyntaxProblem(source.text, offset, found.problem or "", found.context or "", context_offset)
    )
    place = explained.offset
    problems.append(Problem("yaml-syntax", place, place + 1, explained.message, explained.help))
    return offset
