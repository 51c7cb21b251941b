"""`variables:` of a document: its declarations, their values, and every reference to them, checked once."""

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from typing import Any, TypeAlias

from ecsplan.schema.check import violations
from ecsplan.schema.nearest import nearest
from ecsplan.source.bad_numbers import bad_numbers
from ecsplan.source.nodes import MappingNode, Node, ScalarNode, SequenceNode, scalar_value
from ecsplan.source.text import Problem, SourceText
from ecsplan.terms.diagnostic import Severity
from ecsplan.terms.pointers import child
from ecsplan.terms.records import dataclass
from ecsplan.variables.declarations import (
    NAME,
    TYPES,
    Declaration,
    Type,
    compiled_pattern,
    declared,
    has_type,
)
from ecsplan.variables.expansion import JOB_NAME
from ecsplan.variables.lookups import fault_of, is_lookup, kind_of, misplaced_at
from ecsplan.variables.references import MATRIX, OPENING, Malformed, Reference, all_pieces, flat_pieces
from ecsplan.variables.values import (
    ReadText,
    Resolved,
    Sources,
    fault,
    help_for,
    quoted,
    read_value,
    shown,
)

KEY = "variables"
MAX_NAME_SHOWN = 80
_MEMBERS = frozenset({"description", "type", "default", "env", "enum", "pattern", "sensitive"})
"""What a declaration says."""
_TEXTS = frozenset({"description", "default", "pattern"})
"""Members of a declaration that may be any string."""

_KEEP = "write `$${` where the text `${` itself is meant, such as in a shell script"


@dataclass(frozen=True, slots=True)
class Variables:
    """The variables of one document.

    Attributes:
        values: The variables that are declared, each with its value.
    """

    values: Mapping[str, Resolved] = field(default_factory=dict)

    @property
    def declarations(self) -> tuple[Declaration, ...]:
        """What is declared."""
        return tuple(each.declaration for each in self.values.values())


def variables_of(
    root: MappingNode, text: SourceText, problems: list[Problem], sources: Sources, read: ReadText
) -> Variables | None:
    """Return the variables of a document, None where it declares none; report what is wrong with them.

    Each reference of the document is looked at, whether a job uses it or not; a scalar with one that is
    wrong becomes `reported`, so that nothing judges it further.

    Args:
        root: The document.
        text: The file's text.
        problems: The list that problems are appended to.
        sources: Where values come from.
        read: Reads the text of a value that is not a string.
    """
    if KEY not in root.entries:
        return None
    reader = _Reader(text, problems, sources, read)
    key, node = root.entries[KEY]
    values = reader.values(key, node)
    used = set(reader.references(root, values.keys()))
    for name, resolved in values.items():
        declared_at, _ = node.entries[name] if isinstance(node, MappingNode) else (key, node)
        if name in reader.missing:
            reader.report_missing(resolved.declaration, declared_at, is_used=name in used)
        elif name not in used:
            message = f"the variable `{resolved.declaration.name}` is not used"
            help_text = f"write `${{{name}}}` in a value, or remove it"
            reader.report("variable-unused", declared_at, message, help_text, pointer=_at(name), warns=True)
    return Variables(values)


