"""YAML documents -> jobs: split `jobs:`, merge `defaults:`, and keep the place of every value."""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import field, replace
from functools import partial
from posixpath import basename, splitext
from typing import Any, Protocol, TypeGuard, cast

from ecsplan.schema.nearest import nearest
from ecsplan.source.defaults import Found, Merge, Texts, find, place_of, span_of
from ecsplan.source.definition_files import KEY, DefinitionFiles
from ecsplan.source.embedded_json import place_in_string
from ecsplan.source.env_files import KEY as ENV_FILE
from ecsplan.source.env_files import EnvFiles, under_env
from ecsplan.source.foreign import recognized
from ecsplan.source.foreign_formats import Format
from ecsplan.source.json_comments import COMMENT, begins_with_comment
from ecsplan.source.matrix import KEY as MATRIX
from ecsplan.source.matrix import (
    MAX_JOBS,
    MAX_VALUES,
    Matrices,
    Matrix,
    has_numbers,
    matrix_of,
    with_texts,
)
from ecsplan.source.matrix_references import checked_references, may_refer
from ecsplan.source.nodes import MappingNode, Node, ScalarNode, SequenceNode, data_of, scalar_value
from ecsplan.source.text import Problem, SourceText
from ecsplan.source.variables import KEY as VARIABLES
from ecsplan.source.variables import Variables, span_in
from ecsplan.terms.diagnostic import Diagnostic, Location
from ecsplan.terms.manifest_keys import SPEC_ORDER
from ecsplan.terms.pointers import child
from ecsplan.terms.records import dataclass
from ecsplan.terms.run_policy import Combination
from ecsplan.variables.combinations import Cells, resolved, unknown
from ecsplan.variables.declarations import Declaration, Value
from ecsplan.variables.expansion import COMMAND as COMMAND_POINTER
from ecsplan.variables.expansion import Expanded, Expansion, origin_of
from ecsplan.variables.lookups import is_lookup
from ecsplan.variables.references import MATRIX as MATRIX_NAMES
from ecsplan.variables.references import OPENING, Literal, Reference, has_references, pieces_of
from ecsplan.variables.values import Resolved, as_text

_KEY_WITHOUT_SPACE = re.compile(r"([A-Za-z_][\w-]{0,40}):(?=\S)")
_FILE_KEYS = ("defaults", "jobs")
MANIFEST_KEYS = frozenset((*SPEC_ORDER, *_FILE_KEYS, VARIABLES))
"""Top-level keys of a manifest."""

_WRITE_JOBS = "write `jobs:` with a mapping below it: each job's name, then its keys"
_WRITE_BELOW = "put it below `defaults:` for all jobs, or below the name of one job"


