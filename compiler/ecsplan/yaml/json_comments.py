"""JavaScript comments in JSON, which YAML reads as text: `256 // units` is a string."""

import re
from collections.abc import Iterator

from ecsplan.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ecsplan.yaml.text import Problem

_COMMENT = re.compile(r'"(?:[^"\\]|\\.)*"|(?:(?<=[\s,{}\[\]"])|^)(?P<comment>//|/\*)', re.DOTALL)
_MARKER = re.compile(r"(?:^|\s)(//|/\*)")


_HELP = "begin the comment with # and a space, or remove it"
_MESSAGE = "a JavaScript comment, which YAML reads as text"
COMMENT = ("a JavaScript comment, which YAML does not have", _HELP)
"""The message and the help for a JavaScript comment."""


def begins_with_comment(text: str) -> bool:
    """Return whether a text that YAML reads as a scalar begins with a JavaScript comment."""
    return text.startswith(("//", "/*"))


def comment_in(text: str) -> int | None:
    """Return the offset of the first JavaScript comment in a JSON text; None where there is none."""
    # The pattern consumes strings first, so that the `//` of a URL in one is not found.
    found = (each for each in _COMMENT.finditer(text) if each["comment"])
    return next((each.start("comment") for each in found), None)


def comments_in(node: Node, *, in_json: bool = False) -> Iterator[Problem]:
    """Yield a problem for each JSON key that begins with a JavaScript comment, and each value with one.

    Those keys and values are marked as reported.

    Args:
        node: The node to search.
        in_json: Whether it is in a mapping written in braces with a quoted key.
    """
    match node:
        case MappingNode(entries=entries):
            is_json = node.flow and any(not key.plain for key, _ in entries.values())
            for key, value in entries.values():
                if is_json and key.plain and begins_with_comment(key.text):
                    key.reported = True
                    yield Problem("yaml-syntax", key.start, key.end, _MESSAGE, _HELP)
                yield from comments_in(value, in_json=is_json)
        case SequenceNode(items=items):
            for each in items:
                yield from comments_in(each, in_json=in_json)
        case ScalarNode() if in_json and node.plain and not node.reported:
            marker = _MARKER.search(node.text)
            if marker is not None:
                node.reported = True
                yield Problem("yaml-syntax", node.start, node.end, _MESSAGE, _HELP)
