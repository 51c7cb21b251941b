"""EventBridge: a target with `EcsParameters`, the targets of a rule, or a whole schedule.

One job makes the `Target` of a schedule; with `schedule:` it makes the schedule, as
`aws scheduler create-schedule --cli-input-json` takes it. Several jobs make the `Targets` of a rule, as
`aws events put-targets --rule NAME --cli-input-json` takes them. Member names are those of the service models
of EventBridge and EventBridge Scheduler; the overrides are JSON text in `Input`, in ECS's own case:
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ecsplan.plan.plan import PlannedJob
from ecsplan.plan.planned_spec import schedule_of
from ecsplan.terms.bodies import as_mappings
from ecsplan.terms.family_names import family_name
from ecsplan.terms.json_types import Document, Json, Record, mapping
from ecsplan.terms.placeholders import REGION_AT_APPLY, REGISTERED_AT_APPLY
from ecsplan_convert.aws.member_case import EVENTBRIDGE, pascal_case
from ecsplan_convert.exported import Exported
from ecsplan_convert.writers.planned import (
    json_document,
    quoted,
    revision_of,
    run_request,
    tasks_of,
    unique_names,
)
from ecsplan_convert.writers.unsaid import Unsaid, unsaid_notes

MAX_JOBS: Final = 5
"""Targets of a rule at most (EventBridge user guide, quotas)."""
MAX_NAME: Final = 64
"""Characters of a target's id and of a schedule's name (service models of EventBridge and Scheduler)."""
MAX_INPUT: Final = 8192
"""Characters of a rule target's Input (service model of EventBridge) and of the overrides of RunTask."""
MAX_COUNT: Final = 10
"""TaskCount at most (service model of EventBridge Scheduler)."""
ROLE: Final = "<role of EventBridge>"
"""Placeholder of the ARN of the role as which EventBridge calls RunTask."""

_SCHEDULE_STARTS: Final = "EventBridge starts the task and does not look at it again"
TABLE: Final = (
    *(
        Unsaid(key, _SCHEDULE_STARTS)
        for key in (
            *("max_parallel", "succeed_on", "task_start_timeout_seconds", "task_timeout_seconds"),
            *("stream_output", "auto_deregister_task_definition"),
        )
    ),
    Unsaid("after", "a target does not wait for others; a state machine does: `--to step-functions`"),
    Unsaid("array", "the target starts one task, without ECSPLAN_INDEX"),
    Unsaid(
        "retry",
        "`RetryPolicy` of a target is about the call of RunTask; what the task does is not tried again",
    ),
    Unsaid("concurrency", "EventBridge starts the task whatever else runs"),
    Unsaid("log_retention_days", "set the retention of the log group in CloudWatch"),
    Unsaid("aws", "a schedule or a rule runs tasks in its own account and region"),
)
"""What a job may ask for and a target cannot say. `schedule` makes the schedule around it."""

_PARAMETERS: Final[Mapping[str, str]] = {
    "count": "TaskCount",
    "launchType": "LaunchType",
    "capacityProviderStrategy": "CapacityProviderStrategy",
    "networkConfiguration": "NetworkConfiguration",
    "platformVersion": "PlatformVersion",
    "group": "Group",
    "enableECSManagedTags": "EnableECSManagedTags",
    "enableExecuteCommand": "EnableExecuteCommand",
    "placementConstraints": "PlacementConstraints",
    "placementStrategy": "PlacementStrategy",
    "propagateTags": "PropagateTags",
    "referenceId": "ReferenceId",
    "tags": "Tags",
}
"""Members of RunTask and those of EcsParameters."""
_FILLED_IN: Final = "<aws.scheduler."
"""https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html"""
_PARTITIONS: Final = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
_REVISION: Final = re.compile(r"arn:[\w-]+:ecs:[\w-]+:\d{12}:(?=task-definition/)", re.ASCII)
_NOT_IN_NAME: Final = re.compile(r"[^0-9A-Za-z._-]+")


def write(jobs: Sequence[PlannedJob]) -> Exported:
    """Return the target of one job, or its schedule; or the targets of several jobs."""
    notes: list[str] = []
    names = unique_names([_name(job.name) for job in jobs], limit=MAX_NAME, separator="-")
    document: Record
    if len(jobs) == 1:
        target = _target(jobs[0], notes)
        document = _scheduled(jobs[0], names[0], target) or target
    else:
        targets = zip(names, jobs, strict=True)
        document = {"Targets": [{"Id": name, **_target(job, notes)} for name, job in targets]}
        notes += (
            f"{job.name}: `schedule`: a rule has one schedule for all of its targets; exported alone, with "
            "`--job`, the job has its own"
            for job in jobs
            if "schedule" in job.spec
        )
    for job in jobs:
        notes += unsaid_notes(job, TABLE)
    return Exported(json_document(document), notes=tuple(notes))


