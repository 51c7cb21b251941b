"""`VerifiedJob`: a job of a plan with its places, and where AWS is asked about it."""

from ecsplan.draft.view import View
from ecsplan.plan.placed_job import PlacedJob
from ecsplan.plan.plan import PlannedJob
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.gateway import Target


@dataclass(frozen=True, slots=True)
class VerifiedJob:
    """A job that is verified.

    Attributes:
        placed: The job, and where its manifest says what.
        target: Where AWS is asked about it.
        account: The account of the credentials; None where it is not known.
    """

    placed: PlacedJob
    target: Target
    account: str | None

    @property
    def job(self) -> PlannedJob:
        """The job."""
        return self.placed.job

    @property
    def definition(self) -> View:
        """Its RegisterTaskDefinition request."""
        return View("", self.job.definition.request)

    @property
    def tasks(self) -> int:
        """How many of its tasks run at a time, at most."""
        policy = self.job.policy
        copies = policy.array or self.run.number("count") or 1
        return min(copies, policy.max_parallel or copies)

    @property
    def run(self) -> View:
        """Its RunTask request."""
        return View("", self.job.run_request)
