"""The fault script: rules that make the endpoint fail in the ways that AWS does."""

import json
import random
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecsplan_local.errors import LocalError, ServiceError
from ecsplan_local.protocol.wire import Call

_ACTIONS = ("throttle", "error", "reset-before", "reset-after", "slow", "failures", "missing")

_KEYS = frozenset(
    {"operation", "calls", "probability", "where", "action", "code", "message", "status", "seconds", "when"}
    | {"reason", "count", "detail"}
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One fault and the calls that it applies to. `docs/local.md` describes the members of its JSON form."""

    operation: str
    action: str
    calls: tuple[tuple[int, int | None], ...]
    probability: float
    where: tuple[tuple[str, Any], ...]
    code: str
    message: str
    status: int
    seconds: float
    when: str
    reason: str
    count: int | None
    detail: str | None

    def applies_to(self, number: int) -> bool:
        """Return whether the rule applies to the `number`-th call that it matches, counted from 1."""
        return any(first <= number and (last is None or number <= last) for first, last in self.calls)


def read_rule(source: Mapping[str, Any]) -> Rule:
    """Return a rule read from its JSON form.

    Raises:
        LocalError: A member is unknown or an action is missing.
    """
    unknown = sorted(set(source) - _KEYS)
    action = source.get("action")
    if unknown or action not in _ACTIONS:
        wrong = f"unknown member {unknown[0]!r}" if unknown else f"unknown action {action!r}"
        raise LocalError(f"fault script: {wrong} in {json.dumps(dict(source))}")
    defaults = {"failures": "RunTask", "missing": "DescribeTasks"}
    return Rule(
        operation=source.get("operation", defaults.get(action, "*")),
        action=action,
        calls=_ranges(source.get("calls", "every")),
        probability=float(source.get("probability", 1.0)),
        where=tuple(source.get("where", {}).items()),
        code=source.get("code", "ServerException"),
        message=source.get("message", "Service Unavailable. Please try again later."),
        status=int(
            source.get("status", 500 if source.get("code", "ServerException") == "ServerException" else 400)
        ),
        seconds=float(source.get("seconds", 1.0)),
        when=source.get("when", "before"),
        reason=source.get("reason", "RESOURCE:MEMORY"),
        count=source.get("count"),
        detail=source.get("detail"),
    )


def _ranges(calls: Any) -> tuple[tuple[int, int | None], ...]:
    """Return the ranges written as `every`, `3`, `1-3`, `4-`, or a list of them."""
    if isinstance(calls, list):
        return tuple(each for one in calls for each in _ranges(one))
    if calls == "every":
        return ((1, None),)
    first, dash, last = str(calls).partition("-")
    try:
        return ((int(first), (int(last) if last else None) if dash else int(first)),)
    except ValueError as error:
        raise LocalError(
            f"fault script: {calls!r} is not a range of calls; write every, 3, 1-3 or 4-"
        ) from error


class Faults:
    """The rules in force, with the number of calls that each has matched.

    Args:
        script: `{"seed": …, "rules": […]}`, or None for no faults.
    """

    def __init__(self, script: Mapping[str, Any] | None = None) -> None:
        self._lock = threading.Lock()
        self.replace(script or {})

    def replace(self, script: Mapping[str, Any]) -> None:
        """Replace the rules and restart all counts.

        Raises:
            LocalError: The script is invalid; the current rules stay in force.
        """
        rules = tuple(read_rule(each) for each in script.get("rules", ()))
        with self._lock:
            self._rules = rules
            self._random = random.Random(script.get("seed", 0))  # noqa: S311 - not for security
            self._counts: Counter[tuple[int, str]] = Counter()

    def matching(self, call: Call) -> list[Rule]:
        """Return the rules that apply to this call, in order, except `failures` and `missing`."""
        return [rule for rule in self._matching(call, "") if rule.action not in {"failures", "missing"}]

    def run_failures(self, call: Call, count: int) -> list[dict[str, str]]:
        """Return the `failures` that RunTask reports instead of up to `count` tasks."""
        failures: list[dict[str, str]] = []
        for rule in self._matching(call, "", "failures"):
            detail = {"detail": rule.detail} if rule.detail else {}
            number = count if rule.count is None else rule.count
            failures += [{"reason": rule.reason} | detail for _ in range(number)]
        return failures[:count]

    def is_hidden(self, call: Call, task: str) -> bool:
        """Return whether DescribeTasks reports `task` as MISSING; calls are counted per task."""
        return bool(self._matching(call, task, "missing"))

    def _matching(self, call: Call, subject: str, action: str | None = None) -> list[Rule]:
        # `_counted` comes last, since only calls that meet all other conditions count.
        with self._lock:
            return [
                rule
                for index, rule in enumerate(self._rules)
                if (action is None) == (rule.action not in {"failures", "missing"})
                and action in {None, rule.action}
                and rule.operation in {"*", call.operation}
                and all(_holds(name, value, call, subject) for name, value in rule.where)
                and self._counted(index, rule, subject)
            ]

    def _counted(self, index: int, rule: Rule, subject: str) -> bool:
        self._counts[index, subject] += 1
        # No number is drawn for certain rules, so that adding one leaves the sequence of others unchanged.
        drawn = rule.probability >= 1 or self._random.random() < rule.probability
        return drawn and rule.applies_to(self._counts[index, subject])


def _holds(name: str, value: Any, call: Call, subject: str) -> bool:
    """Return whether a condition of a rule holds for a call; `subject` is the task in question, if any."""
    text = json.dumps(call.parameters, ensure_ascii=False)
    match name:
        case "contains":
            return str(value) in text
        case "family":
            definition = str(call.parameters.get("taskDefinition", call.parameters.get("family", "")))
            return bool(definition.rpartition("/")[2].partition(":")[0] == value)
        case "task":
            return str(value) in (subject or text)
        case _:
            return bool(call.parameters.get(name) == value)


def fault_error(rule: Rule) -> ServiceError | None:
    """Return the error that a rule responds with, or None for a rule of another kind."""
    match rule.action:
        case "throttle":
            return ServiceError("ThrottlingException", "Rate exceeded")
        case "error":
            return ServiceError(rule.code, rule.message, status=rule.status)
        case _:
            return None
