"""What ecsplan needs in ECS, and the roles that it passes to ECS."""

from collections.abc import Iterator
from typing import Final

from ecsplan.permissions.permission import Condition, Permission, Scope, always
from ecsplan.permissions.resource_arns import known
from ecsplan.permissions.sources import (
    ECS_ACTIONS,
    INFRASTRUCTURE_ROLE,
    LIST_TASKS_ERROR,
    ROLES_FOR_SERVICES,
    TAG_ON_CREATION,
)
from ecsplan.permissions.subject import Subject

_RUNS: Final = ("runs", "status", "logs", "wait", "stop", "exec")


def _in_cluster(subject: Subject) -> Condition:
    return Condition("ecs:cluster", (subject.cluster,), "arn")


def _lists_definitions_at_compile(subject: Subject) -> Iterator[Scope]:
    if subject.spec.reuses_recent:
        yield Scope("*")


def _lists_definitions(subject: Subject) -> Iterator[Scope]:
    if subject.spec.reuses_recent and subject.may_register:
        yield Scope("*")


def _registers(subject: Subject) -> Iterator[Scope]:
    if subject.may_register:
        yield Scope(subject.definitions)


def _deregisters(subject: Subject) -> Iterator[Scope]:
    # A plan that reuses may follow one of the same run that has registered.
    if subject.job.watch.deregister:
        yield Scope("*")


def _tags(subject: Subject) -> Iterator[Scope]:
    if subject.definition_tags:
        registers = ("ecs:RegisterTaskDefinition",) if subject.may_register else ()
        yield Scope(subject.definitions, calls=("ecs:TagResource", *registers))
    if subject.task_tags:
        yield Scope(subject.tasks, Condition("ecs:CreateAction", ("RunTask",)), ("ecs:RunTask",))


def _runs(subject: Subject) -> Iterator[Scope]:
    yield Scope(subject.definitions, _in_cluster(subject))


def _lists_tasks(subject: Subject) -> Iterator[Scope]:
    yield Scope("*", _in_cluster(subject))


def _tasks(subject: Subject) -> Iterator[Scope]:
    yield Scope(subject.tasks)


def _passes(subject: Subject) -> Iterator[Scope]:
    registers = ("ecs:RegisterTaskDefinition",) if subject.may_register else ()
    to_tasks = Condition("iam:PassedToService", ("ecs-tasks.amazonaws.com",))
    to_ecs = Condition("iam:PassedToService", ("ecs.amazonaws.com",))
    for role in subject.roles:
        defined = registers if role in subject.defined_roles else ()
        yield Scope(role, to_tasks, (*defined, "ecs:RunTask"))
    for role in subject.infrastructure_roles:
        yield Scope(role, to_ecs, ("ecs:RunTask",))


def _describes_service(subject: Subject) -> Iterator[Scope]:
    if subject.service is not None:
        cluster = subject.service.cluster or subject.cluster.rpartition("/")[2]
        yield Scope(subject.where.arn("ecs", f"service/{cluster}/{known(subject.service.name)}"))


def _describes_service_again(subject: Subject) -> Iterator[Scope]:
    if subject.is_undecided or "service" in subject.job.observed:
        yield from _describes_service(subject)


