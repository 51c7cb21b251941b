"""The schedule of a planned job, as EventBridge Scheduler takes it, and what keeps a job from having one."""

from collections.abc import Iterator

from ecsplan.plan.plan import PlannedJob
from ecsplan.plan.planned_spec import schedule_of
from ecsplan.plan.sent_request import sent_request
from ecsplan.schedules.names import DEFAULT_GROUP, description, schedule_name
from ecsplan.schedules.request import ScheduleTarget, schedule_request
from ecsplan.schedules.target import (
    MAX_TASKS,
    ecs_arn,
    ecs_parameters,
    has_empty_tag,
    lost,
    overrides_text,
)
from ecsplan.terms.bodies import as_text
from ecsplan.terms.json_types import Record


def is_scheduled(job: PlannedJob) -> bool:
    """Return whether a job has a schedule."""
    return bool(schedule_of(job))


def group_of(job: PlannedJob) -> str:
    """Return the group of a job's schedule."""
    return as_text(schedule_of(job).get("group")) or DEFAULT_GROUP


def job_schedule(job: PlannedJob, *, revision: str, region: str, account: str) -> Record:
    """Return the CreateSchedule request of a job with a schedule.

    Args:
        job: The job.
        revision: The ARN of the revision that it starts, or what stands for it.
        region: The region of the schedule, which is that of the tasks.
        account: The account of the schedule, which is that of the tasks.
    """
    request, schedule = sent_request(job.run_request), schedule_of(job)
    cluster = str(request.get("cluster", "default"))
    target = ScheduleTarget(
        cluster if cluster.startswith("arn:") else ecs_arn(region, account, "cluster", cluster),
        str(schedule["role_arn"]),
        ecs_parameters(request, revision),
        overrides_text(request),
    )
    return schedule_request(schedule, schedule_name(job.name), target, description(job.name))


def unschedulable(job: PlannedJob, account: str | None) -> Iterator[str]:
    """Yield what keeps EventBridge Scheduler from running a job as its plan says, a clause for each thing.

    Args:
        job: A job with a schedule.
        account: The account of the schedule; None where it is not known.
    """
    request, role = sent_request(job.run_request), str(schedule_of(job).get("role_arn"))
    for each in job.sensitive:
        yield (
            f"a schedule would show the value of the sensitive variable `{each.name}` to everybody who may"
            " read it: keep the value in Secrets Manager or Parameter Store, and name it under `secrets`"
        )
    for member in lost(request):
        yield f"the target of a schedule has no place for {member} of the run request"
    if request.get("propagateTags") == "SERVICE":
        yield "the target of a schedule takes no `propagate_tags: SERVICE`: write TASK_DEFINITION"
    if has_empty_tag(request):
        yield "the target of a schedule takes no tag without a value: give each label one"
    count = request.get("count")
    if isinstance(count, int) and count > MAX_TASKS:
        yield f"a run of a schedule starts at most {MAX_TASKS} tasks, not {count}"
    owner = role.split(":")[4:5]
    if account is not None and owner != [account]:
        yield (
            f"role_arn is a role of account {''.join(owner)}, and the schedule is one of {account}:"
            " EventBridge Scheduler assumes roles of its own account only"
        )
