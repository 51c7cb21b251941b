"""From grants to a policy of IAM: as few statements as allow these grants and nothing else."""

import json
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final, TypeAlias

from ecsplan.permissions.grants import Grant
from ecsplan.permissions.permission import Condition
from ecsplan.permissions.resource_arns import ANY
from ecsplan.terms.records import dataclass

MAX_CHARACTERS: Final = 6144
"""Characters of a managed policy, white space not counted (IAM user guide, IAM and STS quotas)."""
_ESCAPED: Final = re.compile(r"(\$\{[*?$]\})|(\*)")
_ARN_COLONS: Final = 5
"""Colons between the parts of an ARN; the last part may have more."""
_VERB: Final = re.compile(r"(?:Batch)?[A-Z][a-z]+")
_LAST: Final = chr(0x10FFFF)
"""The last character of all."""
_Test: TypeAlias = tuple[str, str]
"""The kind and the key of a condition."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that allows actions on resources, under a condition.

    Attributes:
        sid: Its name, unique within a policy.
        actions: The actions, sorted.
        resources: The resources, sorted.
        condition: The condition, or None.
        grants: What it serves, in the order in which it was asked for.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: Condition | None
    grants: tuple[Grant, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the statement as it stands in a policy."""
        test = self.condition
        return {
            "Sid": self.sid,
            "Effect": "Allow",
            "Action": _one_or_all(self.actions),
            "Resource": _one_or_all(self.resources),
            **({} if test is None else {"Condition": {test.operator: {test.key: _one_or_all(test.values)}}}),
        }


