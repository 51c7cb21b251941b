"""The order of tasks as Python code says it: `a >> b`, `b << a`, `chain(a, b)`, `a.set_downstream(b)`.

The statements of each block are gone through once, in their order, with what each name stands for at that
point. A loop counts once and both branches of a condition count, as if they came after one another.
"""

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from ecsplan_convert.python.calls import Source

Tasks: TypeAlias = "tuple[ast.Call, ...]"
"""The calls that made the tasks that an expression stands for."""
Edge: TypeAlias = "tuple[ast.Call, ast.Call]"
"""A task and one that comes after it."""

_LABELS: Final = frozenset({"Label", "EdgeModifier"})
_CHAINS: Final = frozenset({"chain", "chain_linear"})
_DOWN: Final = frozenset({"set_downstream"})
_UP: Final = frozenset({"set_upstream"})
_BLOCKS: Final = ("body", "orelse", "finalbody")


def edges(
    source: Source, *, is_task: Callable[[ast.Call], bool], is_group: Callable[[ast.Call], bool]
) -> tuple[Edge, ...]:
    """Return the pairs of calls of which one comes right after the other, each once, in written order.

    Calls that make no task may be among them: what a function returns, for example.

    Args:
        source: The file.
        is_task: Returns whether a call makes a task.
        is_group: Returns whether a call makes a group, which stands for the tasks in its `with` block.
    """
    walk = _Walk(source)
    walk.block(source.parsed.tree.body, {})
    members: dict[ast.Call, list[ast.Call]] = {}
    for each in filter(is_task, source.parsed.calls()):
        for group in filter(is_group, source.contexts(each)):
            members.setdefault(group, []).append(each)
    return tuple(dict.fromkeys(_without_groups(tuple(walk.edges), members)))


