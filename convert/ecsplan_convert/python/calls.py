"""The calls in a Python file that are of interest, by what is called, with their arguments as values."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import field

from ecsplan.terms.records import dataclass
from ecsplan_convert.python.literals import Literals, Template, no_template
from ecsplan_convert.python.names import Names
from ecsplan_convert.python.open_expressions import dotted
from ecsplan_convert.python.parsed import Parsed, parse
from ecsplan_convert.python.values import Open, Value


@dataclass(frozen=True, slots=True)
class Call:
    """A call.

    Attributes:
        callee: What is called, by its own name: that in its module, without the module.
        line: The line in which it begins, from 1.
        arguments: Its arguments by name; under `**` a mapping that is passed on and not known.
        positional: Its positional arguments, in order.
        node: The call in the tree.
    """

    callee: str
    line: int
    arguments: Mapping[str, Value]
    positional: tuple[Value, ...]
    node: ast.Call = field(compare=False, repr=False)


class Source:
    """A Python file, read without running it."""

    def __init__(self, text: str, template: Template = no_template) -> None:
        """Parse a file.

        Args:
            text: Its text.
            template: Says which texts are not literal.

        Raises:
            ConversionError: The text is not Python 3.
        """
        self.parsed: Parsed = parse(text)
        self.names = Names(self.parsed)
        self._literals = Literals(self.names, template)
        self._aliases = dict(_aliases(self.parsed))

    def calls(self, names: frozenset[str] | None = None) -> tuple[Call, ...]:
        """Return the calls of these names, or all calls, in the order in which they are written."""
        callees = ((each, self.callee(each)) for each in self.parsed.calls())
        return tuple(self.call(each) for each, name in callees if name and (names is None or name in names))

    def call(self, node: ast.Call) -> Call:
        """Return a call of the tree."""
        arguments: dict[str, Value] = {}
        for each in node.keywords:
            value = self.value(each.value)
            if each.arg is not None:
                arguments[each.arg] = value
            else:
                arguments |= value if isinstance(value, dict) else {"**": _passed_on(value, each.value)}
        positional = tuple(self.value(each) for each in node.args)
        return Call(self.callee(node), node.lineno, arguments, positional, node)

    def value(self, node: ast.expr) -> Value:
        """Return the value of an expression."""
        return self._literals.value(node)

    def callee(self, node: ast.Call) -> str:
        """Return the name of what is called: `C` for `C(…)`, `module.C(…)`, and `D(…)` after `import C as D`.

        `C.partial(…)` is a call of C, whose other arguments are mapped. "" where what is called has no name.
        """
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr == "partial":
            function = function.value
        if isinstance(function, ast.Name):
            bound = self.names.bound(function)
            known = dotted(bound) if isinstance(bound, ast.Name | ast.Attribute) else function.id
            return self._aliases.get(known, known).rpartition(".")[2]
        return dotted(function).rpartition(".")[2]

    def bound_call(self, node: ast.expr) -> ast.Call | None:
        """Return the call that a name is bound to, or the expression itself is; None where there is none."""
        found = self.names.bound(node) if isinstance(node, ast.Name) else node
        return found if isinstance(found, ast.Call) else None

    def contexts(self, node: ast.AST) -> Iterator[ast.Call]:
        """Yield the calls in whose `with` block, or in a function decorated with which, a node stands."""
        inner = node
        for outer in self.parsed.around(node):
            if isinstance(outer, ast.With | ast.AsyncWith) and not isinstance(inner, ast.withitem):
                managers = [each.context_expr for each in reversed(outer.items)]
            elif isinstance(outer, ast.FunctionDef) and inner not in outer.decorator_list:
                managers = outer.decorator_list
            else:
                managers = []
            for each in managers:
                call = self.bound_call(each)
                if call is not None:
                    yield call
            inner = outer


def _passed_on(value: Value, node: ast.expr) -> Open:
    return value if isinstance(value, Open) else Open("a value that is not a mapping", node.lineno, node)


def _aliases(parsed: Parsed) -> Iterator[tuple[str, str]]:
    """Yield the names that imports give, each with the name in its module."""
    for node in parsed.parents:
        if isinstance(node, ast.ImportFrom):
            for each in node.names:
                if each.asname is not None:
                    yield each.asname, each.name
