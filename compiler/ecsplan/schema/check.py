"""What in a manifest, a plan or an AWS document breaks its schema: all of it, at its place, in words."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ecsplan.schema.files import bare_schema, bundled_schema_text, load_schema, schema_text
from ecsplan.schema.hints import Hint, hint_for
from ecsplan.schema.keywords import BROKEN, KINDS, fits, is_kind, is_one_of
from ecsplan.schema.violation import Fault, Path, Violation, in_words, without_doubles
from ecsplan.terms.pointers import tokens_of

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

__all__ = [
    "Violation",
    "bundled_schema_text",
    "job_violations",
    "knows",
    "load_schema",
    "plan_violations",
    "request_violations",
    "schema_text",
    "violations",
]

RequestName: TypeAlias = Literal["task-definition", "run-request"]
Part: TypeAlias = Literal[
    "job", "patch", "plan", "task-definition", "run-request", "task-definition advice", "run-request advice"
]

PARTS: dict[Part, str] = {
    "job": "manifest.schema.json#/$defs/job",
    "patch": "manifest.schema.json#/$defs/patch",
    "plan": "plan.schema.json#",
    "task-definition": "task-definition.schema.json#",
    "run-request": "run-request.schema.json#",
    "task-definition advice": "advice.schema.json#/$defs/RegisterTaskDefinition",
    "run-request advice": "advice.schema.json#/$defs/RunTask",
}
"""What can be checked, and where its schema is."""
MAX_HINTED = 100
"""Violations that get a hint: the nearest of many keys takes as long to find as a job to check."""


def job_violations(data: Mapping[str, Any]) -> Iterator[Violation]:
    """Yield what is wrong with one job of a manifest, `defaults:` merged under it."""
    return violations(data, part="job")


def knows(pointer: str, *, part: Part = "job") -> bool:
    """Return whether a schema knows the key at this pointer, as far as it knows the keys around it."""
    schemas: tuple[Mapping[str, Any], ...] = (bare_schema(PARTS[part]),)
    for token in tokens_of(pointer):
        branches = tuple(each for schema in schemas for each in _branches(schema))
        items = (each["items"] for each in branches if "items" in each) if token.isdigit() else ()
        schemas = (*_below(branches, token), *items)
    return bool(schemas)


def plan_violations(document: Any) -> Iterator[Violation]:
    """Yield what is wrong with a plan, its embedded AWS documents included."""
    return violations(document, part="plan")


def request_violations(name: RequestName, document: Any) -> Iterator[Violation]:
    """Yield what is wrong with a RegisterTaskDefinition or RunTask request; `<…>` for open values passes."""
    return violations(document, part=name)


def advice_violations(name: RequestName, document: Any) -> Iterator[Violation]:
    """Yield where a request goes against AWS's documentation, and AWS has not been seen to refuse it."""
    return violations(
        document, part="task-definition advice" if name == "task-definition" else "run-request advice"
    )


def with_integers(data: Any, *, part: Part) -> Any:
    """Return accepted data in which whole numbers written as 5.0 or 1e3 are integers, as AWS has them."""
    return _with_integers(data, (bare_schema(PARTS[part]),)) if _has_floats(data) else data


def _has_floats(data: Any) -> bool:
    rest = [data]
    while rest:
        each = rest.pop()
        if isinstance(each, dict):
            rest += each.values()
        elif isinstance(each, list):
            rest += each
        elif isinstance(each, float):
            return True
    return False


def _with_integers(data: Any, schemas: tuple[Mapping[str, Any], ...]) -> Any:
    """Return the data that these schemas describe together: those of several branches, of which one fits."""
    schemas = tuple(each for schema in schemas for each in _branches(schema))
    if isinstance(data, float) and data.is_integer():
        types = {kind for each in schemas for kind in _types(each)}
        return int(data) if "integer" in types and "number" not in types else data
    if isinstance(data, Mapping):
        return {name: _with_integers(each, _below(schemas, name)) for name, each in data.items()}
    if isinstance(data, list):
        items = tuple(each["items"] for each in schemas if "items" in each)
        return [_with_integers(each, items) for each in data]
    return data


