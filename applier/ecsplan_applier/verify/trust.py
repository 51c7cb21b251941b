"""Whether the trust policy of a role lets an AWS service assume it.

Source: IAM User Guide, JSON policy elements: Principal, NotPrincipal, Action, Condition and its operators;
Policy evaluation logic (a Deny wins over every Allow). Wildcards in the name of a principal match nothing
there; `*` alone is everybody.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, Literal, TypeAlias

from ecsplan.terms.bodies import as_mapping, as_mappings, as_texts
from ecsplan.terms.json_types import Document
from ecsplan.terms.records import dataclass

ASSUME_ROLE: Final = "sts:AssumeRole"

Maybe: TypeAlias = bool | None
"""Yes, no, or None where the policy rests on something that is not known."""
_Compare: TypeAlias = Callable[[str, str], Maybe]

_MAX_QUOTED: Final = 3
"""Principals or values that a reason names."""


@dataclass(frozen=True, slots=True)
class AssumingService:
    """A service that assumes a role, and what it says of itself when it does.

    Attributes:
        service: Its principal, such as `ecs-tasks.amazonaws.com`.
        account: The account that it works for, `aws:SourceAccount`; None where it is not known.
        source_arn: The ARN of the thing that it works for, `aws:SourceArn`; the part that is not known is a
            `*` at its end.
    """

    service: str
    account: str | None
    source_arn: str


@dataclass(frozen=True, slots=True)
class Trust:
    """What a trust policy says to a service.

    Attributes:
        state: Whether the service may assume the role; `open` where a condition cannot be judged.
        why: Why not, or why it is open, as a clause; "" where it may.
    """

    state: Literal["trusted", "refused", "open"]
    why: str = ""


def trusts(policy: Document, caller: AssumingService) -> Trust:
    """Return whether a trust policy lets a service assume the role.

    Args:
        policy: `AssumeRolePolicyDocument`, decoded.
        caller: The service.
    """
    statements = _several(policy.get("Statement"))
    denying = [_applies(each, caller) for each in statements if each.get("Effect") == "Deny"]
    if True in denying:
        return Trust("refused", f"its trust policy denies {ASSUME_ROLE} to {caller.service}")
    allowing = [each for each in statements if each.get("Effect") == "Allow"]
    applied = [_applies(each, caller) for each in allowing]
    if True in applied and None not in denying:
        return Trust("trusted")
    if True in applied or None in applied:
        which = [each for each in statements if _applies(each, caller) is None]
        return Trust("open", f"its trust policy has a condition that cannot be judged: {_conditions(which)}")
    return Trust("refused", _why_not(allowing, caller))


def _why_not(allowing: list[Document], caller: AssumingService) -> str:
    conditional = [each for each in allowing if _is_meant(each, caller)]
    if conditional:
        return f"a condition of its trust policy keeps {caller.service} out: {_conditions(conditional)}"
    others = sorted({name for each in allowing for name in _principals(each) if name != caller.service})
    if not others:
        return f"its trust policy does not allow {ASSUME_ROLE} to {caller.service}"
    more = f" and {len(others) - _MAX_QUOTED} more" if len(others) > _MAX_QUOTED else ""
    return f"its trust policy names {', '.join(others[:_MAX_QUOTED])}{more}, not {caller.service}"


def _applies(statement: Document, caller: AssumingService) -> Maybe:
    """Return whether a statement is about the service's call."""
    if not _is_meant(statement, caller):
        return False
    context = {"aws:sourceaccount": caller.account, "aws:sourcearn": caller.source_arn}
    return _all(_holds(operator, tests, context) for operator, tests in _tests(statement))


def _is_meant(statement: Document, caller: AssumingService) -> bool:
    """Return whether a statement names the service and the action, whatever its conditions."""
    if "NotPrincipal" in statement:
        is_named = not _names(statement["NotPrincipal"], caller)
    else:
        is_named = _names(statement.get("Principal"), caller)
    if "NotAction" in statement:
        return is_named and not _has_action(statement["NotAction"])
    return is_named and _has_action(statement.get("Action"))


