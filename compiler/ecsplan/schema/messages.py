"""Messages for the faults of a document: what is wrong, and what to write."""

import math
import re
from collections.abc import Mapping
from typing import Any

from ecsplan.schema.pattern_text import UNITS, pattern_words
from ecsplan.schema.violation import WHOLE, Fault, Path, Violation
from ecsplan.terms.pointers import pointer_of
from ecsplan.terms.secrecy import MASK, looks_secret, mask_text, mask_value
from ecsplan.terms.short_texts import on_one_line

MAX_SHOWN = 60
"""Characters of a value or key that a message quotes."""
_MAX_JUDGED = 4096
"""Characters by which a value that is quoted is masked: more than a credential is long."""
MAX_LISTED = 12
"""Allowed values or known keys that a message lists; longer lists go into the help, or nowhere."""


RULE_OF_KEYWORD = {
    "type": "wrong-type",
    "enum": "not-allowed",
    "const": "not-allowed",
    "required": "missing-key",
    "additionalProperties": "unknown-key",
    "pattern": "wrong-format",
    "minLength": "wrong-length",
    "maxLength": "wrong-length",
    "minimum": "out-of-range",
    "maximum": "out-of-range",
    "exclusiveMinimum": "out-of-range",
    "minItems": "too-few",
    "maxItems": "too-many",
    "minProperties": "too-few",
    "maxProperties": "too-many",
}
"""The rule that each keyword of our schemas stands for, where no special case has one of its own."""

_TYPE_WORDS = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "array": "a list",
    "object": "a mapping",
    "boolean": "true or false",
    "null": "null",
}
_SWITCHES = frozenset({"yes", "no", "on", "off", "true", "false"})
_ONLY_FOR_SERVICES = "ECS refuses SERVICE for a task that is run on its own; use TASK_DEFINITION"
_SPECIAL_VALUES = {
    ("launch_type", "MANAGED_INSTANCES"): "name their capacity provider in capacity_provider_strategy",
    ("networkMode", "default"): "remove networkMode: on Windows, Docker's default network is meant then",
    ("propagate_tags", "SERVICE"): _ONLY_FOR_SERVICES,
    ("propagateTags", "SERVICE"): _ONLY_FOR_SERVICES,
}
"""Values that ECS knows elsewhere, under the key where they are refused, and what to do about them."""


_PLACEHOLDER = re.compile(
    r"\$\{[^{}]*\}|\$\(\w+\)|\$[A-Za-z_]\w*|<[A-Za-z][^<>]*>|\{\{.*?\}\}|\{%.*?%\}|#\{[^{}]*\}"
    r"|%[A-Za-z_]\w*%|__[A-Za-z]\w*__|@[A-Z]\w*@|\[\[.*?\]\]",
    re.DOTALL,
)
"""What templates, CI systems and deployment tools put where a value belongs."""

_REPLACED_BY = {
    "cpu": "cpu",
    "executionRoleArn": "execution_role_arn",
    "family": "family",
    "memory": "memory",
}
"""Members of a task definition, and the keys of a manifest that win over them."""


def in_words(fault: Fault, hint: str, meant: str | None = None) -> Violation:
    """Return the violation that a fault is.

    Args:
        fault: The fault.
        hint: Help for an unknown key or value, from `hints.py`.
        meant: The key of the same mapping that an unknown one most likely is.
    """
    rule = RULE_OF_KEYWORD[fault.keyword]
    message, help_text = _message(fault)
    as_type = _type_meant(fault) if fault.keyword == "type" else ""
    if _is_env_boolean(fault):
        rule, help_text = "env-boolean", f'quote it: "{shown(fault)}"'
    elif _is_credential_key(fault):
        rule, hint, meant = "aws-credentials", "", None
        message = f"{key_text(fault.path[-1])}: access keys have no place in a manifest"
        help_text = "use aws.profile, aws.assume_role_arn or the environment of the AWS SDK"
    at_key = fault.about_key or fault.keyword == "additionalProperties"
    there = "" if meant is None else pointer_of(*fault.path[:-1], meant)
    if not at_key and isinstance(fault.value, str) and _PLACEHOLDER.search(fault.value[:_MAX_JUDGED]):
        hint = f"ecsplan does not fill in placeholders: {_instead(fault.path)}"
    return Violation(rule, pointer_of(*fault.path), at_key, message, hint or help_text, there, as_type)