ROWS: Final = (
    Permission(
        "ecs:DescribeTaskDefinition",
        ("ecs:DescribeTaskDefinition",),
        "`*`",
        "each job: the latest revision, or the linked one, with its tags; `verify`: linked definitions",
        (ECS_ACTIONS,),
        compile=always,
        apply=always,
        others=("init", *_RUNS, "verify", "schedule", "prune"),
    ),
    Permission(
        "ecs:ListTaskDefinitions",
        ("ecs:ListTaskDefinitions",),
        "`*`",
        "`reuse: recent`; endpoints that describe a family by a revision that is not ACTIVE; AWS does not",
        (ECS_ACTIONS,),
        compile=_lists_definitions_at_compile,
        apply=_lists_definitions,
        others=("prune",),
    ),
    Permission(
        "ecs:DescribeServices",
        ("ecs:DescribeServices",),
        "`service/CLUSTER/NAME`",
        "`service:`",
        (ECS_ACTIONS,),
        compile=_describes_service,
        apply=_describes_service_again,
        others=("init", "prune"),
    ),
    Permission(
        "ecs:RegisterTaskDefinition",
        ("ecs:RegisterTaskDefinition",),
        "`task-definition/FAMILY:*`",
        "jobs whose definition has changed, or may have",
        (ECS_ACTIONS,),
        apply=_registers,
        others=("schedule",),
    ),
    Permission(
        "ecs:DeregisterTaskDefinition",
        ("ecs:DeregisterTaskDefinition",),
        "`*`",
        "`auto_deregister_task_definition: true`",
        (ECS_ACTIONS,),
        apply=_deregisters,
        others=("prune",),
    ),
    Permission(
        "ecs:TagResource",
        ("ecs:TagResource", "ecs:RegisterTaskDefinition", "ecs:RunTask"),
        "`task-definition/FAMILY:*`; `task/CLUSTER/*` if `ecs:CreateAction` is `RunTask`",
        "`tags` in `task_definition`, at registration and on a reused revision that lacks them; tasks that"
        " are started with `labels`, `propagate_tags` or `enable_ecs_managed_tags`",
        (ECS_ACTIONS, TAG_ON_CREATION),
        apply=_tags,
        others=("schedule",),
    ),
    Permission(
        "ecs:RunTask",
        ("ecs:RunTask",),
        "`task-definition/FAMILY:*` if `ecs:cluster` is the job's",
        "each job",
        (ECS_ACTIONS,),
        apply=_runs,
    ),
    Permission(
        "ecs:DescribeTasks",
        ("ecs:DescribeTasks",),
        "`task/CLUSTER/*`",
        "each job",
        (ECS_ACTIONS,),
        apply=_tasks,
        others=("init", *_RUNS, "prune"),
    ),
    Permission(
        "ecs:StopTask",
        ("ecs:StopTask",),
        "`task/CLUSTER/*`",
        "each job, for timeouts and interrupts",
        (ECS_ACTIONS,),
        apply=_tasks,
        others=("stop",),
    ),
    Permission(
        "ecs:ListTasks",
        ("ecs:ListTasks",),
        "`*` if `ecs:cluster` is the job's",
        "each job: at the end, to find tasks of the run that are running unnoticed (a warning without it);"
        " before a call is repeated for lack of capacity, or a task is retried (without it, neither is"
        " done); resuming with `--run-id`; before a revision is deregistered; before a job with"
        " `concurrency: forbid` or `wait` starts",
        (ECS_ACTIONS, LIST_TASKS_ERROR),
        apply=_lists_tasks,
        others=(*_RUNS, "prune"),
    ),
    Permission(
        "iam:PassRole",
        ("ecs:RegisterTaskDefinition", "ecs:RunTask"),
        "the role, if `iam:PassedToService` is `ecs-tasks.amazonaws.com`, or `ecs.amazonaws.com` for volumes",
        "each execution role and task role in a definition or a run request, and each role of a volume of"
        " EBS; `schedule`: also the role of the schedule, if `iam:PassedToService` is"
        " `scheduler.amazonaws.com`",
        (ECS_ACTIONS, ROLES_FOR_SERVICES, INFRASTRUCTURE_ROLE),
        apply=_passes,
        others=("schedule",),
    ),
    Permission(
        "ecs:ListClusters",
        ("ecs:ListClusters",),
        "`*`",
        "`prune`; `runs`, `status` and the other commands that look back at runs, unless `--cluster` names"
        " one cluster; never needed elsewhere: with it, the message about a cluster that does not exist names"
        " the nearest one that does",
        (ECS_ACTIONS,),
        others=(*_RUNS, "prune"),
        optional=True,
    ),
    Permission(
        "ecs:ListServices",
        ("ecs:ListServices",),
        "`*` if `ecs:cluster` is the cluster's",
        "`prune`; never needed elsewhere: with it, the message about a service that does not exist names the"
        " nearest one that does",
        (ECS_ACTIONS,),
        others=("prune",),
        optional=True,
    ),
    Permission(
        "ecs:ExecuteCommand",
        ("ecs:ExecuteCommand",),
        "`cluster/CLUSTER` and `task/CLUSTER/*`; the condition key `ecs:container-name` names the container",
        "only `exec`",
        (ECS_ACTIONS,),
        others=("exec",),
    ),
)
"""The actions of ECS, and `iam:PassRole`, which ECS asks for."""
