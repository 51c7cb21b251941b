"""EventBridge: a target with `EcsParameters`, the targets of a rule, or a whole schedule.

One job makes the `Target` of a schedule; with `schedule:` it makes the schedule, as
`aws scheduler create-schedule --cli-input-json` takes it. Several jobs make the `Targets` of a rule, as
`aws events put-targets --rule NAME --cli-input-json` takes them. Member names are those of the service models
of EventBridge and EventBridge Scheduler; the overrides are JSON text in `Input`, in ECS's own case:
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ecsplan.plan.plan import PlannedJob
from ecsplan.plan.planned_spec import schedule_of
from ecsplan.schedules.names import schedule_name
from ecsplan.schedules.request import ScheduleTarget, schedule_request
from ecsplan.schedules.target import (
    MAX_TASKS,
    ecs_arn,
    ecs_parameters,
    has_empty_tag,
    lost,
    overrides_text,
    refused,
)
from ecsplan.terms.family_names import family_name
from ecsplan.terms.json_types import Document, Record
from ecsplan.terms.placeholders import REGION_AT_APPLY, REGISTERED_AT_APPLY
from ecsplan_convert.exported import Exported
from ecsplan_convert.writers.planned import (
    json_document,
    quoted,
    revision_of,
    run_request,
    tasks_of,
    unique_names,
)
from ecsplan_convert.writers.unsupported import Unsupported, unsupported_notes

MAX_JOBS: Final = 5
"""Targets of a rule at most (EventBridge user guide, quotas)."""
MAX_NAME: Final = 64
"""Characters of a target's id and of a schedule's name (service models of EventBridge and Scheduler)."""
MAX_INPUT: Final = 8192
"""Characters of a rule target's Input (service model of EventBridge) and of the overrides of RunTask."""
ROLE: Final = "<role of EventBridge>"
"""Placeholder of the ARN of the role as which EventBridge calls RunTask."""

_SCHEDULE_STARTS: Final = "EventBridge starts the task and does not look at it again"
TABLE: Final = (
    *(
        Unsupported(key, _SCHEDULE_STARTS)
        for key in (
            *("max_parallel", "succeed_on", "task_start_timeout_seconds", "task_timeout_seconds"),
            *("stream_output", "auto_deregister_task_definition"),
        )
    ),
    Unsupported("after", "a target does not wait for others; a state machine does: `--to step-functions`"),
    Unsupported("array", "the target starts one task, without ECSPLAN_INDEX"),
    Unsupported(
        "retry",
        "`RetryPolicy` of a target is about the call of RunTask; what the task does is not tried again",
    ),
    Unsupported("concurrency", "EventBridge starts the task whatever else runs"),
    Unsupported("log_retention_days", "set the retention of the log group in CloudWatch"),
    Unsupported("aws", "a schedule or a rule runs tasks in its own account and region"),
)
"""What a job may ask for and a target cannot say. `schedule` makes the schedule around it."""

_FILLED_IN: Final = "<aws.scheduler."
"""https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html"""
_REVISION: Final = re.compile(r"arn:[\w-]+:ecs:[\w-]+:\d{12}:(?=task-definition/)", re.ASCII)
_NOT_IN_NAME: Final = re.compile(r"[^0-9A-Za-z._-]+")


def write(jobs: Sequence[PlannedJob]) -> Exported:
    """Return the target of one job, or its schedule; or the targets of several jobs."""
    notes: list[str] = []
    document: Record
    if len(jobs) == 1:
        target = _target(jobs[0], notes, of_rule=False)
        document = _scheduled(jobs[0], target) or _document(target)
    else:
        names = unique_names([_name(job.name) for job in jobs], limit=MAX_NAME, separator="-")
        targets = zip(names, jobs, strict=True)
        document = {
            "Targets": [{"Id": name, **_document(_target(job, notes, of_rule=True))} for name, job in targets]
        }
        notes += (
            f"{job.name}: `schedule`: a rule has one schedule for all of its targets; exported alone, with "
            "`--job`, the job has its own"
            for job in jobs
            if "schedule" in job.spec
        )
    for job in jobs:
        notes += unsupported_notes(job, TABLE)
    return Exported(json_document(document), notes=tuple(notes))