def _names(principal: object, caller: AssumingService) -> bool:
    named = as_mapping(principal)
    everybody = principal == "*" or "*" in _texts(named.get("AWS"))
    return everybody or bool({caller.service, "*"} & set(_texts(named.get("Service"))))


def _principals(statement: Document) -> Iterator[str]:
    for names in as_mapping(statement.get("Principal")).values():
        yield from _texts(names)


def _has_action(actions: object) -> bool:
    return any(_like(each.lower(), ASSUME_ROLE.lower()) for each in _texts(actions))


def _tests(statement: Document) -> Iterator[tuple[str, Document]]:
    for operator, tests in as_mapping(statement.get("Condition")).items():
        yield operator, as_mapping(tests)


def _holds(operator: str, tests: Document, context: Mapping[str, str | None]) -> Maybe:
    """Return whether one operator of a condition holds for all of its keys."""
    name = operator.rpartition(":")[2].removesuffix("IfExists")
    compare = _OPERATORS.get(name.replace("Not", "", 1))
    is_negated = "Not" in name

    def one(key: str, values: object) -> Maybe:
        value = context.get(key.lower())
        if compare is None or value is None or ":" in operator:
            return None
        found = _any(None if "${" in each else compare(each, value) for each in _texts(values))
        return (None if found is None else not found) if is_negated else found

    return _all(one(key, values) for key, values in tests.items())


def _equal(wanted: str, value: str) -> Maybe:
    if value.endswith("*"):
        return None if wanted.startswith(value[:-1]) else False
    return wanted == value


def _equal_in_any_case(wanted: str, value: str) -> Maybe:
    return _equal(wanted.lower(), value.lower())


def _like(pattern: str, value: str) -> Maybe:
    """Return whether a text is like a pattern with `*` and `?`; a `*` at the end of the text is anything."""
    known = value.removesuffix("*")
    # The places in the pattern that may come next, after the characters that were read.
    places = _behind_stars(pattern, {0})
    for character in known:
        taken = {place for place in places if place < len(pattern) and pattern[place] == "*"}
        taken |= {place + 1 for place in places - taken if pattern[place : place + 1] in {character, "?"}}
        places = _behind_stars(pattern, taken)
    if known == value:
        return len(pattern) in places
    if len(pattern) in places and pattern.endswith("*"):
        return True
    return None if places else False


def _behind_stars(pattern: str, places: set[int]) -> set[int]:
    found = set(places)
    for place in sorted(places):
        while pattern[place : place + 1] == "*":
            place += 1  # noqa: PLW2901 - on to the next one
            found.add(place)
    return found


def _like_arn(pattern: str, value: str) -> Maybe:
    """Return whether an ARN is like another one, each of its six parts by itself.

    What a `*` means that ends a pattern of fewer parts is not documented.
    """
    wanted, found = pattern.split(":", 5), value.split(":", 5)
    if len(wanted) != len(found):
        return None if pattern.endswith("*") and _like(pattern, value) is not False else False
    return _all(_like(each, part) for each, part in zip(wanted, found, strict=True))


_OPERATORS: Final[Mapping[str, _Compare]] = {
    "StringEquals": _equal,
    "StringEqualsIgnoreCase": _equal_in_any_case,
    "StringLike": _like,
    "ArnEquals": _like_arn,
    "ArnLike": _like_arn,
}
"""Operators that compare texts; the negated ones have `Not` in their names besides."""


def _all(found: Iterator[Maybe]) -> Maybe:
    values = set(found)
    return False if False in values else None if None in values else True


def _any(found: Iterator[Maybe]) -> Maybe:
    values = set(found)
    return True if True in values else None if None in values else False


def _conditions(statements: list[Document]) -> str:
    """Return the keys of conditions and their values, as a reason names them."""
    shown = (
        f"{key} is {' or '.join(_texts(values)[:_MAX_QUOTED])} ({operator})"
        for each in statements
        for operator, tests in _tests(each)
        for key, values in tests.items()
    )
    return "; ".join(dict.fromkeys(shown))


def _several(value: object) -> tuple[Document, ...]:
    return (value,) if isinstance(value, Mapping) else as_mappings(value)


def _texts(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else as_texts(value)
