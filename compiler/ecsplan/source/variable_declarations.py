"""`variables:` of a document -> its declarations, each judged by itself."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ecsplan.schema.check import violations
from ecsplan.source.variable_reports import KEY, VariableReports, declared_at
from ecsplan.terms.records import dataclass
from ecsplan.variables.declarations import NAME, TYPES, Declaration, Type, Value, compiled_pattern, declared
from ecsplan.variables.references import OPENING, Reference, all_pieces
from ecsplan.variables.values import fault, help_for, number_as_written
from ecsplan.yaml.bad_numbers import bad_numbers
from ecsplan.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode, scalar_value

MAX_NAME_SHOWN = 80
_MEMBERS = frozenset({"description", "type", "default", "env", "enum", "pattern", "sensitive"})
"""What a declaration says."""
_TEXTS = frozenset({"description", "default", "pattern"})
"""Members of a declaration that may be any string."""


def declarations_in(
    key: ScalarNode, node: Node, reports: VariableReports
) -> Iterator[tuple[Declaration, ScalarNode]]:
    """Yield what a document declares, each with the node of its name; report what is wrong with it.

    A declaration that is wrong declares its name all the same, as one that is broken.

    Args:
        key: The key `variables` of the document.
        node: What is below it.
        reports: Where problems are put.
    """
    if isinstance(node, ScalarNode) and scalar_value(node) is None and not node.reported:
        return
    if not isinstance(node, MappingNode):
        message = f"`{KEY}:` is not a mapping"
        help_text = "write the name of each variable below it, such as `tag: {}`"
        reports.report("variable-declaration", key, message, help_text, pointer=f"/{KEY}")
        return
    for name, (name_node, body) in node.entries.items():
        if NAME.fullmatch(name) is None:
            message = f"`{name[:MAX_NAME_SHOWN]}` is not a valid variable name"
            help_text = "use letters, digits and _; the first character is not a digit"
            reports.report("variable-name", name_node, message, help_text, pointer=declared_at(name))
        else:
            yield _Reader(name, name_node, body, reports).declaration(), name_node


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one declaration.

    Attributes:
        name: The name that it declares.
        key: The node of that name.
        body: What is declared of it.
        reports: Where problems are put.
    """

    name: str
    key: ScalarNode
    body: Node
    reports: VariableReports

    def declaration(self) -> Declaration:
        """Return the declaration; report what is wrong with it."""
        data = _data(self.body)
        if data is not None and not isinstance(data, dict):
            self._report_no_mapping()
            return Declaration(self.name, broken=True)
        said = data or {}
        if not _is_simple(said) and (refused := self._refused(said)) is not None:
            return refused
        declaration = declared(self.name, said)
        if _is_plain_string(declaration):
            return declaration
        wrong_so_far = len(self.reports.problems)
        self._judge(declaration)
        is_broken = len(self.reports.problems) > wrong_so_far
        return replace(declaration, broken=True) if is_broken else declaration

    def _report_no_mapping(self) -> None:
        what = "a list" if isinstance(self.body, SequenceNode) else "a single value"
        message = f"the declaration of `{self.name}` is {what}, not a mapping"
        help_text = f"write `{self.name}: {{default: …}}`, or `{self.name}: {{}}` for one without a default"
        at = self.body if self.body.start < self.body.end else self.key
        self.reports.report("variable-declaration", at, message, help_text, pointer=declared_at(self.name))

    def _refused(self, said: dict[str, Any]) -> Declaration | None:
        """Return what is left of a declaration that the schema or JSON refuses; report why."""
        infinite = tuple(bad_numbers(self.body, self.reports.text, declared_at(self.name)))
        if infinite:
            self.reports.problems.extend(infinite)
            return Declaration(self.name, broken=True)
        if self._breaks_schema(said):
            kind: Type = next((each for each in TYPES if each == said.get("type")), "string")
            return Declaration(self.name, kind, sensitive=said.get("sensitive") is True, broken=True)
        return None

    def _breaks_schema(self, said: dict[str, Any]) -> bool:
        """Return whether the schema refuses a declaration; report why."""
        wrong = tuple(violations(said, part="variable"))
        for each in wrong:
            at = _node(self.body, each.pointer, key=each.at_key) or self.key
            pointer = declared_at(self.name) + each.pointer
            self.reports.report(each.rule, at, each.message, each.help, pointer=pointer)
        return bool(wrong)

    def _judge(self, declaration: Declaration) -> None:
        """Report what only the members of a declaration together show to be wrong."""
        name = self.name
        if declaration.pattern is not None:
            pattern = compiled_pattern(declaration.pattern)
            if isinstance(pattern, str):
                message = f"the pattern of `{name}` is not a valid regular expression: {pattern}"
                self._refuse_member(
                    "pattern", "variable-pattern", message, "see the syntax of Python's module `re`"
                )
        for index, value in enumerate(declaration.enum):
            written = self._as_written(f"/enum/{index}", value)
            wrong = fault(Declaration(name, declaration.type), value, written)
            if wrong is not None:
                message = f"a value in the enum of `{name}` {wrong}"
                self._refuse_member(f"enum/{index}", "variable-enum", message, help_for(declaration, written))
        if declaration.default is not None:
            self._judge_default(declaration, declaration.default)

    def _judge_default(self, declaration: Declaration, default: Value) -> None:
        written = self._as_written("/default", default)
        wrong = fault(declaration, default, written)
        if declaration.sensitive:
            message = f"the variable `{self.name}` is sensitive and has a default"
            help_text = "remove the default; the value is given to `apply`"
            self._refuse_member("default", "variable-default", message, help_text)
        elif wrong is not None:
            message = f"the default of `{self.name}` {wrong}"
            self._refuse_member("default", "variable-value", message, help_for(declaration, written))
        elif any(isinstance(each, Reference) for text in _texts(default) for each in all_pieces(text)):
            message = f"the default of `{self.name}` has a reference in it, and defaults are not expanded"
            help_text = "write the value itself; a lookup stands where its value is used"
            self._refuse_member("default", "variable-default", message, help_text)

    def _as_written(self, pointer: str, value: Value) -> Value:
        """Return a member of the declaration; a number remembers how it is written."""
        node = _node(self.body, pointer)
        return number_as_written(value, node.text) if isinstance(node, ScalarNode) else value

    def _refuse_member(self, member: str, rule: str, message: str, help_text: str) -> None:
        pointer = f"/{member}"
        at = _node(self.body, pointer) or self.key
        self.reports.report(rule, at, message, help_text, pointer=declared_at(self.name) + pointer)


def _node(body: Node, pointer: str, *, key: bool = False) -> Node | None:
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
    """Return whether a declaration has nothing but texts that are right, whatever they say."""
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
