"""Asking AWS in rounds: an answer may raise a further question, such as the family of a linked definition."""

from collections.abc import Sequence

from ecsplan.compile import account_questions, open_questions
from ecsplan.job.spec import JobSpec
from ecsplan.terms.observed import AskAccount, Observed, Question
from ecsplan_applier.aws.observer import Observer
from ecsplan_applier.outcomes.errors import NotObservedError


def observe(jobs: Sequence[JobSpec], observer: Observer) -> Observed:
    """Return what the decisions on these jobs depend on.

    Raises:
        ApplierError: Something could not be asked, or is not there.
        NotObservedError: The credentials are for another account than a job names.
    """
    observed = Observed()
    while questions := (*open_questions(jobs, observed), *account_questions(jobs, observed)):
        observed = ask(questions, observed, observer)
    return observed


def ask(questions: Sequence[Question], observed: Observed, observer: Observer) -> Observed:
    """Return what was observed with the answers to these questions: one round.

    Raises:
        ApplierError: Something could not be asked, or is not there.
        NotObservedError: The credentials are for another account than a job names.
    """
    answers = observer.answer(questions)
    for question, answer in answers.items():
        if isinstance(question, AskAccount) and question.aws.account_id not in {None, answer}:
            raise NotObservedError(
                f"the credentials are for account {answer}, "
                f"and a manifest names aws.account_id {question.aws.account_id}\n"
                "  help: use the profile or role of that account"
            )
    return observed.with_answers(answers)
