"""Which jobs of a plan are carried out, and which of them wait for which."""

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from ecsplan.plan.plan import PlannedJob
from ecsplan.schema.nearest import nearest
from ecsplan.terms.records import dataclass
from ecsplan_applier.outcomes.errors import JobOrderError, UsageError

WITH_NEEDS: Final = "+"
"""Before a name in `--only`: that job and all that it needs."""
_MAX_NAMED: Final = 10
"""Jobs that a message names."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The jobs that an apply carries out.

    Attributes:
        jobs: The jobs, in the order of the plan.
        needs: For each of them, the positions of those that have to succeed first. A job that is left out is
            not waited for, but the jobs that it needs are, where they are carried out.
    """

    jobs: tuple[PlannedJob, ...]
    needs: tuple[tuple[int, ...], ...]


def select(jobs: Sequence[PlannedJob], only: Collection[str] = ()) -> Selection:
    """Return the jobs to carry out.

    Args:
        jobs: All jobs of the plan.
        only: Names of jobs or matrices, each perhaps with `+` before it; none are all jobs.

    Raises:
        JobOrderError: A job waits for one that the plan does not have, or for itself through others.
        UsageError: A name in `only` is not that of a job.
    """
    named = _by_name(jobs)
    needs = tuple(_needs(job, named) for job in jobs)
    order = _sorted(jobs, needs)
    if not only:
        return Selection(tuple(jobs), needs)
    chosen = _chosen(only, named, needs)
    places = {position: place for place, position in enumerate(chosen)}
    among = _among(order, needs, places.keys())
    return Selection(
        tuple(jobs[position] for position in chosen),
        tuple(tuple(places[each] for each in among[position]) for position in chosen),
    )


def names_of(jobs: Iterable[PlannedJob]) -> list[str]:
    """Return what `after` and `--only` may name: each job, and each matrix by its plain name."""
    names: dict[str, None] = {}
    for job in jobs:
        if job.policy.matrix is not None:
            names.setdefault(job.policy.matrix.name)
        names.setdefault(job.name)
    return list(names)


def _by_name(jobs: Sequence[PlannedJob]) -> dict[str, tuple[int, ...]]:
    """Return the positions of the jobs that each name stands for; a job's own name comes first."""
    own: dict[str, list[int]] = {}
    plain: dict[str, list[int]] = {}
    for position, job in enumerate(jobs):
        own.setdefault(job.name, []).append(position)
        if job.policy.matrix is not None:
            plain.setdefault(job.policy.matrix.name, []).append(position)
    return {name: tuple(positions) for name, positions in (plain | own).items()}


def _needs(job: PlannedJob, named: Mapping[str, tuple[int, ...]]) -> tuple[int, ...]:
    unknown = [name for name in job.policy.after if name not in named]
    if unknown:
        raise JobOrderError(
            f"{job.name} is to start after {', '.join(unknown[:_MAX_NAMED])}, and the plan has no such job"
            f"{_meant(unknown[0], named)}\n  help: compile the plan again, with all jobs that it needs"
        )
    return tuple(dict.fromkeys(position for name in job.policy.after for position in named[name]))


def _sorted(jobs: Sequence[PlannedJob], needs: Sequence[tuple[int, ...]]) -> list[int]:
    """Return the positions of the jobs, each after all that it needs.

    Raises:
        JobOrderError: There is no such order.
    """
    dependents = dependents_of(needs)
    lacking = [len(each) for each in needs]
    ready = deque(position for position, count in enumerate(lacking) if not count)
    order: list[int] = []
    while ready:
        position = ready.popleft()
        order.append(position)
        for each in dependents[position]:
            lacking[each] -= 1
            if not lacking[each]:
                ready.append(each)
    if len(order) < len(jobs):
        cycle = " after ".join(jobs[each].name for each in _cycle(needs, lacking))
        raise JobOrderError(
            f"jobs wait for each other: {cycle}\n  help: take one of these out of `after`, and compile again"
        )
    return order


def _cycle(needs: Sequence[tuple[int, ...]], lacking: Sequence[int]) -> list[int]:
    """Return jobs that wait for each other, the first one again at the end; long cycles are cut short."""
    # Each job that is left needs another one that is left, so that this path must come back to itself.
    path = [next(position for position, count in enumerate(lacking) if count)]
    seen: dict[int, int] = {}
    while path[-1] not in seen:
        seen[path[-1]] = len(path) - 1
        path.append(next(each for each in needs[path[-1]] if lacking[each]))
    return path[seen[path[-1]] :][: _MAX_NAMED + 1]


def dependents_of(needs: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return for each job the positions of those that need it."""
    dependents: list[list[int]] = [[] for _ in needs]
    for position, needed in enumerate(needs):
        for each in needed:
            dependents[each].append(position)
    return dependents


def _chosen(
    only: Collection[str], named: Mapping[str, tuple[int, ...]], needs: Sequence[tuple[int, ...]]
) -> list[int]:
    """Return the positions of the jobs that are named, in the order of the plan."""
    chosen: set[int] = set()
    for written in only:
        # The name as it stands comes first: a job's own name may begin with a plus sign.
        with_needs = written not in named and written.startswith(WITH_NEEDS)
        name = written.removeprefix(WITH_NEEDS) if with_needs else written
        if name not in named:
            known = ", ".join(list(named)[:_MAX_NAMED]) or "none"
            more = f" and {len(named) - _MAX_NAMED} more" if len(named) > _MAX_NAMED else ""
            shown = name or repr(written)
            raise UsageError(f"the plan has no job {shown}{_meant(name, named)}; it has: {known}{more}")
        chosen |= _with_needs(named[name], needs) if with_needs else set(named[name])
    return sorted(chosen)


def _meant(name: str, named: Iterable[str]) -> str:
    likely = nearest(name, named)
    return "" if likely is None else f"; did you mean {likely}?"


def _with_needs(positions: Iterable[int], needs: Sequence[tuple[int, ...]]) -> set[int]:
    found, todo = set[int](), list(positions)
    while todo:
        position = todo.pop()
        if position not in found:
            found.add(position)
            todo += needs[position]
    return found


def _among(
    order: Sequence[int], needs: Sequence[tuple[int, ...]], chosen: Collection[int]
) -> dict[int, tuple[int, ...]]:
    """Return for each job which of the chosen ones it needs, also where only through jobs left out."""
    among: dict[int, tuple[int, ...]] = {}
    for position in order:
        through = (
            each for needed in needs[position] for each in ((needed,) if needed in chosen else among[needed])
        )
        among[position] = tuple(dict.fromkeys(through))
    return among
