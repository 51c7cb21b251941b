"""References to the values of a matrix in the strings of a job: checked, and told from other text."""

import re
from collections.abc import Collection, Iterator
from dataclasses import field, replace

from ecsplan.schema.nearest import nearest
from ecsplan.source.matrix import Matrix
from ecsplan.source.matrix_values import KEY, Reports
from ecsplan.source.variable_references import span_in
from ecsplan.terms.pointers import child
from ecsplan.terms.records import dataclass
from ecsplan.variables.combinations import Cells
from ecsplan.variables.references import MATRIX, OPENING, Malformed, Reference, flat_pieces
from ecsplan.variables.values import quoted
from ecsplan.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ecsplan.yaml.text import Problem, SourceText

_TO_MATRIX = OPENING + MATRIX
_OTHER = re.compile(rf"\$\{{(?!{re.escape(MATRIX)})")
"""An opening of anything but a reference to the matrix."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The layers of a job, whose references to its matrix are known to be right or reported.

    Attributes:
        layers: The layers.
        literal: The scalars in which nothing is expanded although they have a `${`.
        names: What references to the matrix there are.
    """

    layers: tuple[MappingNode, ...]
    literal: frozenset[Node] = frozenset()
    names: frozenset[str] = frozenset()


def may_refer(text: SourceText) -> bool:
    """Return whether a manifest may refer to a matrix at all; most do not, and need not be searched."""
    return _TO_MATRIX in text.text or ("\\" in text.text and MATRIX[:-1] in text.text)


def checked_references(
    document: Reports,
    layers: tuple[MappingNode, ...],
    matrix: Matrix | None,
    combination: tuple[str, Cells] | None,
    *,
    ignored: Collection[Node],
    others: bool,
) -> Checked:
    """Return the layers for expansion; report references to what the matrix does not have.

    Args:
        document: The document.
        layers: The job's mapping, then that of `defaults:` if there is one.
        matrix: The job's matrix; None where it has none. What refers to one that is not known is left open.
        combination: Which of its combinations the job is; None where it is of none.
        ignored: Scalars in which nothing is expanded.
        others: Whether other references are expanded as well: those to the document's variables.
    """
    checker = _Checker(document, matrix, combination, ignored=ignored, others=others)
    made = [checker.mapping(layers[0], "", None, top=True)]
    made += [checker.mapping(each, "", layers[0], top=True) for each in layers[1:]]
    return Checked(tuple(made), frozenset(checker.literal), frozenset(checker.found))


@dataclass(frozen=True, slots=True)
class _Checker:
    document: Reports
    matrix: Matrix | None
    combination: tuple[str, Cells] | None
    ignored: Collection[Node]
    others: bool
    literal: set[Node] = field(default_factory=set)
    found: set[str] = field(default_factory=set)
    _done: dict[Node, Node] = field(default_factory=dict)

    def mapping(
        self, node: MappingNode, pointer: str, above: MappingNode | None, *, top: bool = False
    ) -> MappingNode:
        """Return a mapping with each string as `_string` returns it: the same one where none changes.

        Args:
            node: The mapping.
            pointer: Its pointer in the job.
            above: What is merged over it: what that replaces is not looked at.
            top: Whether it is the whole job.
        """
        entries = dict(node.entries)
        for name, (key, each) in node.entries.items():
            _, hiding = (None, None) if above is None else above.entries.get(name, (None, None))
            if top and name == KEY:
                continue
            if hiding is None:
                entries[name] = (key, self._node(each, child(pointer, name)))
            elif isinstance(each, MappingNode) and isinstance(hiding, MappingNode):
                entries[name] = (key, self.mapping(each, child(pointer, name), hiding))
        same = all(entries[name][1] is each for name, (_, each) in node.entries.items())
        return node if same else replace(node, entries=entries)

    def _node(self, node: Node, pointer: str) -> Node:
        # An alias leads to a node that was looked at where it is written.
        if node not in self._done:
            self._done[node] = self._made(node, pointer)
        return self._done[node]

    def _made(self, node: Node, pointer: str) -> Node:
        match node:
            case MappingNode():
                return self.mapping(node, pointer, None)
            case SequenceNode(items=items):
                made = [self._node(each, child(pointer, index)) for index, each in enumerate(items)]
                same = all(one is other for one, other in zip(made, items, strict=True))
                return node if same else replace(node, items=made)
            case ScalarNode():
                return self._string(node, pointer)

    def _string(self, node: ScalarNode, pointer: str) -> ScalarNode:
        if OPENING not in node.text or node in self.ignored or node.reported:
            return node
        if _TO_MATRIX in node.text:
            self._check(node, pointer)
        elif not self.others:
            self.literal.add(node)
        if self.others or node in self.literal or _OTHER.search(node.text) is None:
            return node
        # Without variables only the matrix is expanded: what else looks like a reference is made literal.
        return replace(node, text=_OTHER.sub(lambda found: f"${found.group()}", node.text))

    def _check(self, node: ScalarNode, pointer: str) -> None:
        for piece in flat_pieces(node.text):
            if isinstance(piece, Malformed) and not piece.closed:
                if node.text.startswith(_TO_MATRIX, piece.start) and not self.others:
                    self._refuse(node, piece, "this reference is not closed", "write `}` behind it", pointer)
            elif isinstance(piece, Reference) and piece.name.startswith(MATRIX):
                self.found.add(piece.name)
                for message, help_text in self._faults(piece.name.removeprefix(MATRIX), pointer):
                    self._refuse(node, piece, message, help_text, pointer)

    def _faults(self, name: str, pointer: str) -> Iterator[tuple[str, str]]:
        if self.matrix is None:
            message = f"the job has no matrix for {quoted(MATRIX + name)} to refer to"
            yield message, "give the job a `matrix`, or write `$${` where the text `${` itself is meant"
        elif pointer == "/name":
            message = "the name of a job cannot refer to its matrix"
            yield message, "leave it out: the values are added to the name of each combination"
        elif self.matrix.combinations is not None and name not in self.matrix.names:
            near = nearest(name, self.matrix.names)
            help_text = f"did you mean `${{{MATRIX}{near}}}`?" if near else _known(self.matrix.names)
            yield f"the matrix has no name {quoted(name)}", help_text
        elif self.combination is not None and name not in self.combination[1]:
            message = f"the combination {self.combination[0]} has no value of `{name}`"
            yield message, "give each combination one, with an entry of `include`"

    def _refuse(
        self, node: ScalarNode, piece: Reference | Malformed, message: str, help_text: str, pointer: str
    ) -> None:
        node.reported = True
        start, end = span_in(self.document.text, node, piece.start, piece.end)
        self.document.problems.append(Problem("matrix-reference", start, end, message, help_text, pointer))


def _known(names: Collection[str]) -> str:
    return f"its names are {', '.join(names)}" if names else ""
