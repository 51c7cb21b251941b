"""Resolve a job's `task_definition` that is in a file of its own or wrapped in an AWS response."""

from collections.abc import Callable, Iterator
from dataclasses import field
from posixpath import dirname, join
from typing import Protocol, TypeAlias

from ecsplan.decision.members import NOT_COMPARED, TASK_DEFINITION
from ecsplan.terms.records import dataclass
from ecsplan.terms.short_texts import on_one_line
from ecsplan.variables.references import has_references
from ecsplan.yaml.bad_numbers import bad_numbers
from ecsplan.yaml.json_comments import COMMENT, begins_with_comment
from ecsplan.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode, data_of, scalar_value
from ecsplan.yaml.text import Problem, SourceText

Read: TypeAlias = Callable[[str], str | bytes]
"""Returns the content of a file, named relative to the manifest; raises OSError where it cannot be read."""

KEY = "task_definition"
WRAPPER = "taskDefinition"
"""The member of AWS's responses that contains the definition."""

MAX_VALUES = 1_000_000
"""Values that definition files may add to a manifest; a file counts once for each job that names it."""

_RESPONSE_ONLY = frozenset({"ResponseMetadata"})
"""Members that SDKs add to a response."""

_OF_MANIFESTS = frozenset({"image", "jobs", "defaults", KEY, "task_definition_arn", "container_name"})

_MEMBERS = frozenset(TASK_DEFINITION.members) | NOT_COMPARED

_BEGINNING = ScalarNode(0, 1, "", plain=True)

_RULE = "definition-file"
_EMBED = "put the definition itself below `task_definition:`"


class Parsed(Protocol):
    """A parsed text."""

    @property
    def source(self) -> SourceText:
        """The text itself."""

    @property
    def roots(self) -> tuple[Node, ...]:
        """The root nodes of its documents."""

    @property
    def problems(self) -> list[Problem]:
        """Its problems; later steps append to them."""