@dataclass(frozen=True, slots=True)
class _Reader:
    text: SourceText
    problems: list[Problem]
    sources: Sources
    read: ReadText
    missing: set[str] = field(default_factory=set)

    def values(self, key: ScalarNode, node: Node) -> dict[str, Resolved]:
        """Return the declared variables with their values; report what is wrong with either."""
        if isinstance(node, ScalarNode) and scalar_value(node) is None and not node.reported:
            return {}
        if not isinstance(node, MappingNode):
            message = f"`{KEY}:` is not a mapping"
            help_text = "write the name of each variable below it, such as `tag: {}`"
            self.report("variable-declaration", key, message, help_text, pointer=f"/{KEY}")
            return {}
        found: dict[str, Resolved] = {}
        for name, (name_node, body) in node.entries.items():
            declaration = self._declaration(name, name_node, body)
            if declaration is not None:
                found[name] = self._resolved(declaration, name_node)
        return found

    def _declaration(self, name: str, key: ScalarNode, body: Node) -> Declaration | None:
        """Return one declaration; one that is wrong is reported, and declares its name all the same."""
        if NAME.fullmatch(name) is None:
            message = f"`{name[:MAX_NAME_SHOWN]}` is not a valid variable name"
            help_text = "use letters, digits and _; the first character is not a digit"
            self.report("variable-name", key, message, help_text, pointer=_at(name))
            return None
        data = _data(body)
        if data is not None and not isinstance(data, dict):
            what = "a list" if isinstance(body, SequenceNode) else "a single value"
            message = f"the declaration of `{name}` is {what}, not a mapping"
            help_text = f"write `{name}: {{default: …}}`, or `{name}: {{}}` for one without a default"
            at = body if body.start < body.end else key
            self.report("variable-declaration", at, message, help_text, pointer=_at(name))
            return Declaration(name, broken=True)
        infinite = tuple(bad_numbers(body, self.text, _at(name)))
        if infinite:
            self.problems.extend(infinite)
            return Declaration(name, broken=True)
        wrong = () if _is_simple(data or {}) else tuple(violations(data or {}, part="variable"))
        for each in wrong:
            at = self._node(body, each.pointer, key=each.at_key) or key
            self.report(each.rule, at, each.message, each.help, pointer=_at(name) + each.pointer)
        if wrong:
            said = data or {}
            kind: Type = next((each for each in TYPES if each == said.get("type")), "string")
            return Declaration(name, kind, sensitive=said.get("sensitive") is True, broken=True)
        declaration = declared(name, data)
        if _is_plain_string(declaration):
            return declaration
        wrong_so_far = len(self.problems)
        self._judge(declaration, body, key)
        is_broken = len(self.problems) > wrong_so_far
        return replace(declaration, broken=True) if is_broken else declaration

    def _judge(self, declaration: Declaration, body: Node, key: ScalarNode) -> None:
        """Report what only the members of a declaration together show to be wrong."""

        def refuse(member: str, rule: str, message: str, help_text: str) -> None:
            pointer = f"/{member}"
            at = self._node(body, pointer) or key
            self.report(rule, at, message, help_text, pointer=_at(declaration.name) + pointer)

        name = declaration.name
        if declaration.pattern is not None:
            pattern = compiled_pattern(declaration.pattern)
            if isinstance(pattern, str):
                message = f"the pattern of `{name}` is not a valid regular expression: {pattern}"
                refuse("pattern", "variable-pattern", message, "see the syntax of Python's module `re`")
        for index, value in enumerate(declaration.enum):
            wrong = fault(Declaration(name, declaration.type), value)
            if wrong is not None:
                message = f"a value in the enum of `{name}` {wrong}"
                refuse(f"enum/{index}", "variable-enum", message, help_for(declaration, value))
        default = declaration.default
        if default is None:
            return
        rule, wrong = "variable-default", fault(declaration, default)
        if declaration.sensitive:
            message = f"the variable `{name}` is sensitive and has a default"
            refuse("default", rule, message, "remove the default; the value is given to `apply`")
        elif wrong is not None:
            refuse(
                "default",
                "variable-value",
                f"the default of `{name}` {wrong}",
                help_for(declaration, default),
            )
        elif any(isinstance(each, Reference) for text in _texts(default) for each in all_pieces(text)):
            message = f"the default of `{name}` has a reference in it, and defaults are not expanded"
            refuse(
                "default", rule, message, "write the value itself; a lookup stands where its value is used"
            )

    def _resolved(self, declaration: Declaration, key: ScalarNode) -> Resolved:
        """Return a variable with its value; report one that is wrong, and note one that is missing."""
        name = declaration.name
        if declaration.broken:
            return Resolved(declaration, None, "")
        given = self.sources.given(declaration)
        if given is not None:
            value, wrong = read_value(declaration, given, self.read)
            if wrong is not None:
                message = f"the variable `{name}` {wrong}"
                shows = name if given.sensitive else shown(declaration, given.value)
                help_text = f"{shows} {given.origin}"
                if not given.is_text and not has_type(given.value, declaration.type):
                    help_text = f"in that file, {help_for(declaration, given.value)}\n{help_text}"
                self.report("variable-value", key, message, help_text, pointer=_at(name))
            return Resolved(declaration, None if declaration.sensitive else value, given.origin)
        if declaration.required and not self.sources.may_lack:
            self.missing.add(name)
        return Resolved(declaration, declaration.default, "from its default")

    def report_missing(self, declaration: Declaration, key: ScalarNode, *, is_used: bool) -> None:
        """Report a variable without a value; one that nothing uses is reported once, too."""
        name = declaration.name
        also = f" or {declaration.env}" if declaration.env else ""
        help_text = (
            f"give it with `--var {name}=…`, in a file with `--var-file`,"
            f" or in the environment variable ECSPLAN_VAR_{name}{also}"
        )
        message = f"the variable `{name}` has no value{'' if is_used else ', and is not used'}"
        help_text = help_text if is_used else f"remove it, or {help_text}"
        self.report("variable-missing", key, message, help_text, pointer=_at(name))

    def references(self, root: MappingNode, known: Mapping[str, object] | Any) -> Iterator[str]:
        """Yield the names that the document refers to; report references to nothing."""
        # Every node of the manifest comes by here: its place is put together only where it is needed.
        stack: list[tuple[Node, _Place]] = [
            (value, (None, name)) for name, (_, value) in root.entries.items() if name != KEY
        ]
        seen: set[int] = set()
        text = self.text.text
        # What holds no opening as it is written holds none, unless escapes or aliases bring one in.
        by_text = "\\" not in text and "*" not in text
        while stack:
            node, place = stack.pop()
            if isinstance(node, ScalarNode):
                if OPENING in node.text and id(node) not in seen:
                    seen.add(id(node))
                    yield from self._names(node, _in_job(_pointer(place)), known)
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

    def _names(self, node: ScalarNode, pointer: str, known: Any) -> Iterator[str]:
        for piece in flat_pieces(node.text):
            if isinstance(piece, Malformed):
                what = "is empty" if piece.closed else "is not closed"
                self._refuse(node, piece, f"this reference {what}", f"write `${{name}}`; {_KEEP}", pointer)
            elif isinstance(piece, Reference) and piece.name in known:
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
                near = nearest(piece.name, (*known, JOB_NAME))
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
        elif reason is not None:
            message = f"`{pointer[1:].partition('/')[0]}` cannot have lookups in it: {reason}"
            help_text = "write the value itself, or a variable"
            self._refuse(node, piece, message, help_text, pointer, rule="lookup-place")

    def _key(self, key: ScalarNode, pointer: str) -> None:
        """Report a key with a reference in it."""
        if any(isinstance(each, Reference) for each in all_pieces(key.text)):
            message = f"{quoted(key.text)} has a reference in it, and keys are not expanded"
            help_text = "write the key itself"
            self.report("variable-key", key, message, help_text, pointer=_in_job(pointer), warns=True)

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
        start, end = span_in(self.text, node, piece.start, piece.end)
        usual = "variable-undeclared" if isinstance(piece, Reference) else "variable-reference"
        self.problems.append(Problem(rule or usual, start, end, message, help_text, pointer))

    def report(
        self, rule: str, node: Node, message: str, help_text: str, *, pointer: str = "", warns: bool = False
    ) -> None:
        start = self.text.after_properties(node.start, node.end)
        end = node.end if isinstance(node, ScalarNode) else start + 1
        severity: Severity = "warning" if warns else "error"
        self.problems.append(Problem(rule, start, end, message, help_text, pointer, severity))

    def _node(self, body: Node, pointer: str, *, key: bool = False) -> Node | None:
        """Return the node below a declaration that a pointer leads to, or the key that leads there."""
        found: Node | None = None
        for token in pointer.split("/")[1:]:
            if isinstance(body, MappingNode) and token in body.entries:
                name, body = body.entries[token]
                found = name if key or body.start == body.end else body
            elif isinstance(body, SequenceNode) and token.isdigit() and int(token) < len(body.items):
                body = body.items[int(token)]
                found = body
            else:
                break
        return found


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


