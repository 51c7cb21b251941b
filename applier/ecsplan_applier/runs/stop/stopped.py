"""What was stopped of a run, and what may still start."""

from collections.abc import Callable
from typing import TypeAlias

from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.cluster_tasks import Place
from ecsplan_applier.outcomes.errors import ApplierError
from ecsplan_applier.outcomes.task import Task


@dataclass(frozen=True, slots=True)
class StoppedTask:
    """A task that was asked to stop, or found to be stopping.

    Attributes:
        label: The copy of the job that it is, or "" where only the task is known.
        place: Where it is.
        arn: Its ARN; its id where ECS has not confirmed that it knows the task.
        task: The task as ECS showed it last, or None.
        was_stopping: Whether it had stopped, or was being stopped, before.
        error: Why it could not be stopped, or None.
    """

    label: str
    place: Place
    arn: str
    task: Task | None
    was_stopping: bool = False
    error: ApplierError | None = None

    @property
    def identifier(self) -> str:
        """The task as `apply --detach` prints it."""
        return f"{self.place.cluster_name}::{self.arn}"

    @property
    def is_over(self) -> bool:
        """Whether it has stopped."""
        return self.task is not None and self.task.is_over


@dataclass(frozen=True, slots=True)
class StoppedRun:
    """What was stopped.

    Attributes:
        run_id: The run, or None where one task was named.
        tasks: Its tasks that were running.
        starting: The jobs and copies of the run that an apply may still start, as far as that is known.
        unsettled: Why further tasks of the run may be running, or None: the last look at it found none.
    """

    run_id: str | None
    tasks: tuple[StoppedTask, ...]
    starting: tuple[str, ...] = ()
    unsettled: str | None = None

    @property
    def failed(self) -> tuple[StoppedTask, ...]:
        """The tasks that could not be stopped."""
        return tuple(each for each in self.tasks if each.error is not None)


Emit: TypeAlias = Callable[[StoppedTask], None]
"""Called with each task when it has been asked to stop, when that has failed, and when it has stopped."""
