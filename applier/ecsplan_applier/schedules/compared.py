"""For `diff`: what `ecsplan schedule` would do about the schedules of jobs, as far as it can be asked."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, Literal, TypeAlias

from ecsplan.decision.compare import Change
from ecsplan.decision.decide_revision import Reuse
from ecsplan.plan.plan import PlannedJob
from ecsplan.scheduled.schedule_changes import schedule_changes
from ecsplan.scheduled.scheduled_job import group_of, is_scheduled, unschedulable
from ecsplan.schedules.names import schedule_name
from ecsplan.terms.observed import Aws, Body
from ecsplan.terms.records import dataclass
from ecsplan_applier.arns import account_of
from ecsplan_applier.aws.operations import GET_SCHEDULE
from ecsplan_applier.aws.retry import RetryPolicy
from ecsplan_applier.observing.observer import Observation
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, first_line
from ecsplan_applier.schedules.changes import ScheduleId
from ecsplan_applier.schedules.read_schedules import NOT_FOUND, is_own
from ecsplan_applier.schedules.wanted import WantedSchedule, has_passed, schedule_id

_POLICY: Final = RetryPolicy(max_elapsed_s=5.0, max_unreachable_s=0.0, max_unreadable_s=0.0)
"""For an answer that a review goes on without."""

Fate: TypeAlias = Literal["create", "update", "unchanged", "passed", "refused", "unknown"]


@dataclass(frozen=True, slots=True)
class ScheduleState:
    """What would be done about the schedule of a job.

    Attributes:
        fate: What would be done; `passed` where it is left alone as its moment has passed, `refused` where it
            cannot be done, and `unknown` where it could not be asked.
        changes: What differs from the schedule that exists; values that look secret are masked.
        why: Why it is refused or not known; "" otherwise.
    """

    fate: Fate
    changes: tuple[Change, ...] = ()
    why: str = ""


async def compared(observation: Observation, jobs: Sequence[PlannedJob]) -> Mapping[str, ScheduleState]:
    """Return what would be done about the schedules, by the names of the jobs that have one.

    Nothing that could not be asked is an error: a review is worth having without it.
    """
    scheduled = [each for each in jobs if is_scheduled(each)]
    number = Counter(map(_place, scheduled))
    states = await observation.asker.together(
        _state(observation, each, is_alone=number[_place(each)] == 1) for each in scheduled
    )
    return {job.name: state for job, state in zip(scheduled, states, strict=True)}


def _place(job: PlannedJob) -> tuple[Aws, str, str]:
    return job.aws, group_of(job), schedule_name(job.name)


async def _state(observation: Observation, job: PlannedJob, *, is_alone: bool) -> ScheduleState:
    if has_passed(job, observation.asker.now()):
        return ScheduleState("passed")
    try:
        target = observation.target(job.aws)
        account = _account(job) or await observation.account_once(target)
        found = await _found(observation, schedule_id(job, target))
    except ApplierError as error:
        return ScheduleState("unknown", why=first_line(error))
    wanted = WantedSchedule(schedule_id(job, target), job, account)
    reasons = "; ".join(unschedulable(job, account))
    if not is_alone:
        reasons = f"several jobs would have {wanted.id.path}"
    elif found is not None and not is_own(found):
        reasons = f"{wanted.id.path} exists, and was not created by ecsplan"
    if reasons:
        return ScheduleState("refused", why=reasons)
    if found is None:
        return ScheduleState("create")
    decision = job.definition.decision
    changes = schedule_changes(wanted.request(decision.arn if isinstance(decision, Reuse) else None), found)
    return ScheduleState("update" if changes else "unchanged", changes)


async def _found(observation: Observation, schedule: ScheduleId) -> Body | None:
    request = {"Name": schedule.name, "GroupName": schedule.group}
    try:
        return await observation.asker.call(
            schedule.target, GET_SCHEDULE, request, schedule.title, policy=_POLICY
        )
    except AwsError as error:
        if error.code == NOT_FOUND:
            return None
        raise


def _account(job: PlannedJob) -> str | None:
    decision = job.definition.decision
    revision = decision.arn if isinstance(decision, Reuse) else job.definition.latest
    return job.account or account_of(revision or "")
