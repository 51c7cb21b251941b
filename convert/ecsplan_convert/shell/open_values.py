"""JSON values in which references to variables stand in place of values: `{"count": $N, "subnets": [$S]}`."""

import json
import re
from math import isfinite
from typing import Any, Final, NoReturn, TypeAlias

from ecsplan.terms.records import dataclass
from ecsplan_convert.references import has_reference, referred
from ecsplan_convert.shell.values import LOST

OpenJson: TypeAlias = "bool | int | float | str | Bare | list[OpenJson] | dict[str, OpenJson] | None"
"""A JSON value, or a reference in place of one."""

_STRING_OR_EXPANSION: Final = re.compile(
    r'("(?:\\.|[^"\\])*")|(\ue000[A-Za-z0-9_]+\ue001)|' + LOST, re.DOTALL
)
_BARE: Final = "\ue002"


@dataclass(frozen=True, slots=True)
class Bare:
    """A reference to a variable that stands without quotes, so that it may be any value."""

    variable: str


def bare_or_text(text: str) -> OpenJson:
    """Return a text; where it is nothing but a reference, that."""
    variable = referred(text)
    return text if variable is None else Bare(variable)


def open_json(text: str) -> OpenJson:
    """Return the value of a JSON text in which references may stand in place of values.

    Raises:
        ValueError: It is not JSON; as `json.JSONDecodeError`, with the offset, where its syntax is wrong.
    """
    value = json.loads(
        _STRING_OR_EXPANSION.sub(_in_quotes, text),
        parse_constant=_no_constant,
        parse_float=_finite,
        object_pairs_hook=_members,
    )
    return _opened(value)


def _in_quotes(match: "re.Match[str]") -> str:
    if match[1] is not None:
        return match[1]
    return f'"{LOST}"' if match[2] is None else f'"{_BARE}{referred(match[2])}"'


def _opened(value: Any) -> OpenJson:
    if isinstance(value, str) and value.startswith(_BARE):
        return Bare(value.removeprefix(_BARE))
    if isinstance(value, list):
        return [_opened(each) for each in value]
    if isinstance(value, dict):
        return {name: _opened(each) for name, each in value.items()}
    plain: OpenJson = value
    return plain


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    for name, _ in pairs:
        if has_reference(name) or LOST in name or name.startswith(_BARE):
            raise ValueError("the name of a member has an expansion in it, which a manifest cannot have")
    return dict(pairs)


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"{text[:20]} is not a number that JSON can represent")
    return number


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")