@dataclass(frozen=True, slots=True, eq=False)
class JobSource:
    """One job of a manifest as it is written, merged with `defaults:`.

    Attributes:
        name: The value of `name` if it is not empty, else the key in `jobs:`, else the file's stem (`stdin`
            for standard input).
        path: The file as the user named it; `<stdin>` for standard input.
        line: The line, counted from 1, on which the job begins.
        data: Its keys and values, without nulls that mean "not set".
        unset: Pointers of those nulls; their keys may be unknown ones.
        reported: Pointers of values already reported as wrong; `data` has their text instead.
        reported_keys: Pointers of keys already reported as wrong.
        named: Whether the manifest names the job; otherwise it is named after its file.
        expands: Whether the document declares variables, so that references in its strings are expanded.
        variables: The variables that the job uses, in the order of their declarations.
        called: The names by which a command sets something in this job: what the manifest calls it, whatever
            name is set, and the plain name of its matrix.
        matrix: Which combination of a matrix the job is; None where it is of none.
        lookups: The lookups that it refers to, such as `ssm:/path`, sorted.
    """

    name: str
    path: str
    line: int
    data: dict[str, Any]
    unset: tuple[str, ...]
    reported: tuple[str, ...]
    reported_keys: tuple[str, ...]
    named: bool
    expands: bool
    variables: tuple[Resolved, ...]
    called: tuple[str, ...]
    matrix: Combination | None
    lookups: tuple[str, ...]
    _text: SourceText = field(repr=False)
    _layers: tuple[MappingNode, ...] = field(repr=False)
    _key: ScalarNode | None = field(repr=False)
    _texts: Texts = field(repr=False)
    _expanded: dict[str, Expanded] = field(repr=False)
    _expansion: Expansion | None = field(repr=False)

    @property
    def open_lookups(self) -> tuple[str, ...]:
        """The lookups whose placeholders are in `data`: all of them, as nobody has been asked."""
        return self.lookups

    def locate(self, pointer: str, *, key: bool = False) -> Location:
        """Return the place of a value, or of its nearest existing parent where the value is missing.

        A value that came through an alias, a merge key or `defaults:` has the place where it is written. A
        list or mapping in block style has the place of the key before it.

        Args:
            pointer: RFC 6901 pointer into `data`.
            key: Whether to return the place of the value's key instead.
        """
        text, span = place_of(self._find(pointer), key=key)
        location = text.location(*span, pointer)
        if not self._expanded or key:
            return location
        origin = self._origin(pointer)
        return replace(location, origin=origin) if origin else location

    def locate_lookup(self, pointer: str, name: str) -> Location:
        """Return the place of a lookup in the string at a pointer; that of the string where it is not seen.

        Args:
            pointer: The pointer of the string, or of one of the words that it was split into.
            name: The lookup, its variables replaced.
        """
        found = self._find(pointer)
        if isinstance(found.node, ScalarNode):
            for each in pieces_of(found.node.text):
                if isinstance(each, Reference) and self._means(each.name, name):
                    start, end = span_in(found.text, found.node, each.start, each.end)
                    return found.text.location(start, end, pointer)
        return self.locate(pointer)

    def locate_in_string(self, pointer: str, inner_pointer: str) -> Location:
        """Return the place of a value in the JSON text that the string at `pointer` contains.

        A missing value has the place of its nearest existing parent; where the string is not JSON, every
        value has the place of the string.
        """
        found = self._find(pointer)
        place = None
        if isinstance(found.node, ScalarNode):
            # From behind an anchor or a tag: the embedded text begins with its quote or block header.
            start = found.text.after_properties(found.node.start, found.node.end)
            written = found.text.text[start : found.node.end]
            place = place_in_string(written, found.node.text, inner_pointer)
        if place is None:
            text, span = place_of(found)
            location = text.location(*span, pointer + inner_pointer)
        else:
            location = found.text.location(start + place[0], start + place[1], pointer + inner_pointer)
        origin = self._origin(pointer)
        return replace(location, origin=origin) if origin else location

    def text_of(self, pointer: str) -> str | None:
        """Return the text of a scalar, such as `1.10` or `0x1F`, unquoted; None for any other value."""
        if pointer in self._expanded:
            value = self._expanded[pointer].value
            return None if isinstance(value, list) else as_text(value)
        holder, _, index = pointer.rpartition("/")
        if holder in self._expanded and isinstance(items := self._expanded[holder].value, list):
            return as_text(items[int(index)]) if index.isdigit() and int(index) < len(items) else None
        found = self._find(pointer)
        return found.node.text if found.exists and isinstance(found.node, ScalarNode) else None

    def variable_at(self, pointer: str) -> str | None:
        """Return the variable that the value at a pointer is; "" where references are but a part of it.

        None for a value without references.
        """
        expanded = self._expanded.get(pointer)
        if expanded is None or not expanded.names:
            return None
        node = self._find(pointer).node
        (piece, *more) = pieces_of(node.text) if isinstance(node, ScalarNode) else (None,)
        return piece.name if isinstance(piece, Reference) and not more else ""

    def command_text(self) -> str | None:
        """Return the command as it is written, `_` for each reference; None where it is not a string."""
        found = self._find(COMMAND_POINTER)
        if not found.exists or not isinstance(found.node, ScalarNode):
            return None
        written = found.node.text
        if COMMAND_POINTER not in self._expanded:
            return written
        return "".join(each.text if isinstance(each, Literal) else "_" for each in pieces_of(written))

    def _means(self, reference: str, name: str) -> bool:
        return (
            self._expansion is not None and is_lookup(reference) and self._expansion.lookup(reference) == name
        )

    def _origin(self, pointer: str) -> str:
        """Return the words about the variables in the value at a pointer, or in the string that it is in."""
        while pointer and self._expanded:
            if pointer in self._expanded:
                names = self._expanded[pointer].names
                if self.matrix is not None and len(names) == 1 and names[0].startswith(MATRIX_NAMES):
                    return self._origin_in_matrix(names[0], pointer)
                return origin_of(each for each in self.variables if each.declaration.name in names)
            pointer = pointer.rpartition("/")[0]
        return ""

    def _origin_in_matrix(self, reference: str, pointer: str) -> str:
        """Return the words about a value of the matrix that is the whole of a string; "" for a part of it.

        A diagnostic about a string with more in it may be one that all combinations share.
        """
        node = self._find(pointer).node
        if self.matrix is None or not isinstance(node, ScalarNode) or node.text != f"${{{reference}}}":
            return ""
        value = self.matrix.values[reference.removeprefix(MATRIX_NAMES)]
        return Resolved(Declaration(reference), cast("Value", value), "from the matrix").words

    def _find(self, pointer: str) -> Found:
        return find(self._layers, self._key, pointer, self._text, self._texts)


