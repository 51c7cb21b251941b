"""Asking AWS in rounds: an answer may raise a further question, such as the family of a linked definition."""

from collections.abc import Sequence

from ecsplan.compile import open_questions
from ecsplan.manifest import JobSpec
from ecsplan.observed import Observed
from ecsplan_applier.errors import NotObservedError
from ecsplan_applier.observe import Observer


def observe(jobs: Sequence[JobSpec], observer: Observer) -> Observed:
    """Return what the decisions on these jobs depend on.

    Raises:
        ApplierError: Something could not be asked, or is not there.
        NotObservedError: The credentials are for another account than a job names.
    """
    observed = Observed()
    while questions := open_questions(jobs, observed):
        observed = observed.with_answers(observer.answer(questions))
    for job in jobs:
        account = observed.account(job.aws)
        if account is not None and account != job.aws.account_id:
            raise NotObservedError(
                f"{job.name}: the credentials are for account {account}, "
                f"and the manifest names aws.account_id {job.aws.account_id}\n"
                "  help: use the profile or role of that account"
            )
    return observed
