"""YAML documents -> jobs: `jobs:` taken apart, `defaults:` laid under, the place of every value kept."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from posixpath import basename, splitext
from typing import Any

from ecsplan.schema.nearest import nearest
from ecsplan.source.defaults import Found, Merge, Texts, find, place_of, span_of
from ecsplan.source.definition_files import KEY, DefinitionFiles
from ecsplan.source.embedded_json import place_in_string
from ecsplan.source.foreign import Format, recognized
from ecsplan.source.nodes import MappingNode, Node, ScalarNode, SequenceNode, scalar_value
from ecsplan.source.plain import data_of
from ecsplan.source.syntax_errors import COMMENT, begins_with_comment
from ecsplan.source.text import Problem, SourceText
from ecsplan.terms.diagnostic import Location
from ecsplan.terms.manifest_keys import SPEC_ORDER
from ecsplan.terms.pointers import child

_KEY_WITHOUT_SPACE = re.compile(r"([A-Za-z_][\w-]{0,40}):(?=\S)")
_FILE_KEYS = ("defaults", "jobs")
MANIFEST_KEYS = frozenset((*SPEC_ORDER, *_FILE_KEYS))
"""Top-level keys of manifests."""

_WRITE_JOBS = "write `jobs:` with a mapping below it: each job's name, then its keys"
_WRITE_BELOW = "put it below `defaults:` for every job, or below the name of one"


@dataclass(frozen=True, slots=True, eq=False)
class JobSource:
    """One job of a manifest as it is written, `defaults:` merged under it.

    Attributes:
        name: What `name` says if it is not empty, else the key in `jobs:`, else the file's stem (`stdin` for
            standard input).
        path: The file as the user named it; `<stdin>` for standard input.
        line: The line, from 1, on which the job begins.
        data: Its keys and values; nulls that mean "not set" are left out.
        unset: Pointers of those nulls; a key there may be one that nobody knows.
        reported: Pointers of values that were reported as wrong; their texts stand in `data`.
        reported_keys: Pointers of the keys that were.
        named: Whether the manifest names it; otherwise its file does.
    """

    name: str
    path: str
    line: int
    data: dict[str, Any]
    unset: tuple[str, ...]
    reported: tuple[str, ...]
    reported_keys: tuple[str, ...]
    named: bool
    _text: SourceText = field(repr=False)
    _layers: tuple[MappingNode, ...] = field(repr=False)
    _key: ScalarNode | None = field(repr=False)
    _texts: Texts = field(repr=False)

    def locate(self, pointer: str, *, key: bool = False) -> Location:
        """Return the place of a value; that of the nearest parent that exists where the value is missing.

        What came through an alias, a merge key or `defaults:` is located where it is written. A list or
        mapping in block style is located at the key before it.

        Args:
            pointer: RFC 6901 pointer into `data`.
            key: Whether to return the place of the value's key.
        """
        text, span = place_of(self._find(pointer), key=key)
        return text.location(*span, pointer)

    def locate_in_string(self, pointer: str, inner_pointer: str) -> Location:
        """Return the place of a value in the JSON that the string at `pointer` holds.

        It is that of the nearest parent that exists where the value is missing, and that of the string where
        this is not JSON.
        """
        found = self._find(pointer)
        place = None
        if isinstance(found.node, ScalarNode):
            start = found.text.after_properties(found.node.start, found.node.end)
            written = found.text.text[start : found.node.end]
            place = place_in_string(written, found.node.text, inner_pointer)
        if place is None:
            text, span = place_of(found)
            return text.location(*span, pointer + inner_pointer)
        return found.text.location(start + place[0], start + place[1], pointer + inner_pointer)

    def text_of(self, pointer: str) -> str | None:
        """Return a scalar as written, quotes and escapes undone: `1.10`, `0x1F`; None for anything else."""
        found = self._find(pointer)
        return found.node.text if found.exists and isinstance(found.node, ScalarNode) else None

    def _find(self, pointer: str) -> Found:
        return find(self._layers, self._key, pointer, self._text, self._texts)


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a manifest.

    Attributes:
        root: What it says.
        text: The file's text.
        problems: Where what is wrong with it is noted.
        allowance: How many values `defaults:` may add to the jobs.
        definitions: The task definitions that the jobs take from elsewhere.
    """

    root: Node
    text: SourceText
    problems: list[Problem]
    allowance: int
    definitions: DefinitionFiles

    def report(self, rule: str, node: Node, message: str, hint: str, *, pointer: str = "") -> None:
        """Note a problem at a node."""
        start, end = span_of(self.text, node)
        self.problems.append(Problem(rule, start, end, message, hint, pointer))