@dataclass(frozen=True, slots=True)
class Laid:
    """The layers of a job with what a command sets in it.

    Attributes:
        layers: The layers.
        texts: The texts of the nodes that are in others than the manifest.
        as_written: The scalars that are set: nothing in them is expanded.
    """

    layers: tuple[MappingNode, ...]
    texts: Texts
    as_written: AbstractSet[Node]


class Overlay(Protocol):
    """What a command sets in the jobs of a manifest."""

    def laid_over(
        self,
        names: tuple[str, ...],
        layers: tuple[MappingNode, ...],
        texts: Texts,
        *,
        definition: bool,
        text: SourceText,
    ) -> tuple[Laid, tuple[Diagnostic, ...]]:
        """Return the layers of a job with what is set in it, and what is wrong with the settings.

        Args:
            names: The name of the job, as the manifest gives it; of a matrix the plain name, then that of the
                combination, whose settings win.
            layers: Its mapping, then that of `defaults:` if there is one.
            texts: The texts of the nodes that are in others than the manifest.
            definition: Whether to set what is inside the task definition, or everything else.
            text: The text of the manifest.
        """


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a manifest.

    Attributes:
        root: Its root node.
        text: The file's text.
        problems: The list that its problems are appended to.
        allowance: How many values `defaults:` may add to the jobs.
        variables: Its variables; None where it declares none.
        name: The name of jobs that it does not name; None: the file's.
        overlay: What is set in its jobs; None for nothing.
        found: The list that what is wrong with that is appended to.
        definitions: The task definitions that the jobs take from other files.
        matrices: What the matrices of the manifest have made so far.
        env_files: The files from which they take variables.
    """

    root: Node
    text: SourceText
    problems: list[Problem]
    allowance: int
    definitions: DefinitionFiles
    env_files: EnvFiles
    variables: Variables | None = None
    name: str | None = None
    overlay: Overlay | None = None
    found: list[Diagnostic] = field(default_factory=list)
    matrices: Matrices = field(default_factory=Matrices)

    def report(self, rule: str, node: Node, message: str, hint: str, *, pointer: str = "") -> None:
        """Append a problem at a node."""
        start, end = span_of(self.text, node)
        self.problems.append(Problem(rule, start, end, message, hint, pointer))


def jobs_of(document: Document) -> Iterator[JobSource]:
    """Yield the jobs of a document that can be checked further; report why the others cannot."""
    foreign = foreign_of(document.root)
    if foreign is not None:
        # Its YAML problems are dropped: fixing them would not make it a manifest.
        problems, root = document.problems, document.root
        problems[:] = [each for each in problems if not root.start <= each.start <= root.end]
        problems.append(foreign_problem(foreign, root, document.text))
        return
    match document.root:
        case MappingNode(entries=entries) as root if "jobs" in entries or "defaults" in entries:
            yield from _jobs_of_file(document, root)
        case MappingNode() as root:
            # The problem that broke it is reported; checking the rest against the schema would report
            # consequences of it, such as a required key lost with a merge key.
            if not root.broken:
                name = document.name or stem(document.text.path)
                yield from _jobs(document, name, (_without_variables(root),), None)
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
    """Return the format of a document that belongs to another tool; None for a manifest."""
    # Nearly every document has only keys of a manifest; those skip the search through all formats.
    if isinstance(root, ScalarNode) or (
        isinstance(root, MappingNode) and root.entries.keys() <= MANIFEST_KEYS
    ):
        return None
    return recognized(data_of(root))


def foreign_problem(foreign: Format, root: Node, text: SourceText) -> Problem:
    """Return the problem of a document of another tool, at the key that gives it away."""
    entries = root.entries if isinstance(root, MappingNode) else {}
    # Text formats and lists have no telltale key, and neither has what an unfinished document lost.
    key = next((entries[each][0] for each in foreign.telltale_keys if each in entries), None)
    start, end = span_of(text, key or root)
    file = "FILE" if text.path == "<stdin>" else basename(text.path)
    advice = foreign.advice.replace("{file}", file)
    return Problem("not-a-manifest", start, end, f"this is {foreign.name}, not a manifest", advice)


def stem(path: str) -> str:
    """Return the job name that a file gives; bytes that are not UTF-8 are written as escapes."""
    name = "stdin" if path == "<stdin>" else splitext(basename(path))[0]
    return name.encode("utf-8", "backslashreplace").decode()


def _jobs_of_file(document: Document, root: MappingNode) -> Iterator[JobSource]:
    """Yield the jobs under `jobs:`, each merged with `defaults:`."""
    _check_neighbours(document, root)
    if "jobs" not in root.entries:
        key, _ = root.entries["defaults"]
        document.report(
            "defaults-without-jobs", key, "`defaults:` without `jobs:`", _WRITE_JOBS, pointer="/defaults"
        )
        return
    key, jobs = root.entries["jobs"]
    # Read also where `jobs:` turns out to be wrong, so that both are reported at once.
    defaults = _defaults(document, root)
    if not isinstance(jobs, MappingNode):
        document.report(
            "jobs-not-a-mapping", _or_key(jobs, key), "`jobs:` is not a mapping", _WRITE_JOBS, pointer="/jobs"
        )
    elif not jobs.entries:
        document.report("jobs-empty", _or_key(jobs, key), "`jobs:` is empty", _WRITE_JOBS, pointer="/jobs")
    elif defaults is not None and _affordable(document, jobs, defaults):
        for name, (job_key, job) in jobs.entries.items():
            yield from _named_job(document, name, job_key, job, defaults)


def _check_neighbours(document: Document, root: MappingNode) -> None:
    """Report the keys beside `jobs:` and `defaults:`."""
    for name, (key, _) in root.entries.items():
        if name not in (*_FILE_KEYS, VARIABLES):
            near = nearest(name, (*_FILE_KEYS, VARIABLES))
            hint = f"did you mean `{near}`?" if near else _WRITE_BELOW
            message = f"`{name[:80]}` is not allowed beside `jobs:`; only `defaults` and `variables` are"
            document.report("jobs-unknown-key", key, message, hint, pointer=child("", name))


def _defaults(document: Document, root: MappingNode) -> tuple[MappingNode, ...] | None:
    """Return `defaults:` as a layer, () without one; None where it is wrong, so that no job can be read."""
    if "defaults" not in root.entries:
        return ()
    key, defaults = root.entries["defaults"]
    if isinstance(defaults, MappingNode):
        return None if defaults.broken else (defaults,)
    # `defaults:` with everything below it commented out is null, and means what it says: none.
    if isinstance(defaults, ScalarNode) and scalar_value(defaults) is None:
        return ()
    document.report(
        "defaults-not-a-mapping",
        _or_key(defaults, key),
        "`defaults:` is not a mapping",
        "write the keys that all jobs share below it",
        pointer="/defaults",
    )
    return None


def _affordable(document: Document, jobs: MappingNode, defaults: tuple[MappingNode, ...]) -> bool:
    """Return whether merging `defaults:` into every job stays within the allowance; report where not."""
    # Checked before the first merge, which copies: this is the one expansion that the composer cannot see.
    added = len(jobs.entries) * sum(each.size for each in defaults)
    if added <= document.allowance:
        return True
    message = f"`defaults:` under {len(jobs.entries):,} jobs adds {added:,} values"
    document.report(
        "alias-bomb", defaults[0], message, "split the jobs over several files", pointer="/defaults"
    )
    return False


def _named_job(
    document: Document, name: str, key: ScalarNode, job: Node, defaults: tuple[MappingNode, ...]
) -> Iterator[JobSource]:
    """Yield a job of `jobs:`; report one that is not a mapping."""
    if isinstance(job, MappingNode):
        if not job.broken:
            yield from _jobs(document, name, (job, *defaults), key)
        return
    written = (
        "empty" if job.start == job.end else "a list" if isinstance(job, SequenceNode) else "a single value"
    )
    document.report(
        "job-not-a-mapping",
        # An empty value has no width and stands behind its line; the key is what the reader looks for.
        _or_key(job, key),
        f"the job `{name}` is {written}, not a mapping of keys",
        "write at least `image:` below it, or {} if `defaults:` has all its keys",
        pointer=child("/jobs", name),
    )


def _or_key(node: Node, key: ScalarNode) -> Node:
    """Return the node to point at: the value, or its key where the value is empty."""
    return key if node.start == node.end else node


def _jobs(
    document: Document, name: str, layers: tuple[MappingNode, ...], key: ScalarNode | None
) -> Iterator[JobSource]:
    """Yield a job, or the jobs of its matrix."""
    if document.overlay is None and not any(MATRIX in each.entries for each in layers):
        yield _job(document, name, layers, key)
        return
    plain, expansion = _named_by(document, name, layers)
    laid = _laid(document, (plain,), Laid(layers, {}, frozenset()), definition=False)
    matrix = matrix_of(document, laid.layers, laid.texts, expansion, laid.as_written)
    if matrix is None or matrix.combinations is None or not _has_place_for(document, matrix, layers):
        document.matrices.are_known &= matrix is None
        yield _job(document, name, layers, key, matrix=matrix)
        return
    for end, cells in matrix.combinations:
        yield _job(document, name, layers, key, matrix=matrix, combination=(end, cells))


def _has_place_for(document: Document, matrix: Matrix, layers: tuple[MappingNode, ...]) -> bool:
    """Return whether a manifest with the jobs of this matrix stays within its bound; report where not."""
    # Each job is merged from the layers without the matrix itself.
    entries = [each.entries[MATRIX] for each in layers if MATRIX in each.entries]
    size = sum(each.size for each in layers) - sum(node.size for _, node in entries)
    count, made = len(matrix.combinations or ()), document.matrices
    made.jobs, made.values = made.jobs + count, made.values + count * size
    if made.jobs <= MAX_JOBS and made.values <= MAX_VALUES:
        return True
    what = f"{MAX_JOBS:,} jobs" if made.jobs > MAX_JOBS else f"jobs of {MAX_VALUES:,} values"
    message = f"the matrices of this manifest make more than {what}"
    hint = "split it into several manifests, or give a job an `array`"
    document.report(
        "alias-bomb", entries[0][0] if entries else layers[0], message, hint, pointer=f"/{MATRIX}"
    )
    return False


def _job(
    document: Document,
    name: str,
    layers: tuple[MappingNode, ...],
    key: ScalarNode | None,
    *,
    matrix: Matrix | None = None,
    combination: tuple[str, Cells] | None = None,
) -> JobSource:
    name, expansion = _named_by(document, name, layers)
    end, cells = combination or ("", {})
    called = (name, name + end) if end else (name,)
    laid = _laid(document, called, Laid(layers, {}, frozenset()), definition=False)
    set_name = laid.layers[0].entries.get("name")
    if set_name is not None and set_name[1] in laid.as_written and isinstance(set_name[1], ScalarNode):
        name = set_name[1].text or name
        expansion = None if expansion is None else replace(expansion, job=name)
    expands = expansion is not None
    laid, references = _without_matrix(document, laid, matrix, combination, others=expands)
    if matrix is not None:
        of_matrix = dict(unknown(references) if combination is None else resolved(cells))
        values = {} if expansion is None else expansion.values
        expansion = Expansion({**values, **of_matrix}, name + end)
    # Before the merge: a definition from a file takes part in it like one written in the manifest.
    laid, of_env = _with_env_file(document, laid, expansion)
    layers, files = _with_definitions(document, laid, expansion)
    texts = {**document.definitions.texts, **laid.texts} if laid.texts else document.definitions.texts
    laid = _laid(document, called, Laid(layers, texts, laid.as_written), definition=True)
    layers = laid.layers
    expanded = {**of_env, **files}
    merge = Merge(
        document.text,
        document.problems,
        expansion=expansion,
        as_written=document.definitions.literal | laid.as_written,
        expanded=expanded,
    )
    # `name` is taken from the merged data, so `defaults:` may set it; jobs that then share it are reported
    # by `compile.together`, which sees the jobs of all files.
    data = merge.data(layers[0], layers[1] if layers[1:] else None)
    if has_numbers(cells):
        data = with_texts(data)
    written = data.get("name")
    _, (start, _) = place_of(find(layers, key, "", document.text))
    plain = written if isinstance(written, str) and written else name
    return JobSource(
        name=plain + end,
        path=document.text.path,
        line=document.text.line_of(start),
        data=data,
        unset=tuple(merge.unset),
        reported=tuple(merge.reported),
        reported_keys=tuple(merge.reported_keys),
        named=key is not None or "name" in data,
        expands=expands,
        matrix=Combination(plain, {each: cell.to_json() for each, cell in cells.items()}) if end else None,
        variables=_used(expanded, document.variables),
        called=called,
        lookups=tuple(sorted({name for each in expanded.values() for name in each.lookups})),
        _text=document.text,
        _layers=layers,
        _key=key,
        _texts=laid.texts,
        _expanded=expanded,
        _expansion=expansion,
    )


def _without_matrix(
    document: Document,
    laid: Laid,
    matrix: Matrix | None,
    combination: tuple[str, Cells] | None,
    *,
    others: bool,
) -> tuple[Laid, frozenset[str]]:
    """Return the layers of a job without its matrix, for expansion, and the references to the matrix."""
    layers = laid.layers
    references: frozenset[str] = frozenset()
    as_written = document.definitions.literal | laid.as_written
    # Of a job without a matrix, they are wrong where references are expanded at all.
    wanted = others and may_refer(document.text) if matrix is None else not others or may_refer(document.text)
    if wanted:
        checked = checked_references(document, layers, matrix, combination, ignored=as_written, others=others)
        layers, as_written, references = checked.layers, as_written | checked.literal, checked.names
    layers = tuple(
        replace(each, entries={name: entry for name, entry in each.entries.items() if name != MATRIX})
        if MATRIX in each.entries
        else each
        for each in layers
    )
    return Laid(layers, laid.texts, as_written), references


def _laid(document: Document, names: tuple[str, ...], laid: Laid, *, definition: bool) -> Laid:
    """Return the layers of a job with what is set in it; report what is wrong with the settings."""
    if document.overlay is None:
        return laid
    made, wrong = document.overlay.laid_over(
        names, laid.layers, laid.texts, definition=definition, text=document.text
    )
    document.found.extend(wrong)
    return replace(made, as_written=laid.as_written | made.as_written)


def _named_by(document: Document, name: str, layers: tuple[MappingNode, ...]) -> tuple[str, Expansion | None]:
    """Return the job's name, and what replaces references in the job; None without variables."""
    if document.variables is None:
        return name, None
    values = document.variables.values
    node = next((each.entries["name"][1] for each in layers if "name" in each.entries), None)
    if not isinstance(node, ScalarNode) or node.text == "":
        return name, Expansion(values, name)
    # The name that a matrix's own names are added to depends on none of them, which is reported later.
    if node.reported or OPENING + MATRIX_NAMES in node.text:
        return name, Expansion(values, None)
    found = Expansion(values, None).expanded(node.text, "/name")
    known = found.known and isinstance(found.value, str) and not found.lookups
    return (found.value if known else name), Expansion(values, (found.value or name) if known else None)