def _at(name: str) -> str:
    return child(f"/{KEY}", name)


def _in_job(pointer: str) -> str:
    """Return the pointer within the job, of one within the document."""
    parts = pointer.split("/")
    if parts[1:2] == ["jobs"]:
        return "/".join(["", *parts[3:]]) if parts[3:] else ""
    return "/".join(["", *parts[2:]]) if parts[1:2] == ["defaults"] else pointer


def _is_plain_string(declaration: Declaration) -> bool:
    """Return whether a declaration is of any string, with or without a default that stands for itself."""
    default = declaration.default
    return (
        (default is None or (isinstance(default, str) and OPENING not in default))
        and declaration.type == "string"
        and declaration.pattern is None
        and not declaration.enum
        and not declaration.sensitive
    )


def _is_simple(data: Mapping[str, Any]) -> bool:
    """Return whether a declaration has simple members only, which need no validator to be accepted."""
    for name, value in data.items():
        if name == "type":
            if value not in TYPES:
                return False
        elif name not in _TEXTS or not isinstance(value, str):
            return False
    return True


def _texts(value: Any) -> Iterator[str]:
    return (each for each in (value if isinstance(value, tuple) else (value,)) if isinstance(each, str))


def _data(node: Node) -> Any:
    """Return a declaration as plain data, without members that are null, but for unknown ones."""
    match node:
        case ScalarNode():
            return scalar_value(node)
        case SequenceNode(items=items):
            return [_data(each) for each in items]
        case MappingNode(entries=entries):
            found = ((name, _data(value)) for name, (_, value) in entries.items())
            return {name: value for name, value in found if value is not None or name not in _MEMBERS}