def _name(name: str) -> str:
    return _NOT_IN_NAME.sub("-", family_name(name)).strip("-") or "job"


def _target(job: PlannedJob, notes: list[str]) -> Record:
    request = run_request(job)
    parameters: Record = {"TaskDefinitionArn": _definition(job)}
    for member, name in _PARAMETERS.items():
        if member in request and not _is_refused(member, request[member]):
            parameters[name] = _parameter(member, request[member])
    target: Record = {
        "Arn": _arn(job, "cluster", str(request.get("cluster", "default"))),
        "RoleArn": ROLE,
        "EcsParameters": parameters,
    }
    overrides = request.get("overrides")
    if overrides is not None:
        target["Input"] = json.dumps(overrides, ensure_ascii=False, separators=(",", ":"))
    role = schedule_of(job).get("role_arn")
    if role is not None:
        target["RoleArn"] = role
    notes += (f"{job.name}: {each}" for each in _notes(job, request, target))
    return target


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
    partition = next((each for prefix, each in _PARTITIONS.items() if region.startswith(prefix)), "aws")
    return f"arn:{partition}:ecs:{region}:{account}:{kind}/{name}"


def _parameter(member: str, value: Json) -> Json:
    # A tag is a pair of Key and Value here, and the other structures keep ECS's case within them.
    return pascal_case(value, {} if member == "tags" else EVENTBRIDGE)


def _is_refused(member: str, value: Json) -> bool:
    """Return whether EcsParameters has the member but not this value of it."""
    return member == "propagateTags" and value != "TASK_DEFINITION"


def _notes(job: PlannedJob, request: Document, target: Document) -> Iterator[str]:
    if revision_of(job) == REGISTERED_AT_APPLY:
        yield (
            f"`TaskDefinitionArn` is marked `{REGISTERED_AT_APPLY}`, since a target holds no task "
            f"definition: register the family `{job.definition.family}` and put in the ARN"
        )
    arns = {"TaskDefinitionArn": mapping(target, "EcsParameters")["TaskDefinitionArn"], "Arn": target["Arn"]}
    for member, value in arns.items():
        if value != REGISTERED_AT_APPLY and "<" in str(value):
            yield f"`{member}` is marked `{value}`: put in the ARN, which takes an account and a region"
    if target["RoleArn"] == ROLE:
        yield f"`RoleArn` is marked `{ROLE}`: put in the role that may call RunTask and pass the task's roles"
    lost = [each for each in request if each not in {*_PARAMETERS, "cluster", "overrides", "taskDefinition"}]
    if lost:
        yield f"{quoted(lost)} of the run request is left out: `EcsParameters` has no place for it"
    refused = [each for each in request if _is_refused(each, request[each])]
    if refused:
        yield f"{quoted(refused)} is left out: `EcsParameters` takes only TASK_DEFINITION"
    tasks = tasks_of(request)
    if tasks is not None and tasks > MAX_COUNT:
        yield f"`TaskCount`: EventBridge starts at most {MAX_COUNT} tasks for a target"
    if any(each.get("value") == "" for each in as_mappings(request.get("tags"))):
        yield "`Tags`: EventBridge Scheduler refuses a tag without a value; the target of a rule may have one"
    if _FILLED_IN in str(target.get("Input", "")):
        yield (
            f"`Input` has `{_FILLED_IN}…>`, in place of which EventBridge Scheduler writes a value of its own"
        )
    if len(str(target.get("Input", ""))) > MAX_INPUT:
        yield f"`Input` is longer than {MAX_INPUT} characters, which is what overrides may be at most"


def _scheduled(job: PlannedJob, name: str, target: Record) -> Record | None:
    """Return the schedule of a job with its target; None for a job without one."""
    schedule = schedule_of(job)
    if not schedule:
        return None
    kind = next(each for each in ("cron", "rate", "at") if each in schedule)
    window = schedule.get("flexible_window_minutes")
    retry = mapping(schedule, "retry")
    policy: Record = {
        theirs: retry[ours]
        for ours, theirs in (
            ("attempts", "MaximumRetryAttempts"),
            ("max_age_seconds", "MaximumEventAgeInSeconds"),
        )
        if ours in retry
    }
    if "dead_letter_arn" in schedule:
        target = {**target, "DeadLetterConfig": {"Arn": schedule["dead_letter_arn"]}}
    document: Record = {
        "Name": name,
        "GroupName": schedule.get("group"),
        "ScheduleExpression": f"{kind}({schedule[kind]})",
        "ScheduleExpressionTimezone": schedule.get("timezone"),
        "State": "DISABLED" if schedule.get("enabled") is False else None,
        "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": window}
        if window
        else {"Mode": "OFF"},
        "Target": {**target, "RetryPolicy": policy} if policy else target,
    }
    return {member: value for member, value in document.items() if value is not None}
