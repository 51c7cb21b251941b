"""A RunTask request as other services and tools take it: without the empty members that only patches need."""

from collections.abc import Mapping
from typing import Final

from ecsplan.terms.bodies import as_list, as_mapping
from ecsplan.terms.json_types import Document, Json, Record

_FOR_PATCHES: Final = frozenset({"tags", "overrides"})
"""Members of a RunTask request that are there even if they are empty, for patches to add to."""


def sent_request(planned: Document) -> Record:
    """Return a plan's RunTask request without the empty members that only patches need."""
    request = dict(planned)
    network = as_mapping(as_mapping(request.get("networkConfiguration")).get("awsvpcConfiguration"))
    if "securityGroups" in network and is_empty(network["securityGroups"]):
        kept = {name: value for name, value in network.items() if name != "securityGroups"}
        request["networkConfiguration"] = {
            **as_mapping(request["networkConfiguration"]),
            "awsvpcConfiguration": kept,
        }
    if isinstance(request.get("overrides"), Mapping):
        request["overrides"] = _overrides(as_mapping(request["overrides"]))
    return {name: value for name, value in request.items() if name not in _FOR_PATCHES or not is_empty(value)}


def _overrides(overrides: Document) -> Record:
    containers: list[Json] = []
    for each in as_list(overrides.get("containerOverrides")):
        kept = {
            name: value
            for name, value in as_mapping(each).items()
            if name != "environment" or not is_empty(value)
        }
        if kept.keys() - {"name"}:
            containers.append(kept)
    others: Record = {name: value for name, value in overrides.items() if name != "containerOverrides"}
    return {"containerOverrides": containers, **others} if containers else others


def is_empty(value: Json) -> bool:
    """Return whether a member holds nothing: null, or a list or an object without items."""
    return value is None or (isinstance(value, Mapping | list | tuple) and not value)
