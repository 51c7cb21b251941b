"""The references to variables in a document: each is looked at once, whether a job uses it or not."""

from collections.abc import Collection, Iterator
from typing import TypeAlias

from ecsplan.schema.nearest import nearest
from ecsplan.source.variable_reports import KEY, VariableReports
from ecsplan.terms.pointers import child
from ecsplan.terms.records import dataclass
from ecsplan.variables.expansion import JOB_NAME
from ecsplan.variables.lookups import fault_of, is_lookup, kind_of, misplaced_at
from ecsplan.variables.references import MATRIX, OPENING, Malformed, Reference, all_pieces, flat_pieces
from ecsplan.variables.values import quoted
from ecsplan.yaml.nodes import MappingNode, Node, ScalarNode
from ecsplan.yaml.text import Problem, SourceText

_KEEP = "write `$${` where the text `${` itself is meant, such as in a shell script"


def references_in(root: MappingNode, known: Collection[str], reports: VariableReports) -> Iterator[str]:
    """Yield the names of variables that a document refers to; report references to nothing.

    A scalar with a reference that is wrong becomes `reported`, so that nothing judges it further.

    Args:
        root: The document.
        known: The names of its variables.
        reports: Where problems are put.
    """
    yield from _Search(known, reports).references(root)


@dataclass(frozen=True, slots=True)
class _Search:
    known: Collection[str]
    reports: VariableReports

    def references(self, root: MappingNode) -> Iterator[str]:
        # Every node of the manifest comes by here: its place is put together only where it is needed.
        stack: list[tuple[Node, _Place]] = [
            (value, (None, name)) for name, (_, value) in root.entries.items() if name != KEY
        ]
        seen: set[int] = set()
        text = self.reports.text.text
        # What holds no opening as it is written holds none, unless escapes or aliases bring one in.
        by_text = "\\" not in text and "*" not in text
        while stack:
            node, place = stack.pop()
            if isinstance(node, ScalarNode):
                if OPENING in node.text and id(node) not in seen:
                    seen.add(id(node))
                    yield from self._names(node, _in_job(_pointer(place)))
            # An alias leads to a node that was looked at where it is written.
            elif id(node) not in seen and not (by_text and text.find(OPENING, node.start, node.end) < 0):
                seen.add(id(node))
                if isinstance(node, MappingNode):
                    stack += [(value, (place, name)) for name, (_, value) in node.entries.items()]
                    for name, (key, _) in node.entries.items():
                        if OPENING in name:
                            self._key(key, _pointer((place, name)))
                else:
                    stack += [(each, (place, str(index))) for index, each in enumerate(node.items)]

    def _names(self, node: ScalarNode, pointer: str) -> Iterator[str]:
        for piece in flat_pieces(node.text):
            if isinstance(piece, Malformed):
                what = "is empty" if piece.closed else "is not closed"
                self._refuse(node, piece, f"this reference {what}", f"write `${{name}}`; {_KEEP}", pointer)
            elif isinstance(piece, Reference) and piece.name in self.known:
                yield piece.name
            elif isinstance(piece, Reference) and is_lookup(piece.name):
                self._lookup(node, piece, pointer)
            elif isinstance(piece, Reference) and piece.name == JOB_NAME:
                if pointer == "/name":
                    message = "the name of a job cannot refer to itself"
                    self._refuse(node, piece, message, "write the name itself", pointer)
            elif isinstance(piece, Reference) and piece.name.startswith(MATRIX):
                continue  # judged with the matrix of each job
            elif isinstance(piece, Reference):
                near = nearest(piece.name, (*self.known, JOB_NAME))
                hint = f"did you mean `${{{near}}}`? " if near else f"declare it under `{KEY}:`, or "
                message = f"the variable {quoted(piece.name)} is not declared"
                self._refuse(node, piece, message, hint + _KEEP, pointer)

    def _lookup(self, node: ScalarNode, piece: Reference, pointer: str) -> None:
        """Report a lookup that no value of the variables in it makes right."""
        reason = misplaced_at(pointer)
        # With variables in it, its form is judged where they have their values.
        is_whole = OPENING not in piece.name
        wrong = fault_of(piece.name) if is_whole or kind_of(piece.name) is None else None
        if wrong is not None:
            message, help_text = wrong.message, f"{wrong.help}; {_KEEP}"
            self._refuse(node, piece, message, help_text, pointer, rule=wrong.rule)
        elif not is_whole and any(is_lookup(each) for each in _names_in(piece.name)):
            message = "a lookup cannot stand in another one"
            help_text = "write the text itself in it, or a variable"
            self._refuse(node, piece, message, help_text, pointer, rule="lookup-form")
        elif reason is not None:
            message = f"`{pointer[1:].partition('/')[0]}` cannot have lookups in it: {reason}"
            help_text = "write the value itself, or a variable"
            self._refuse(node, piece, message, help_text, pointer, rule="lookup-place")

    def _key(self, key: ScalarNode, pointer: str) -> None:
        """Report a key with a reference in it."""
        if any(isinstance(each, Reference) for each in all_pieces(key.text)):
            message = f"{quoted(key.text)} has a reference in it, and keys are not expanded"
            help_text = "write the key itself"
            self.reports.report("variable-key", key, message, help_text, pointer=_in_job(pointer), warns=True)

    def _refuse(
        self,
        node: ScalarNode,
        piece: Reference | Malformed,
        message: str,
        help_text: str,
        pointer: str,
        *,
        rule: str | None = None,
    ) -> None:
        node.reported = True
        start, end = span_in(self.reports.text, node, piece.start, piece.end)
        usual = "variable-undeclared" if isinstance(piece, Reference) else "variable-reference"
        self.reports.problems.append(Problem(rule or usual, start, end, message, help_text, pointer))


_Place: TypeAlias = "tuple[_Place | None, str]"
"""Where a node is: the place of what it is in, and its key or index there."""


def _pointer(place: _Place) -> str:
    keys: list[str] = []
    here: _Place | None = place
    while here is not None:
        here, key = here
        keys.append(key)
    pointer = ""
    for key in reversed(keys):
        pointer = child(pointer, key)
    return pointer


def _in_job(pointer: str) -> str:
    """Return the pointer within the job, of one within the document."""
    parts = pointer.split("/")
    if parts[1:2] == ["jobs"]:
        return "/".join(["", *parts[3:]]) if parts[3:] else ""
    return "/".join(["", *parts[2:]]) if parts[1:2] == ["defaults"] else pointer


def span_in(text: SourceText, node: ScalarNode, start: int, end: int) -> tuple[int, int]:
    """Return the span of a reference in a scalar's text; of the whole scalar where escapes hide it."""
    begin = text.after_properties(node.start, node.end)
    written = text.text[begin : node.end]
    for skipped in (0, 1):
        # Unquoted, or in quotes without an escape: then the text stands in the file as it is.
        if (
            written[skipped : skipped + len(node.text)] == node.text
            and len(written) == len(node.text) + 2 * skipped
        ):
            return begin + skipped + start, begin + skipped + end
    # In a block, or beside escapes, the text stands there with other characters between its parts.
    part = node.text[start:end]
    part = OPENING if "\n" in part else part
    if written.count(part) != node.text.count(part):
        return begin, node.end
    for _ in range(node.text.count(part, 0, start) + 1):
        place = written.index(part)
        begin, written = begin + place + len(part), written[place + len(part) :]
    return begin - len(part), begin


def _names_in(text: str) -> Iterator[str]:
    return (each.name for each in all_pieces(text) if isinstance(each, Reference))
