"""The files that a job names: what their names are, and the layers of the job with what the files hold."""

from dataclasses import field, replace
from functools import partial
from typing import TypeGuard

from ecsplan.source.definition_files import KEY as DEFINITION
from ecsplan.source.documents import Document, Laid
from ecsplan.source.env_files import KEY as ENV_FILE
from ecsplan.source.env_files import under_env
from ecsplan.terms.records import dataclass
from ecsplan.variables.expansion import Expanded, Expansion
from ecsplan.variables.references import has_references
from ecsplan.yaml.nodes import MappingNode, Node, ScalarNode, scalar_value
from ecsplan.yaml.text import Problem, SourceText


def with_env_file(
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


def with_definitions(
    document: Document, laid: Laid, expansion: Expansion | None
) -> tuple[tuple[MappingNode, ...], dict[str, Expanded]]:
    """Return the layers of a job with the task definitions that they name, as far as they take effect.

    The second value has what the references in the name of the file in effect became.
    """
    layers = laid.layers
    top, expanded = _resolved(document, layers[0], laid, expansion)
    _, node = layers[0].entries.get(DEFINITION, (None, None))
    # Anything but a mapping in the job replaces the definition of `defaults:`, whose file is then not read.
    _, definition = top.entries.get(DEFINITION, (None, None))
    if layers[1:] and (definition is None or isinstance(definition, MappingNode)):
        lower, of_lower = _resolved(document, layers[1], laid, expansion)
        return (top, lower), expanded if node is not None else of_lower
    return (top, *layers[1:]), expanded


def _resolved(
    document: Document, job: MappingNode, laid: Laid, expansion: Expansion | None
) -> tuple[MappingNode, dict[str, Expanded]]:
    """Return a layer with the task definition that it names, and what references in that name became."""
    key, node = job.entries.get(DEFINITION, (None, None))
    if key is None or not isinstance(node, ScalarNode):
        return document.definitions.resolved(job, document.problems.append), {}
    named = _named_file(DEFINITION, node, laid, expansion)
    if named is None:
        return job, {}
    if named.node is not node:
        job = replace(job, entries={**job.entries, DEFINITION: (key, named.node)})
    report = partial(_report_named, document.problems, named)
    return document.definitions.resolved(job, report), named.expanded


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


def _is_file_with_references(node: Node | None) -> TypeGuard[ScalarNode]:
    return isinstance(node, ScalarNode) and not node.reported and has_references(node.text)


def _report_named(problems: list[Problem], named: _NamedFile, problem: Problem) -> None:
    """Append a problem of a file whose name has variables, or is in another text."""
    help_text = "\n".join(each for each in (problem.help, named.origin) if each)
    problems.append(replace(problem, help=help_text, source=named.source))
