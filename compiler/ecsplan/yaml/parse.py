"""YAML text -> the nodes of its documents. The only module that parses with ruamel."""

import re
from collections.abc import Iterable, Iterator
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

from ecsplan.terms.records import dataclass
from ecsplan.yaml.compose import Composer, UnreadableDocument
from ecsplan.yaml.decode import decode
from ecsplan.yaml.json_comments import comments_in
from ecsplan.yaml.libyaml_spelling import Restored, respelled
from ecsplan.yaml.nodes import Node
from ecsplan.yaml.text import Problem, SourceText

try:
    from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined] # re-exported from a library without stubs
except ModuleNotFoundError:  # the C library is compiled for CPython only
    CParser = None

MAX_UNREADABLE = 20
"""Documents with syntax errors after which the rest of a file is not read."""

_COMMENT = re.compile(r"""[\s,{}\[\]"](?://|/\*)""")
"""The possible start of a comment in JSON. Most texts have none, and their nodes are then not searched."""

_HALF = re.compile("[\ud800-\udfff]")
"""An unpaired surrogate: libyaml refuses it, ruamel.yaml accepts it as an escape."""

_NEXT_DOCUMENT = re.compile(r"^---(?=\s|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Parsed:
    """The documents of a text, and its problems so far.

    Attributes:
        source: The text.
        roots: The root nodes of its documents, without empty documents.
        problems: Its problems; later steps append to them.
        allowance: How many values `defaults:` may add to the jobs.
        unfinished: What could be read of the first document with a syntax error; None without one.
    """

    source: SourceText
    roots: tuple[Node, ...]
    problems: list[Problem]
    allowance: int
    unfinished: Node | None = None


def parse(text: str | bytes, path: str) -> Parsed:
    """Return the documents of a YAML text and its problems; no text makes it raise."""
    source, refused = decode(text, path)
    problems = list(refused)
    composer = Composer(source, problems)
    unfinished: list[Node] = []
    roots = tuple(_documents(composer, source, problems, unfinished))
    # Before the first location is made: its excerpt masks by these nodes.
    source.roots.extend(roots)
    if ("//" in source.text or "/*" in source.text) and _COMMENT.search(source.text):
        problems += (each for root in roots for each in comments_in(root))
    return Parsed(source, roots, problems, composer.allowance, next(iter(unfinished), None))


def _documents(
    composer: Composer, source: SourceText, problems: list[Problem], unfinished: list[Node]
) -> Iterator[Node]:
    """Yield the documents that can be read; after one that cannot, continue at the next `---`.

    What was read of a document with an error is appended to `unfinished`.
    """
    # Invariant: `begin` is the offset of the first character that no parser has consumed for good, and it
    # grows with every iteration, so the loop ends also without `MAX_UNREADABLE`.
    begin = 0
    for _ in range(MAX_UNREADABLE):
        try:
            yield from _compose(composer, source.text[begin:], begin)
        except (UnreadableDocument, MarkedYAMLError) as found:
            stopped_at = _note(found, source, begin, problems)
            rest = composer.unfinished()
            unfinished += [] if rest is None else [rest]
        else:
            stopped_at = len(source.text)
        source.roots.extend(composer.remains())
        # At least one character on: an error at a `---` would otherwise find the same `---` again.
        following = _NEXT_DOCUMENT.search(source.text, max(stopped_at, begin + 1))
        if following is None:
            return
        begin = following.start()


def _compose(composer: Composer, text: str, begin: int) -> Iterator[Node]:
    """Yield the root nodes of a text's documents, without empty ones; the text begins at offset `begin`."""
    composer.restart(begin)
    # The parser reads `spelled`, in which stand-ins replace what it would misread, character for character;
    # so its offsets are those of the text, and `restored` turns the content of scalars back.
    spelled, restored = respelled(text, for_libyaml=CParser is not None)
    if CParser is None:
        yield from _nodes(composer, YAML(typ="safe", pure=True).parse(spelled), restored)
        return
    yield from _nodes(composer, iter(CParser(spelled).get_event, None), restored)


def _nodes(composer: Composer, events: Iterable[Any], restored: Restored) -> Iterator[Node]:
    """Yield the root nodes that a parser's events describe; `restored` undoes respelling in a scalar."""
    # This runs for every event of every manifest, so the kinds are compared in order of frequency, and by
    # identity, since no event class has subclasses.
    for event in events:
        start, end = event.start_mark.index, event.end_mark.index
        kind = type(event)
        if kind is ScalarEvent:
            text, plain = restored(event.value, event.style == '"'), event.implicit[0]
            if not text.isascii() and _HALF.search(text):
                raise composer.half(start)
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


def _note(
    found: UnreadableDocument | MarkedYAMLError, source: SourceText, begin: int, problems: list[Problem]
) -> int:
    """Append the reason that a document cannot be read; return the offset at which reading may continue."""
    from ecsplan.yaml.syntax_errors import SyntaxProblem, explain  # noqa: PLC0415 - only wrong YAML needs it

    if isinstance(found, UnreadableDocument):
        problems.append(found.problem)
        return len(source.text) if found.final else found.problem.start
    offset: int = begin + found.problem_mark.index
    context_offset = offset if found.context_mark is None else begin + found.context_mark.index
    explained = explain(
        SyntaxProblem(source.text, offset, found.problem or "", found.context or "", context_offset)
    )
    place = explained.offset
    problems.append(Problem("yaml-syntax", place, place + 1, explained.message, explained.help))
    # Not `place`: the explanation may point back at an opening quote, before text that was already read.
    return offset
