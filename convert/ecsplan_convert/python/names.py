"""What the names of a Python file are bound to, where they are bound once."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from ecsplan_convert.python.parsed import Parsed

_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_SCOPES: Final = (
    *(ast.Module, ast.ClassDef, *_FUNCTIONS),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
)
_NAMED: Final = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
    *(ast.ExceptHandler, ast.MatchAs, ast.MatchStar),
)
"""Nodes that bind the name that they have."""
_MUTATORS: Final = frozenset(
    {
        *("append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse"),
        *("update", "setdefault", "popitem", "add", "discard"),
    }
)
"""Methods after which a list, dict or set is not what its name was bound to."""


class Names:
    """The bindings of a file.

    A name counts as bound once if one statement of its scope binds it, and nothing in the file changes what
    it is bound to, for example by `append` or by an assignment to an item.
    """

    def __init__(self, parsed: Parsed) -> None:
        self._parsed = parsed
        self._bound: defaultdict[ast.AST, defaultdict[str, list[ast.expr | None]]] = defaultdict(
            lambda: defaultdict(list)
        )
        self._changed: set[str] = set()
        for node in parsed.parents:
            for name, value in _bindings(node):
                self._bound[self._scope(node)][name].append(value)
            self._changed.update(_changed(node))

    def bound(self, name: ast.Name) -> ast.expr | None:
        """Return the expression that a name is bound to; None where it is bound otherwise, or repeatedly."""
        if name.id in self._changed:
            return None
        for place, scope in enumerate(self._scopes(name)):
            # Functions do not see the names of a class around them.
            if name.id in self._bound[scope] and (place == 0 or not isinstance(scope, ast.ClassDef)):
                # `A = A = {}` binds the same expression twice.
                values = {id(each): each for each in self._bound[scope][name.id]}
                return next(iter(values.values())) if len(values) == 1 else None
        return None

    def _scope(self, node: ast.AST) -> ast.AST:
        return next(self._scopes(node))

    def _scopes(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the scopes that a node sees, the innermost first."""
        inner = node
        for outer in self._parsed.around(node):
            if isinstance(outer, _SCOPES) and not _is_outside(inner, outer):
                yield outer
            inner = outer


def _is_outside(node: ast.AST, scope: ast.AST) -> bool:
    """Return whether a child of a function or class belongs to the scope around it."""
    if isinstance(scope, ast.ClassDef):
        return node not in scope.body
    if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
        return node in scope.decorator_list or node is scope.returns
    return False


def _bindings(node: ast.AST) -> Iterator[tuple[str, ast.expr | None]]:
    """Yield the names that a node binds in its scope, each with its expression, or None for any other."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _targets(target, value)
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            yield name, value
        case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
            yield from _targets(target, value)
        case ast.AugAssign(target=target) | ast.For(target=target) | ast.AsyncFor(target=target):
            yield from _targets(target, None)
        case ast.comprehension(target=target) | ast.NamedExpr(target=target):
            yield from _targets(target, None)
        case ast.Delete(targets=targets):
            for target in targets:
                yield from _targets(target, None)
        case ast.MatchMapping(rest=str(name)) | ast.arg(arg=name) | ast.alias(asname=str(name)):
            yield name, None
        case ast.alias(name=name):
            yield name.partition(".")[0], None
        case _ if isinstance(node, _NAMED) and node.name is not None:
            yield node.name, None
        case _:
            pass


def _targets(target: ast.expr, value: ast.expr | None) -> Iterator[tuple[str, ast.expr | None]]:
    """Yield the names of a target; those of a tuple with their own items, where the value has as many."""
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Starred):
        yield from _targets(target.value, None)
    elif isinstance(target, ast.Tuple | ast.List):
        items: list[ast.expr] | list[None] = [None] * len(target.elts)
        if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts):
            starred = any(isinstance(each, ast.Starred) for each in (*value.elts, *target.elts))
            items = items if starred else value.elts
        for each, item in zip(target.elts, items, strict=True):
            yield from _targets(each, item)


def _changed(node: ast.AST) -> Iterator[str]:
    """Yield the names whose values a node may change in place."""
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in _MUTATORS:
            yield from _root(value)
        case ast.Subscript(ctx=ast.Store() | ast.Del()):
            yield from _root(node)
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            yield from names
        case _:
            pass


def _root(node: ast.AST) -> Iterator[str]:
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id