def _branches(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield schema
    conditional = (schema[name] for name in ("then", "else") if name in schema)
    for each in (*schema.get("anyOf", ()), *schema.get("allOf", ()), *conditional):
        yield from _branches(each)


def _below(schemas: tuple[Mapping[str, Any], ...], name: str) -> tuple[Mapping[str, Any], ...]:
    """Return what the schemas say of a member."""
    found = []
    for each in schemas:
        others = each.get("additionalProperties")
        if name in each.get("properties", ()):
            found.append(each["properties"][name])
        elif isinstance(others, Mapping):
            found.append(others)
    return tuple(found)


def _types(schema: Mapping[str, Any]) -> tuple[str, ...]:
    types = schema.get("type", ())
    return (types,) if isinstance(types, str) else tuple(types)


def violations(data: Any, *, part: Part = "job") -> Iterator[Violation]:
    """Yield everything in a document that breaks its schema, sorted by path.

    A key that is missing because its name is mistyped is told once, as the unknown key.

    Args:
        data: Plain data: dicts, lists, strings, numbers, booleans, None.
        part: What the data is.
    """
    if fits(data, bare_schema(PARTS[part])):
        return
    errors = _validator(part).iter_errors(data)
    faults = sorted(without_doubles(_fault(each, data) for each in errors), key=_place)
    hints = [hint_for(fault) if number < MAX_HINTED else Hint() for number, fault in enumerate(faults)]
    mistyped = {(fault.path[:-1], hint.key) for fault, hint in zip(faults, hints, strict=True) if hint.key}
    for fault, hint in zip(faults, hints, strict=True):
        if fault.keyword != "required" or (fault.path, fault.bound) not in mistyped:
            yield in_words(fault, hint.text, hint.key)


def _place(fault: Fault) -> tuple[tuple[bool, int, str], ...]:
    return tuple(
        (isinstance(each, int), each if isinstance(each, int) else 0, str(each)) for each in fault.path
    )


@cache
def _validator(part: Part) -> Any:
    """Return the validator of a part, built once; a test checks the schemas against their own schema."""
    from jsonschema.validators import Draft202012Validator, create  # noqa: PLC0415 - 70 ms

    checker = Draft202012Validator.TYPE_CHECKER.redefine_many({kind: _checker(kind) for kind in KINDS})
    kept = ("prefixItems", "allOf", "if")
    keywords: dict[str, Any] = {name: Draft202012Validator.VALIDATORS[name] for name in kept}
    return create({}, validators=keywords | _KEYWORDS, type_checker=checker, id_of=_no_id)(
        bare_schema(PARTS[part])
    )


def _checker(kind: str) -> Callable[[Any, object], bool]:
    return lambda _, value: is_kind(value, kind)


def _no_id(schema: object) -> str:
    del schema
    return ""


def _fault(error: "ValidationError", data: Any) -> Fault:
    path = tuple(error.absolute_path)
    about_key = "propertyNames" in error.absolute_schema_path
    keyword = str(error.validator)
    bound = error.message if keyword == "required" else error.validator_value
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    return Fault(keyword, bound, error.instance, schema, path, about_key, _names(path, data))


def _names(path: Path, data: Any) -> tuple[str, ...]:
    """Return the keys that lead to a value, and what it is called where it is the `value` of a name."""
    names = [str(each) for each in path if not isinstance(each, int)]
    holder = data
    for token in path[:-1]:
        holder = holder[token]
    if path[-1:] == ("value",) and isinstance(holder, Mapping):
        called = holder.get("name", holder.get("key"))
        names += [called] if isinstance(called, str) else []
    return tuple(names)


_KINDS = {str: "string", int: "integer", bool: "boolean", type(None): "null"}
"""The types of values that one look tells."""


def _error(detail: str = "", **facts: Any) -> "ValidationError":
    from jsonschema.exceptions import ValidationError  # noqa: PLC0415 - only where the library is in use

    return ValidationError(detail, **facts)


# The library's own keywords write the whole value into each message, which takes time and room for large
# documents and fails for numbers of thousands of digits. These write nothing; `_fault` takes the facts.


def _when(kind: str, broken: Callable[[Any, Any], bool]) -> Callable[..., Iterator["ValidationError"]]:
    """Return a keyword that a value of this kind breaks where the test of value and bound says so."""

    def keyword(validator: Any, bound: Any, value: Any, schema: Any) -> Iterator["ValidationError"]:
        del schema
        if validator.is_type(value, kind) and broken(value, bound):
            yield _error()

    return keyword


def _type(validator: Any, types: Any, value: Any, schema: Any) -> Iterator["ValidationError"]:
    del schema
    if not any(validator.is_type(value, each) for each in ((types,) if isinstance(types, str) else types)):
        yield _error()


def _enum(validator: Any, allowed: Any, value: Any, schema: Any) -> Iterator["ValidationError"]:
    del validator, schema
    if not is_one_of(value, allowed):
        yield _error()


def _const(validator: Any, only: Any, value: Any, schema: Any) -> Iterator["ValidationError"]:
    yield from _enum(validator, (only,), value, schema)


def _required(validator: Any, names: Any, value: Any, schema: Any) -> Iterator["ValidationError"]:
    del schema
    if validator.is_type(value, "object"):
        yield from (_error(name) for name in names if name not in value)


def _plainly_fits(value: Any, schema: Any) -> bool:
    """Return whether a schema that only names a type surely takes the value; most values are such a case."""
    types = schema.get("type") if len(schema) == 1 else None
    kind = _KINDS.get(type(value))
    return kind is not None and (kind == types or (isinstance(types, list) and kind in types))


def _properties(validator: Any, properties: Any, value: Any, schema: Any) -> Iterator["ValidationError"]:
    del schema
    if validator.is_type(value, "object"):
        for name in properties:
            if name in value and not _plainly_fits(value[name], properties[name]):
                yield from validator.descend(value[name], properties[name], path=name)


def _items(validator: Any, items: Any, value: Any, schema: Any) -> Iterator["ValidationError"]:
    if validator.is_type(value, "array"):
        for index in range(len(schema.get("prefixItems", ())), len(value)):
            if not _plainly_fits(value[index], items):
                yield from validator.descend(value[index], items, path=index)


def _additional(validator: Any, allowed: Any, value: Any, schema: Any) -> Iterator["ValidationError"]:
    if not validator.is_type(value, "object"):
        return
    known = schema.get("properties", {})
    for key in value:
        if key not in known:
            if allowed is False:
                yield _error(path=(key,))
            elif not _plainly_fits(value[key], allowed):
                yield from validator.descend(value[key], allowed, path=key)


def _property_names(validator: Any, names: Any, value: Any, schema: Any) -> Iterator["ValidationError"]:
    del schema
    if validator.is_type(value, "object"):
        for key in value:
            yield from validator.descend(key, names, path=key)


def _any_of(validator: Any, branches: Any, value: Any, schema: Any) -> Iterator["ValidationError"]:
    """Yield what is wrong by the branch that is meant: the first whose type the value has."""
    del schema
    missed: list[str] = []
    best: list[ValidationError] | None = None
    for branch in branches:
        errors = list(validator.descend(value, branch))
        if not errors:
            return
        wrong_type = next((each for each in errors if each.validator == "type" and not each.path), None)
        if wrong_type is None:
            best = best or errors
        else:
            types: Any = wrong_type.validator_value
            missed += [types] if isinstance(types, str) else types
    yield from best or [_error(validator="type", validator_value=list(dict.fromkeys(missed)))]


_KEYWORDS: dict[str, Callable[..., Iterator["ValidationError"]]] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "required": _required,
    "properties": _properties,
    "items": _items,
    "additionalProperties": _additional,
    "propertyNames": _property_names,
    "anyOf": _any_of,
    **{keyword: _when(*bound) for keyword, bound in BROKEN.items()},
}
