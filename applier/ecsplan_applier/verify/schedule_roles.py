"""The role of a schedule: EventBridge Scheduler may assume it, and it may do what a run takes."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final, Literal, Self, TypeAlias

from ecsplan.decision.decide_revision import Reuse
from ecsplan.permissions.subject import tags_tasks
from ecsplan.plan.planned_spec import schedule_of
from ecsplan.scheduled.scheduled_job import group_of
from ecsplan.schedules.target import ecs_arn
from ecsplan.terms.bodies import as_mappings, as_text
from ecsplan.terms.diagnostic import Location
from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass
from ecsplan_applier.arns import account_of, revision_of
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import SIMULATE_PRINCIPAL_POLICY
from ecsplan_applier.aws.retry import OPTIONAL
from ecsplan_applier.verify.finding import Verdict, fails, ok, unknown
from ecsplan_applier.verify.questions import Ask, Unanswered, each_answered, if_served
from ecsplan_applier.verify.roles import TASKS_SERVICE, AskRole, Role, role_trust
from ecsplan_applier.verify.seen import Seen
from ecsplan_applier.verify.verified_job import VerifiedJob

SCHEDULER_SERVICE: Final = "scheduler.amazonaws.com"
"""Assumes the role of a schedule (EventBridge Scheduler user guide, setting up the execution role)."""
_BATCH: Final = 50
"""Resources of one request."""

Permission: TypeAlias = Literal["allowed", "denied", "open"]
"""What the policies of a role say; `open` where a condition rests on what is not known."""
Context: TypeAlias = tuple[tuple[str, str], ...]
"""Condition keys and their values."""


@dataclass(frozen=True, slots=True)
class AskAllowed(Ask[Permission]):
    """Do the policies of a role allow an action on a resource, in a call that has this context?

    Attributes:
        role: The ARN of the role.
        action: The action.
        resource: The ARN of the resource.
        context: Condition keys of the call, and their values.
    """

    role: str
    action: str
    resource: str
    context: Context = ()

    @classmethod
    async def answers(cls, asker: Asker, asked: Sequence[Self]) -> Sequence[Permission | Unanswered]:
        """Return what IAM's policy simulator says: one call for each role, action and context."""
        groups: dict[tuple[str, str, Context], dict[str, None]] = defaultdict(dict)
        for each in asked:
            groups[each.role, each.action, each.context][each.resource] = None
        calls = [
            (key, list(resources)[start : start + _BATCH])
            for key, resources in groups.items()
            for start in range(0, len(resources), _BATCH)
        ]
        said = await each_answered(
            asker, [_simulated(asker, asked[0].target, key, resources) for key, resources in calls]
        )
        answers = {
            (*key, resource): answer if isinstance(answer, Unanswered) else answer.get(resource, "denied")
            for (key, resources), answer in zip(calls, said, strict=True)
            for resource in resources
        }
        return [answers[each.role, each.action, each.context, each.resource] for each in asked]


