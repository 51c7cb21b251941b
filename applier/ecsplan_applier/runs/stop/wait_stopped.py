"""Waiting until tasks that were stopped have come to their end."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from ecsplan_applier.aws.cluster_tasks import Place, describe_tasks
from ecsplan_applier.aws.retry import WATCHING
from ecsplan_applier.outcomes.errors import ApplierError
from ecsplan_applier.runs.session import RunSession
from ecsplan_applier.runs.stop.stopped import Emit, StoppedTask

POLL_S: Final = 2.0
UNCHANGED_S: Final = 1800.0
"""How long no task may come to its end. On container instances, `stopTimeout` has no upper limit, and a task
does not stop while the agent of its instance is disconnected."""

_FORGOTTEN: Final = 5
"""Looks in which ECS does not show a task until it counts as forgotten; a new one may be missing in some."""


class StillStoppingError(ApplierError):
    """Tasks have not stopped for a long time after they were asked to."""


async def wait_until_stopped(
    session: RunSession, stopped: Iterable[StoppedTask], emit: Emit
) -> tuple[StoppedTask, ...]:
    """Return the tasks once all have stopped, or are forgotten by ECS, in the order in which they stopped.

    Args:
        session: How to ask.
        stopped: Tasks that were asked to stop.
        emit: Called with each when it has stopped, and at once with those that had stopped before.

    Raises:
        StillStoppingError: None of those that are left has stopped for half an hour.
        ApplierError: They could not be described.
    """
    waiting = _Waiting(session, stopped)
    for each in waiting.ended:
        emit(each)
    elapsed = session.loop.clock.elapsed
    changed_at = elapsed()
    while True:
        ended = await waiting.look()
        for each in ended:
            emit(each)
        if ended:
            changed_at = elapsed()
        if not waiting.left:
            return tuple(waiting.ended)
        if elapsed() - changed_at >= UNCHANGED_S:
            names = "".join(f"\n  {each.identifier}" for each in waiting.left)
            raise StillStoppingError(f"these tasks have been stopping for half an hour:{names}")
        await session.loop.sleep(POLL_S)


class _Waiting:
    """Tasks that are stopping.

    Args:
        session: How to ask.
        stopped: Them; those that are over are not waited for.
    """

    def __init__(self, session: RunSession, stopped: Iterable[StoppedTask]) -> None:
        self._session = session
        tasks = list(stopped)
        self.ended = [each for each in tasks if each.is_over]
        self.left = [each for each in tasks if not each.is_over]
        self._missed: Counter[str] = Counter()

    async def look(self) -> list[StoppedTask]:
        """Return those that have stopped since the last look, with their last state."""
        places: dict[Place, list[StoppedTask]] = {}
        for each in self.left:
            places.setdefault(each.place, []).append(each)
        looks = [self._look_at(place, tasks) for place, tasks in places.items()]
        ended = [each for found in await self._session.loop.gather(looks) for each in found]
        over = {each.arn for each in ended}
        self.left = [each for each in self.left if each.arn not in over]
        self.ended += ended
        return ended

    async def _look_at(self, place: Place, tasks: list[StoppedTask]) -> list[StoppedTask]:
        arns = [each.arn for each in tasks]
        shown = await describe_tasks(self._session.caller, place, arns, WATCHING, tags=False)
        found = {each.arn: each for each in shown}
        self._missed.update(arn for arn in arns if arn not in found)
        return [
            replace(each, task=found.get(each.arn, each.task))
            for each in tasks
            if self._missed[each.arn] >= _FORGOTTEN or (each.arn in found and found[each.arn].is_over)
        ]
