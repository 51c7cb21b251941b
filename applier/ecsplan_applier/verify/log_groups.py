"""Log groups of containers that log through `awslogs`."""

import shlex
from collections.abc import Iterator, Sequence
from typing import Final, Self

from ecsplan.terms.bodies import as_mappings
from ecsplan.terms.diagnostic import Location
from ecsplan.terms.records import dataclass
from ecsplan_applier.arns import account_of
from ecsplan_applier.aws.answers import members
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import DESCRIBE_LOG_GROUPS, SIMULATE_PRINCIPAL_POLICY
from ecsplan_applier.aws.retry import OPTIONAL
from ecsplan_applier.verify.capacity import on_instances
from ecsplan_applier.verify.finding import Verdict, fails, ok, unknown
from ecsplan_applier.verify.questions import Ask, Unanswered, each_answered, if_served
from ecsplan_applier.verify.roles import AskRole, execution_role
from ecsplan_applier.verify.seen import Seen
from ecsplan_applier.verify.verified_job import VerifiedJob

_CREATE: Final = "logs:CreateLogGroup"
_MANAGED: Final = "AmazonECSTaskExecutionRolePolicy"
"""The policy that execution roles usually have; it does not allow `logs:CreateLogGroup` (ECS developer guide,
using the awslogs log driver)."""


@dataclass(frozen=True, slots=True)
class AskLogGroup(Ask[bool]):
    """Is there a log group of this name?

    Attributes:
        name: Its name.
    """

    name: str

    @classmethod
    async def answers(cls, asker: Asker, asked: Sequence[Self]) -> Sequence[bool | Unanswered]:
        """Return whether there is each one."""

        async def exists(question: Self) -> bool:
            # Groups come in the order of their names: one that is the prefix itself is on the first page.
            request = {"logGroupNamePrefix": question.name}
            about = f"log group {question.name}"
            answer = await asker.call(question.target, DESCRIBE_LOG_GROUPS, request, about)
            groups = members(answer, "logGroups", dict, DESCRIBE_LOG_GROUPS.name)
            return any(each.get("logGroupName") == question.name for each in groups)

        return await each_answered(asker, [exists(each) for each in asked])


@dataclass(frozen=True, slots=True)
class AskPermission(Ask[bool]):
    """Do its own policies allow a role an action?

    Attributes:
        role: The ARN of the role.
        action: The action.
        resource: The ARN of what it is for.
    """

    role: str
    action: str
    resource: str

    @classmethod
    async def answers(cls, asker: Asker, asked: Sequence[Self]) -> Sequence[bool | Unanswered]:
        """Return what IAM's policy simulator says of each."""

        async def allowed(question: Self) -> bool:
            request = {
                "PolicySourceArn": question.role,
                "ActionNames": [question.action],
                "ResourceArns": [question.resource],
            }
            about = f"role {question.role.rpartition('/')[2]}"
            answer = await asker.call(question.target, SIMULATE_PRINCIPAL_POLICY, request, about, OPTIONAL)
            results = as_mappings(answer.get("EvaluationResults"))
            return bool(results) and all(each.get("EvalDecision") == "allowed" for each in results)

        return await each_answered(asker, [if_served(allowed(each)) for each in asked])


@dataclass(frozen=True, slots=True)
class LogGroup:
    """The log group of a container.

    Attributes:
        at: Where the manifest names it.
        target: Where AWS is asked about it: in its own region.
        of_job: Where AWS is asked about the job.
        name: Its name.
        creates: Whether it is created where it does not exist.
        role: The execution role, its ARN or name; None where the container instance sends the logs.
    """

    at: Location
    target: Target
    of_job: Target
    name: str
    creates: bool
    role: str | None

    @property
    def title(self) -> str:
        """What it is."""
        return f"log group {self.name}"


def log_groups(job: VerifiedJob) -> Iterator[LogGroup]:
    """Yield the log groups of the containers of a job."""
    for container in job.definition.mappings("containerDefinitions"):
        logging = container.mapping("logConfiguration")
        options = logging.mapping("options")
        name = options.text("awslogs-group")
        if logging.text("logDriver") == "awslogs" and name:
            yield LogGroup(
                job.placed.in_definition(options.at("awslogs-group")),
                job.target.in_region(options.text("awslogs-region") or job.target.region),
                job.target,
                name,
                (options.text("awslogs-create-group") or "").lower() == "true",
                _creator(job),
            )


def _creator(job: VerifiedJob) -> str | None:
    """Return the role that sends logs; None for that of the container instance.

    There an agent uses the execution role only where ECS_ENABLE_AWSLOGS_EXECUTIONROLE_OVERRIDE is set (ECS
    developer guide, Amazon ECS container agent configuration).
    """
    return None if on_instances(job) else execution_role(job)


def log_group_exists(subject: LogGroup, seen: Seen) -> Iterator[Verdict]:
    """The log group of `awslogs` exists in its region, or the execution role may create it.

    It is created if `awslogs-create-group` is true. IAM simulates `logs:CreateLogGroup` for the execution
    role; the managed policy AmazonECSTaskExecutionRolePolicy does not allow it. On container instances,
    another role may create the group; this is unknown.

    Calls: logs:DescribeLogGroups, iam:GetRole, iam:SimulatePrincipalPolicy
    Source: ECS developer guide, using the awslogs log driver; IAM API reference, SimulatePrincipalPolicy.
    """
    if seen.of(AskLogGroup(subject.target, subject.name)):
        yield ok(f"{subject.title} exists in {subject.target.region}")
    elif not subject.creates:
        region = subject.target.region
        create = ("aws", "logs", "create-log-group", "--log-group-name", subject.name, "--region", region)
        yield fails(
            f"{subject.title} does not exist in {region}",
            help=f"create it with `{shlex.join(create)}`, or set `awslogs-create-group` to `true`",
        )
    elif subject.role is None:
        yield unknown(
            f"{subject.title} does not exist, and is created with the role of the container instance,"
            " which is not known"
        )
    else:
        yield from _created(subject, subject.role, seen)


def _created(subject: LogGroup, named: str, seen: Seen) -> Iterator[Verdict]:
    """Yield whether the execution role may create the group; nothing where there is no such role."""
    role = seen.of(AskRole(subject.of_job, named.rpartition("/")[2]))
    if role is None:
        return
    arn = str(role.get("Arn"))
    resource = (
        f"arn:{arn.split(':')[1]}:logs:{subject.target.region}:{account_of(arn)}:log-group:{subject.name}"
    )
    name = named.rpartition("/")[2]
    if seen.of(AskPermission(subject.of_job, arn, _CREATE, resource)):
        yield ok(f"{subject.title} is created when the task starts: role {name} may do that")
    else:
        yield fails(
            f"{subject.title} does not exist, and role {name} may not create it",
            help=f"create it, or allow the role {_CREATE}, which {_MANAGED} does not",
        )