def _one_or_all(values: Sequence[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)


def statements(grants: Iterable[Grant]) -> tuple[Statement, ...]:
    """Return statements that allow what these grants need and nothing else, in a fixed order.

    Every action of a statement is needed on every resource under every value of its condition. Actions that
    need the same share a statement, and so do the values of a condition under which the same is needed.
    """
    asked = tuple(grants)
    order = {id(each): number for number, each in enumerate(asked)}
    by_need: dict[tuple[str, str, _Test | None], dict[str, list[Grant]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for each in asked:
        test, value = _test(each.scope.condition)
        by_need[each.permission.action, each.scope.resource, test][value].append(each)
    # Values, then resources, then actions are put together: each step unites what is equal but for one part.
    by_values: dict[tuple[str, _Test | None, tuple[str, ...]], dict[str, list[Grant]]] = defaultdict(dict)
    for (action, resource, test), values in by_need.items():
        kept = _without_covered(values)
        by_values[action, test, kept][resource] = [each for found in values.values() for each in found]
    by_resources: dict[tuple[_Test | None, tuple[str, ...], tuple[str, ...]], dict[str, list[Grant]]] = (
        defaultdict(dict)
    )
    for (action, test, kept), resources in by_values.items():
        found = [each for some in resources.values() for each in some]
        by_resources[test, kept, _without_covered(resources)][action] = found
    made = [
        (tuple(sorted(actions)), resources, _condition(test, kept), actions)
        for (test, kept, resources), actions in by_resources.items()
    ]
    made.sort(key=lambda each: (each[0], each[1], str(each[2])))
    names = _names(actions for actions, *_ in made)
    return tuple(
        Statement(
            name,
            actions,
            resources,
            condition,
            tuple(
                sorted((each for some in found.values() for each in some), key=lambda each: order[id(each)])
            ),
        )
        for name, (actions, resources, condition, found) in zip(names, made, strict=True)
    )


def _test(condition: Condition | None) -> tuple[_Test | None, str]:
    if condition is None:
        return None, ""
    (value,) = condition.values
    return (condition.kind, condition.key), value


def _condition(test: _Test | None, values: tuple[str, ...]) -> Condition | None:
    if test is None:
        return None
    kind, key = test
    return Condition(key, values, "arn" if kind == "arn" else "like" if kind == "like" else "equals")


def _without_covered(patterns: Collection[str]) -> tuple[str, ...]:
    """Return patterns, sorted, without those that match only what another one of them matches."""
    if ANY in patterns:
        return (ANY,)
    # Of thousands of patterns, a pattern is compared only with those that begin, in what distinguishes ARNs
    # most, as it does before its first `*`: these stand next to each other.
    ordered = sorted((_parts(each)[::-1], each) for each in patterns)
    keys = [parts for parts, _ in ordered]
    covered: set[str] = set()
    for parts, pattern in ordered:
        begin, wild, _ = parts[0].partition(ANY)
        end = begin + _LAST if wild else parts[0] + "\0"
        for _, other in ordered[bisect_left(keys, (begin,)) : bisect_left(keys, (end,))]:
            if other != pattern and covers(pattern, other):
                covered.add(other)
    return tuple(sorted(set(patterns) - covered))


def covers(pattern: str, other: str) -> bool:
    """Return whether a pattern matches all that another one matches; False where that is not sure."""
    if pattern in {ANY, other}:
        return True
    parts, others = _parts(pattern), _parts(other)
    return len(parts) == len(others) and all(map(_covers, parts, others))


def _parts(pattern: str) -> tuple[str, ...]:
    """Return the six parts of an ARN, each of which IAM compares by itself; another text is one part."""
    return tuple(pattern.split(":", _ARN_COLONS)) if pattern.startswith("arn:") else (pattern,)


def _covers(pattern: str, other: str) -> bool:
    if ANY not in pattern or pattern == other:
        return pattern == other
    # What `*` stands for may hold a `*`: so a match of the other pattern's text is one of all its matches.
    # An escaped character stays together, as neither pattern matches a part of it.
    pieces = (each for each in _ESCAPED.split(pattern) if each)
    expression = "".join(".*" if each == ANY else re.escape(each) for each in pieces)
    return re.fullmatch(expression, other, re.DOTALL) is not None


def _name(actions: Sequence[str]) -> str:
    """Return the service and name of the one action; of several, their services and what they do with these.

    `EcsRunTask`, and for `ec2:DescribeVpcs` with `ecs:ListTasks`: `Ec2EcsDescribeList`. It stays as it is
    where a further action of this kind is needed.
    """
    pairs = [each.split(":", 1) for each in actions]
    services = "".join(dict.fromkeys(service.capitalize() for service, _ in pairs))
    if len(pairs) == 1:
        return f"{services}{pairs[0][1]}"
    return services + "".join(sorted({_verb(action) for _, action in pairs}))


def _verb(action: str) -> str:
    """Return the words before what an action is about: `Describe`, and `BatchGet` of `BatchGetImage`."""
    found = _VERB.match(action)
    return action if found is None else found[0]


def _names(actions: Iterable[tuple[str, ...]]) -> list[str]:
    """Return a name for each statement, after all of its actions, with a number where that is not unique."""
    seen: dict[str, int] = defaultdict(int)
    names = []
    for each in actions:
        name = _name(each)
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name}{seen[name]}")
    return names


def policy(allowed: Iterable[Statement]) -> dict[str, Any]:
    """Return a policy of IAM with these statements."""
    return {"Version": "2012-10-17", "Statement": [each.to_json() for each in allowed]}


def policy_text(allowed: Iterable[Statement]) -> str:
    """Return a policy as JSON: two-space indent, a newline at the end."""
    return json.dumps(policy(allowed), indent=2) + "\n"


def size(allowed: Iterable[Statement]) -> int:
    """Return how many characters of a policy IAM counts."""
    return len(json.dumps(policy(allowed), separators=(",", ":")))


def parts(allowed: Sequence[Statement]) -> tuple[tuple[Statement, ...], ...]:
    """Return statements as they fit into managed policies, which together allow the same.

    A statement with many resources is divided. Where one resource alone does not fit, nothing does.
    """
    found: list[list[Statement]] = [[]]
    for each in (piece for statement in allowed for piece in _pieces(statement)):
        if found[-1] and size([*found[-1], each]) > MAX_CHARACTERS:
            found.append([])
        found[-1].append(each)
    return tuple(map(tuple, found))


def _pieces(statement: Statement) -> tuple[Statement, ...]:
    """Return a statement that fits into a policy as it is, otherwise several with a part of its resources."""
    if size([statement]) <= MAX_CHARACTERS or len(statement.resources) == 1:
        return (statement,)
    half = len(statement.resources) // 2
    return tuple(
        piece
        for number, resources in enumerate((statement.resources[:half], statement.resources[half:]), start=1)
        for piece in _pieces(
            Statement(
                f"{statement.sid}Part{number}",
                statement.actions,
                resources,
                statement.condition,
                _served(statement, resources),
            )
        )
    )


def _served(statement: Statement, resources: Sequence[str]) -> tuple[Grant, ...]:
    """Return those of a statement's grants that some of its resources serve."""
    own, whole = set(resources), set(statement.resources)

    def is_served(needed: str) -> bool:
        return needed in own or (needed not in whole and any(covers(each, needed) for each in resources))

    return tuple(each for each in statement.grants if is_served(each.scope.resource))
