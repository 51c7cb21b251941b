"""The order of jobs as a tree: one after another, or side by side.

A tree says every order that is made of chains and branches. Where the names in `after` cross over, such as
c after a and d after a and b, some jobs wait for more than they have to; the tree names those.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import TypeAlias

from ecsplan.plan.plan import PlannedJob
from ecsplan.terms.records import dataclass

_Before: TypeAlias = Mapping[str, frozenset[str]]
"""The jobs before each job."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Parts that run one after another: two or more."""

    parts: "tuple[Part, ...]"


@dataclass(frozen=True, slots=True)
class Parallel:
    """Parts that run side by side: two or more."""

    parts: "tuple[Part, ...]"


Part: TypeAlias = str | Chain | Parallel
"""A job's name, or several parts."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """Jobs in their order.

    Attributes:
        tree: The jobs.
        held_back: Jobs that wait in the tree for jobs that they are not after, and those jobs.
        absent: Jobs with names in `after` that are not among the jobs, and those names.
    """

    tree: Part
    held_back: Mapping[str, tuple[str, ...]]
    absent: Mapping[str, tuple[str, ...]]


def in_order(jobs: Sequence[PlannedJob]) -> tuple[PlannedJob, ...]:
    """Return jobs, each behind those that it is after; as they are where none is after another one."""
    named = {job.name: job for job in jobs}
    return tuple(named[name] for name in _names(ordered_jobs(jobs).tree)) if jobs else ()


def _names(part: Part) -> Iterator[str]:
    if isinstance(part, str):
        yield part
        return
    for each in part.parts:
        yield from _names(each)


def ordered_jobs(jobs: Sequence[PlannedJob]) -> Ordered:
    """Return the order that `after` gives to jobs, one or more and without a cycle."""
    names = tuple(job.name for job in jobs)
    # The plain name of a matrix stands for its jobs.
    standing: dict[str, tuple[str, ...]] = {name: (name,) for name in names}
    for job in jobs:
        if job.policy.matrix is not None:
            plain = job.policy.matrix.name
            standing[plain] = (*standing.get(plain, ()), job.name)
    direct = {
        job.name: frozenset(name for each in job.policy.after for name in standing.get(each, ()))
        for job in jobs
    }
    absent = {job.name: tuple(each for each in job.policy.after if each not in standing) for job in jobs}
    order = _Order(direct, _ancestors(direct))
    tree = order.tree(names)
    return Ordered(tree, order.held_back, {name: missing for name, missing in absent.items() if missing})


def _ancestors(direct: _Before) -> _Before:
    found: dict[str, frozenset[str]] = {}
    for name in TopologicalSorter(direct).static_order():
        found[name] = direct[name].union(*(found[each] for each in direct[name]))
    return found


class _Order:
    """The tree of some jobs, made from the whole to its parts.

    Every group of jobs that it divides has, with two jobs of which one is before the other, all jobs between
    them; so the names in `after` say all about the order within a group.
    """

    def __init__(self, direct: _Before, ancestors: _Before) -> None:
        self.direct = direct
        self.ancestors = ancestors
        self.held_back: dict[str, tuple[str, ...]] = {}

    def tree(self, names: Sequence[str]) -> Part:
        if len(names) == 1:
            return names[0]
        groups = self._unrelated(names)
        if len(groups) > 1:
            return Parallel(tuple(self.tree(each) for each in groups))
        steps = self._steps(names)
        if len(steps) == 1:
            steps = self._forced(names)
        # A step of a chain may itself become a chain where it had to be divided by force.
        parts = tuple(self.tree(each) for each in steps)
        return Chain(tuple(below for each in parts for below in _parts_of_chain(each)))

    def _unrelated(self, names: Sequence[str]) -> list[tuple[str, ...]]:
        """Return the groups of jobs that have nothing to do with each other, by their first jobs."""
        group = {name: name for name in names}

        def root(name: str) -> str:
            while group[name] != name:
                group[name] = group[group[name]]
                name = group[name]
            return name

        for name in names:
            for each in self.direct[name] & group.keys():
                group[root(each)] = root(name)
        groups: dict[str, list[str]] = {}
        for name in names:
            groups.setdefault(root(name), []).append(name)
        return [tuple(each) for each in groups.values()]

    def _steps(self, names: Sequence[str]) -> list[tuple[str, ...]]:
        """Return the jobs in as many steps as there are in which every job waits for all steps before."""
        among = frozenset(names)
        # A job has more ancestors than each of them, so a step is a stretch of this list.
        ranked = sorted(names, key=lambda name: len(self.ancestors[name] & among))
        starts = [0]
        awaited = among
        for count in range(len(ranked) - 1, 0, -1):
            awaited &= self.ancestors[ranked[count]]
            # What all later jobs wait for are earlier ones; if they are all earlier ones, a step begins here.
            if len(awaited) == count:
                starts.append(count)
        starts.sort()
        step_of = {name: bisect_right(starts, index) for index, name in enumerate(ranked)}
        return _grouped(names, step_of)

    def _forced(self, names: Sequence[str]) -> list[tuple[str, ...]]:
        """Return two steps where none are right: jobs that wait for nothing, and then all others."""
        among = frozenset(names)
        step_of = {name: int(bool(self.ancestors[name] & among)) for name in names}
        first = [name for name in names if not step_of[name]]
        for name in names:
            extra = tuple(each for each in first if each not in self.ancestors[name])
            if step_of[name] and extra:
                self.held_back[name] = (*self.held_back.get(name, ()), *extra)
        return _grouped(names, step_of)


def _parts_of_chain(part: Part) -> tuple[Part, ...]:
    return part.parts if isinstance(part, Chain) else (part,)


def _grouped(names: Sequence[str], step_of: Mapping[str, int]) -> list[tuple[str, ...]]:
    """Return the names of each step, in the order of the steps."""
    found: dict[int, list[str]] = {}
    for name in names:
        found.setdefault(step_of[name], []).append(name)
    return [tuple(found[step]) for step in sorted(found)]
