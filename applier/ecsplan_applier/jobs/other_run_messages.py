"""Messages about other runs that are under way, and the commands that stop them."""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from ecsplan.terms.durations import duration
from ecsplan.terms.records import dataclass
from ecsplan_applier.arns import cluster_name_of
from ecsplan_applier.outcomes.task import Task
from ecsplan_applier.tasks.run_id import run_id_of

_MAX_NAMED: Final = 5
"""Tasks, or runs, that a message names."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Another run that has the claim on a family.

    Attributes:
        run_id: The run.
        tasks: Its tasks in the family that have not stopped; none where it may be about to start some.
        age_s: How long ago it made or renewed the claim.
        valid_s: For how much longer the claim is valid if no task of the run appears.
    """

    run_id: str
    tasks: tuple[Task, ...]
    age_s: float
    valid_s: float


def under_way(tasks: Sequence[Task]) -> str:
    """Return that other runs are under way, and how many tasks of the family they have."""
    return f"{runs_of(tasks)} {'is' if len(run_ids_of(tasks)) == 1 else 'are'} under way ({_count(tasks)})"


def holds(holder: Holder) -> str:
    """Return that another run is under way, with its tasks or the age of its claim."""
    what = _count(holder.tasks) if holder.tasks else f"claimed {duration(holder.age_s)} ago, no task yet"
    return f"run {holder.run_id} is under way ({what})"


def runs_of(tasks: Sequence[Task]) -> str:
    """Return which runs have started these tasks."""
    first, *more = run_ids_of(tasks)
    return f"run {first} and {len(more)} more" if more else f"run {first}"


def run_ids_of(tasks: Iterable[Task]) -> list[str]:
    """Return the runs that have started these tasks, each once."""
    return list(dict.fromkeys(run_id_of(each.started_by) or "" for each in tasks))


def task_lines(named: Iterable[tuple[str, Task]], now: float) -> Iterator[str]:
    """Yield a line for each of the first tasks, and one for the others.

    Args:
        named: The tasks, each with its cluster.
        now: AWS's time, in seconds since 1970.
    """
    tasks = list(named)
    for cluster, each in tasks[:_MAX_NAMED]:
        created = each.times.created
        age = "" if created is None else f", created {duration(now - created)} ago"
        yield f"    {cluster_name_of(cluster)}::{each.arn} (run {run_id_of(each.started_by)}){age}"
    if len(tasks) > _MAX_NAMED:
        yield f"    and {len(tasks) - _MAX_NAMED} more tasks"


def stop_commands(run_ids: Iterable[str]) -> str:
    """Return the commands that stop the first of these runs."""
    chosen = list(dict.fromkeys(run_ids))[:_MAX_NAMED]
    return ", ".join(
        f"`ecsplan stop {'-- ' if each.startswith('-') else ''}{shlex.quote(each)}`" for each in chosen
    )


def _count(tasks: Sequence[Task]) -> str:
    return "1 task" if len(tasks) == 1 else f"{len(tasks)} tasks"
