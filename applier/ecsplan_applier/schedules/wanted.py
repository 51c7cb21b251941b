"""The schedules that jobs ask for: which ones, what they say, and what keeps jobs from having them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from ecsplan.plan.plan import PlannedJob
from ecsplan.plan.planned_spec import schedule_of
from ecsplan.scheduled.scheduled_job import group_of, job_schedule, unschedulable
from ecsplan.schedules.names import schedule_name
from ecsplan.schedules.run_times import At, is_skipped, next_times, read_at
from ecsplan.terms.bodies import as_text
from ecsplan.terms.json_types import Document
from ecsplan.terms.placeholders import REGISTERED_AT_APPLY
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.outcomes.errors import UnschedulableError
from ecsplan_applier.schedules.changes import ScheduleId
from ecsplan_applier.scheduling.time_zone import time_zone


@dataclass(frozen=True, slots=True)
class WantedSchedule:
    """The schedule of a job.

    Attributes:
        id: Which one it is.
        job: The job, with all that AWS was asked about it.
        account: The account of the credentials.
    """

    id: ScheduleId
    job: PlannedJob
    account: str

    @property
    def schedule(self) -> Document:
        """What the job says under `schedule:`, with what was looked up for it."""
        return schedule_of(self.job)

    def request(self, revision: str | None) -> Document:
        """Return the CreateSchedule request; without a revision, one that is registered first."""
        return job_schedule(
            self.job,
            revision=revision or REGISTERED_AT_APPLY,
            region=self.id.target.region,
            account=self.account,
        )


def schedule_id(job: PlannedJob, target: Target) -> ScheduleId:
    """Return which schedule is a job's."""
    return ScheduleId(target, group_of(job), schedule_name(job.name))


def has_passed(job: PlannedJob, now: float) -> bool:
    """Return whether a schedule that runs once has its moment behind it: AWS takes no such schedule.

    A moment that the clocks of its time zone skip is for AWS to judge.

    Args:
        job: A job with a schedule.
        now: The time, in seconds since 1970.
    """
    schedule = schedule_of(job)
    when = read_at(str(schedule["at"])) if schedule.get("at") is not None else None
    zone = time_zone(as_text(schedule.get("timezone")) or "UTC")
    if not isinstance(when, At) or zone is None:
        return False
    is_ahead = any(next_times(when, datetime.fromtimestamp(now, UTC).astimezone(zone)))
    return not is_ahead and not is_skipped(when.moment.replace(tzinfo=zone))


def refuse_unschedulable(wanted: Iterable[WantedSchedule]) -> None:
    """Refuse jobs that cannot have a schedule, all of them together.

    Raises:
        UnschedulableError: There are such jobs.
    """
    wrong = [
        f"{_place(each.job)}: {each.job.name}: {reason}"
        for each in wanted
        for reason in unschedulable(each.job, each.account)
    ]
    if wrong:
        lines = "\n  ".join(wrong)
        raise UnschedulableError(
            f"EventBridge Scheduler cannot run these jobs; nothing was changed:\n  {lines}"
        )


def refuse_collisions(jobs: Sequence[tuple[PlannedJob, ScheduleId]]) -> None:
    """Refuse jobs whose names make the same name of a schedule in one group.

    Raises:
        UnschedulableError: There are such jobs.
    """
    by_id: dict[ScheduleId, list[PlannedJob]] = defaultdict(list)
    for job, which in jobs:
        by_id[which].append(job)
    wrong = [*_collisions(by_id.items())]
    if wrong:
        lines = "\n  ".join(wrong)
        raise UnschedulableError(
            f"jobs would have one schedule; nothing was changed:\n  {lines}\n"
            "  help: rename one of them, or give its schedule another `group`"
        )


def _collisions(found: Iterable[tuple[ScheduleId, Sequence[PlannedJob]]]) -> Iterator[str]:
    for which, jobs in found:
        if len(jobs) > 1:
            names = ", ".join(f"{each.name} ({_place(each)})" for each in jobs)
            yield f"{which.path}: {names}"


def _place(job: PlannedJob) -> str:
    return f"{job.source.path}:{job.source.line}"
