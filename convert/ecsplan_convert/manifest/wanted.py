"""Two RunTask requests compared, and the patch that makes one of them the other."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ecsplan.terms.json_types import Document, Json, Record
from ecsplan.terms.pointers import child

SET_BY_APPLY: Final = ("taskDefinition", "clientToken", "startedBy")
"""Members of the request that are none of the manifest's to say."""
_DEFAULTS: Final[Mapping[str, object]] = {
    "cluster": "default",
    "count": 1,
    "enableECSManagedTags": False,
    "enableExecuteCommand": False,
}
"""What ECS takes where a request does not say it (ECS API reference, RunTask)."""
_OVERRIDES: Final = "containerOverrides"
_PAIRS: Final = {"environment": "name", "tags": "key"}
"""Lists of pairs, and the member of a pair that is its name."""
_NOTHING: Final[tuple[object, ...]] = (None, [], {})
"""Values that say as much as leaving them out."""


def plain_request(request: Document) -> Record:
    """Return a request without what ECS takes anyway, and without what each apply sets."""
    said = {name: value for name, value in request.items() if name not in SET_BY_APPLY}
    plain: Record = _plain(said)
    return {name: value for name, value in plain.items() if _DEFAULTS.get(name, plain) != value}


def differences(have: Document, want: Document, written: Document | None = None) -> tuple[Record, ...]:
    """Return the JSON Patch (RFC 6902) that makes one request mean what another means; () where it does.

    Args:
        have: The request as it is compiled, which a patch will find.
        want: The request that is meant, as `plain_request` returns it.
        written: The same request with what a patch is to say in place of what is compared; None for `want`.
    """
    said = {name: value for name, value in have.items() if name not in SET_BY_APPLY}
    return tuple(_changes(said, want, want if written is None else written, ""))


def _changes(have: Document, want: Document, written: Mapping[str, Any], at: str) -> Iterator[Record]:
    for name, value in have.items():
        is_default = not at and _DEFAULTS.get(name, have) == value
        if name not in want and _plain({name: value}) and not is_default:
            yield {"op": "remove", "path": child(at, name)}
    for name, value in want.items():
        path, found, said = child(at, name), have.get(name), written[name]
        if isinstance(value, Mapping) and isinstance(found, Mapping) and isinstance(said, Mapping):
            yield from _changes(found, value, said, path)
        elif name == _OVERRIDES and all(isinstance(each, list) for each in (value, found, said)):
            yield from _of_containers(found, value, said, path)
        elif _plain(found) != value and not _are_same_pairs(name, found, value):
            yield {"op": "add", "path": path, "value": said}


def _of_containers(have: Any, want: Any, written: Any, at: str) -> Iterator[Record]:
    """Yield the changes of the overrides of containers, which are told apart by their names."""
    both = [each for each in zip(want, written, strict=True) if isinstance(each[0], Mapping)]
    wanted = {each.get("name"): (each, said) for each, said in both}
    if len(wanted) < len(want):  # a container twice, or something that is no override
        yield {"op": "add", "path": at, "value": list(written)}
        return
    for index, each in enumerate(have):
        bare: Record = {"name": each["name"]}
        meant, said = wanted.pop(each["name"], (bare, bare))
        yield from _changes(each, meant, said, f"{at}/{index}")
    for _, said in wanted.values():
        yield {"op": "add", "path": f"{at}/-", "value": said}


def _are_same_pairs(name: str, have: Json, want: Json) -> bool:
    """Return whether two lists of names and values differ at most in their order, which means nothing."""
    key = _PAIRS.get(name)
    if key is None or not isinstance(have, list) or not isinstance(want, list):
        return False
    by_name = [{each.get(key): each for each in pairs if isinstance(each, Mapping)} for pairs in (have, want)]
    return by_name[0] == by_name[1] and len(by_name[0]) == len(have) == len(want)


def _plain(value: Any) -> Any:
    """Return a value without empty members, and without overrides of containers that override nothing."""
    if isinstance(value, Mapping):
        members = {str(name): _plain(each) for name, each in value.items()}
        if isinstance(listed := members.get(_OVERRIDES), list):
            members[_OVERRIDES] = [each for each in listed if not _is_bare(each)]
        return {name: each for name, each in members.items() if each not in _NOTHING}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _is_bare(override: Any) -> bool:
    return isinstance(override, Mapping) and override.keys() <= {"name"}
