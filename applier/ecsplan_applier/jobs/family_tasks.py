"""The tasks of a family in a cluster that runs of ecsplan have started, whichever runs these are."""

from collections import defaultdict
from collections.abc import Mapping
from math import inf
from typing import Final

from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.cluster_tasks import Place, TaskFilter, find_tasks
from ecsplan_applier.aws.retry import READING, RetryPolicy
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.outcomes.task import Task
from ecsplan_applier.tasks.run_id import run_id_of, started_by

_STATUSES: Final = ("RUNNING", "STOPPED")


@dataclass(frozen=True, slots=True)
class FamilyTasks:
    """What a look at ECS has found.

    Attributes:
        running: The tasks of other runs that have not stopped.
        stopped: For each run that has tasks which have stopped, when they did, in seconds since 1970.
    """

    running: tuple[Task, ...]
    stopped: Mapping[str, tuple[float, ...]]

    def running_of(self, run_id: str) -> tuple[Task, ...]:
        """Return the tasks of another run that have not stopped."""
        return tuple(each for each in self.running if run_id_of(each.started_by) == run_id)

    def stopped_after(self, run_id: str, since: float) -> int:
        """Return how many tasks of a run have stopped after a time, in seconds since 1970."""
        return sum(each > since for each in self.stopped.get(run_id, ()))


class FamilyLooks:
    """Looks at the tasks of families, again and again where a job waits.

    Args:
        context: The apply.
    """

    def __init__(self, context: ApplyContext) -> None:
        self._context = context
        self._started_by = started_by(context.run_id)
        # What has stopped stays listed for an hour, and is not described with each look again.
        self._over: dict[tuple[Place, str], dict[str, Task]] = defaultdict(dict)

    async def look(self, place: Place, family: str, policy: RetryPolicy = READING) -> FamilyTasks:
        """Return the tasks of a family, asked for now.

        Raises:
            ApplierError: AWS could not be asked.
        """
        over, found = self._over[place, family], dict[str, Task]()
        # A task that is being stopped is listed as STOPPED from then on, and may go on for two minutes.
        for status in _STATUSES:
            tasks = await find_tasks(
                self._context.caller,
                place,
                TaskFilter(family=family, desired_status=status),
                policy,
                cancel=self._context.cancelled,
                skip=lambda arn: arn in over or self._context.is_claimed(arn),
            )
            found |= {each.arn: each for each in tasks}
        over |= {each.arn: each for each in found.values() if each.is_over}
        running = [each for each in found.values() if not each.is_over and self._is_of_another_run(each)]
        return FamilyTasks(tuple(running), _stops(over))

    def _is_of_another_run(self, task: Task) -> bool:
        return run_id_of(task.started_by) is not None and task.started_by != self._started_by


def _stops(over: Mapping[str, Task]) -> dict[str, tuple[float, ...]]:
    stops: dict[str, list[float]] = defaultdict(list)
    for each in over.values():
        run_id = run_id_of(each.started_by)
        if run_id is not None:
            stops[run_id].append(inf if each.times.stopped is None else each.times.stopped)
    return {run_id: tuple(times) for run_id, times in stops.items()}
