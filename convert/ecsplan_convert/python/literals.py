"""Python expressions as values: what is literal as it is, and the rest by what stands in its place."""

import ast
import json
import math
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from ecsplan_convert.python.names import Names
from ecsplan_convert.python.open_expressions import dotted, open_expression, too_large
from ecsplan_convert.python.settled import settled
from ecsplan_convert.python.values import Open, Value, as_number

MAX_DEPTH: Final = 60
"""Levels of an expression, names included, that are followed."""
MAX_STEPS: Final = 100_000
"""Expressions that are looked at for one value."""
MAX_LENGTH: Final = 100_000
"""Characters of a text that is put together from several."""
_MAX_NUMBER: Final = 10**12
"""The largest number that is calculated with."""


Template: TypeAlias = "Callable[[str], str | None]"
"""Returns what a text is, as a noun phrase, where it is not literal for the library that reads it."""


def no_template(_text: str) -> str | None:
    """Return None: every text is literal."""
    return None


class Literals:
    """Reads the expressions of a file."""

    def __init__(self, names: Names, template: Template = no_template) -> None:
        self._names = names
        self._template = template

    def value(self, node: ast.expr) -> Value:
        """Return the value of an expression; a `timedelta` is its number of seconds."""
        try:
            return _Reading(self._names, self._template).value(node, 0)
        except _TooLargeError:
            return too_large(node)


class _TooLargeError(Exception):
    """A value takes more steps than are allowed."""


class _Reading:
    """The reading of one expression, which ends after so many steps."""

    def __init__(self, names: Names, template: Template) -> None:
        self._names = names
        self._template = template
        self._steps = 0

    def value(self, node: ast.expr, depth: int) -> Value:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise _TooLargeError
        if depth > MAX_DEPTH:
            return too_large(node)
        depth += 1
        match node:
            case ast.Constant():
                return self._constant(node)
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                return self._items(items, depth)
            case ast.Dict():
                return self._mapping(node, depth)
            case ast.Name():
                bound = self._names.bound(node)
                value = None if bound is None else self.value(bound, depth)
                is_known = bound is not None and (not isinstance(value, Open) or value.is_template)
                return value if is_known else open_expression(node)
            case ast.JoinedStr():
                return self._joined(node, depth)
            case ast.BinOp() | ast.UnaryOp():
                return self._operation(node, depth)
            case ast.Subscript():
                return self._item(node, depth)
            case ast.Call():
                return self._call(node, depth)
            case _:
                return open_expression(node)

    def _constant(self, node: ast.Constant) -> Value:
        value = node.value
        if isinstance(value, str):
            what = self._template(value)
            return value if what is None else Open(what, node.lineno, node, is_template=True)
        if value is None or (isinstance(value, int | float) and math.isfinite(value)):
            return value
        return open_expression(node)

    def _items(self, nodes: list[ast.expr], depth: int) -> list[Value]:
        found: list[Value] = []
        for each in nodes:
            if isinstance(each, ast.Starred):
                value = self.value(each.value, depth)
                found += value if isinstance(value, list) else [open_expression(each.value)]
            else:
                found.append(self.value(each, depth))
        return found

    def _mapping(self, node: ast.Dict, depth: int) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for key, below in zip(node.keys, node.values, strict=True):
            value = self.value(below, depth)
            if key is None:
                found |= value if isinstance(value, dict) else {"**": open_expression(below)}
                continue
            name = self.value(key, depth)
            if isinstance(name, str):
                found[name] = value
            else:
                # Its value may be known, but not what it belongs to.
                found[ast.unparse(key) if isinstance(key, ast.Name | ast.Constant) else "…"] = (
                    open_expression(key)
                )
        return found

    def _joined(self, node: ast.JoinedStr, depth: int) -> Value:
        parts = []
        for each in node.values:
            part = self.value(each.value if isinstance(each, ast.FormattedValue) else each, depth)
            is_plain = not isinstance(each, ast.FormattedValue) or (
                each.format_spec is None and each.conversion == -1
            )
            if not isinstance(part, str | int) or isinstance(part, bool) or not is_plain:
                return part if _is_template(part) else open_expression(node)
            parts.append(str(part))
        return self._text("".join(parts), node)

    def _text(self, text: str, node: ast.expr) -> Value:
        """Return a text that was put together, which may be a template as a whole only."""
        what = self._template(text)
        if what is not None:
            return Open(what, node.lineno, node, is_template=True)
        return text if len(text) <= MAX_LENGTH else open_expression(node)

    def _operation(self, node: ast.BinOp | ast.UnaryOp, depth: int) -> Value:
        if isinstance(node, ast.UnaryOp):
            number = as_number(self.value(node.operand, depth))
            return -number if isinstance(node.op, ast.USub) and number is not None else open_expression(node)
        left, right = self.value(node.left, depth), self.value(node.right, depth)
        match node.op, left, right:
            case ast.Add(), str(), str():
                return self._text(left + right, node)
            case ast.Add(), list(), list() if len(left) + len(right) <= MAX_STEPS:
                return [*left, *right]
            case ast.BitOr(), dict(), dict():
                return {**left, **right}
            case ((ast.Add() | ast.Sub() | ast.Mult()), (int() | float()), (int() | float())):
                return _calculated(node.op, left, right, node)
            case _:
                template = next((each for each in (left, right) if _is_template(each)), None)
                return open_expression(node) if template is None else template

    def _item(self, node: ast.Subscript, depth: int) -> Value:
        holder, key = self.value(node.value, depth), self.value(node.slice, depth)
        if isinstance(holder, dict) and isinstance(key, str) and "**" not in holder and key in holder:
            return holder[key]
        if isinstance(holder, list) and isinstance(key, int) and -len(holder) <= key < len(holder):
            # An open item may stand for several, such as `*rest`.
            return open_expression(node) if any(isinstance(each, Open) for each in holder) else holder[key]
        return open_expression(node)

    def _call(self, node: ast.Call, depth: int) -> Value:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else dotted(node.func)
        values = self._items(node.args, depth)
        named = {
            each.arg: self.value(each.value, depth) if each.arg in _DURATION else open_expression(each.value)
            for each in node.keywords
        }
        if name in {"timedelta", "duration"}:
            return _seconds(values, named, node)
        if name == "dict" and not values:
            return self._mapping(_as_dict(node), depth)
        if name == "dumps" and len(values) == 1 and not named:
            known, notes = settled(values[0])
            return _open_within(values[0], node) if notes else self._text(json.dumps(known), node)
        if not named and isinstance(node.func, ast.Name) and len(values) == 1:
            return self._converted(name, values[0], node)
        if not named and isinstance(node.func, ast.Attribute):
            return self._of_text(name, self.value(node.func.value, depth), values, node)
        return open_expression(node)

    def _converted(self, name: str, value: Value, node: ast.Call) -> Value:
        if name in {"list", "tuple"} and isinstance(value, list):
            return value
        if name == "dict" and isinstance(value, dict):
            return value
        if name == "str" and (isinstance(value, str) or as_number(value) is not None):
            return str(value)
        return open_expression(node)

    def _of_text(self, name: str, holder: Value, values: list[Value], node: ast.Call) -> Value:
        """Return what a method of a text returns: `split`, `join` and `strip` are usual in commands."""
        if not isinstance(holder, str):
            return open_expression(node)
        match name, values:
            case "split", []:
                return [*holder.split()]
            case "split", [str(separator)] if separator:
                return [*holder.split(separator)]
            case "strip", []:
                return holder.strip()
            case "join", [list(items)] if all(isinstance(each, str) for each in items):
                return self._text(holder.join(str(each) for each in items), node)
            case _:
                return open_expression(node)


