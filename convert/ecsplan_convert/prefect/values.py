"""The values of ECSTask and of the ECS worker of Prefect, brought to the types that they give them."""

import json
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ecsplan.patch.apply import malformed
from ecsplan.patch.text import PatchTextError, operations_in
from ecsplan.terms.records import dataclass

PLACEHOLDER: Final = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
"""A placeholder of Prefect's templates, with what stands in it."""

LAUNCH_TYPES: Final = ("FARGATE", "FARGATE_SPOT", "EC2", "EXTERNAL")


class UnfitError(ValueError):
    """A value cannot be what its member needs; the message continues a sentence: "is not a whole number"."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The members of a block or a template that have a value of their type.

    Attributes:
        values: The values by the names of their members; a member that is null or empty is not among them,
            except `launch_type`, of which null has a meaning.
        notes: What was left out and why.
    """

    values: Mapping[str, Any]
    notes: tuple[str, ...] = ()


def checked(
    members: Mapping[str, Any], types: Mapping[str, Callable[[Any], Any]], *, at: str = ""
) -> Checked:
    """Return the members that `types` has, each brought to its type, or a note for it.

    Args:
        members: The members by name.
        types: What brings each to its type.
        at: What stands before a name in notes: `task_run_request.`.
    """
    values: dict[str, Any] = {}
    notes: list[str] = []
    for name, convert in types.items():
        value = members.get(name)
        if value is None:
            continue
        found = placeholders(value)
        if found:
            notes.append(f"`{at}{name}` is filled in by Prefect ({', '.join(found)}); it is left out")
            continue
        try:
            converted = convert(value)
        except UnfitError as reason:
            notes.append(f"`{at}{name}` {reason}; it is left out")
            continue
        if converted not in ("", [], {}):
            values[name] = converted
    return Checked(values, tuple(notes))


def placeholders(value: Any) -> list[str]:
    """Return the placeholders in a text, as they are written; none in any other value."""
    if not isinstance(value, str):
        return []
    return [f"`{{{{ {each.strip()} }}}}`" for each in PLACEHOLDER.findall(value)]


def text(value: Any) -> str:
    """Return a text, or a number as one; pydantic takes both."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return str(value)
    raise UnfitError("is not a string")


def whole(value: Any) -> int | str:
    """Return a whole number above 0; "" for 0, which Prefect takes for an absent value."""
    try:
        number = int(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except (ValueError, OverflowError):
        number = None
    if number is None:
        raise UnfitError("is not a whole number")
    if number < 0:
        raise UnfitError("is negative")
    return number or ""


def seconds(value: Any) -> float | int:
    """Return a number above 0."""
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else 0
    except (ValueError, OverflowError):
        number = 0
    if not 0 < number < float("inf"):
        raise UnfitError("is not a number above 0")
    return int(number) if number == int(number) else number


def flag(value: Any) -> bool:
    """Return a boolean, also from the words that pydantic takes for one."""
    word = str(value).lower() if isinstance(value, bool | int | str) else ""
    if word in {"true", "1", "yes", "on", "t", "y"}:
        return True
    if word in {"false", "0", "no", "off", "f", "n"}:
        return False
    raise UnfitError("is neither true nor false")


def launch_type(value: Any) -> str:
    """Return one of the launch types that Prefect knows."""
    if value not in LAUNCH_TYPES:
        raise UnfitError(f"is not one of {', '.join(LAUNCH_TYPES)}")
    return str(value)


def words(value: Any) -> list[str]:
    """Return a command as a list of words, from a list or from one string, split as a shell would."""
    if isinstance(value, str):
        try:
            return shlex.split(value)
        except ValueError:
            raise UnfitError("has a quote that is not closed") from None
    if isinstance(value, Sequence):
        return [text(each) for each in value]
    raise UnfitError("is not a list of strings")


def texts_by_name(value: Any) -> dict[str, str | None]:
    """Return a mapping of names to strings or null, also from a list of `{name, value}` or `{key, value}`."""
    if isinstance(value, list | tuple) and all(isinstance(each, Mapping) for each in value):
        value = {each.get("name", each.get("key")): each.get("value") for each in value}
    if not isinstance(value, Mapping):
        raise UnfitError("is not a mapping")
    named: dict[str, str | None] = {}
    for name, each in value.items():
        if not isinstance(each, bool | int | float | str | None):
            raise UnfitError("has a value that is not a string")
        named[str(name)] = each if each is None else str(each)
    return named


def mapping(value: Any) -> dict[str, Any]:
    """Return a mapping, also from a string of JSON."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise UnfitError("is not a mapping") from None
    if not isinstance(value, Mapping):
        raise UnfitError("is not a mapping")
    return {str(name): each for name, each in value.items()}


def listed(value: Any) -> list[Any]:
    """Return a list of mappings."""
    if not isinstance(value, list | tuple) or not all(isinstance(each, Mapping) for each in value):
        raise UnfitError("is not a list of mappings")
    return [dict(each) for each in value]


def patch(value: Any) -> list[Any]:
    """Return the operations of a JSON Patch, from a list or from a string of JSON."""
    try:
        operations = operations_in(value) if isinstance(value, str) else value
    except PatchTextError:
        raise UnfitError("is not a JSON Patch") from None
    if not isinstance(operations, list | tuple):
        raise UnfitError("is not a list of operations")
    bad = malformed(operations)
    if bad:
        raise UnfitError(f"is not a JSON Patch, at {bad[0].pointer}")
    return list(operations)
