"""Overrides of containers in a RunTask request, without those for names that no container has."""

from typing import Any

from ecsplan.schema.check import job_violations
from ecsplan.terms.bodies import as_mapping, as_mappings
from ecsplan.terms.json_types import Document, Record


def with_named_containers(request: Document) -> tuple[Record, tuple[str, ...]]:
    """Return a request without overrides of containers that ECS lets no container be called, and notes."""
    overrides = as_mapping(request.get("overrides"))
    given = as_mappings(overrides.get("containerOverrides"))
    kept = [each for each in given if _is_name(each.get("name"))]
    if len(kept) == len(given):
        return dict(request), ()
    notes = tuple(
        f"overrides.containerOverrides[{place}] is left out: no container can have its name"
        for place, each in enumerate(given)
        if each not in kept
    )
    left: Record = {**overrides, "containerOverrides": kept}
    return {**request, "overrides": left}, notes


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and (is_marked(name) or not any(job_violations({"container_name": name})))


def is_marked(value: str) -> bool:
    """Return whether a text is what ecsplan writes for an open value, such as `<container of web>`."""
    return value.startswith("<") and value.endswith(">")
