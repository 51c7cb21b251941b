"""YAML texts that are values, not manifests: a file of them, or one that a command is given."""

from typing import Any

from ecsplan.terms.diagnostic import Diagnostic, Location, error, in_order
from ecsplan.terms.records import dataclass
from ecsplan.yaml.file_problems import bounded, diagnostic
from ecsplan.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode, plain_value, scalar_value
from ecsplan.yaml.parse import parse
from ecsplan.yaml.text import Problem

_OF_RULES = {
    "duplicate-key": ("a name is written twice", "keep one of them"),
    "missing-space": ("there is no space after a colon", "write a space after it"),
    "non-string-key": ("a name is not a string", "put it in quotes"),
    "number-out-of-range": ("this is not a number that JSON can represent", "put it in quotes if it is text"),
    "tag-mismatch": ("a value begins with `!`", "put it in quotes"),
    "undefined-alias": ("a value begins with `*`", "put it in quotes"),
    "unsafe-tag": ("a value begins with `!`", "put it in quotes"),
    "variable-file": (
        "this file is not a mapping",
        "write a mapping of variables to values, or the output of `terraform output -json`",
    ),
}


def read_mapping(text: str | bytes, *, file: str) -> tuple[dict[str, Any], tuple[Diagnostic, ...]]:
    """Return the mapping that a YAML or JSON text is, and what is wrong with it; no text makes it raise.

    Numbers and other scalars have their YAML 1.2 values. Where the text is no mapping, the data is empty.

    Such a file holds values of sensitive variables, under names that nobody can tell from others: what is
    wrong is said by its rule and place alone, without the line and without what is written there.
    """
    parsed = parse(text, file)
    problems = parsed.problems
    data: dict[str, Any] = {}
    (root,) = parsed.roots if len(parsed.roots) == 1 else (None,)
    if isinstance(root, MappingNode):
        data = {name: _whole(value) for name, (_, value) in root.entries.items()}
    elif not problems:
        help_text = "write a mapping of variables to values, or the output of `terraform output -json`"
        problems.append(Problem("variable-file", 0, 1, "this file is not a mapping", help_text))
    found = [_without_values(diagnostic(parsed.source, each)) for each in bounded(problems)]
    return data, in_order(found)


@dataclass(frozen=True, slots=True)
class Documents:
    """What a YAML or JSON text holds.

    Attributes:
        data: Its documents as plain data, in order.
        problems: What is wrong with it, with places; a document with a syntax error is not in `data`.
    """

    data: tuple[Any, ...]
    problems: tuple[Diagnostic, ...]


def read_documents(text: str | bytes, *, file: str) -> Documents:
    """Return the documents of a YAML 1.2 or JSON text, whatever they are; no text makes it raise.

    Merge keys and aliases are resolved, and comments of JSON are problems. Args are those of `read_mapping`.
    """
    parsed = parse(text, file)
    found = [diagnostic(parsed.source, each) for each in bounded(parsed.problems)]
    return Documents(tuple(map(_whole, parsed.roots)), in_order(found))


def _whole(node: Node) -> Any:
    """Return a value as plain data, all of it."""
    match node:
        case ScalarNode():
            return scalar_value(node)
        case SequenceNode(items=items):
            return [_whole(each) for each in items]
        case MappingNode(entries=entries):
            return {name: _whole(value) for name, (_, value) in entries.items()}


def _without_values(found: Diagnostic) -> Diagnostic:
    """Return a diagnostic without the words and the line that may hold a secret."""
    at = found.location
    message, help_text = _OF_RULES.get(
        found.rule, ("this cannot be read as YAML", "put values with special characters in quotes")
    )
    return error(found.rule, Location(at.path, at.line, at.column), message, help=help_text)


def compose_value(text: str) -> tuple[Node | None, list[Problem]]:
    """Return the root node of a text that is one YAML value, and its problems."""
    parsed = parse(text, "")
    return (parsed.roots[0] if len(parsed.roots) == 1 else None), parsed.problems


def read_text(text: str) -> object:
    """Return the value that a text is as a YAML scalar or flow sequence; None for anything else."""
    if not text.lstrip().startswith("["):
        return plain_value(text.strip())
    parsed = parse(text, "")
    (root,) = parsed.roots if len(parsed.roots) == 1 else (None,)
    if parsed.problems or not isinstance(root, SequenceNode) or not root.flow:
        return None
    return [scalar_value(each) if isinstance(each, ScalarNode) else None for each in root.items]
