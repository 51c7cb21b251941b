"""Task definitions that a job runs as somebody else has registered them."""

from collections.abc import Iterator, Sequence
from typing import Self

from ecsplan.decision.decide_revision import Reuse
from ecsplan.terms.diagnostic import Location
from ecsplan.terms.records import dataclass
from ecsplan_applier.arns import family_of, revision_of
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.observing.revisions import Revisions
from ecsplan_applier.verify.finding import Verdict, fails, ok
from ecsplan_applier.verify.questions import Ask, Unanswered, each_answered
from ecsplan_applier.verify.seen import Seen
from ecsplan_applier.verify.verified_job import VerifiedJob


@dataclass(frozen=True, slots=True)
class AskDefinitionStatus(Ask[str | None]):
    """What is the status of a revision? None: there is none.

    Attributes:
        arn: Its ARN.
    """

    arn: str

    @classmethod
    async def answers(cls, asker: Asker, asked: Sequence[Self]) -> Sequence[str | Unanswered | None]:
        """Return the status of each; ECS has no call for several."""
        revisions = Revisions(asker)

        async def status(question: Self) -> str | None:
            found = await revisions.describe(question.target, question.arn)
            return None if found is None else str(found.definition.get("status", "ACTIVE"))

        return await each_answered(asker, [status(each) for each in asked])


@dataclass(frozen=True, slots=True)
class LinkedDefinition:
    """A revision that a job is linked to, and runs as it is.

    Attributes:
        at: Where the manifest names it.
        target: Where AWS is asked about it.
        arn: Its ARN.
    """

    at: Location
    target: Target
    arn: str

    @property
    def title(self) -> str:
        """What it is."""
        return f"task definition {family_of(self.arn)}:{revision_of(self.arn)}"


def linked_definitions(job: VerifiedJob) -> Iterator[LinkedDefinition]:
    """Yield the revision that a job is linked to; none where it runs one that ecsplan registers."""
    decision = job.job.definition.decision
    linked = {"task_definition_arn", "service"} & job.job.spec.keys()
    if linked and isinstance(decision, Reuse) and decision.arn:
        yield LinkedDefinition(job.placed.at(f"/{min(linked)}"), job.target, decision.arn)


def linked_definition_active(subject: LinkedDefinition, seen: Seen) -> Iterator[Verdict]:
    """A linked task definition is ACTIVE: no task can be started from one that was deregistered.

    Calls: ecs:DescribeTaskDefinition
    Source: ECS API reference, TaskDefinition (status), DeregisterTaskDefinition.
    """
    status = seen.of(AskDefinitionStatus(subject.target, subject.arn))
    if status == "ACTIVE":
        yield ok(f"{subject.title} is ACTIVE")
    else:
        state = "does not exist" if status is None else f"is {status}"
        yield fails(f"{subject.title} {state}", help="link the job to an ACTIVE revision and compile again")