def _used(expanded: dict[str, Expanded], variables: Variables | None) -> tuple[Resolved, ...]:
    """Return the variables that a job uses, in the order in which they are declared."""
    if variables is None or not expanded:
        return ()
    names = {name for each in expanded.values() for name in each.names}
    return tuple(each for name, each in variables.values.items() if name in names)


def _without_variables(root: MappingNode) -> MappingNode:
    """Return a document that is a job, without its variables."""
    if VARIABLES not in root.entries:
        return root
    entries = {name: entry for name, entry in root.entries.items() if name != VARIABLES}
    return MappingNode(root.start, root.end, root.flow, entries, root.size, root.depth, root.broken)


def _with_env_file(
    document: Document, laid: Laid, expansion: Expansion | None
) -> tuple[Laid, dict[str, Expanded]]:
    """Return the layers of a job with the variables of the file that its `env_file` names under its `env`.

    The second value has what the references in the name of the file became.
    """
    number = next((index for index, each in enumerate(laid.layers) if ENV_FILE in each.entries), None)
    if number is None:
        return laid, {}
    layer = laid.layers[number]
    key, node = layer.entries[ENV_FILE]
    if not isinstance(node, ScalarNode) or node.reported or node.broken:
        return laid, {}
    named = _named_file(ENV_FILE, node, laid, expansion)
    # Another value than a text is for the schema to report, one with broken references for the merge.
    if named is None or not isinstance(scalar_value(named.node), str):
        return laid, {}
    entries = document.env_files.entries(named.node, partial(_report_named, document.problems, named))
    if entries is None:
        named.node.reported = True
        layer = replace(layer, entries={**layer.entries, ENV_FILE: (key, named.node)})
        return replace(
            laid, layers=(*laid.layers[:number], layer, *laid.layers[number + 1 :])
        ), named.expanded
    return replace(laid, layers=under_env(laid.layers, key, named.node, entries)), named.expanded


