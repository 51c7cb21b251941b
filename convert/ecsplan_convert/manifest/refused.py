"""What the compiler refuses of a job, left out so that the manifest checks clean."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from ecsplan.plan.plan import PlannedJob
from ecsplan.terms.diagnostic import Diagnostic
from ecsplan.terms.json_types import Document, Record
from ecsplan.terms.pointers import pointer_of, tokens_of
from ecsplan.terms.records import dataclass
from ecsplan_convert.aws.templated import words
from ecsplan_convert.references import references_in
from ecsplan_convert.source import Suggestion

Outcome: TypeAlias = tuple[PlannedJob | None, tuple[Diagnostic, ...]]
"""The job that keys compile to, or None and the errors."""
Compile: TypeAlias = Callable[[Document], Outcome]
Path: TypeAlias = tuple[str, ...]

_DEFINITION: Final = "task_definition"
_CONTAINERS: Final = (_DEFINITION, "containerDefinitions")
_PATCH: Final = "task_customizations"
_MAX_PASSES: Final = 12
"""How often a job is compiled again after something was left out of it."""
_NEEDED: Final = frozenset({"name", "image", "family", "container_name", "task_definition_arn", "service"})
"""Keys and members without which it would be another job."""

_NOTHING: Final[tuple[object, ...]] = (None, [], {})
"""What is left of a value of which everything was left out."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """Keys of a job, and what they compile to.

    Attributes:
        keys: The keys.
        job: The job; None where leaving out the parts to blame does not help.
        notes: What was left out and why.
        suggestions: What was left out of the keys.
    """

    keys: Record
    job: PlannedJob | None
    notes: tuple[str, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()


def accepted(keys: Record, compiled: Compile) -> Accepted:
    """Return keys without the parts that the compiler refuses.

    Args:
        keys: The keys of a job.
        compiled: Compiles keys.
    """
    job, wrong = compiled(keys)
    kept, suggestions = keys, list[Suggestion]()
    for _ in range(_MAX_PASSES):
        if job is not None or (found := _blamed(wrong, kept)) is None:
            break
        at, why = found
        suggestions.append(Suggestion(_alone(kept, at), f"{_shown(at)} is left out: {why}"))
        kept = _without(kept, at)
        job, wrong = compiled(kept)
    return Accepted(keys, None) if job is None else Accepted(kept, job, (), tuple(suggestions))


def accepted_patch(patch: Sequence[Record], keys: Document, have: PlannedJob, compiled: Compile) -> Accepted:
    """Return keys with the operations of a patch that the compiler accepts.

    Args:
        patch: The operations.
        keys: The keys that are patched.
        have: What these compile to.
        compiled: Compiles keys.
    """
    kept, notes = list(patch), dict[str, None]()
    while kept:
        job, wrong = compiled({**keys, _PATCH: kept})
        if job is not None:
            return Accepted({**keys, _PATCH: kept}, job, tuple(notes))
        index, why = _operation(wrong, kept, keys, compiled)
        notes[f"{_patched(kept.pop(index), have.run_request)} is left out: {why}"] = None
    return Accepted(dict(keys), have, tuple(notes))


def _operation(
    wrong: Sequence[Diagnostic], patch: Sequence[Record], keys: Document, compiled: Compile
) -> tuple[int, str]:
    """Return which operation to leave out, and why: one that an error names, or without which it is gone."""
    for each in wrong:
        match tokens_of(each.location.pointer):
            case (name, index, *_) if name == _PATCH and index.isdigit() and int(index) < len(patch):
                return int(index), each.message
    for place in range(len(patch)):
        _, left = compiled({**keys, _PATCH: [*patch[:place], *patch[place + 1 :]]})
        if gone := [each.message for each in wrong if each.message not in {one.message for one in left}]:
            return place, gone[0]
    return len(patch) - 1, wrong[0].message


def _patched(operation: Document, request: Document) -> str:
    """Return what an operation changes of a request, as notes call it."""
    path, value = tokens_of(str(operation["path"])), operation.get("value")
    match path:
        case ("overrides", "containerOverrides", "-"):
            name = value.get("name") if isinstance(value, Mapping) else ""
            return f"overrides.containerOverrides[{name}]"
        case ("overrides", "containerOverrides", index, *below) if index.isdigit():
            name = _at(request, (*path[:3], "name"))
            return ".".join((f"overrides.containerOverrides[{name}]", *below))
    return ".".join(path)


def _blamed(wrong: Sequence[Diagnostic], keys: Document) -> tuple[Path, str] | None:
    """Return a part that is to blame for an error and can be left out, and what is wrong with it."""
    for each in wrong:
        at = _whole(keys, tokens_of(each.location.pointer))
        value = _at(keys, at)
        # What a variable will be is not known, so that the error may be of the example in its place.
        if _may_lack(at) and value is not None and not any(references_in(value)):
            return at, each.message
    return None


def _whole(keys: Document, at: Path) -> Path:
    """Return the path of what is left out with a part: the item that it is of; of a list of texts, all."""
    for length in range(1, len(at)):
        items = _at(keys, at[:length])
        if isinstance(items, list) and at[:length] != _CONTAINERS:
            return at[:length] if any(isinstance(each, str) for each in items) else at[: length + 1]
    return at


def _may_lack(at: Path) -> bool:
    """Return whether the job would be the same one without this part of it."""
    if at[:2] == _CONTAINERS:
        return len(at) > len(_CONTAINERS) + 1 and at[3:] not in {("name",), ("image",)}
    return at not in {(), (_DEFINITION,), (_DEFINITION, "family")} and at[0] not in _NEEDED


def _shown(at: Path) -> str:
    return words(pointer_of(*(at[1:] if at[0] == _DEFINITION else at)))


def _at(value: Any, at: Path) -> Any:
    for token in at:
        if isinstance(value, Mapping):
            value = value.get(token)
        elif isinstance(value, list | tuple) and token.isdigit() and int(token) < len(value):
            value = value[int(token)]
        else:
            return None
    return value


def _without(value: Any, at: Path) -> Any:
    """Return a value without the part at a path."""
    first, *rest = at
    below = _without(_at(value, (first,)), tuple(rest)) if rest else None
    if isinstance(value, Mapping):
        changed = {**value, first: below}
        return {name: each for name, each in changed.items() if name != first or each not in _NOTHING}
    index = int(first)
    return [*value[:index], *(() if below in _NOTHING else (below,)), *value[index + 1 :]]


def _alone(value: Any, at: Path) -> Any:
    """Return nothing of a value but the part at a path, and the names of the items that it is in."""
    if not at:
        return value
    first, *rest = at
    if isinstance(value, Mapping):
        return {first: _alone(value[first], tuple(rest))}
    item = value[int(first)]
    name = {"name": item["name"]} if rest and isinstance(item, Mapping) and "name" in item else {}
    inner = _alone(item, tuple(rest))
    return [{**name, **inner} if name else inner]
