"""YAML text -> jobs as written, with the place of every value. The only module that parses with ruamel."""

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

from ecsplan.source.compose import Composer, UnreadableDocument
from ecsplan.source.decode import decode
from ecsplan.source.definition_files import DefinitionFiles, Read
from ecsplan.source.documents import Document, Overlay
from ecsplan.source.env_files import EnvFiles
from ecsplan.source.foreign import recognized_text
from ecsplan.source.ignores import Ignore, ignores_in
from ecsplan.source.job_source import JobSource
from ecsplan.source.jobs import foreign_of, foreign_problem, jobs_of
from ecsplan.source.json_comments import comments_in
from ecsplan.source.libyaml_spelling import Restored, respelled
from ecsplan.source.matrix import Matrices
from ecsplan.source.nodes import (
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    plain_value,
    scalar_value,
)
from ecsplan.source.text import Problem, SourceText
from ecsplan.source.variables import Variables, variables_of
from ecsplan.terms.diagnostic import Diagnostic, Location, error, in_order, warning
from ecsplan.terms.records import dataclass
from ecsplan.variables.declarations import Declaration
from ecsplan.variables.values import NONE_GIVEN, Sources

try:
    from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined] # re-exported from a library without stubs
except ModuleNotFoundError:  # the C library is compiled for CPython only
    CParser = None

__all__ = ["MAX_PROBLEMS", "JobSource", "Manifest", "read_manifest"]

MAX_UNREADABLE = 20
"""Documents with syntax errors after which the rest of a file is not read."""

MAX_PROBLEMS = 1000
"""Problems that are reported individually, of a file and then of each of its jobs."""

_COMMENT = re.compile(r"""[\s,{}\[\]"](?://|/\*)""")
"""The possible start of a comment in JSON. Most texts have none, and their nodes are then not searched."""

_LOSING_NO_JOB = frozenset({"definition-file", "number-out-of-range"})
"""Rules of reading whose errors leave every job with its name; so do those about variables."""

_HALF = re.compile("[\ud800-\udfff]")
"""An unpaired surrogate: libyaml refuses it, ruamel.yaml accepts it as an escape."""

