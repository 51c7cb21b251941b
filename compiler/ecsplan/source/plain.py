"""Nodes of a document as plain data, as far as telling what the document is takes."""

from itertools import islice
from typing import Any

from ecsplan.source.nodes import MappingNode, Node, ScalarNode, SequenceNode, scalar_value

MAX_DEPTH = 4
MAX_MEMBERS = 200
"""Levels, and members of each mapping or list, that tell what a document is."""


def data_of(node: Node, depth: int = MAX_DEPTH) -> Any:
    """Return the upper levels of a document as plain data; lists and mappings below them are empty."""
    match node:
        case ScalarNode():
            return scalar_value(node)
        case SequenceNode(items=items):
            return [data_of(each, depth - 1) for each in islice(items, MAX_MEMBERS)] if depth else []
        case MappingNode(entries=entries):
            members = islice(entries.items(), MAX_MEMBERS) if depth else ()
            return {name: data_of(value, depth - 1) for name, (_, value) in members}