@dataclass(frozen=True, slots=True)
class _NamedFile:
    """The name of a file, its references replaced.

    Attributes:
        node: The name.
        expanded: What the references in it became.
        origin: The words about their variables; "" without any.
        source: The text of the option that sets it; None for the manifest.
    """

    node: ScalarNode
    expanded: dict[str, Expanded] = field(default_factory=dict)
    origin: str = ""
    source: SourceText | None = None


def _named_file(key: str, node: ScalarNode, laid: Laid, expansion: Expansion | None) -> _NamedFile | None:
    """Return the name of a file, or None where merging reports its references."""
    if node in laid.as_written:
        return _NamedFile(node, source=laid.texts.get(node))
    if expansion is None or not _is_file_with_references(node):
        return _NamedFile(node)
    name = expansion.expanded(node.text, f"/{key}")
    if not name.known or not isinstance(name.value, str) or any(expansion.sensitive(name.names)):
        return None
    named = ScalarNode(node.start, node.end, name.value, plain=False)
    return _NamedFile(named, {f"/{key}": name}, expansion.origin(name.names))


def _with_definitions(
    document: Document, laid: Laid, expansion: Expansion | None
) -> tuple[tuple[MappingNode, ...], dict[str, Expanded]]:
    """Return the layers of a job with the task definitions that they name, as far as they take effect.

    The second value has what the references in the name of the file in effect became.
    """
    layers = laid.layers
    top, expanded = _resolved(document, layers[0], laid, expansion)
    _, node = layers[0].entries.get(KEY, (None, None))
    # Anything but a mapping in the job replaces the definition of `defaults:`, whose file is then not read.
    _, definition = top.entries.get(KEY, (None, None))
    if layers[1:] and (definition is None or isinstance(definition, MappingNode)):
        lower, of_lower = _resolved(document, layers[1], laid, expansion)
        return (top, lower), expanded if node is not None else of_lower
    return (top, *layers[1:]), expanded


def _resolved(
    document: Document, job: MappingNode, laid: Laid, expansion: Expansion | None
) -> tuple[MappingNode, dict[str, Expanded]]:
    """Return a layer with the task definition that it names, and what references in that name became."""
    key, node = job.entries.get(KEY, (None, None))
    if key is None or not isinstance(node, ScalarNode):
        return document.definitions.resolved(job, document.problems.append), {}
    named = _named_file(KEY, node, laid, expansion)
    if named is None:
        return job, {}
    if named.node is not node:
        job = replace(job, entries={**job.entries, KEY: (key, named.node)})
    report = partial(_report_named, document.problems, named)
    return document.definitions.resolved(job, report), named.expanded


def _is_file_with_references(node: Node | None) -> TypeGuard[ScalarNode]:
    return isinstance(node, ScalarNode) and not node.reported and has_references(node.text)


def _report_named(problems: list[Problem], named: _NamedFile, problem: Problem) -> None:
    """Append a problem of a file whose name has variables, or is in another text."""
    help_text = "\n".join(each for each in (problem.help, named.origin) if each)
    problems.append(replace(problem, help=help_text, source=named.source))
