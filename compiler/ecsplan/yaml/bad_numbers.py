"""Numbers that JSON cannot represent: infinite ones, `.nan`, and those of too many digits."""

import math
from collections.abc import Iterator

from ecsplan.terms.short_texts import shortened
from ecsplan.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode, scalar_value
from ecsplan.yaml.text import Problem, SourceText


def bad_numbers(node: Node, text: SourceText, pointer: str = "") -> Iterator[Problem]:
    """Yield a problem for each such number below a node, and mark it as reported.

    Args:
        node: The node; not one of a job, whose numbers are found when it is merged with `defaults:`.
        text: The text that contains it.
        pointer: The pointer that the problems have.
    """
    match node:
        case MappingNode(entries=entries):
            for _, each in entries.values():
                yield from bad_numbers(each, text, pointer)
        case SequenceNode(items=items):
            for each in items:
                yield from bad_numbers(each, text, pointer)
        case ScalarNode():
            value = scalar_value(node)
            if isinstance(value, float) and not math.isfinite(value) and not node.reported:
                node.reported = True
                yield bad_number(node, text, pointer)


def bad_number(node: ScalarNode, text: SourceText, pointer: str = "") -> Problem:
    """Return the problem of a number that JSON cannot represent: infinite, not a number, or too long."""
    written = shortened(node.text, 40)
    message = f"{written} is not a number that JSON can represent"
    hint = "write a finite number; put it in quotes if it is meant as text"
    start = text.after_properties(node.start, node.end)
    return Problem("number-out-of-range", start, node.end, message, hint, pointer)
