"""What in a manifest, a plan or an AWS document breaks its schema: all of it, at its place, in words."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias

from ecsplan.schema.alternatives import types_of
from ecsplan.schema.faults import faults
from ecsplan.schema.files import bare_schema
from ecsplan.schema.violation import Violation, WrittenAt
from ecsplan.terms.placeholders import is_open, lacks_digest
from ecsplan.terms.pointers import tokens_of

__all__ = [
    "RequestName",
    "Violation",
    "advice_violations",
    "job_violations",
    "knows",
    "plan_violations",
    "request_violations",
    "types_at",
    "violations",
    "with_integers",
]

RequestName: TypeAlias = Literal["task-definition", "run-request"]
"""A request of a job, by the name of its schema."""
SchemaTarget: TypeAlias = Literal[
    "job",
    "patch",
    "variable",
    "matrix",
    "plan",
    "task-definition",
    "run-request",
    "task-definition advice",
    "run-request advice",
    "ledger-entry",
    "ledger-claim",
]

SCHEMA_OF: dict[SchemaTarget, str] = {
    "job": "spec.schema.json#",
    "patch": "manifest.schema.json#/$defs/patch",
    "variable": "manifest.schema.json#/$defs/variable",
    "matrix": "manifest.schema.json#/$defs/job/properties/matrix",
    "plan": "plan.schema.json#",
    "task-definition": "task-definition.schema.json#",
    "run-request": "run-request.schema.json#",
    "task-definition advice": "advice.schema.json#/$defs/RegisterTaskDefinition",
    "run-request advice": "advice.schema.json#/$defs/RunTask",
    "ledger-entry": "ledger-entry.schema.json#",
    "ledger-claim": "ledger-claim.schema.json#",
}
"""What can be checked, and where its schema is."""
_MAY_BE_OPEN = frozenset({"plan", "task-definition", "run-request"})
"""What may have the placeholder of a lookup in place of any value but a mapping."""
ANY_TYPE = frozenset({"string", "integer", "number", "boolean", "array", "object"})


def job_violations(data: Mapping[str, Any], written_at: WrittenAt | None = None) -> Iterator[Violation]:
    """Yield what is wrong with one job of a manifest, `defaults:` merged under it; see `violations`."""
    return violations(data, part="job", written_at=written_at)


def knows(pointer: str, *, part: SchemaTarget = "job") -> bool:
    """Return whether a schema knows the key at this pointer, as far as it knows the keys around it."""
    return bool(_schemas_at(pointer, part))


def types_at(pointer: str, *, part: SchemaTarget = "job") -> frozenset[str]:
    """Return the types that a value at a pointer may have, in any branch; of any value where none is named.

    A list whose items are all mappings or lists counts as `objects`, any other one as `array`.
    """
    found: set[str] = set()
    for each in (below for schema in _schemas_at(pointer, part) for below in _branches(schema)):
        types = types_of(each)
        found |= {"objects" if kind == "array" and _is_of_objects(each) else kind for kind in types}
    return frozenset(found) or ANY_TYPE


def _is_of_objects(schema: Mapping[str, Any]) -> bool:
    items = schema.get("items")
    return isinstance(items, Mapping) and bool(types := types_of(items)) and {"object", "array"} >= {*types}


def _schemas_at(pointer: str, part: SchemaTarget) -> tuple[Mapping[str, Any], ...]:
    """Return the schemas of all branches for the value at a pointer; () where none knows it."""
    schemas: tuple[Mapping[str, Any], ...] = (bare_schema(SCHEMA_OF[part]),)
    for token in tokens_of(pointer):
        branches = tuple(each for schema in schemas for each in _branches(schema))
        items = (each["items"] for each in branches if "items" in each) if token.isdigit() else ()
        schemas = (*_below(branches, token), *items)
    return schemas


def takes_text_alone(pointer: str, *, part: SchemaTarget = "job") -> bool:
    """Return whether a value at this pointer may be a text, and no number."""
    types = {kind for each in _schemas_at(pointer, part) for kind in types_of(each)}
    return "string" in types and types.isdisjoint({"integer", "number"})


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


def with_integers(data: Any, *, part: SchemaTarget) -> Any:
    """Return accepted data in which whole numbers written as 5.0 or 1e3 are integers, as AWS has them."""
    return _with_integers(data, (bare_schema(SCHEMA_OF[part]),)) if _has_floats(data) else data


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
        # A member that may be any number keeps its float: only where AWS wants an integer is 5.0 one.
        types = {kind for each in schemas for kind in types_of(each)}
        return int(data) if "integer" in types and "number" not in types else data
    if isinstance(data, Mapping):
        return {name: _with_integers(each, _below(schemas, name)) for name, each in data.items()}
    if isinstance(data, list):
        items = tuple(each["items"] for each in schemas if "items" in each)
        return [_with_integers(each, items) for each in data]
    return data


def _branches(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield schema
    # Both, without judging `if`: this only asks which types a member may have in any branch.
    conditional = (schema[name] for name in ("then", "else") if name in schema)
    for each in (*schema.get("allOf", ()), *conditional):
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


def violations(
    data: Any, *, part: SchemaTarget = "job", written_at: WrittenAt | None = None
) -> Iterator[Violation]:
    """Yield everything in a document that breaks its schema, sorted by path.

    A key that is missing because its name is mistyped is reported once, as the unknown key.

    Args:
        data: Plain data: dicts, lists, strings, numbers, booleans, None.
        part: What the data is.
        written_at: Returns how a scalar is written, where that is known: messages quote numbers as written.
    """
    found = list(faults(data, SCHEMA_OF[part]))
    if part in _MAY_BE_OPEN:
        found = [each for each in found if not is_open(each.value)]
    if part == "task-definition advice":
        found = [each for each in found if not lacks_digest(each.value)]
    if found:
        from ecsplan.schema.report import reported  # noqa: PLC0415 - most documents have nothing to report

        yield from reported(found, written_at)
