"""Parse JSON Patches that a manifest contains as a string of JSON."""

import json
import math
from collections import Counter
from typing import NoReturn

from ecsplan.patch.apply import MAX_DEPTH, depth
from ecsplan.terms.json_types import MAX_DIGITS, Json, Record
from ecsplan.terms.short_texts import shortened

_TOO_DEEP = f"this JSON is nested more than {MAX_DEPTH} levels deep"


class PatchTextError(ValueError):
    """The string does not contain a JSON Patch; the message says why, `help` what to write."""

    def __init__(self, message: str, help: str = "") -> None:  # noqa: A002 - as in a diagnostic
        super().__init__(message)
        self.help = help


def operations_in(text: str) -> list[Json]:
    """Return the operations in a string of JSON; `patch.apply.malformed` checks each of them.

    Raises:
        PatchTextError: The string is not JSON, not a list, or has values that a plan cannot represent.
    """
    # `json.loads` accepts NaN, numbers of any length, repeated members and unpaired surrogates. A plan has
    # none of them, so that every reader of JSON reads the same from it.
    try:
        operations = json.loads(
            text,
            parse_constant=_no_number,
            parse_float=_finite,
            parse_int=_short,
            object_pairs_hook=_unique,
        )
        levels = depth(operations)
        json.dumps(operations, ensure_ascii=False).encode()
    except json.JSONDecodeError as reason:
        place = f"at line {reason.lineno}, column {reason.colno} of the string"
        raise PatchTextError(f"this is not JSON: {reason.msg} {place}") from None
    except UnicodeEncodeError:
        raise PatchTextError("this JSON has an unpaired surrogate, which is not a character") from None
    except RecursionError:
        raise PatchTextError(_TOO_DEEP) from None
    if not isinstance(operations, list):
        raise PatchTextError("a JSON Patch must be a list of operations", 'begin it with "["')
    if levels > MAX_DEPTH:
        raise PatchTextError(_TOO_DEEP)
    return operations


def _no_number(name: str) -> NoReturn:
    raise PatchTextError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text) if len(text) <= MAX_DIGITS else math.inf
    if not math.isfinite(number):
        raise PatchTextError(f"{text[:40]} is not a number that JSON can represent")
    return number


def _short(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise PatchTextError(f"{shortened(text, 40)} has more than {MAX_DIGITS} digits")
    return int(text)


def _unique(pairs: list[tuple[str, Json]]) -> Record:
    members = dict(pairs)
    if len(members) < len(pairs):
        (twice, _), *_ = Counter(name for name, _ in pairs).most_common(1)
        raise PatchTextError(f"an object of this JSON has the member {twice[:40]!r} twice")
    return members