def _name(name: str) -> str:
    return _NOT_IN_NAME.sub("-", family_name(name)).strip("-") or "job"


def _target(job: PlannedJob, notes: list[str], *, of_rule: bool) -> ScheduleTarget:
    request = run_request(job)
    role = schedule_of(job).get("role_arn")
    target = ScheduleTarget(
        _arn(job, "cluster", str(request.get("cluster", "default"))),
        ROLE if role is None else str(role),
        ecs_parameters(request, _definition(job), of_rule=of_rule),
        overrides_text(request),
    )
    notes += (f"{job.name}: {each}" for each in _notes(job, request, target))
    return target


def _document(target: ScheduleTarget) -> Record:
    members: Record = {
        "Arn": target.cluster,
        "RoleArn": target.role,
        "EcsParameters": target.parameters,
        "Input": target.overrides,
    }
    return {name: value for name, value in members.items() if value is not None}


def _definition(job: PlannedJob) -> str:
    revision = revision_of(job)
    return revision if revision == REGISTERED_AT_APPLY else _arn(job, "task-definition", revision)


def _arn(job: PlannedJob, kind: str, name: str) -> str:
    """Return the ARN of something of ECS, or a placeholder where its account or region is not known."""
    if name.startswith(("arn:", "<")):
        return name
    # A task runs in the account and the region of its definition.
    known = _REVISION.match(revision_of(job))
    if known is not None:
        return f"{known[0]}{kind}/{name}"
    region, account = job.aws.region, job.account
    if region is None or region == REGION_AT_APPLY or account is None:
        return f"<ARN of the {kind.replace('-', ' ')} {name}>"
    return ecs_arn(region, account, kind, name)


def _notes(job: PlannedJob, request: Document, target: ScheduleTarget) -> Iterator[str]:
    if revision_of(job) == REGISTERED_AT_APPLY:
        yield (
            f"`TaskDefinitionArn` is marked `{REGISTERED_AT_APPLY}`, since a target holds no task "
            f"definition: register the family `{job.definition.family}` and enter the ARN"
        )
    arns = {"TaskDefinitionArn": target.parameters["TaskDefinitionArn"], "Arn": target.cluster}
    for member, value in arns.items():
        if value != REGISTERED_AT_APPLY and "<" in str(value):
            yield f"`{member}` is marked `{value}`: enter the ARN, which takes an account and a region"
    if target.role == ROLE:
        yield f"`RoleArn` is marked `{ROLE}`: enter the role that may call RunTask and pass the task's roles"
    if without_place := [*lost(request)]:
        yield f"{quoted(without_place)} of the run request is left out: `EcsParameters` has no place for it"
    if wrong := [*refused(request)]:
        yield f"{quoted(wrong)} is left out: `EcsParameters` takes only TASK_DEFINITION"
    tasks = tasks_of(request)
    if tasks is not None and tasks > MAX_TASKS:
        yield f"`TaskCount`: EventBridge starts at most {MAX_TASKS} tasks for a target"
    if has_empty_tag(request):
        yield "`Tags`: EventBridge Scheduler refuses a tag without a value; the target of a rule may have one"
    given = target.overrides or ""
    if _FILLED_IN in given:
        yield (
            f"`Input` has `{_FILLED_IN}…>`, in place of which EventBridge Scheduler writes a value of its own"
        )
    if len(given) > MAX_INPUT:
        yield f"`Input` is longer than {MAX_INPUT} characters, which is what overrides may be at most"


def _scheduled(job: PlannedJob, target: ScheduleTarget) -> Record | None:
    """Return the schedule of a job with its target; None for a job without one."""
    schedule = schedule_of(job)
    return schedule_request(schedule, schedule_name(job.name), target) if schedule else None
