"""Python expressions that are not literal, in words."""

import ast

from ecsplan_convert.python.values import Open


def dotted(node: ast.expr) -> str:
    """Return the dotted name of an expression, such as `Variable.get`; "" where it is none."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def too_large(node: ast.expr) -> Open:
    """Return what stands in place of an expression that takes more steps than are allowed."""
    return Open("an expression that is too large to be followed", node.lineno, node)


def open_expression(node: ast.expr) -> Open:
    """Return what stands in place of an expression that is not literal."""
    return Open(_what(node), node.lineno, node)


def _what(node: ast.expr) -> str:
    """Return what an expression is, for a message: names are quoted, values are not."""
    match node:
        case ast.Name(id=name):
            return f"the name {name}, which is not a literal here"
        case ast.Attribute():
            name = dotted(node)
            return f"the name {name}, which is not a literal here" if name else "an attribute of an object"
        case ast.Call(func=function):
            name = dotted(function)
            return f"a call of {name}" if name else "a call"
        case ast.Subscript(value=holder):
            name = dotted(holder)
            return f"an item of {name}" if name else "an item of an expression"
        case ast.JoinedStr():
            return "an f-string with placeholders"
        case ast.BinOp(op=ast.Mod(), left=ast.Constant(value=str())):
            return "a formatted string"
        case ast.IfExp() | ast.BoolOp() | ast.Compare():
            return "a conditional expression"
        case ast.Lambda():
            return "a function"
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            return "a comprehension"
        case _:
            return "an expression that is not a literal"
