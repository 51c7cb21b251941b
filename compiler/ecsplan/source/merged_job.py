"""One job of a document: its name, its layers with what is set in them, and the merge of both."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ecsplan.source.defaults import Merge, find, place_of
from ecsplan.source.documents import Document, Laid
from ecsplan.source.job_source import JobSource
from ecsplan.source.matrix import Matrix
from ecsplan.source.matrix_references import checked_references, may_refer
from ecsplan.source.matrix_values import KEY as MATRIX
from ecsplan.source.matrix_values import has_numbers, with_texts
from ecsplan.source.named_files import with_definitions, with_env_file
from ecsplan.source.variables import Variables
from ecsplan.terms.diagnostic import error
from ecsplan.terms.records import dataclass
from ecsplan.terms.run_policy import Combination
from ecsplan.variables.combinations import Cells, resolved, unknown
from ecsplan.variables.expansion import Expanded, Expansion
from ecsplan.variables.references import MATRIX as MATRIX_NAMES
from ecsplan.variables.references import OPENING
from ecsplan.variables.values import Resolved
from ecsplan.yaml.nodes import MappingNode, ScalarNode, scalar_value


@dataclass(frozen=True, slots=True)
class _Layered:
    """The layers of a job as they are merged.

    Attributes:
        name: The name of the job where merging gives none, without the end that its combination adds.
        called: The names by which a command sets something in it.
        laid: The layers.
        expansion: What replaces references in the job; None where nothing is expanded.
        expands: Whether the document declares variables.
        expanded: What the references in the names of files became.
    """

    name: str
    called: tuple[str, ...]
    laid: Laid
    expansion: Expansion | None
    expands: bool
    expanded: dict[str, Expanded]


def merged_job(
    document: Document,
    name: str,
    layers: tuple[MappingNode, ...],
    key: ScalarNode | None,
    *,
    matrix: Matrix | None = None,
    combination: tuple[str, Cells] | None = None,
) -> JobSource:
    """Return one job of a document; report what is wrong with its values.

    Args:
        document: The document.
        name: The name of the job where it gives none.
        layers: Its mapping, then that of `defaults:` if there is one.
        key: Its key in `jobs:`; None where the document is the job.
        matrix: Its matrix; None where it has none.
        combination: The end that its combination adds to its name, and the combination; None without one.
    """
    layered = _layered(document, name, layers, matrix, combination)
    merge, data = _merged(document, layered)
    end, cells = combination or ("", {})
    if has_numbers(cells):
        data = with_texts(data)
    written = data.get("name")
    plain = written if isinstance(written, str) and written else layered.name
    layers, expanded = layered.laid.layers, layered.expanded
    _, (start, _) = place_of(find(layers, key, "", document.text))
    made = JobSource(
        name=plain + end,
        path=document.text.path,
        line=document.text.line_of(start),
        data=data,
        unset=tuple(merge.unset),
        reported=tuple(merge.reported),
        reported_keys=tuple(merge.reported_keys),
        named=key is not None or "name" in data,
        expands=layered.expands,
        matrix=Combination(plain, {each: cell.to_json() for each, cell in cells.items()}) if end else None,
        variables=_used(expanded, document.variables),
        called=layered.called,
        lookups=tuple(sorted({name for each in expanded.values() for name in each.lookups})),
        _text=document.text,
        _layers=layers,
        _key=key,
        _texts=layered.laid.texts,
        _expanded=expanded,
        _expansion=layered.expansion,
    )
    return _without_mistakable(document, made, expanded) if expanded else made


def _without_mistakable(document: Document, job: JobSource, expanded: Mapping[str, Expanded]) -> JobSource:
    """Return the job; report its texts that a plan would take for lookups or sensitive variables."""
    from ecsplan.variables.placeholder_texts import (  # noqa: PLC0415 - only where references are expanded
        INSTEAD,
        mistakable_texts,
    )

    sensitive = tuple(each.declaration.name for each in job.variables if each.declaration.sensitive)
    wrong = tuple(mistakable_texts(job.data, expanded, sensitive))
    document.found.extend(
        error(each.rule, job.locate(each.pointer), each.message, help=INSTEAD) for each in wrong
    )
    return replace(job, reported=(*job.reported, *(each.pointer for each in wrong))) if wrong else job


def _layered(
    document: Document,
    name: str,
    layers: tuple[MappingNode, ...],
    matrix: Matrix | None,
    combination: tuple[str, Cells] | None,
) -> _Layered:
    """Return the layers of a job with what is set in them and what the files hold that they name."""
    name, expansion = named_by(document, name, layers)
    end, cells = combination or ("", {})
    called = (name, name + end) if end else (name,)
    laid = document.laid(called, Laid(layers, {}, frozenset()), definition=False)
    name, expansion = _named_as_set(laid, name, expansion)
    expands = expansion is not None
    laid, references = _without_matrix(document, laid, matrix, combination, others=expands)
    if matrix is not None:
        of_matrix = dict(unknown(references) if combination is None else resolved(cells))
        values = {} if expansion is None else expansion.values
        expansion = Expansion({**values, **of_matrix}, name + end)
    # Before the merge: a definition from a file takes part in it like one written in the manifest.
    laid, of_env = with_env_file(document, laid, expansion)
    layers, files = with_definitions(document, laid, expansion)
    texts = {**document.definitions.texts, **laid.texts} if laid.texts else document.definitions.texts
    laid = document.laid(called, Laid(layers, texts, laid.as_written), definition=True)
    return _Layered(name, called, laid, expansion, expands, {**of_env, **files})


def _merged(document: Document, layered: _Layered) -> tuple[Merge, dict[str, Any]]:
    """Return the merge of the layers, and its data; add what references became to `layered.expanded`."""
    merge = Merge(
        document.text,
        document.problems,
        expansion=layered.expansion,
        as_written=document.definitions.literal | layered.laid.as_written,
        expanded=layered.expanded,
    )
    # `name` is taken from the merged data, so `defaults:` may set it; jobs that then share it are reported
    # by `compile.together`, which sees the jobs of all files.
    top, *below = layered.laid.layers
    return merge, merge.data(top, below[0] if below else None)


def _named_as_set(laid: Laid, name: str, expansion: Expansion | None) -> tuple[str, Expansion | None]:
    """Return the name of a job and what replaces references in it, where a command may set the name."""
    _, node = laid.layers[0].entries.get("name", (None, None))
    if not isinstance(node, ScalarNode) or node not in laid.as_written:
        return name, expansion
    name = node.text or name
    return name, None if expansion is None else replace(expansion, job=name)


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


def named_by(document: Document, name: str, layers: tuple[MappingNode, ...]) -> tuple[str, Expansion | None]:
    """Return the job's name, and what replaces references in the job; None without variables."""
    node = next((each.entries["name"][1] for each in layers if "name" in each.entries), None)
    if document.variables is None:
        written = scalar_value(node) if isinstance(node, ScalarNode) else None
        return (written if isinstance(written, str) and written else name), None
    values = document.variables.values
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
