"""`JobFamily`: the family that a job registers its task definitions into, as far as that is known."""

from ecsplan.draft.draft import Draft
from ecsplan.draft.task_definition import family_source
from ecsplan.plan.decide_job import runs_linked
from ecsplan.plan.plan import PlannedJob
from ecsplan.terms.observed import Aws
from ecsplan.terms.records import dataclass


@dataclass(frozen=True, slots=True)
class JobFamily:
    """The family of a job.

    Attributes:
        job: The job's name.
        aws: Where the family is.
        family: Its name; None where the job runs a linked revision as it is, and registers nothing.
        is_open: Whether only AWS can tell the family, and has not been asked.
    """

    job: str
    aws: Aws
    family: str | None
    is_open: bool = False


def job_family(job: PlannedJob, made: Draft) -> JobFamily:
    """Return the family of a compiled job, whether AWS was asked or not."""
    if runs_linked(made.linked, job.definition.decision):
        return JobFamily(job.name, job.aws, None)
    if not made.known:
        # Without a key that changes it, a linked definition runs as it is; with one, only AWS knows whether
        # the definition says the same already.
        as_it_is = made.definition.keys() <= {"family"}
        return JobFamily(job.name, job.aws, None, is_open=not as_it_is)
    of_service = made.job.awaits_service and family_source(made.job, {})[0] == "service"
    if of_service or made.job.written.open_lookups:
        return JobFamily(job.name, job.aws, None, is_open=True)
    return JobFamily(job.name, job.aws, job.definition.family)
