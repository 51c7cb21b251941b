"""Filter patterns of CloudWatch Logs for plain text: words, "phrases", ?alternatives and -exclusions."""

import re
from collections.abc import Callable

from ecsplan_local.errors import invalid_parameter

_TERM = re.compile(r'\s*([?-]?)(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))')


def read_pattern(pattern: str) -> Callable[[str], bool]:
    """Return a predicate that matches messages.

    Source of the syntax: CloudWatch Logs user guide, filter pattern syntax, unstructured log events.

    Raises:
        ServiceError: InvalidParameterException, for a pattern over JSON or space-delimited events, which
            the embedded ECS does not support.
    """
    if pattern.strip()[:1] in {"{", "[", "%"}:
        raise invalid_parameter("Invalid filter pattern: the embedded ECS supports unstructured text only.")
    required: list[str] = []
    optional: list[str] = []
    excluded: list[str] = []
    for sign, phrase, word in _TERM.findall(pattern):
        term = re.sub(r"\\(.)", r"\1", phrase) if phrase else word
        {"": required, "?": optional, "-": excluded}[sign].append(term)

    def matches(text: str) -> bool:
        return (
            all(term in text for term in required)
            # Beside required terms, optional ones change nothing.
            and (not optional or bool(required) or any(term in text for term in optional))
            and not any(term in text for term in excluded)
        )

    return matches