_DURATION: Final[Mapping[str | None, float]] = {
    "weeks": 604800,
    "days": 86400,
    "hours": 3600,
    "minutes": 60,
    "seconds": 1,
    "milliseconds": 0.001,
    "microseconds": 0.000001,
}
_PLACES: Final = ("days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks")
"""The parameters of `datetime.timedelta` in their order."""


def _seconds(values: list[Value], named: Mapping[str | None, Value], node: ast.Call) -> Value:
    total: float = 0
    parts = [*zip(_PLACES, values, strict=False), *named.items()]
    for unit, value in parts:
        number = as_number(value)
        if unit not in _DURATION or number is None or abs(number) > _MAX_NUMBER:
            return open_expression(node)
        total += _DURATION[unit] * number
    return int(total) if total == int(total) else round(total, 6)


def _calculated(operator: ast.operator, left: float, right: float, node: ast.expr) -> Value:
    if max(abs(left), abs(right)) > _MAX_NUMBER:
        return open_expression(node)
    match operator:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case _:
            return left * right


def _as_dict(call: ast.Call) -> ast.Dict:
    """Return `dict(a=1)` as `{"a": 1}`."""
    keys = [
        None if each.arg is None else ast.copy_location(ast.Constant(each.arg), each.value)
        for each in call.keywords
    ]
    return ast.copy_location(ast.Dict([*keys], [each.value for each in call.keywords]), call)


def _is_template(value: Value) -> bool:
    return isinstance(value, Open) and value.is_template


def _open_within(value: Value, node: ast.expr) -> Open:
    """Return what is open in a value that becomes a text; the text as a whole is open with it."""
    if isinstance(value, Open):
        return value if _is_template(value) else open_expression(node)
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    found = (_open_within(each, node) for each in below if isinstance(each, Open | dict | list))
    return next((each for each in found if _is_template(each)), open_expression(node))
