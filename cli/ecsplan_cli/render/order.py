"""In which order the jobs of a plan start: step by step, for people and for programs."""

import json
from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import TypeAlias

from ecsplan.terms.run_policy import CAUSES, SUCCESS, Retry, RunPolicy
from ecsplan.terms.secrecy import mask_value
from ecsplan_cli.output import counted

MAX_STEPS = 12
"""Steps that are shown; of more, the first ones and the last."""
MAX_NAMES = 8
"""Names that are shown of one step."""

_Node: TypeAlias = "str | tuple[str]"
"""A job by its name, or all jobs of a matrix by the tuple of its plain name."""


def steps(policies: Mapping[str, RunPolicy]) -> tuple[tuple[str, ...], ...]:
    """Return the jobs by steps: each job is in the first step before which all that it waits for are.

    () where no job waits for another, and for jobs that wait for each other, which no compiled plan has.

    Args:
        policies: The policy of each job, by its name, in the order of the plan.
    """
    if not any(each.after for each in policies.values()):
        return ()
    sorter: TopologicalSorter[_Node] = TopologicalSorter()
    for name, policy in policies.items():
        sorter.add(name, *(each if each in policies else (each,) for each in policy.after))
        if policy.matrix is not None:
            sorter.add((policy.matrix.name,), name)
    try:
        sorter.prepare()
    except CycleError:
        return ()
    rank = {name: number for number, name in enumerate(policies)}
    found: list[tuple[str, ...]] = []
    while ready := list(_ready(sorter)):
        found.append(tuple(sorted(ready, key=rank.__getitem__)))
        sorter.done(*ready)
    return tuple(found)


def _ready(sorter: TopologicalSorter[_Node]) -> Iterator[str]:
    """Yield the jobs that can start; a matrix is done as soon as its jobs are, which takes no step."""
    while nodes := sorter.get_ready():
        yield from (each for each in nodes if isinstance(each, str))
        sorter.done(*(each for each in nodes if not isinstance(each, str)))


def shown_steps(policies: Mapping[str, RunPolicy]) -> tuple[tuple[int, tuple[str, ...], str], ...]:
    """Return the steps as they are shown: number, names, and what follows the names.

    All jobs of a matrix that start together stand there by its plain name. A number of 0 stands for the steps
    that are left out, which are counted in the last member.
    """
    all_steps = steps(policies)
    sizes: dict[str, int] = {}
    for policy in policies.values():
        if policy.matrix is not None:
            sizes[policy.matrix.name] = sizes.get(policy.matrix.name, 0) + 1
    rows = [(number, *_shown(step, policies, sizes)) for number, step in enumerate(all_steps, start=1)]
    if len(rows) <= MAX_STEPS:
        return tuple(rows)
    first = MAX_STEPS - len(["those left out", "the last one"])
    left_out = len(rows) - first - 1
    return (*rows[:first], (0, (), f"… {counted(left_out, 'more step')}"), rows[-1])


def _shown(
    step: Sequence[str], policies: Mapping[str, RunPolicy], sizes: Mapping[str, int]
) -> tuple[tuple[str, ...], str]:
    groups: dict[str, list[str]] = {}
    for name in step:
        matrix = policies[name].matrix
        groups.setdefault(name if matrix is None else matrix.name, []).append(name)
    names: list[str] = []
    whole: dict[str, int] = {}
    for plain, members in groups.items():
        if sizes.get(plain) == len(members) and policies[members[0]].matrix is not None:
            whole[plain] = len(members)
            names.append(plain)
        else:
            names += members
    kept, more = names[:MAX_NAMES], names[MAX_NAMES:]
    if more:
        jobs = sum(whole.get(each, 1) for each in more)
        return tuple(kept), f" and {counted(jobs, 'more job')}"
    of_matrices = sum(whole.values())
    return tuple(kept), f" ({counted(len(step), 'job')})" if of_matrices else ""


def policy_lines(policy: RunPolicy) -> Iterator[tuple[str, str]]:
    """Yield what a job's policy says, label and text; nothing of what is the default, nor `array`."""
    if policy.after:
        yield "after", ", ".join(policy.after)
    if policy.matrix is not None:
        values = (f"{name}={_value(name, each)}" for name, each in policy.matrix.values.items())
        yield "matrix", f"{policy.matrix.name}: {', '.join(values)}"
    if policy.max_parallel is not None:
        yield "at a time", counted(policy.max_parallel, "task")
    if policy.succeed_on != SUCCESS:
        yield "success", _codes(policy.succeed_on)
    if policy.retry.written:
        yield "retry", _retry(policy.retry)
    if policy.concurrency != "allow":
        words = {"forbid": "not started", "wait": "waits"}[policy.concurrency]
        yield "concurrency", f"{policy.concurrency}: {words} while tasks of its family run"
    if policy.log_retention is not None:
        where = "of any log group" if policy.log_retention.always else "of a log group that this run creates"
        yield "log retention", f"{counted(policy.log_retention.days, 'day')}, {where}"


def _retry(retry: Retry) -> str:
    causes = [each for each in CAUSES if each in retry.causes]
    codes = [_codes(retry.exit_codes)] if retry.exit_codes else []
    attempts = counted(retry.attempts, "attempt") if retry.attempts > 1 else "none, one attempt"
    return f"{attempts}, on {', '.join((*causes, *codes))}"


def _codes(codes: Sequence[int]) -> str:
    return f"exit code{'s' if len(codes) > 1 else ''} {', '.join(map(str, codes))}"


def _value(name: str, value: object) -> str:
    value = mask_value((name,), value)
    return value if isinstance(value, str) else json.dumps(value)