def _instead(path: Path) -> str:
    """Return what to do about a placeholder: some keys of a manifest replace a value of a task definition."""
    match path:
        case ("task_definition", "containerDefinitions", _, "image"):
            key = "image"
        case ("task_definition", str(member)):
            key = _REPLACED_BY.get(member, "")
        case _:
            key = ""
    return f"write the value, or set `{key}:` in the manifest" if key else "write the value"


def label(path: Path) -> str:
    """Return what a message calls the value at a path: its key, and its position if it is in a list."""
    positions = ""
    for token in reversed(path):
        if not isinstance(token, int):
            return (_masked(str(token)) or "''") + positions
        positions = f"[{token}]{positions}"
    return f"item {positions}" if positions else WHOLE


def key_text(key: object) -> str:
    """Return a key as a message quotes it."""
    return f"'{_masked(str(key))}'"


def _masked(text: str) -> str:
    return _cut(mask_text(text[:_MAX_JUDGED]))


def shown(fault: Fault) -> str:
    """Return the wrong value as a message quotes it: in YAML's spelling, short, masked if it looks secret."""
    value = fault.value
    if isinstance(value, (Mapping, list, tuple)):
        # Only its kind is shown, so what it holds, which may be megabytes, need not be masked.
        return _yaml(value)
    if isinstance(value, str):
        value = value[:_MAX_JUDGED]
    if fault.about_key:
        return _yaml(mask_text(value) if isinstance(value, str) else value)
    # A space was forgotten after the colon: `PASSWORD:hunter2`.
    if isinstance(value, str) and looks_secret(*value.partition(":")[::2]):
        return _yaml(MASK)
    masked = mask_value(fault.names, value)
    return _cut(fault.written) if fault.written and masked is value else _yaml(masked)


