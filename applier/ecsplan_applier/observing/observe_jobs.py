"""Asking AWS in rounds: an answer may lead to another question, such as the family of a linked definition."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol, TypeAlias, TypeVar

from ecsplan.terms.observed import Answer, AskAccount, Question
from ecsplan_applier.observing.observer import Observation, Observer
from ecsplan_applier.outcomes.errors import other_account

Answers: TypeAlias = Mapping[Question, Answer]


class Asking(Protocol):
    """What is compiled as far as AWS has answered: one compilation, or those of many manifests."""

    @property
    def questions(self) -> tuple[Question, ...]:
        """What is still to be asked."""


Work = TypeVar("Work", bound=Asking)


async def answered(
    work: Work,
    go_on: Callable[[Work, Answers], Work],
    answer: Callable[[Sequence[Question]], Awaitable[Answers]],
) -> Work:
    """Return the work with every question answered. This is the one loop in which AWS is asked.

    Args:
        work: What raises the questions.
        go_on: Returns the work that goes on with these answers; it may raise further questions.
        answer: Returns the answer to each question.
    """
    while questions := work.questions:
        work = go_on(work, await answer(questions))
    return work


def observe(work: Work, go_on: Callable[[Work, Answers], Work], observer: Observer) -> Work:
    """Return the work with every question answered by this observer.

    Raises:
        ApplierError: Something could not be asked, or is not there.
        NotObservedError: The credentials are for another account than a job names.
    """

    async def asked(observation: Observation) -> Work:
        async def answer(questions: Sequence[Question]) -> Answers:
            answers = await observation.answer(questions)
            _refuse_other_accounts(answers)
            return answers

        return await answered(work, go_on, answer)

    return observer.run(asked)


def _refuse_other_accounts(answers: Answers) -> None:
    for question, answer in answers.items():
        if not isinstance(question, AskAccount):
            continue
        aws = question.aws
        if aws.account_id not in {None, answer}:
            raise other_account(str(answer), str(aws.account_id), aws.profile, aws.assume_role_arn)
