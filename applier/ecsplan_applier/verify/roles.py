"""IAM roles: that they exist in the account, and that the service which uses them may assume them."""

import json
from collections.abc import Iterator, Sequence
from typing import Final, Self
from urllib.parse import unquote

from ecsplan.terms.bodies import as_mapping
from ecsplan.terms.diagnostic import Location
from ecsplan.terms.json_types import Document
from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass
from ecsplan_applier.arns import account_of
from ecsplan_applier.aws.answers import member
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import GET_ROLE
from ecsplan_applier.verify.finding import Verdict, fails, ok, unknown
from ecsplan_applier.verify.questions import Ask, Unanswered, each_answered, found_or_none
from ecsplan_applier.verify.seen import Seen
from ecsplan_applier.verify.trust import AssumingService, trusts
from ecsplan_applier.verify.verified_job import VerifiedJob

TASKS_SERVICE: Final = "ecs-tasks.amazonaws.com"
"""Assumes the execution role and the task role (ECS developer guide, task execution and task IAM role)."""
INFRASTRUCTURE_SERVICE: Final = "ecs.amazonaws.com"
"""Assumes the role that attaches EBS volumes (ECS developer guide, infrastructure IAM role)."""
_MISSING: Final = ("NoSuchEntity", "NoSuchEntityException")


@dataclass(frozen=True, slots=True)
class AskRole(Ask[Body | None]):
    """What does GetRole say of a role of the account? None: there is none.

    Attributes:
        name: Its name, without a path.
    """

    name: str

    @classmethod
    async def answers(cls, asker: Asker, asked: Sequence[Self]) -> Sequence[Body | Unanswered | None]:
        """Return the member `Role` of GetRole for each; IAM has no call for several."""

        async def described(question: Self) -> Body | None:
            request = {"RoleName": question.name}
            about = f"role {question.name}"
            answer = await found_or_none(asker.call(question.target, GET_ROLE, request, about), *_MISSING)
            return None if answer is None else member(answer, "Role", dict, GET_ROLE.name)

        return await each_answered(asker, [described(each) for each in asked])


@dataclass(frozen=True, slots=True)
class Role:
    """A role that a job names.

    Attributes:
        at: Where the manifest names it.
        target: Where AWS is asked about it.
        role: Its ARN or its name, perhaps with its path.
        account: The account of the job; None where it is not known.
        service: The service that assumes it.
        works_for: What the service works for when it does, as the end of an ARN: the service's prefix, and
            the resource, as far as it is known.
    """

    at: Location
    target: Target
    role: str
    account: str | None
    service: str
    works_for: tuple[str, str] = ("ecs", "*")

    @property
    def name(self) -> str:
        """Its name, without a path."""
        return self.role.rpartition("/")[2]

    @property
    def title(self) -> str:
        """What it is."""
        return f"role {self.name}"


def roles(job: VerifiedJob) -> Iterator[Role]:
    """Yield the roles that the tasks of a job have, and those that attach volumes to them.

    A role of the run request is used in place of the one in the definition.
    """
    overrides = job.run.mapping("overrides")
    for name in ("executionRoleArn", "taskRoleArn"):
        if role := overrides.text(name):
            yield _role(job, job.placed.in_run(overrides.at(name)), role, TASKS_SERVICE)
        elif role := job.definition.text(name):
            yield _role(job, job.placed.in_definition(f"/{name}"), role, TASKS_SERVICE)
    for each in job.run.mappings("volumeConfigurations"):
        volume = each.mapping("managedEBSVolume")
        if role := volume.text("roleArn"):
            yield _role(job, job.placed.in_run(volume.at("roleArn")), role, INFRASTRUCTURE_SERVICE)


def execution_role(job: VerifiedJob) -> str | None:
    """Return the execution role that the tasks of a job have, its ARN or name; None for none."""
    return job.run.mapping("overrides").text("executionRoleArn") or job.definition.text("executionRoleArn")


def role_trust(subject: Role, seen: Seen) -> Iterator[Verdict]:
    """The execution role, the task role and the role of EBS volumes exist, and ECS may assume them.

    A role of another account fails without a call, since iam:PassRole cannot pass it. The trust policy has to
    allow sts:AssumeRole to `ecs-tasks.amazonaws.com`, and for EBS volumes to `ecs.amazonaws.com`. If that
    depends on a condition that only AWS can evaluate, it is unknown.

    Calls: iam:GetRole
    Source: IAM user guide, passing roles to services, and policy evaluation logic; ECS developer guide, task
    execution IAM role, task IAM role, infrastructure IAM role.
    """
    wrong = _wrong_arn(subject)
    if wrong is not None:
        yield wrong
        return
    role = seen.of(AskRole(subject.target, subject.name))
    if role is None:
        yield fails(
            f"{subject.title} does not exist{_in_account(subject)}",
            help="`aws iam list-roles` lists them; check the name and the account",
        )
    elif subject.role.startswith("arn:") and role.get("Arn") != subject.role:
        yield fails(f"{subject.title} is {role.get('Arn')}, not {subject.role}", help="write its ARN")
    else:
        yield _trusted(subject, role)


def _role(job: VerifiedJob, at: Location, role: str, service: str) -> Role:
    return Role(at, job.target, role, job.account, service)


def _wrong_arn(subject: Role) -> Verdict | None:
    """Return what is wrong with the ARN alone, or None."""
    if not subject.role.startswith("arn:"):
        return None
    if ":role/" not in subject.role:
        return fails(f"{subject.role} is not the ARN of a role", help="write arn:aws:iam::ACCOUNT:role/NAME")
    account = account_of(subject.role)
    if subject.account is None or account == subject.account:
        return None
    return fails(
        f"{subject.title} belongs to account {account}, and the job runs in {subject.account}",
        help="a role cannot be passed to ECS in another account: use one of the job's account, which may"
        " assume the other",
    )


def _trusted(subject: Role, role: Body) -> Verdict:
    trust = trusts(_document(role), _caller(subject, role))
    match trust.state:
        case "trusted":
            return ok(f"{subject.title} exists, and {subject.service} may assume it")
        case "refused":
            return fails(
                f"{subject.service} may not assume {subject.title}: {trust.why}",
                help=f'its trust policy needs {{"Effect": "Allow", "Principal": {{"Service": '
                f'"{subject.service}"}}, "Action": "sts:AssumeRole"}}',
            )
        case "open":
            return unknown(f"{subject.title}: {trust.why}")


def _caller(subject: Role, role: Body) -> AssumingService:
    arn = str(role.get("Arn", ""))
    account = subject.account or account_of(arn)
    partition = arn.split(":")[1] if arn.startswith("arn:") else "aws"
    prefix, resource = subject.works_for
    source = f"arn:{partition}:{prefix}:{subject.target.region}:{account}:{resource}" if account else "*"
    return AssumingService(subject.service, account, source)


def _document(role: Body) -> Document:
    """Return the trust policy, which the API returns URL-encoded and the SDK decoded."""
    document = role.get("AssumeRolePolicyDocument")
    if isinstance(document, str):
        try:
            document = json.loads(unquote(document))
        except ValueError:
            return {}
    return as_mapping(document)


def _in_account(subject: Role) -> str:
    return "" if subject.account is None else f" in account {subject.account}"
