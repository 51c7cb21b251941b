"""Comments of JavaScript in JSON that YAML takes for text: `256 // units` is a string."""

import re
from collections.abc import Iterator

from ecsplan.source.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ecsplan.source.text import Problem

_MARKER = re.compile(r"(?:^|\s)(//|/\*)")


def comments_in(node: Node, *, in_json: bool = False) -> Iterator[Problem]:
    """Yield a problem for each value of JSON that has such a comment in it; the value is judged no further.

    Args:
        node: A node.
        in_json: Whether it stands in a mapping in braces whose keys are quoted.
    """
    match node:
        case MappingNode(entries=entries):
            is_json = node.flow and any(not key.plain for key, _ in entries.values())
            for _, value in entries.values():
                yield from comments_in(value, in_json=is_json)
        case SequenceNode(items=items):
            for each in items:
                yield from comments_in(each, in_json=in_json)
        case ScalarNode() if in_json and node.plain and not node.reported:
            marker = _MARKER.search(node.text)
            if marker is not None:
                node.reported = True
                message = "a comment as JavaScript writes it, which YAML takes for text"
                help_text = "begin the comment with # and a space, or remove it"
                yield Problem("yaml-syntax", node.start, node.end, message, help_text)
