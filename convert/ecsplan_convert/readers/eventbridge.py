"""Read what EventBridge runs on ECS: schedules of EventBridge Scheduler, and targets of rules.

GetSchedule and CreateSchedule: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
ListTargetsByRule and PutTargets: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Target.html
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from ecsplan.schedules.target import MAX_TASKS
from ecsplan.terms.bodies import as_mapping, as_mappings, as_text
from ecsplan.terms.family_names import reference_family
from ecsplan.terms.json_types import Document, Record
from ecsplan_convert.aws.conformed import refuse_deep
from ecsplan_convert.eventbridge.request import request_of
from ecsplan_convert.eventbridge.schedule import Scheduled, schedule_of
from ecsplan_convert.source import ConversionError, Job, Row, Source, SourceJobs, Suggestion

TABLE: Final[tuple[Row, ...]] = (
    Row("Name", "name", "of a target of a rule its Id, else the name of the rule, else the family"),
    Row("Target.Arn", "cluster"),
    Row("EcsParameters.TaskDefinitionArn", "task_definition_arn"),
    Row("EcsParameters.TaskCount", "count"),
    Row("EcsParameters.LaunchType", "launch_type"),
    Row("EcsParameters.CapacityProviderStrategy", "capacity_provider_strategy"),
    Row("EcsParameters.NetworkConfiguration", "network_configuration"),
    Row("EcsParameters.PlatformVersion", "platform_version"),
    Row("EcsParameters.Group", "group"),
    Row("EcsParameters.PlacementConstraints", "placement_constraints"),
    Row("EcsParameters.PlacementStrategy", "placement_strategy"),
    Row("EcsParameters.EnableExecuteCommand", "enable_execute_command"),
    Row("EcsParameters.EnableECSManagedTags", "enable_ecs_managed_tags"),
    Row("EcsParameters.PropagateTags", "propagate_tags"),
    Row("EcsParameters.Tags", "labels"),
    Row("EcsParameters.ReferenceId", "task_customizations"),
    Row(
        "Input.containerOverrides", "command, env", "of the job's container; the rest in task_customizations"
    ),
    Row(
        "Input, other members", "cpu, memory, task_role_arn, execution_role_arn", "the overrides of the task"
    ),
    Row(
        "Input of the target aws-sdk:ecs:runTask",
        "task_definition_arn, cluster, count, network_configuration, command, env",
        "and what else a RunTask request has",
    ),
    Row("Input with <aws.scheduler.…>", "", "Scheduler fills it in when it starts the task"),
    Row("InputPath, InputTransformer", "", "their values come from the event"),
    Row("ScheduleExpression", "schedule.cron, schedule.rate, schedule.at", "without AWS's parentheses"),
    Row("ScheduleExpressionTimezone", "schedule.timezone"),
    Row("FlexibleTimeWindow", "schedule.flexible_window_minutes"),
    Row("State", "schedule.enabled"),
    Row("GroupName", "schedule.group"),
    Row("Target.RoleArn", "schedule.role_arn", "that of a rule has to trust scheduler.amazonaws.com as well"),
    Row("Target.RetryPolicy", "schedule.retry"),
    Row("Target.DeadLetterConfig", "schedule.dead_letter_arn"),
    Row("StartDate, EndDate", "", "a schedule of ecsplan has no first and last day"),
    Row("KmsKeyArn", "", "a schedule of ecsplan is encrypted with the key of AWS"),
    Row("ActionAfterCompletion", "", "a schedule of ecsplan stays when it has run for the last time"),
    Row("Description", "", "ecsplan writes its own mark there"),
    Row("EventPattern", "", "ecsplan starts nothing on an event"),
    Row("targets that are not ECS tasks", "", "they are no jobs"),
    Row("members that AWS does not have", "", "each is named"),
    Row("Arn, CreationDate, LastModificationDate, ClientToken", "", "AWS sets them, or they are of one call"),
)

_SET_BY_AWS: Final = ("Arn", "CreationDate", "LastModificationDate", "ClientToken", "ResponseMetadata")
_MEMBERS: Final = {
    "schedule": frozenset(
        {
            *("Name", "GroupName", "ScheduleExpression", "ScheduleExpressionTimezone", "FlexibleTimeWindow"),
            *("State", "Target", "StartDate", "EndDate", "KmsKeyArn", "ActionAfterCompletion", "Description"),
            *_SET_BY_AWS,
        }
    ),
    "rule": frozenset(
        {
            *(
                "Name",
                "Rule",
                "EventPattern",
                "ScheduleExpression",
                "State",
                "Description",
                "RoleArn",
                "Tags",
            ),
            *("EventBusName", "ManagedBy", "CreatedBy", "NextToken", "Force", *_SET_BY_AWS),
        }
    ),
    "target": frozenset(
        {
            *("Id", "Arn", "RoleArn", "EcsParameters", "Input", "InputPath", "InputTransformer"),
            *("RetryPolicy", "DeadLetterConfig"),
        }
    ),
}
"""Members that this reader carries over or has a note of its own for (API references, CreateSchedule,
GetSchedule, PutRule, DescribeRule, PutTargets and Target)."""
_MANY: Final = f"a run of a schedule starts at most {MAX_TASKS} tasks"
_NO_DEFINITION: Final = "the target names no task definition"
_NAME_IT: Final = "a target of ECS has EcsParameters with a TaskDefinitionArn"
_NO_RULE: Final = (
    "when the targets run is said by their rule, which is not in this document: "
    "`aws events describe-rule` shows its schedule or event pattern"
)


def read(source: Source) -> SourceJobs:
    """Return the job of a schedule, or a job for each target of a rule that runs an ECS task.

    Raises:
        ConversionError: No target runs an ECS task.
    """
    document = source.document
    refuse_deep(document)
    if is_schedule(as_mapping(document)):
        return SourceJobs((_scheduled(document),))
    rule, targets = _rule_and_targets(document)
    made = [_target(each, rule) if _runs_task(each) else "it is not an ECS task" for each in targets]
    jobs = tuple(each for each in made if isinstance(each, Job))
    if not jobs:
        raise ConversionError(
            _NO_DEFINITION if any(map(_runs_task, targets)) else "no target in it runs an ECS task",
            help=_NAME_IT,
        )
    left_out = (
        f"Targets[{as_text(as_mapping(each).get('Id')) or number}] is left out: {why}"
        for number, (each, why) in enumerate(zip(targets, made, strict=True))
        if isinstance(why, str)
    )
    return SourceJobs(jobs, notes=(*left_out, *_of_rule(rule)))


def is_schedule(document: Document) -> bool:
    """Return whether a document is a schedule of EventBridge Scheduler that runs an ECS task."""
    return _runs_task(document.get("Target"))


def _runs_task(target: Any) -> bool:
    target = as_mapping(target)
    is_universal = str(target.get("Arn", "")).endswith(":aws-sdk:ecs:runTask")
    return isinstance(target.get("EcsParameters"), Mapping) or is_universal


def _rule_and_targets(document: Any) -> tuple[Document, list[Any]]:
    """Return a rule as far as it is there, and its targets; a target alone is a list of one."""
    if isinstance(document, list):
        return {}, document
    body = as_mapping(document)
    targets = body.get("Targets")
    if isinstance(targets, list):
        inner = body.get("Rule")
        beside = {name: value for name, value in body.items() if name not in {"Targets", "Rule"}}
        return {**beside, **as_mapping(inner)}, targets
    return {}, [body]


def _scheduled(document: Document) -> Job:
    """Return the job of a schedule of EventBridge Scheduler.

    Raises:
        ConversionError: Its target names no task definition.
    """
    target = as_mapping(document.get("Target"))
    made = _job(as_text(document.get("Name")) or "", target, schedule_of(document, target, is_rule=False))
    if isinstance(made, str):
        raise ConversionError(_NO_DEFINITION, help=_NAME_IT)
    return replace(made, notes=(*made.notes, *_unknown("schedule", document)))


_DEFINITION_LEFT_OUT: Final = re.compile(r"task_?definition(?:_?arn)? is left out", re.IGNORECASE)
"""What a note says of a task definition that the target names by a placeholder."""


def _target(target: Document, rule: Document) -> Job | str:
    """Return the job of a target of a rule, or why there is none."""
    name = as_text(target.get("Id")) or as_text(rule.get("Name")) or ""
    return _job(name, target, schedule_of(rule, target, is_rule=True))


def _job(name: str, target: Document, schedule: Scheduled) -> Job | str:
    request, of_request = request_of(target)
    definition = as_text(request.get("taskDefinition"))
    if definition is None and not any(_DEFINITION_LEFT_OUT.search(each) for each in of_request):
        return "it names no task definition"
    keys: Record = {"schedule": schedule.keys} if schedule.keys else {}
    count = request.get("count")
    is_many = bool(keys) and isinstance(count, int) and count > MAX_TASKS
    missing = "; ".join((*schedule.missing, *((_MANY,) if is_many else ())))
    return Job(
        name or reference_family(definition or ""),
        request=request,
        keys={} if missing else keys,
        suggestions=(Suggestion(keys, missing),) if missing else (),
        notes=(*of_request, *schedule.notes, *_unknown("target", target)),
    )


def _unknown(kind: str, document: Document) -> Iterator[str]:
    """Yield a note for each member that a schedule, a rule or a target does not have."""
    names = (each for each, value in document.items() if value is not None and each not in _MEMBERS[kind])
    yield from (f"{name} is left out: a {kind} that runs an ECS task has no such member" for name in names)


def _of_rule(rule: Document) -> Iterator[str]:
    if "EventPattern" in rule:
        yield "EventPattern is left out: ecsplan starts nothing on an event"
    elif "ScheduleExpression" not in rule:
        yield _NO_RULE
    if as_mappings(rule.get("Tags")):
        yield "Tags of the rule are left out: they are not tags of the task"
    yield from _unknown("rule", rule)