class _Walk:
    """One pass through a file, which collects pairs of tasks."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.edges: dict[Edge, None] = {}
        self._functions: dict[str, Tasks] = {}
        self._returned: Tasks = ()

    def block(self, statements: list[ast.stmt], names: dict[str, Tasks]) -> None:
        """Go through statements; `names` is what each name stands for, and changes."""
        for each in statements:
            self._statement(each, names)

    def _statement(self, node: ast.stmt, names: dict[str, Tasks]) -> None:
        match node:
            case ast.Assign(targets=targets, value=value):
                found = self._tasks(value, names)
                for target in targets:
                    self._bind(target, value, found, names)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._bind(target, value, self._tasks(value, names), names)
            case ast.AugAssign(target=ast.Name(id=name), value=value):
                names[name] = (*names.get(name, ()), *self._tasks(value, names))
            case ast.Expr(value=value):
                self._tasks(value, names)
            case ast.Return(value=ast.expr() as value):
                self._returned = (*self._returned, *self._tasks(value, names))
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._function(node, dict(names))
            case ast.ClassDef(body=body):
                self.block(body, dict(names))
            case ast.With(items=items) | ast.AsyncWith(items=items):
                for each in items:
                    if each.optional_vars is not None:
                        self._bind(
                            each.optional_vars, each.context_expr, self._made(each.context_expr), names
                        )
                self.block(node.body, names)
            case _:
                self._inner_blocks(node, names)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, names: dict[str, Tasks]) -> None:
        """Go through a function, whose calls stand for what it returns; a decorator may change that."""
        around, self._returned = self._returned, ()
        self.block(node.body, names)
        if not node.decorator_list:
            self._functions[node.name] = self._returned
        self._returned = around

    def _inner_blocks(self, node: ast.stmt, names: dict[str, Tasks]) -> None:
        """Go through the blocks of a statement, after which a name stands for what it may in any of them."""
        if isinstance(node, ast.For | ast.AsyncFor) and isinstance(node.target, ast.Name):
            names[node.target.id] = self._tasks(node.iter, names)
        before = dict(names)
        blocks = [block for each in _BLOCKS if (block := getattr(node, each, None))]
        handlers = getattr(node, "handlers", [])
        cases = getattr(node, "cases", [])
        for block in (*blocks, *(each.body for each in (*handlers, *cases))):
            inner = dict(before)
            self.block(block, inner)
            for name, tasks in inner.items():
                if tasks != before.get(name):
                    kept = names.get(name, ())
                    names[name] = (*kept, *(each for each in tasks if each not in kept))

    def _bind(self, target: ast.expr, value: ast.expr, found: Tasks, names: dict[str, Tasks]) -> None:
        match target, value:
            case (
                (ast.Tuple(elts=targets) | ast.List(elts=targets)),
                (ast.Tuple(elts=values) | ast.List(elts=values)),
            ):
                for each, item in zip(targets, values, strict=False):
                    self._bind(each, item, self._tasks(item, names), names)
            case ast.Name(id=name), _:
                names[name] = found
            case ast.Subscript(value=ast.Name(id=name)), _:
                names[name] = (*names.get(name, ()), *found)
            case _:
                pass

    def _tasks(self, node: ast.expr, names: dict[str, Tasks]) -> Tasks:
        """Return the tasks that an expression stands for; those that are ordered in it are noted."""
        match node:
            case ast.Name(id=name):
                return names.get(name, ())
            case ast.BinOp(op=ast.RShift() | ast.LShift()):
                return self._shifted(node, names)
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                return tuple(task for each in items for task in self._tasks(each, names))
            case ast.Dict(values=items):
                return tuple(task for each in items for task in self._tasks(each, names))
            case ast.Call():
                return self._called(node, names)
            case ast.ListComp(elt=item) | ast.GeneratorExp(elt=item) | ast.Starred(value=item):
                return self._tasks(item, names)
            case ast.IfExp(body=body, orelse=other):
                return (*self._tasks(body, names), *self._tasks(other, names))
            case ast.Subscript(value=holder) | ast.Attribute(value=holder):
                return self._tasks(holder, names)
            case _:
                return ()

    def _shifted(self, node: ast.BinOp, names: dict[str, Tasks]) -> Tasks:
        """Note the order that `a >> b` says, and return what the whole stands for: the last operand."""
        operators: list[tuple[bool, ast.expr]] = []
        first: ast.expr = node
        # A chain leans to the left, as deep as it is long.
        while isinstance(first, ast.BinOp) and isinstance(first.op, ast.RShift | ast.LShift):
            operators.append((isinstance(first.op, ast.RShift), first.right))
            first = first.left
        left = self._tasks(first, names)
        for is_down, operand in reversed(operators):
            if self._is_label(operand):
                continue
            right = self._tasks(operand, names)
            self._order(left, right) if is_down else self._order(right, left)
            left = right
        return left

    def _is_label(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Call) and self._source.callee(node) in _LABELS

    def _called(self, node: ast.Call, names: dict[str, Tasks]) -> Tasks:
        name = self._source.callee(node)
        if isinstance(node.func, ast.Attribute):
            holder = node.func.value
            if node.func.attr in _DOWN | _UP and node.args:
                own, others = self._tasks(holder, names), self._tasks(node.args[0], names)
                self._order(own, others) if node.func.attr in _DOWN else self._order(others, own)
                return ()
            if node.func.attr in {"append", "extend", "add"} and isinstance(holder, ast.Name):
                found = tuple(task for each in node.args for task in self._tasks(each, names))
                names[holder.id] = (*names.get(holder.id, ()), *found)
                return ()
        if name in _CHAINS | {"cross_downstream"}:
            operands = [self._tasks(each, names) for each in node.args if not self._is_label(each)]
            self._chained(operands, node) if name in _CHAINS else self._crossed(operands)
            return ()
        made = self._task(node, names)
        function = node.func.id if isinstance(node.func, ast.Name) else ""
        return self._functions.get(function) or made

    def _chained(self, operands: list[Tasks], node: ast.Call) -> None:
        """Note the order of `chain(…)`, which pairs the tasks of two lists that follow each other."""
        is_list = [isinstance(each, ast.List | ast.Tuple) for each in node.args if not self._is_label(each)]
        if len(operands) == 1 and isinstance(node.args[0], ast.Starred):
            operands, is_list = [(each,) for each in operands[0]], [False] * len(operands[0])
        pairs = zip(operands, operands[1:], is_list, is_list[1:], strict=False)
        for before, after, is_first_list, is_second_list in pairs:
            is_paired = is_first_list and is_second_list and self._source.callee(node) == "chain"
            if is_paired and len(before) == len(after):
                for one, other in zip(before, after, strict=True):
                    self._order((one,), (other,))
            else:
                self._order(before, after)

    def _crossed(self, operands: list[Tasks]) -> None:
        if len(operands) == 2:
            self._order(*operands)

    def _task(self, node: ast.Call, names: dict[str, Tasks]) -> Tasks:
        """Return the task that a call makes; the outputs of tasks among its arguments come before it.

        The calls in `Operator.partial(…).expand(…)` and `function.override(…)(…)` make one task.
        """
        made = self._made(node)
        arguments = [*node.args, *(each.value for each in node.keywords)]
        if made != (node,) and made:
            arguments += [*made[0].args, *(each.value for each in made[0].keywords)]
        for each in arguments:
            self._order(self._outputs(each, names), made)
        return made

    def _outputs(self, node: ast.expr, names: dict[str, Tasks]) -> Tasks:
        """Return the tasks whose outputs an argument has, as `task.output` or as the result of a function."""
        found: list[ast.Call] = []
        for each in ast.walk(node):
            is_output = isinstance(each, ast.Attribute) and each.attr == "output"
            if is_output and isinstance(each, ast.Attribute):
                found += self._tasks(each.value, names)
        if isinstance(node, ast.Name | ast.Call | ast.Subscript):
            found += self._tasks(node, names)
        return tuple(found)

    def _made(self, node: ast.expr) -> Tasks:
        """Return the call that makes a task, within what is called on it."""
        while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr not in {"expand", "expand_kwargs", "as_setup", "as_teardown"}:
                break
            if not isinstance(node.func.value, ast.Call):
                break
            node = node.func.value
        return (node,) if isinstance(node, ast.Call) else ()

    def _order(self, before: Iterable[ast.Call], after: Iterable[ast.Call]) -> None:
        later = tuple(after)
        for one in before:
            for other in later:
                if one is not other:
                    self.edges[one, other] = None


def _without_groups(pairs: tuple[Edge, ...], members: Mapping[ast.Call, list[ast.Call]]) -> Iterator[Edge]:
    """Yield the edges between tasks: to a group is to its first tasks, from a group is from its last ones."""
    for before, after in pairs:
        lasts = _ends(members[before], pairs, place=0) if before in members else [before]
        firsts = _ends(members[after], pairs, place=1) if after in members else [after]
        yield from ((one, other) for one in lasts for other in firsts if one is not other)


def _ends(members: list[ast.Call], pairs: Iterable[Edge], *, place: int) -> list[ast.Call]:
    """Return the members of a group that no other member comes before (place 1), or after (place 0)."""
    inside = set(members)
    bound = {pair[place] for pair in pairs if inside.issuperset(pair)}
    return [each for each in members if each not in bound]