def _yaml(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int():
            return str(value) if value.bit_length() < 200 else "an infinite number"
        case float():
            return repr(value) if math.isfinite(value) else f".{value}".replace(".-", "-.")
        case str():
            return f'"{_cut(value)}"'
        case Mapping():
            return "a mapping" if value else "an empty mapping"
        case list() | tuple():
            return "a list" if value else "an empty list"
        case _:
            return f"a {type(value).__name__}"


def _cut(text: str) -> str:
    """Return a text short and on one line."""
    return on_one_line(text, MAX_SHOWN)


def _message(fault: Fault) -> tuple[str, str]:
    """Return the message and the help of a fault."""
    name = label(fault.path)
    match fault.keyword:
        case "type":
            return f"{name}: {_expected(fault)}, got {shown(fault)}", _type_help(fault)
        case "enum" | "const":
            return _not_allowed(fault)
        case "required":
            return f"missing key {key_text(fault.bound)}{_inside(fault.path)}", ""
        case "additionalProperties":
            return f"unknown key {key_text(fault.path[-1])}{_inside(fault.path[:-1])}", ""
        case "pattern":
            words = pattern_words(fault.schema) or f"expected a value that matches the pattern {fault.bound}"
            return f"{name}: {words}, got {shown(fault)}", ""
        case "minLength" | "maxLength":
            return f"{name}: {_length(fault)}", ""
        case "minItems" | "maxItems" | "minProperties" | "maxProperties":
            return f"{name}: {_number(fault)}", ""
        case _:
            return f"{name}: expected {_range(fault)}, got {shown(fault)}", ""


def _inside(path: Path) -> str:
    return f" in {label(path)}" if path else ""


def _expected(fault: Fault) -> str:
    """Return the types that would do; not null at the top of a job, where it only says nothing."""
    types = [fault.bound] if isinstance(fault.bound, str) else list(fault.bound)
    if len(fault.path) < 2 and len(types) > 1:
        types = [each for each in types if each != "null"]
    if "integer" in types and (wanted := pattern_words(fault.schema)):
        return wanted
    words = [_TYPE_WORDS[each] for each in types]
    return f"expected {' or '.join([', '.join(words[:-1]), words[-1]] if len(words) > 1 else words)}"


def _type_help(fault: Fault) -> str:
    types = _types(fault)
    match fault.value:
        case None if fault.path and isinstance(fault.path[-1], int):
            return "remove the item: null stands for a key that is not written, and an item has no key"
        case None:
            return "leave the key out"
        case float() if "integer" in types and "string" in types and fault.path[-1:] == ("cpu",):
            return f'for vCPUs write "{_yaml(fault.value)} vCPU"'
        case Mapping() if "array" in types:
            return "put a hyphen and a space before each item of a list"
        case list() if "object" in types:
            return "write NAME: VALUE lines, without hyphens"
    return _SPELLINGS.get(_type_meant(fault), "") or _text_wanted(fault)


def _text_wanted(fault: Fault) -> str:
    """Return what to write for a number or a boolean that would be no valid text in quotes, either."""
    types, words = _types(fault), pattern_words(fault.schema)
    if (
        words is None
        or "string" not in types
        or "integer" in types
        or not isinstance(fault.value, int | float)
    ):
        return ""
    return f"{words.replace('expected', 'write', 1)}, in quotes"


_SPELLINGS = {
    "string": "put it in quotes",
    "boolean": "write true or false, without quotes; yes, no, on and off are texts in YAML 1.2",
    "integer": "leave the quotes out",
    "number": "leave the quotes out",
    "list": "put it into a list: [ … ]",
}
"""How a value is written that has the right content and the wrong type, by that type."""


def _type_meant(fault: Fault) -> str:
    """Return the type that a scalar of the wrong type is meant to have, as variables call it; or ""."""
    types = _types(fault)
    match fault.value:
        case bool() | int() | float() if "string" in types and _matches(_text(fault), fault.schema):
            return "string"
        case str() as text if "boolean" in types and text.lower() in _SWITCHES:
            return "boolean"
        case str() as text if {"integer", "number"} & set(types) and _is_number(text):
            return "integer" if "integer" in types else "number"
        case str() | bool() | int() | float() if "array" in types:
            return "list"
    return ""


def _text(fault: Fault) -> str:
    """Return the text that a scalar would be in quotes."""
    return fault.written or _yaml(fault.value)


def _types(fault: Fault) -> tuple[str, ...]:
    return (fault.bound,) if isinstance(fault.bound, str) else tuple(fault.bound)


def _matches(text: str, schema: Mapping[str, Any]) -> bool:
    """Return whether a text, which a schema takes by its type, also has the form that it asks for."""
    return re.search(schema.get("pattern", ""), text) is not None


def _is_number(text: str) -> bool:
    return text.strip().replace(".", "", 1).isdecimal()


def _not_allowed(fault: Fault) -> tuple[str, str]:
    allowed = [fault.bound] if fault.keyword == "const" else fault.bound
    values = ", ".join(str(each) if isinstance(each, str) else _yaml(each) for each in allowed)
    name = label(fault.path)
    special = _SPECIAL_VALUES.get((name, fault.value), "") if isinstance(fault.value, str) else ""
    if len(allowed) == 1:
        return f"{name}: expected {values}, got {shown(fault)}", special
    if len(allowed) <= MAX_LISTED:
        return f"{name}: expected one of {values}, got {shown(fault)}", special
    return f"{name}: {shown(fault)} is not one of the allowed values", special or f"use one of {values}"


def _length(fault: Fault) -> str:
    if fault.keyword == "minLength" and not fault.value:
        return "must not be empty"
    bound = "at least" if fault.keyword == "minLength" else "at most"
    return f"expected {bound} {fault.bound} characters, got {len(fault.value)}"


def _number(fault: Fault) -> str:
    bound = "at least" if fault.keyword.startswith("min") else "at most"
    things = "item" if fault.keyword.endswith("Items") else "key"
    return f"expected {bound} {fault.bound} {things}{'s' if fault.bound != 1 else ''}, got {len(fault.value)}"


def _range(fault: Fault) -> str:
    schema = fault.schema
    member = next((each for each in reversed(fault.path) if not isinstance(each, int)), "")
    unit = f" {UNITS[member]}" if member in UNITS else ""
    lowest, highest = schema.get("minimum"), schema.get("maximum")
    if lowest is not None and highest is not None:
        return f"{lowest} to {highest}{unit}"
    if lowest is not None:
        return f"at least {lowest}{unit}"
    if highest is not None:
        return f"at most {highest}{unit}"
    return f"more than {schema['exclusiveMinimum']}{unit}"


def _is_env_boolean(fault: Fault) -> bool:
    return fault.keyword == "type" and fault.path[:1] == ("env",) and isinstance(fault.value, bool)


def _is_credential_key(fault: Fault) -> bool:
    if fault.keyword != "additionalProperties" or fault.path[:-1] not in {(), ("aws",)}:
        return False
    name = "".join(each for each in str(fault.path[-1]).lower() if each.isalnum())
    return any(word in name for word in ("accesskey", "secretkey", "sessiontoken"))