def jobs_of(document: Document) -> Iterator[JobSource]:
    """Yield the jobs of a document that can be checked further; report what is wrong with the others."""
    foreign = foreign_of(document.root)
    if foreign is not None:
        problems, root = document.problems, document.root
        problems[:] = [each for each in problems if not root.start <= each.start <= root.end]
        problems.append(foreign_problem(foreign, root, document.text))
        return
    match document.root:
        case MappingNode(entries=entries) as root if "jobs" in entries or "defaults" in entries:
            yield from _jobs_of_file(document, root)
        case MappingNode() as root:
            if not root.broken:
                yield _job(document, stem(document.text.path), (root,), None)
        case ScalarNode(text=text) as root if begins_with_comment(text):
            document.report("yaml-syntax", root, *COMMENT)
        case ScalarNode(text=text) as root:
            key = _KEY_WITHOUT_SPACE.match(text)
            hint = f"write `{key[1]}: ` with a space" if key else "write `image: …` and `command: […]`"
            document.report(
                "not-a-mapping", root, "a manifest is a mapping of keys, not a single value", hint
            )
        case SequenceNode() as root:
            document.report(
                "not-a-mapping",
                root,
                "a manifest is a mapping of keys, not a list",
                "for several jobs, write `jobs:`",
            )


def foreign_of(root: Node) -> Format | None:
    """Return what a document is if it is not a manifest; most have no key but those of a manifest."""
    if isinstance(root, ScalarNode) or (
        isinstance(root, MappingNode) and root.entries.keys() <= MANIFEST_KEYS
    ):
        return None
    return recognized(data_of(root))


def foreign_problem(foreign: Format, root: Node, text: SourceText) -> Problem:
    """Return the problem of a document that is not a manifest, at the key that tells."""
    entries = root.entries if isinstance(root, MappingNode) else {}
    key = next((entries[each][0] for each in foreign.telling if each in entries), None)
    start, end = span_of(text, key or root)
    file = "FILE" if text.path == "<stdin>" else basename(text.path)
    advice = foreign.advice.replace("{file}", file)
    return Problem("not-a-manifest", start, end, f"this is {foreign.name}, not a manifest", advice)


def stem(path: str) -> str:
    """Return the name that a file gives to its job; what is no UTF-8 is written out, as in its path."""
    name = "stdin" if path == "<stdin>" else splitext(basename(path))[0]
    return name.encode("utf-8", "backslashreplace").decode()


def _jobs_of_file(document: Document, root: MappingNode) -> Iterator[JobSource]:
    """Yield the jobs under `jobs:`, each over `defaults:`."""
    _check_neighbours(document, root)
    if "jobs" not in root.entries:
        key, _ = root.entries["defaults"]
        document.report(
            "defaults-without-jobs", key, "`defaults:` without `jobs:`", _WRITE_JOBS, pointer="/defaults"
        )
        return
    key, jobs = root.entries["jobs"]
    defaults = _defaults(document, root)
    if not isinstance(jobs, MappingNode):
        document.report(
            "jobs-not-a-mapping", _or_key(jobs, key), "`jobs:` is not a mapping", _WRITE_JOBS, pointer="/jobs"
        )
    elif not jobs.entries:
        document.report(
            "jobs-empty", _or_key(jobs, key), "`jobs:` names no job", _WRITE_JOBS, pointer="/jobs"
        )
    elif defaults is not None and _affordable(document, jobs, defaults):
        for name, (job_key, job) in jobs.entries.items():
            yield from _named_job(document, name, job_key, job, defaults)


