"""A job of a run that was found, as those see it who follow tasks: it is watched, and never stopped."""

import math
from typing import Final

from ecsplan.decision.decide_revision import Reuse
from ecsplan.plan.plan import Definition, PlannedJob, Source, Watch
from ecsplan.terms.observed import Aws
from ecsplan.terms.run_policy import RunPolicy
from ecsplan_applier.aws.cluster_tasks import Place
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.outcomes.task import Task
from ecsplan_applier.runs.found import FoundJob
from ecsplan_applier.tasks.copies import Copy

POLL_INTERVAL_S: Final = 5.0
"""The longest pause between two looks at a task, as of a job whose manifest does not say."""


class FollowedJob:
    """What a copy needs of its job (`tasks/copies.py`), for the copies of a job that was found.

    It has no timeouts: the apply that carries the run out has them, and stops what exceeds them.

    Args:
        job: The job as it was found.
        copies: How many copies it has.
    """

    def __init__(self, job: FoundJob, copies: int) -> None:
        self._place = job.place
        self._copies = copies
        self._planned = _planned(job)

    @property
    def planned(self) -> PlannedJob:
        """The job as a plan would have it, as far as following it goes."""
        return self._planned

    @property
    def target(self) -> Target:
        """The account and region that it runs in."""
        return self._place.target

    @property
    def name(self) -> str:
        """Its name."""
        return self._planned.name

    @property
    def count(self) -> int:
        """How many copies it has."""
        return self._copies

    @property
    def place(self) -> Place:
        """Where its tasks run."""
        return self._place

    @property
    def essential(self) -> frozenset[str]:
        """No containers: what became of a task is judged where the run is looked at."""
        return frozenset()

    @property
    def is_awaited(self) -> bool:
        """Whether other jobs wait for its end: nobody here starts them."""
        return False

    def cluster_of(self, task: Task) -> str:
        """Return the cluster of a task as messages name it."""
        return self._place.cluster or task.cluster or "default"

    def note_state(self, copy: Copy) -> None:
        """Take that a copy has changed its state, which changes nothing here."""

    def worded(self, task: Task | None, text: str) -> str:
        """Return AWS's words about a task, which are shown where the run is looked at."""
        del task
        return text


def _planned(job: FoundJob) -> PlannedJob:
    watch = Watch(
        container=job.container,
        start_timeout_s=math.inf,
        timeout_s=None,
        poll_interval_s=POLL_INTERVAL_S,
        stream_output=True,
        logs=job.logs,
        deregister=False,
    )
    return PlannedJob(
        name=job.name,
        source=Source("", 1),
        aws=Aws(region=job.place.target.region),
        spec={},
        definition=Definition(Reuse(job.revision or ""), job.family, None, {}, ""),
        run_request={},
        watch=watch,
        policy=RunPolicy(succeed_on=job.succeed_on),
    )