@dataclass(slots=True)
class DefinitionFiles:
    """The definition files of one manifest, each read once.

    Attributes:
        manifest: The manifest's path.
        read: Reads a file; None where no file may be read.
        parse: Parses a text; its second argument is the path for diagnostics.
        parsed: The files that were read, by their names as written.
        texts: The text of each definition that a file contains, by its node.
        literal: The strings in such files that look like references, which are not expanded.
    """

    manifest: str
    read: Read | None
    parse: Callable[[str | bytes, str], Parsed]
    parsed: dict[str, Parsed] = field(default_factory=dict)
    texts: dict[Node, SourceText] = field(default_factory=dict)
    literal: set[Node] = field(default_factory=set)
    _roots: dict[str, MappingNode | None] = field(default_factory=dict)
    _values: int = 0

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of the files that were read."""
        return tuple(self.path_of(each) for each in self.parsed)

    def path_of(self, name: str) -> str:
        """Return the path of a file in diagnostics."""
        folder = "" if self.manifest == "<stdin>" else dirname(self.manifest)
        return join(folder, name.removeprefix("./")) if folder else name

    def resolved(self, job: MappingNode, report: Callable[[Problem], None]) -> MappingNode:
        """Return a mapping whose `task_definition` is the definition itself, not a file name or a response.

        Args:
            job: The mapping of a job or of `defaults:`.
            report: Called with each problem of the manifest.
        """
        entry = job.entries.get(KEY)
        if entry is None:
            return job
        key, node = entry
        found: Node | None = None
        if isinstance(node, MappingNode | SequenceNode):
            found = _embedded(node, report)
        elif isinstance(scalar_value(node), str) and not (node.reported or node.broken):
            found = self._named(node, report)
            # `defaults:` is resolved for every job, and its wrong file name is to be reported once.
            node.reported = found is None
        if found is None or found is node:
            return job
        entries = {**job.entries, KEY: (key, found)}
        return MappingNode(
            job.start, job.end, job.flow, entries, job.size + found.size, job.depth, job.broken
        )

    def _named(self, node: ScalarNode, report: Callable[[Problem], None]) -> MappingNode | None:
        """Return the definition in a file; report where there is none, and return None."""
        name = node.text
        if name not in self._roots:
            # Recorded before the file is read, so that one which cannot be read is not tried for each job.
            self._roots[name] = None
            wrong = _no_name(name) or self._load(name)
            if wrong is not None:
                report(Problem(_RULE, node.start, node.end, *wrong, pointer=f"/{KEY}"))
        root = self._roots[name]
        # The nodes are shared, but merging copies them into the data of every job that names the file.
        self._values += 0 if root is None else root.size
        if self._values > MAX_VALUES:
            message = f"the jobs use more than {MAX_VALUES:,} values of definition files"
            report(
                Problem("too-large", node.start, node.end, message, "split the jobs over several manifests")
            )
            return None
        return root

    def _load(self, name: str) -> tuple[str, str] | None:
        """Read a file into `_roots`; return the message and help where its name is wrong, else None."""
        if self.read is None:
            return f"task_definition names the file {_shown(name)}, but files cannot be read here", _EMBED
        try:
            text = self.read(name)
        except OSError as reason:
            help_text = "a file name is relative to the manifest's folder; or " + _EMBED
            return cannot_read(name, reason), help_text
        except UnicodeError as reason:
            return cannot_read(name, reason), "save the file as UTF-8 text"
        parsed = self.parse(text, self.path_of(name))
        self.parsed[name] = parsed
        root = _definition_in(parsed)
        if root is not None:
            self._roots[name] = root
            self.texts[root] = parsed.source
            if has_references(parsed.source.text):
                self.literal.update(_scalars(root))
        elif not parsed.problems:
            return (
                f"{_shown(name)} contains no task definition",
                "write a RegisterTaskDefinition document into it",
            )
        return None


def cannot_read(name: str, reason: OSError | UnicodeError) -> str:
    """Return the message that a file of this name cannot be read."""
    if isinstance(reason, UnicodeError):
        return f"cannot read {_shown(name)}: it is not UTF-8"
    return f"cannot read {_shown(name)}: {reason.strerror or str(reason) or type(reason).__name__}"


def _first(node: Node) -> tuple[int, int]:
    """Return the span to point at for a whole document: its first character."""
    return node.start, node.start + 1


def _embedded(node: MappingNode | SequenceNode, report: Callable[[Problem], None]) -> Node:
    """Return the definition written in the manifest, unwrapped; a reported scalar where it is foreign."""
    if isinstance(node, MappingNode):
        node = _unwrapped(node)
        if node.entries.keys() <= _MEMBERS:
            return node
    from ecsplan.foreign.recognize import recognized  # noqa: PLC0415 - definitions do without it

    kind = recognized(data_of(node))
    if kind is None or kind.is_definition:
        return node
    message = f"this is {kind.name}, not a task definition"
    report(Problem(_RULE, *_first(node), message, kind.as_definition, pointer=f"/{KEY}"))
    return ScalarNode(node.start, node.end, "", plain=True, reported=True)


def _no_name(name: str) -> tuple[str, str] | None:
    """Return the message and help where a text cannot be a file name, else None."""
    text = name.strip()
    if not text:
        return "task_definition is empty and names no file", "remove the key, or name a file"
    # A definition in quotes or in a block scalar is a string: a common mistake when pasting JSON.
    if text[0] in "{[" or "\n" in text or "\0" in text or len(text) > _MAX_NAME:
        return (
            "this string is neither a task definition nor a file name",
            "write the definition without quotes, and without | or > after the colon",
        )
    return None


_MAX_NAME = 4096
"""Characters of a path that Linux opens (PATH_MAX)."""


def _shown(name: str) -> str:
    return f"`{on_one_line(name, 80)}`"


def _definition_in(parsed: Parsed) -> MappingNode | None:
    """Return the definition in a file, unwrapped; report why there is none, and return None."""
    from ecsplan.foreign.recognize import recognized, recognized_text  # noqa: PLC0415 - few manifests name a file

    problems, source = parsed.problems, parsed.source

    def refuse(node: Node, message: str, help_text: str) -> None:
        start = source.after_properties(node.start, node.end)
        problems.append(Problem(_RULE, start, start + 1, message, help_text))

    kind = recognized_text(source.text) if problems else None
    if not parsed.roots:
        if kind is not None:
            problems.clear()
            refuse(_BEGINNING, f"this is {kind.name}, not a task definition", kind.as_definition)
        return None
    root, *others = parsed.roots
    # What the file is comes before what is wrong in it, whose problems are cleared then: they would send the
    # reader to fix a file that is not the one to use.
    kind = kind or recognized(data_of(root))
    if kind is not None and not kind.is_definition:
        problems.clear()
        refuse(root, f"this is {kind.name}, not a task definition", kind.as_definition)
    elif isinstance(root, MappingNode) and not _OF_MANIFESTS.isdisjoint(root.entries):
        problems.clear()
        refuse(root, "this is a manifest, not a task definition", "name the file with the definition")
    elif others:
        refuse(
            others[0],
            "a second document in a file for one task definition",
            "put each definition into its own file",
        )
    elif isinstance(root, ScalarNode) and begins_with_comment(root.text):
        refuse(root, *COMMENT)
    elif not isinstance(root, MappingNode) and not problems:
        what = "a list" if isinstance(root, SequenceNode) else "a single value"
        refuse(root, f"a task definition is a mapping, not {what}", "write a RegisterTaskDefinition document")
    elif isinstance(root, MappingNode) and not root.broken:
        problems += bad_numbers(root, source)
        return _unwrapped(root)
    return None


def _unwrapped(node: MappingNode) -> MappingNode:
    """Return the definition in an AWS response, with the response's tags; else the node itself."""
    # The tags of a described definition are beside it, not in it. Anything else beside it is kept for the
    # schema to report, since it may be a misplaced member of the definition.
    _, inner = node.entries.get(WRAPPER, (None, None))
    if not isinstance(inner, MappingNode):
        return node
    inner = _unwrapped(inner)
    others = {
        name: entry for name, entry in node.entries.items() if name != WRAPPER and name not in _RESPONSE_ONLY
    }
    entries = inner.entries | {name: entry for name, entry in others.items() if name not in inner.entries}
    return MappingNode(inner.start, inner.end, inner.flow, entries, node.size, node.depth, node.broken)


def _scalars(node: Node) -> Iterator[ScalarNode]:
    match node:
        case MappingNode(entries=entries):
            for _, each in entries.values():
                yield from _scalars(each)
        case SequenceNode(items=items):
            for each in items:
                yield from _scalars(each)
        case ScalarNode():
            yield node