def _check_neighbours(document: Document, root: MappingNode) -> None:
    """Report what stands beside `jobs:` and `defaults:`."""
    for name, (key, _) in root.entries.items():
        if name not in _FILE_KEYS:
            near = nearest(name, _FILE_KEYS)
            hint = f"did you mean `{near}`?" if near else _WRITE_BELOW
            message = f"`{name[:80]}` beside `jobs:`; only `defaults` can stand there"
            document.report("jobs-unknown-key", key, message, hint, pointer=child("", name))


def _defaults(document: Document, root: MappingNode) -> tuple[MappingNode, ...] | None:
    """Return `defaults:` as a layer, none where there is none; None where jobs cannot be read without it."""
    if "defaults" not in root.entries:
        return ()
    key, defaults = root.entries["defaults"]
    if isinstance(defaults, MappingNode):
        return None if defaults.broken else (defaults,)
    if isinstance(defaults, ScalarNode) and scalar_value(defaults) is None:
        return ()
    document.report(
        "defaults-not-a-mapping",
        _or_key(defaults, key),
        "`defaults:` is not a mapping",
        "write the keys that every job shall have below it",
        pointer="/defaults",
    )
    return None


def _affordable(document: Document, jobs: MappingNode, defaults: tuple[MappingNode, ...]) -> bool:
    """Return whether `defaults:` under every job stays within the allowance; report it where it does not."""
    added = len(jobs.entries) * sum(each.size for each in defaults)
    if added <= document.allowance:
        return True
    message = f"`defaults:` under {len(jobs.entries):,} jobs makes {added:,} values"
    document.report(
        "alias-bomb", defaults[0], message, "split the jobs over several files", pointer="/defaults"
    )
    return False


def _named_job(
    document: Document, name: str, key: ScalarNode, job: Node, defaults: tuple[MappingNode, ...]
) -> Iterator[JobSource]:
    """Yield a job of `jobs:`, unless it is none."""
    if isinstance(job, MappingNode):
        if not job.broken:
            yield _job(document, name, (job, *defaults), key)
        return
    written = (
        "nothing" if job.start == job.end else "a list" if isinstance(job, SequenceNode) else "a single value"
    )
    document.report(
        "job-not-a-mapping",
        _or_key(job, key),
        f"the job `{name}` is {written}, not a mapping of keys",
        "write at least `image:` below it, or {} where `defaults:` says it all",
        pointer=child("/jobs", name),
    )


def _or_key(node: Node, key: ScalarNode) -> Node:
    """Return the node to point at: the key where the value is empty."""
    return key if node.start == node.end else node


def _job(document: Document, name: str, layers: tuple[MappingNode, ...], key: ScalarNode | None) -> JobSource:
    layers = _with_definitions(document, layers)
    merge = Merge(document.text, document.problems)
    data = merge.data(layers[0], layers[1] if layers[1:] else None)
    written = data.get("name")
    _, (start, _) = place_of(find(layers, key, "", document.text))
    return JobSource(
        name=written if isinstance(written, str) and written else name,
        path=document.text.path,
        line=document.text.line_of(start),
        data=data,
        unset=tuple(merge.unset),
        reported=tuple(merge.reported),
        reported_keys=tuple(merge.reported_keys),
        named=key is not None or "name" in data,
        _text=document.text,
        _layers=layers,
        _key=key,
        _texts=document.definitions.texts,
    )


def _with_definitions(document: Document, layers: tuple[MappingNode, ...]) -> tuple[MappingNode, ...]:
    """Return the layers of a job with the task definitions that they name, as far as they count."""
    report = document.problems.append
    top = document.definitions.resolved(layers[0], report)
    _, node = top.entries.get(KEY, (None, None))
    if layers[1:] and (node is None or isinstance(node, MappingNode)):
        return top, *(document.definitions.resolved(each, report) for each in layers[1:])
    return top, *layers[1:]
