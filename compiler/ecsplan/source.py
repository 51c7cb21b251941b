"""YAML text -> jobs as written, with the place of every value. The only module that knows ruamel."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
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
from ecsplan.jobs import Document, JobSource, jobs_of
from ecsplan.nodes import Node
from ecsplan.source_text import Problem, SourceText
from ecsplan.syntax import SyntaxProblem, explain

try:
    from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined] # re-exported from a library without stubs
except ModuleNotFoundError:  # the C library is compiled for CPython only
    CParser = None

__all__ = ["JobSource", "Manifest", "read_manifest"]

MAX_UNREADABLE = 20
"""Documents of a stream that may have syntax errors before reading stops."""

_NEXT_DOCUMENT = re.compile(r"^---(?=\s|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one file says.

    Attributes:
        jobs: The jobs that could be read, in the order of the file.
        diagnostics: What is wrong with the YAML and with `jobs:` and `defaults:`, sorted by place.
    """

    jobs: tuple[JobSource, ...]
    diagnostics: tuple[Diagnostic, ...]


def read_manifest(text: str | bytes, *, file: str) -> Manifest:
    """Return the jobs of a YAML 1.2 text and whatever is wrong with it; never raises for what the text is.

    Args:
        text: The manifest; bytes are UTF-8, or as their byte order mark says.
        file: The file as the user named it; `-` or `<stdin>` for standard input.
    """
    source, refused = decode(text, "<stdin>" if file == "-" else file)
    problems = list(refused)
    if not source.text and problems:
        return Manifest((), _diagnostics(source, problems))
    roots = list(_documents(source, problems))
    jobs = [job for root in roots for job in jobs_of(Document(root, source, problems))]
    if not roots and not problems:
        message = "the manifest is empty"
        problems.append(Problem("empty-manifest", 0, 0, message, "write at least `image:` and `command:`"))
    return Manifest(tuple(jobs), _diagnostics(source, problems))


def _diagnostics(source: SourceText, problems: Iterable[Problem]) -> tuple[Diagnostic, ...]:
    return in_order(
        error(each.rule, source.location(each.start, each.end, each.pointer), each.message, help=each.help)
        for each in problems
    )


def _documents(source: SourceText, problems: list[Problem]) -> Iterator[Node]:
    """Yield the documents that can be read; after one that cannot, go on with the next `---`."""
    begin = 0
    composer = Composer(source, problems)
    for _ in range(MAX_UNREADABLE):
        try:
            yield from _compose(composer, source.text[begin:] if begin else source.text, begin)
        except MarkedYAMLError as found:
            stopped_at = _note_syntax_error(found, source, begin, problems)
        except YAMLError as found:
            problems.append(
                Problem("yaml-syntax", begin, begin, f"not valid YAML: {str(found).splitlines()[0]}")
            )
            return
        except Refused as refused:
            problems.append(refused.problem)
            stopped_at = refused.problem.start
            if refused.final:
                return
        else:
            return
        following = _NEXT_DOCUMENT.search(source.text, max(stopped_at, begin + 1))
        if following is None:
            return
        begin = following.start()


def _events(text: str) -> Iterator[Any]:
    """Yield the events of a text: from the C library where there is one, in a tenth of the time."""
    if CParser is None:
        yield from YAML(typ="safe", pure=True).parse(text)
        return
    parser = CParser(text)
    while (event := parser.get_event()) is not None:
        yield event


def _compose(composer: Composer, text: str, begin: int) -> Iterator[Node]:
    """Yield the documents of a text that begins at offset `begin` of its file, empty ones left out."""
    composer.restart(begin)
    for event in _events(text):
        start, end = event.start_mark.index, event.end_mark.index
        kind = type(event)
        if kind is ScalarEvent:
            composer.scalar(
                start, end, event.value, plain=event.implicit[0], tag=_tag(event), anchor=event.anchor
            )
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


def _note_syntax_error(
    found: MarkedYAMLError, source: SourceText, begin: int, problems: list[Problem]
) -> int:
    """Note a syntax error; return the offset at which the parser gave up."""
    offset: int = begin + found.problem_mark.index
    context_offset = None if found.context_mark is None else begin + found.context_mark.index
    problem = SyntaxProblem(found.problem or "", offset, found.context or "", context_offset)
    explained = explain(problem, source.text)
    problems.append(
        Problem("yaml-syntax", explained.offset, explained.offset + 1, explained.message, explained.help)
    )
    return offset
