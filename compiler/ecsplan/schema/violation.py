"""A place where a document breaks its schema: a fault in JSON Schema's terms, a violation in words."""

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, TypeAlias

from ecsplan.terms.records import dataclass

Path: TypeAlias = tuple[str | int, ...]
"""Keys and positions that lead from a document to a value in it."""
WrittenAt: TypeAlias = Callable[[str], str | None]
"""Takes the RFC 6901 pointer of a scalar and returns how it is written; None for any other value."""
WHOLE = "the document"
"""What a message calls the value that the empty path leads to."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A place where a document breaks its schema.

    Attributes:
        rule: One of `schema_rules.SCHEMA_RULES`.
        pointer: RFC 6901 pointer of the wrong value, of the unknown key, or of a missing key's parent.
        at_key: Whether the key is what is wrong, not its value.
        message: What is wrong; quotes what was written, unless that looks like a credential.
        help: What to write; "" where the message says it all.
        meant: RFC 6901 pointer of what an unknown key would be in its right spelling; "" where none is near.
        as_type: The type of a variable that would make the value acceptable, which `help` says how to
            spell; "" where another spelling would not help.
    """

    rule: str
    pointer: str
    at_key: bool
    message: str
    help: str = ""
    meant: str = ""
    as_type: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Fault:
    """A place where a document breaks its schema, in the terms of JSON Schema.

    Attributes:
        keyword: The keyword that is broken.
        bound: What the schema says under that keyword; for `required` the missing key.
        value: The value at `path`; the key, where `about_key`.
        schema: The schema that the value breaks.
        path: Where it is; for `additionalProperties` it ends in the unknown key.
        about_key: Whether a key is what breaks the schema.
        names: The names under which secrecy judges the value: its keys, and what a sibling calls it.
        written: How a number is written, such as `007` or `1.10`; "" where that is not known.
    """

    keyword: str
    bound: Any
    value: Any
    schema: Mapping[str, Any]
    path: Path
    about_key: bool = False
    names: tuple[str, ...] = ()
    written: str = ""
