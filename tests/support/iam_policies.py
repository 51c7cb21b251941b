"""Judging policies of IAM: whether one allows an action, and what it is without each of its parts.

Sources: IAM user guide, policy evaluation logic; IAM JSON policy elements Action, Resource and Condition.
Only what allows is judged: a policy with Deny, NotAction, NotResource or Principal is refused.
"""

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Policy = Mapping[str, Any]
_PARTS = re.compile(r"\$\{([*?$])\}|([*?])")
_KNOWN = {"Sid", "Effect", "Action", "Resource", "Condition"}
_MOST_OF_AN_ARN = 5


@dataclass(frozen=True)
class Check:
    """What IAM is asked for one call: an action, on a resource, with the values of condition keys.

    Attributes:
        action: The action.
        resource: The ARN of the resource; `*` for an action that knows none.
        context: Condition key -> its value.
    """

    action: str
    resource: str = "*"
    context: Mapping[str, str] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((self.action, self.resource, tuple(sorted(self.context.items()))))


def allows(policy: Policy, check: Check) -> bool:
    """Return whether a policy allows what is asked."""
    return any(_statement_allows(each, check) for each in policy["Statement"])


def _statement_allows(statement: Mapping[str, Any], check: Check) -> bool:
    assert statement["Effect"] == "Allow"
    assert statement.keys() <= _KNOWN, statement.keys()
    return (
        any(_like(each, check.action, ignore_case=True) for each in listed(statement["Action"]))
        and any(_names(each, check.resource) for each in listed(statement["Resource"]))
        and all(
            _holds(operator, key, listed(values), check.context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def listed(value: str | list[str]) -> list[str]:
    """Return what a policy has as a text or a list of texts."""
    return [value] if isinstance(value, str) else value


def _names(pattern: str, resource: str) -> bool:
    """Return whether a pattern matches a resource; `*` alone is every one, and nothing else is no ARN."""
    if pattern == "*":
        return True
    return resource != "*" and _like_arn(pattern, resource)


def _like_arn(pattern: str, arn: str) -> bool:
    """Return whether an ARN matches a pattern, each of its six parts by itself."""
    patterns, found = pattern.split(":", _MOST_OF_AN_ARN), arn.split(":", _MOST_OF_AN_ARN)
    assert len(patterns) == _MOST_OF_AN_ARN + 1, pattern
    return len(found) == len(patterns) and all(map(_like, patterns, found))


def _like(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    parts, end = "", 0
    for found in _PARTS.finditer(pattern):
        parts += re.escape(pattern[end : found.start()])
        parts += re.escape(found[1]) if found[1] else ".*" if found[2] == "*" else "."
        end = found.end()
    parts += re.escape(pattern[end:])
    return re.fullmatch(parts, text, re.DOTALL | (re.IGNORECASE if ignore_case else 0)) is not None


def _holds(operator: str, key: str, values: list[str], context: Mapping[str, str]) -> bool:
    """Return whether a condition holds; none does whose key the request does not have."""
    if key not in context:
        return False
    match operator:
        case "StringEquals":
            return context[key] in values
        case "StringLike":
            return any(_like(each, context[key]) for each in values)
        case "ArnEquals" | "ArnLike":
            return any(_like_arn(each, context[key]) for each in values)
        case _:
            raise AssertionError(operator)


def weakened(policy: Policy) -> Iterator[tuple[str, Policy]]:
    """Yield the policy without each statement, each action, each resource and each value of a condition."""
    for number, statement in enumerate(policy["Statement"]):
        sid = statement["Sid"]
        yield sid, _without(policy, number, None, "")
        for member in ("Action", "Resource"):
            if len(values := listed(statement[member])) > 1:
                for each in values:
                    yield f"{sid}: {each}", _without(policy, number, [member], each)
        for operator, keys in statement.get("Condition", {}).items():
            for key, values in keys.items():
                if len(values := listed(values)) > 1:
                    for each in values:
                        yield f"{sid}: {each}", _without(policy, number, ["Condition", operator, key], each)


def _without(policy: Policy, number: int, way: list[str] | None, value: str) -> Policy:
    changed: dict[str, Any] = copy.deepcopy(dict(policy))
    if way is None:
        del changed["Statement"][number]
        return changed
    inside = changed["Statement"][number]
    for each in way[:-1]:
        inside = inside[each]
    inside[way[-1]] = [each for each in inside[way[-1]] if each != value]
    return changed
