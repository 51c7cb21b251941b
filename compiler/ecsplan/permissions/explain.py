"""A policy in words: which calls and which jobs each of its statements serves."""

from collections.abc import Iterable, Iterator
from typing import Final

from ecsplan.permissions.grants import Grant
from ecsplan.permissions.permission import COMMANDS
from ecsplan.permissions.policy import Statement

_MAX_JOBS: Final = 10
"""Jobs that are named; of more, the rest is counted."""


def explained(allowed: Iterable[Statement]) -> str:
    """Return what each statement is for, as text."""
    return "\n".join("\n".join(_lines(each)) + "\n" for each in allowed)


def _lines(statement: Statement) -> Iterator[str]:
    yield statement.sid
    for each in statement.resources:
        yield f"  on {each}"
    if statement.condition is not None:
        first, *others = statement.condition.values
        yield f"  if {statement.condition.key} is {first}"
        yield from (f"    or {each}" for each in others)
    for action in statement.actions:
        grants = [each for each in statement.grants if each.permission.action == action]
        called = dict.fromkeys(call for each in grants for call in each.scope.calls or each.permission.calls)
        calls = ", ".join(each.partition(":")[2] for each in called)
        used = {each.command for each in grants}
        commands = " and ".join(each for each in COMMANDS if each in used)
        yield f"  {action}: {calls} of {commands}, for {_jobs(grants)}"


def _jobs(grants: Iterable[Grant]) -> str:
    names = list(dict.fromkeys(each.job for each in grants))
    more = f" and {len(names) - _MAX_JOBS} more" if len(names) > _MAX_JOBS else ""
    return f"{'job' if len(names) == 1 else 'jobs'} {', '.join(names[:_MAX_JOBS])}{more}"
