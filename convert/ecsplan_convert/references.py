"""References to variables within texts that are otherwise literal.

What a source says is literal: a `${X}` in it is escaped where a manifest is written. Only a shell's `$VAR`
becomes a reference to a variable of the manifest. Until then it stands between two characters of Unicode's
private use area, which no document for AWS has.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ecsplan.terms.placeholders import lookup_at_apply

_BEGIN: Final = "\ue000"
_END: Final = "\ue001"
_REFERENCE: Final = re.compile(f"{_BEGIN}([A-Za-z0-9_]+){_END}")


def reference(variable: str) -> str:
    """Return the text that stands for the value of a variable."""
    return f"{_BEGIN}{variable}{_END}"


def has_reference(text: str) -> bool:
    """Return whether a text refers to a variable."""
    return _REFERENCE.search(text) is not None


def referred(text: str) -> str | None:
    """Return the variable that a text is nothing but a reference to; None for any other text."""
    match = _REFERENCE.fullmatch(text)
    return None if match is None else match[1]


def expandable(text: str) -> str:
    """Return the text as a manifest with `variables:` has it: `${VAR}`, and `$${` for a literal `${`."""
    return _REFERENCE.sub(r"${\1}", text.replace("${", "$${"))


def without_marks(text: str) -> str:
    """Return a text with the name of the variable in place of each reference."""
    return _REFERENCE.sub(r"\1", text)


def with_examples(text: str) -> str:
    """Return a text with a plain word in place of each reference, for what takes a value but no reference."""
    return _REFERENCE.sub(r"ecsplan-variable-\1-", text)


def with_lookups(text: str) -> str:
    """Return a text as `expandable`, with a lookup in place of each reference: AWS alone knows its value."""
    return _REFERENCE.sub(r"${ssm:/\1}", text.replace("${", "$${"))


def with_placeholders(text: str) -> str:
    """Return a text with what a plan says in place of the lookups of `with_lookups`."""
    return _REFERENCE.sub(lambda found: lookup_at_apply(f"ssm:/{found[1]}"), text)


def references_in(value: Any) -> Iterator[str]:
    """Yield the variables that the texts in a value refer to."""
    if isinstance(value, str):
        yield from _REFERENCE.findall(value)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from references_in(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from references_in(each)
