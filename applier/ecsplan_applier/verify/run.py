"""Running the checks: in rounds, each of which asks together what all checks want to know."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from ecsplan.plan.placed_job import PlacedJob
from ecsplan.terms.diagnostic import Location
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.observing.observer import Observation, Observer
from ecsplan_applier.observing.planned_account import compare_account
from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.verify.check import Check
from ecsplan_applier.verify.finding import Finding, Verdict, in_order, unknown
from ecsplan_applier.verify.order import CHECKS
from ecsplan_applier.verify.questions import Ask, Unanswered
from ecsplan_applier.verify.seen import OpenQuestionsError, Seen, UnansweredError
from ecsplan_applier.verify.verified_job import VerifiedJob


@dataclass(frozen=True, slots=True)
class _Case:
    """A check of one subject."""

    check: Check[Any]
    subject: Any

    def judged(self, seen: Seen) -> tuple[Finding, ...]:
        """Return the findings, given what AWS has answered.

        Raises:
            OpenQuestionsError: It has asked what is not answered yet.
        """
        verdicts: list[Verdict] = []
        try:
            verdicts += self.check.judge(self.subject, seen)
        except UnansweredError as error:
            why = error.why
            verdicts.append(unknown(f"{self.subject.title}: {why.reason}", unasked=why.unasked))
        return tuple(self._finding(each) for each in verdicts)

    def _finding(self, verdict: Verdict) -> Finding:
        at: Location = verdict.at or self.subject.at
        help_text = "\n".join(each for each in (verdict.help, at.origin) if each)
        return Finding(verdict.state, self.check.name, at, verdict.message, help_text, verdict.unasked)


def verify(jobs: Sequence[PlacedJob], observer: Observer, *, planned: bool = False) -> tuple[Finding, ...]:
    """Return what all checks find of these jobs, in the order of the places; changes nothing.

    Args:
        jobs: The jobs.
        observer: Asks AWS.
        planned: Whether they are those of a plan that was read. The account that it is for is compared with
            that of the credentials: in another account, none of the findings would be about the plan.

    Raises:
        OtherAccountError: The plan is for another account.
        ApplierError: AWS could not be asked.
    """

    async def run(observation: Observation) -> tuple[Finding, ...]:
        placed = [(each, observation.target(each.job.aws)) for each in jobs]
        if planned:
            await _compare_accounts(observation, placed)
        made = [VerifiedJob(each, target, each.job.account) for each, target in placed]
        return await verified(observation.asker, made)

    return observer.run(run)


async def _compare_accounts(observation: Observation, jobs: Sequence[tuple[PlacedJob, Target]]) -> None:
    """Compare the account of a plan with that of the credentials, once for each target."""
    accounts = {(target, each.job.account): each.job.name for each, target in jobs if each.job.account}
    await observation.asker.together(
        compare_account(observation, target, name, account) for (target, account), name in accounts.items()
    )


async def verified(
    asker: Asker, jobs: Sequence[VerifiedJob], checks: Sequence[Check[Any]] = CHECKS
) -> tuple[Finding, ...]:
    """Return what the checks find of the jobs, in the order of the places.

    Each round runs the checks that are not done, and asks for everything that they want to know: questions of
    one kind about one place together, and the kinds concurrently. A check whose question cannot be asked ends
    as unknown.

    Raises:
        ApplierError: AWS could not be asked, none of it could be reached, or the credentials are not valid.
    """
    open_cases = [
        _Case(check, subject)
        for check in checks
        for subject in dict.fromkeys(subject for job in jobs for subject in check.over(job))
    ]
    answers: dict[Ask[Any], object] = {}
    findings: list[Finding] = []
    while open_cases:
        waiting: list[_Case] = []
        asked: dict[Ask[Any], None] = {}
        for case in open_cases:
            try:
                findings += case.judged(Seen(answers))
            except OpenQuestionsError as error:
                waiting.append(case)
                asked.update(dict.fromkeys(error.questions))
        answers.update(await _answers(asker, list(asked)))
        open_cases = waiting
    _refuse_unreachable(answers)
    return in_order(findings)


async def _answers(asker: Asker, asked: Sequence[Ask[Any]]) -> dict[Ask[Any], object]:
    groups: dict[tuple[type[Ask[Any]], Target], list[Ask[Any]]] = defaultdict(list)
    for question in asked:
        groups[type(question), question.target].append(question)
    found = await asker.together(kind.answers(asker, group) for (kind, _), group in groups.items())
    return {
        question: answer
        for group, answers in zip(groups.values(), found, strict=True)
        for question, answer in zip(group, answers, strict=True)
    }


def _refuse_unreachable(answers: dict[Ask[Any], object]) -> None:
    """Raise the error with which the services could not be reached, where none of them could.

    A service alone may be out of reach, from a network without a way to it.
    """
    failed = [each.error for each in answers.values() if isinstance(each, Unanswered)]
    if failed and len(failed) == len(answers) and all(each.code == AwsError.NOT_REACHED for each in failed):
        raise failed[0]
