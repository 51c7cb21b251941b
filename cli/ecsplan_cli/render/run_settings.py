"""What a plan says about a job's run beyond its words: every member that is not a default, path and value."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import TypeAlias

from ecsplan.job.spec import DEFAULT_POLL_INTERVAL_S, DEFAULT_START_TIMEOUT_S
from ecsplan.terms.bodies import as_mapping
from ecsplan.terms.observed import Body
from ecsplan.terms.pointers import child

Path: TypeAlias = tuple[str | int, ...]
Stated: TypeAlias = tuple[Path, object]
"""A place in a job of a plan, and the value there that the review states in words."""

_DEFAULTS: dict[Path, object] = {
    ("run_request", "enableExecuteCommand"): False,
    ("run_request", "enableECSManagedTags"): False,
    ("watch", "start_timeout_seconds"): DEFAULT_START_TIMEOUT_S,
    ("watch", "poll_interval_seconds"): DEFAULT_POLL_INTERVAL_S,
    ("watch", "deregister"): False,
}
"""What a member means where it is left out, if that is not nothing (ECS API reference, RunTask)."""
_NAMED_BY = ("name", "key")


def settings(job: Body, stated: Iterable[Stated]) -> tuple[tuple[str, object], ...]:
    """Return the members of a job of a plan that its words leave out: JSON pointer and value.

    Members of the run request stand at the top, list items go by their names; nulls, empty values and
    defaults are left out. A member that is not known here is among them like any other.

    Args:
        job: The job as it stands in the plan, without the members that say what it is made of.
        stated: What the words say; a value that differs from what is stated is not left out.
    """
    rest = {name: deepcopy(value) for name, value in job.items()}
    streams = as_mapping(rest.get("watch")).get("logs") is not None
    for path, value in (*_DEFAULTS.items(), (("watch", "stream_output"), streams), *stated):
        _take(rest, path, value)
    request = rest.pop("run_request", {})
    return (*_leaves("", _pruned(request)), *_leaves("", _pruned(rest)))


def _take(document: object, path: Path, value: object) -> None:
    """Remove the member at a path, if it is there and has this very value."""
    *above, last = path
    for each in above:
        document = _member(document, each)
    found = _member(document, last)
    if found is not None and _same(found, value):
        if isinstance(document, dict):
            del document[last]
        elif isinstance(document, list) and isinstance(last, int):
            document[last] = None


def _member(document: object, name: str | int) -> object:
    if isinstance(document, dict):
        return document.get(name)
    if isinstance(document, list) and isinstance(name, int) and name < len(document):
        return document[name]
    return None


def _same(one: object, other: object) -> bool:
    """Return whether two values are alike as JSON: `1` is neither `true` nor `"1"`, but 5 is 5.0."""
    # In Python True == 1, and to AWS they are different values.
    if isinstance(one, bool) or isinstance(other, bool) or not isinstance(one, (int, float)):
        return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    return bool(one == other)


def _pruned(value: object) -> object:
    """Return a value without nulls and empty structures; they say what leaving them out says."""
    if isinstance(value, Mapping):
        members = ((name, _pruned(each)) for name, each in value.items())
        return {name: each for name, each in members if not _is_empty(each)} or None
    if isinstance(value, (list, tuple)):
        return [each for each in map(_pruned, value) if not _is_empty(each)] or None
    return value


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, (dict, list)) and not value)


def _leaves(path: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping) and value:
        for name, each in value.items():
            yield from _leaves(child(path, str(name)), each)
    elif isinstance(value, list) and value and all(isinstance(each, Mapping) for each in value):
        for name, each in _items(value):
            yield from _leaves(child(path, name), each)
    elif value is not None:
        yield path, value


def _items(items: Sequence[Body]) -> Iterator[tuple[str, object]]:
    """Yield the items of a list by their names where all have one of their own, else by their numbers."""
    by = next((each for each in _NAMED_BY if all(isinstance(item.get(each), str) for item in items)), None)
    if by is None or len({item[by] for item in items}) < len(items):
        yield from ((str(number), each) for number, each in enumerate(items))
        return
    for item in items:
        rest = {name: each for name, each in item.items() if name != by}
        yield str(item[by]), rest["value"] if rest.keys() == {"value"} else rest or {by: item[by]}
