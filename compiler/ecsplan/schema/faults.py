"""What jsonschema finds wrong in a document, as faults: one for each wrong value and each wrong key."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from ecsplan.schema.files import bare_schema
from ecsplan.schema.views import viewed
from ecsplan.schema.violation import Fault, Path


def faults(document: Any, reference: str) -> Iterator[Fault]:
    """Yield everything in a document that breaks a schema, one fault for each value or key.

    Args:
        document: Plain data: dicts, lists, strings, numbers, booleans, None.
        reference: The schema, as `bare_schema` takes it.
    """
    errors = _validator(reference).iter_errors(viewed(document))
    return _without_repeats(fault for error in errors for fault in _faults(error, document))


@cache
def _validator(reference: str) -> Draft202012Validator:
    """Return the stock validator of a schema; a test checks the schemas against their own schema.

    It has no reference to resolve and nothing to fetch: `bare_schema` has put everything in its place.
    """
    return Draft202012Validator(bare_schema(reference))


def _faults(error: ValidationError, document: Any) -> Iterator[Fault]:
    """Yield what an error says; the library has one error for all keys that are unknown in a mapping.

    Reads the facts of an error and never its message, which quotes the value at any length.
    """
    path: Path = tuple(error.absolute_path)
    holder, value = None, document
    for token in path:
        holder, value = value, value[token]
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    keyword = str(error.validator)
    bound: Any = error.validator_value
    if keyword == "required":
        # Each missing key has an error of its own, which names it only in its message.
        # `_without_repeats` drops what the second of them yields again.
        for name in bound:
            if name not in value:
                yield Fault(keyword, name, value, schema, path)
    elif keyword == "additionalProperties":
        known = schema.get("properties", {})
        for name in value:
            if name not in known:
                yield Fault(keyword, bound, value, schema, (*path, name))
    elif "propertyNames" in error.absolute_schema_path:
        # The library places what is wrong with a key at the mapping, and the key itself is the instance.
        key: Any = error.instance
        yield Fault(keyword, bound, key, schema, (*path, key), about_key=True, names=_names((*path, key)))
    else:
        yield Fault(keyword, bound, value, schema, path, names=_names(path, holder))


def _names(path: Path, holder: Any = None) -> tuple[str, ...]:
    """Return the keys that lead to a value, and what it is called where it is the `value` of a name."""
    names = [str(each) for each in path if not isinstance(each, int)]
    if path[-1:] == ("value",) and isinstance(holder, Mapping):
        called = holder.get("name", holder.get("key"))
        names += [called] if isinstance(called, str) else []
    return tuple(names)


def _without_repeats(faults: Iterator[Fault]) -> Iterator[Fault]:
    """Yield one fault for each value or key, that of its type first, and each missing key once.

    A value of a wrong type may also break a pattern or an enum; that only follows from the type.
    """
    missing: set[tuple[Path, str]] = set()
    others: dict[tuple[Path, bool], Fault] = {}
    for fault in faults:
        place = (fault.path, fault.about_key)
        if fault.keyword == "required":
            if (fault.path, fault.bound) not in missing:
                missing.add((fault.path, fault.bound))
                yield fault
        elif place not in others or (fault.keyword == "type" and others[place].keyword != "type"):
            others[place] = fault
    yield from others.values()