_NEXT_DOCUMENT = re.compile(r"^---(?=\s|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The content of one file.

    Attributes:
        jobs: The jobs that could be read, in the order of the file.
        diagnostics: Problems of the YAML, `jobs:` and `defaults:`, sorted by place.
        ignores: The rules that its comments ask to ignore.
        files: The paths of the definition and env files that were read for them.
        declared: The variables that its documents declare.
        complete: Whether no job was lost because it could not be read.
    """

    jobs: tuple[JobSource, ...]
    diagnostics: tuple[Diagnostic, ...]
    ignores: tuple[Ignore, ...] = ()
    files: tuple[str, ...] = ()
    declared: tuple[Declaration, ...] = ()
    complete: bool = True


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


def read_manifest(
    text: str | bytes,
    *,
    file: str,
    read: Read | None = None,
    name: str | None = None,
    sources: Sources = NONE_GIVEN,
    overlay: Overlay | None = None,
) -> Manifest:
    """Return the jobs of a YAML 1.2 text and its problems; no text makes it raise.

    Args:
        text: The manifest; bytes are UTF-8 unless a byte order mark says otherwise.
        file: The file as the user named it; `-` or `<stdin>` for standard input.
        read: Reads the file that a `task_definition` or an `env_file` names, relative to the manifest. With
            None, naming a file is an error.
        name: The name of jobs that the manifest does not name; None names them after the file.
        sources: Where the values of its variables come from.
        overlay: What is set in its jobs; None for nothing.
    """
    parsed = _parsed(text, "<stdin>" if file == "-" else file)
    source, problems = parsed.source, parsed.problems
    files = DefinitionFiles(source.path, read, _parsed)
    env_files = EnvFiles(files)
    wrong_settings: list[Diagnostic] = []
    matrices = Matrices()
    documents = [
        Document(
            root,
            source,
            problems,
            parsed.allowance,
            files,
            env_files,
            _variables(parsed, root, sources),
            name,
            overlay,
            wrong_settings,
            matrices,
        )
        for root in parsed.roots
    ]
    # Recognizing other tools' text costs a dozen searches, so it waits for a sign that this is not YAML:
    # a syntax error, or a document that is one long scalar.
    is_odd = bool(problems) or any(isinstance(each, ScalarNode) for each in parsed.roots)
    foreign = _foreign_text(parsed) if is_odd else None
    if foreign is not None:
        return Manifest((), (_diagnostic(source, foreign),), complete=False)
    # `jobs_of` appends to `problems` and reads definition files, so both are complete only after this line.
    jobs = [job for document in documents for job in jobs_of(document)]
    if not documents and not problems:
        message = "the manifest is empty"
        problems.append(Problem("empty-manifest", 0, 0, message, "write at least `image:` and `command:`"))
    _keep_one_of_a_kind(problems)
    texts = [(each.source, each.problems) for each in (parsed, *files.parsed.values())]
    texts += [(each.source, each.problems) for each in env_files.parsed.values()]
    found = [_diagnostic(text, problem) for text, problems in texts for problem in _bounded(problems)]
    ignores = tuple(ignore for each in (parsed, *files.parsed.values()) for ignore in ignores_in(each.source))
    declared = tuple(
        each for document in documents if document.variables for each in document.variables.declarations
    )
    complete = matrices.are_known and not any(
        each.severity == "error" and each.rule not in _LOSING_NO_JOB and not each.rule.startswith("variable-")
        for each in found
    )
    return Manifest(
        tuple(jobs),
        in_order((*found, *wrong_settings)),
        ignores,
        (*files.paths, *env_files.paths),
        declared,
        complete,
    )


def _variables(parsed: Parsed, root: Node, sources: Sources) -> Variables | None:
    if not isinstance(root, MappingNode):
        return None
    return variables_of(root, parsed.source, parsed.problems, sources, read_text)


def read_mapping(text: str | bytes, *, file: str) -> tuple[dict[str, Any], tuple[Diagnostic, ...]]:
    """Return the mapping that a YAML or JSON text is, and what is wrong with it; no text makes it raise.

    Numbers and other scalars have their YAML 1.2 values. Where the text is no mapping, the data is empty.

    Such a file holds values of sensitive variables, under names that nobody can tell from others: what is
    wrong is said by its rule and place alone, without the line and without what is written there.
    """
    parsed = _parsed(text, file)
    problems = parsed.problems
    data: dict[str, Any] = {}
    (root,) = parsed.roots if len(parsed.roots) == 1 else (None,)
    if isinstance(root, MappingNode):
        data = {name: _whole(value) for name, (_, value) in root.entries.items()}
    elif not problems:
        help_text = "write a mapping of variables to values, or the output of `terraform output -json`"
        problems.append(Problem("variable-file", 0, 1, "this file is not a mapping", help_text))
    found = [_without_values(_diagnostic(parsed.source, each)) for each in _bounded(problems)]
    return data, in_order(found)


def _whole(node: Node) -> Any:
    """Return a value as plain data, all of it."""
    match node:
        case ScalarNode():
            return scalar_value(node)
        case SequenceNode(items=items):
            return [_whole(each) for each in items]
        case MappingNode(entries=entries):
            return {name: _whole(value) for name, (_, value) in entries.items()}


_OF_RULES = {
    "duplicate-key": ("a name is written twice", "keep one of them"),
    "missing-space": ("there is no space after a colon", "write a space after it"),
    "non-string-key": ("a name is not a string", "put it in quotes"),
    "number-out-of-range": ("this is not a number that JSON can represent", "put it in quotes if it is text"),
    "tag-mismatch": ("a value begins with `!`", "put it in quotes"),
    "undefined-alias": ("a value begins with `*`", "put it in quotes"),
    "unsafe-tag": ("a value begins with `!`", "put it in quotes"),
    "variable-file": (
        "this file is not a mapping",
        "write a mapping of variables to values, or the output of `terraform output -json`",
    ),
}


def _without_values(found: Diagnostic) -> Diagnostic:
    """Return a diagnostic without the words and the line that may hold a secret."""
    at = found.location
    message, help_text = _OF_RULES.get(
        found.rule, ("this cannot be read as YAML", "put values with special characters in quotes")
    )
    return error(found.rule, Location(at.path, at.line, at.column), message, help=help_text)


def compose_value(text: str) -> tuple[Node | None, list[Problem]]:
    """Return the root node of a text that is one YAML value, and its problems."""
    parsed = _parsed(text, "")
    return (parsed.roots[0] if len(parsed.roots) == 1 else None), parsed.problems


def read_text(text: str) -> object:
    """Return the value that a text is as a YAML scalar or flow sequence; None for anything else."""
    if not text.lstrip().startswith("["):
        return plain_value(text.strip())
    parsed = _parsed(text, "")
    (root,) = parsed.roots if len(parsed.roots) == 1 else (None,)
    if parsed.problems or not isinstance(root, SequenceNode) or not root.flow:
        return None
    return [scalar_value(each) if isinstance(each, ScalarNode) else None for each in root.items]


def _foreign_text(parsed: Parsed) -> Problem | None:
    """Return the problem of a text that is not YAML because it belongs to another tool; else None."""
    text, unfinished = parsed.source.text, parsed.unfinished
    found = recognized_text(text)
    if found is None and unfinished is not None and not parsed.roots:
        found = foreign_of(unfinished)
    if found is None:
        return None
    return foreign_problem(found, unfinished or ScalarNode(0, 1, "", plain=True), parsed.source)


def _keep_one_of_a_kind(problems: list[Problem]) -> None:
    """Remove repeated `not-a-manifest` problems: one per kind of foreign document is enough."""
    seen: set[str] = set()
    for each in [problem for problem in problems if problem.rule == "not-a-manifest"]:
        if each.message in seen:
            problems.remove(each)
        seen.add(each.message)


def _parsed(text: str | bytes, path: str) -> Parsed:
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


def _bounded(problems: list[Problem]) -> list[Problem]:
    """Return the first `MAX_PROBLEMS` problems of a file by place, and one that counts the others."""
    # Sorted before it is cut, so that fixing them from the top never uncovers an earlier one.
    found = sorted(dict.fromkeys(problems), key=lambda each: each.start)
    if len(found) <= MAX_PROBLEMS:
        return found
    more = len(found) - MAX_PROBLEMS
    place = found[MAX_PROBLEMS]
    message = f"{more:,} more problems are not shown"
    last = Problem(
        "too-many-problems", place.start, place.end, message, "fix these first, then run the check again"
    )
    return [*found[:MAX_PROBLEMS], last]


def _diagnostic(source: SourceText, problem: Problem) -> Diagnostic:
    location = (problem.source or source).location(problem.start, problem.end, problem.pointer)
    report = error if problem.severity == "error" else warning
    return report(problem.rule, location, problem.message, help=problem.help)


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
    from ecsplan.source.syntax_errors import SyntaxProblem, explain  # noqa: PLC0415 - only wrong YAML needs it

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