async def _simulated(
    asker: Asker, target: Target, call: tuple[str, str, Context], resources: Sequence[str]
) -> dict[str, Permission]:
    """Return what the simulator says of each resource, for a call: its role, action and context.

    Raises:
        AwsError: It does not say; an endpoint that has none may answer with anything.
    """
    role, action, context = call
    request: Body = {
        "PolicySourceArn": role,
        "ActionNames": [action],
        "ResourceArns": list(resources),
        "ContextEntries": [
            {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
            for key, value in context
        ],
    }
    about = f"role {role.rpartition('/')[2]}"
    answer = await if_served(asker.call(target, SIMULATE_PRINCIPAL_POLICY, request, about, OPTIONAL))
    return dict(_decisions(answer, resources))


def _decisions(answer: Body, resources: Sequence[str]) -> Iterator[tuple[str, Permission]]:
    """Yield the decisions by resource; the simulator gives one result for an action with all its resources.

    Source: IAM API reference, EvaluationResult, ResourceSpecificResult.
    """
    for result in as_mappings(answer.get("EvaluationResults")):
        specific = as_mappings(result.get("ResourceSpecificResults"))
        for each in specific:
            missing = each.get("MissingContextValues")
            yield str(each.get("EvalResourceName")), _permission(each.get("EvalResourceDecision"), missing)
        if not specific:
            decided = _permission(result.get("EvalDecision"), result.get("MissingContextValues"))
            named = result.get("EvalResourceName")
            for resource in resources if named in {None, "*"} else [str(named)]:
                yield resource, decided


def _permission(decision: object, missing: object) -> Permission:
    if decision == "allowed":
        return "allowed"
    return "open" if missing and decision == "implicitDeny" else "denied"


def schedule_roles(job: VerifiedJob) -> Iterator[Role]:
    """Yield the role of a job's schedule."""
    if role := as_text(schedule_of(job.job).get("role_arn")):
        group = f"schedule-group/{group_of(job.job)}"
        at = job.placed.at("/schedule/role_arn")
        yield Role(at, job.target, role, job.account, SCHEDULER_SERVICE, ("scheduler", group))


def schedule_role_trust(subject: Role, seen: Seen) -> Iterator[Verdict]:
    """The role of a schedule exists in the account of the job, and EventBridge Scheduler may assume it.

    Its trust policy has to allow sts:AssumeRole to `scheduler.amazonaws.com`; `aws:SourceArn` is the ARN of
    the schedule's group.

    Calls: iam:GetRole
    Source: EventBridge Scheduler user guide, setting up the execution role, and confused deputy prevention.
    """
    yield from role_trust(subject, seen)


@dataclass(frozen=True, slots=True)
class ScheduledCall:
    """A call that the role of a schedule has to be allowed.

    Attributes:
        at: Where the manifest names the role.
        target: Where AWS is asked about it.
        role: The ARN of the role.
        action: The action.
        resource: The ARN of what it is for.
        context: Condition keys of the call, and their values.
        allowing: The resource to allow in a policy.
    """

    at: Location
    target: Target
    role: str
    action: str
    resource: str
    context: Context
    allowing: str

    @property
    def title(self) -> str:
        """What it is."""
        return f"role {self.role.rpartition('/')[2]}"


def scheduled_calls(job: VerifiedJob) -> Iterator[ScheduledCall]:
    """Yield the calls that a run of a job's schedule takes.

    These are RunTask, tagging the tasks and passing their roles, and sending to the queue.
    """
    schedule = schedule_of(job.job)
    role = as_text(schedule.get("role_arn"))
    account = account_of(role or "") if job.account is None else job.account
    if role is None or account is None or account_of(role) != account:
        # A role of another account is what `schedule_role_trust` reports.
        return
    at, region = job.placed.at("/schedule/role_arn"), job.target.region
    cluster = job.run.text("cluster") or "default"
    if not cluster.startswith("arn:"):
        cluster = ecs_arn(region, account, "cluster", cluster)
    revision = _revision(job, account)
    every = f"{revision.rpartition(':')[0]}:*"
    runs = (("ecs:cluster", cluster),)
    yield ScheduledCall(at, job.target, role, "ecs:RunTask", revision, runs, every)
    if tags_tasks(job.job.run_request):
        tasks = f"{cluster.replace(':cluster/', ':task/', 1)}/*"
        creates = (("ecs:CreateAction", "RunTask"),)
        yield ScheduledCall(at, job.target, role, "ecs:TagResource", tasks, creates, tasks)
    passes = (("iam:PassedToService", TASKS_SERVICE),)
    partition = role.split(":")[1]
    overrides = job.run.mapping("overrides")
    for name in ("executionRoleArn", "taskRoleArn"):
        passed = overrides.text(name) or job.definition.text(name)
        if passed:
            arn = passed if passed.startswith("arn:") else f"arn:{partition}:iam::{account}:role/{passed}"
            yield ScheduledCall(at, job.target, role, "iam:PassRole", arn, passes, arn)
    queue = as_text(schedule.get("dead_letter_arn"))
    if queue and account_of(queue) == account:
        yield ScheduledCall(at, job.target, role, "sqs:SendMessage", queue, (), queue)


def _revision(job: VerifiedJob, account: str) -> str:
    """Return the ARN of the revision that the schedule starts, or would have if it were registered now."""
    definition = job.job.definition
    match definition.decision:
        case Reuse(arn=str() as arn):
            return arn
        case _:
            number = revision_of(definition.latest or "") + 1
            return ecs_arn(job.target.region, account, "task-definition", f"{definition.family}:{number}")


def _short(arn: str) -> str:
    """Return what an ARN names, in short: a queue, `family:revision`, a role, or all tasks of a cluster."""
    kind, _, name = arn.split(":", 5)[5].partition("/")
    if kind == "task":
        return f"the tasks of cluster {name.removesuffix('/*')}"
    return name.rpartition("/")[2] or kind


def schedule_role_permissions(subject: ScheduledCall, seen: Seen) -> Iterator[Verdict]:
    """The role of a schedule may run the job, tag its tasks, pass their roles, and send to its queue.

    IAM simulates its policies for ecs:RunTask on the revision with the condition key `ecs:cluster`;
    ecs:TagResource on the tasks of the cluster with `ecs:CreateAction` if they get tags; iam:PassRole on each
    role of the task with `iam:PassedToService`; and sqs:SendMessage on the dead-letter queue of the same
    account. If the result depends on another condition key, it is unknown. The schedule follows the revisions
    of the family, so the policy should allow all of them.

    Calls: iam:GetRole, iam:SimulatePrincipalPolicy
    Source: ECS developer guide, IAM role for EventBridge Scheduler, and tagging on creation; IAM API
    reference, SimulatePrincipalPolicy; service authorization reference, Amazon ECS; EventBridge Scheduler
    user guide, configuring a dead-letter queue.
    """
    if seen.of(AskRole(subject.target, subject.role.rpartition("/")[2])) is None:
        return
    what = f"{subject.action} on {_short(subject.resource)}"
    asked = AskAllowed(subject.target, subject.role, subject.action, subject.resource, subject.context)
    match seen.of(asked):
        case "allowed":
            yield ok(f"{subject.title} may call {what}")
        case "open":
            yield unknown(f"{subject.title}: whether it may call {what} rests on a condition of its policies")
        case "denied":
            yield fails(
                f"{subject.title} may not call {what}",
                help=f"allow it {subject.action} on {subject.allowing}",
            )
