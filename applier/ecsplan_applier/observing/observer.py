"""The observer: answers what the compiler asks about AWS, with one call for each thing however many ask."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias, TypeVar

from ecsplan.terms.observed import (
    Answer,
    AskAccount,
    AskExport,
    AskImage,
    AskLatest,
    AskLinked,
    AskParameter,
    AskRecent,
    AskRegion,
    AskSecurityGroup,
    AskService,
    AskStackOutput,
    AskSubnets,
    AskVpc,
    AskVpcOfSubnets,
    Aws,
    Question,
)
from ecsplan_applier.aws.answers import member
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Gateway, SdkGateway, SessionOptions, Target, Trace
from ecsplan_applier.aws.operations import GET_CALLER_IDENTITY
from ecsplan_applier.aws.registries import Registries
from ecsplan_applier.aws.retry import READING, Caller, RetryPolicy
from ecsplan_applier.images.http_registries import HttpRegistries
from ecsplan_applier.observing.images import answer_images
from ecsplan_applier.observing.networks import (
    answer_security_groups,
    answer_subnets,
    answer_vpcs,
    answer_vpcs_of_subnets,
)
from ecsplan_applier.observing.parameters import answer_parameters
from ecsplan_applier.observing.revisions import Revisions
from ecsplan_applier.observing.services import answer_services
from ecsplan_applier.observing.stacks import answer_exports, answer_outputs
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, first_line
from ecsplan_applier.scheduling.clock import Clock, SystemClock
from ecsplan_applier.scheduling.scheduler import Coro, Event, Loop

WORKERS: Final = 16
"""Calls at the same time, at most, unless a command asks for another number."""
_NOT_NEEDED: Final = RetryPolicy(max_elapsed_s=5.0, max_unreachable_s=4.0)
"""For an answer that is not needed: an endpoint may have no STS."""
_ACCOUNT: Final = re.compile(r"\d{12}")

Warn: TypeAlias = Callable[[str], None]
Thing: TypeAlias = tuple[Target, Question]
"""A question without the settings that lead to the place which is asked."""
T = TypeVar("T")


_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
"""Codes with which EC2, and what emulates it, refuses a call that is not allowed (EC2 API error codes)."""


class Observer:
    """Answers questions about AWS for a command.

    Args:
        session: What the command line says about reaching AWS.
        clock: The time; None is the machine's.
        gateway: The way to AWS; None is the SDK's.
        registries: The way to registries of images; None is HTTP.
        trace: Called with each request, for `--verbose`; a given `gateway` or `registries` has its own.
        workers: Calls at the same time, at most.
        warn: Called with what could not be asked and is not needed.
        leaves_open: Kinds of questions that are answered with None where the credentials may not ask them.
    """

    def __init__(
        self,
        session: SessionOptions | None = None,
        *,
        clock: Clock | None = None,
        gateway: Gateway | None = None,
        registries: Registries | None = None,
        trace: Trace | None = None,
        workers: int = WORKERS,
        warn: Warn | None = None,
        leaves_open: frozenset[type[Question]] = frozenset(),
    ) -> None:
        self._warn = warn
        self._leaves_open = leaves_open
        self._registries = registries or HttpRegistries(trace=trace)
        self._clock = clock or SystemClock()
        self._gateway = gateway or SdkGateway(session, connections=workers, trace=trace)
        self._workers = workers

    def answer(self, questions: Iterable[Question]) -> dict[Question, Answer]:
        """Return the answer to each question.

        Raises:
            ApplierError: Something could not be asked, or is not there; the message says what and what to do.
        """
        return self.run(lambda observation: observation.answer(questions))

    def run(self, asking: Callable[["Observation"], Coro[T]]) -> T:
        """Return what a coroutine returns that asks by way of one observation.

        Raises:
            ApplierError: As the coroutine does.
        """
        loop = Loop(self._clock, self._workers)
        caller = Caller(self._gateway, loop)
        observation = Observation(
            caller, registries=self._registries, warn=self._warn, leaves_open=self._leaves_open
        )
        return loop.run(asking(observation))


class Observation:
    """What was asked within one command, and what AWS answered.

    Args:
        caller: Makes the calls.
        cancel: Once it is set, no call is made again.
        registries: The way to registries of images; None is HTTP.
        warn: Called with what could not be asked and is not needed, once everything else was answered.
        leaves_open: Kinds of questions that are answered with None where the credentials may not ask them.
    """

    def __init__(
        self,
        caller: Caller,
        cancel: Event | None = None,
        *,
        registries: Registries | None = None,
        warn: Warn | None = None,
        leaves_open: frozenset[type[Question]] = frozenset(),
    ) -> None:
        self._caller = caller
        self._leaves_open = leaves_open
        self._warn = warn or _ignore
        self._warnings: list[str] = []
        self._asker = Asker(caller, cancel, registries or HttpRegistries())
        self._revisions = Revisions(self._asker)

    @property
    def asker(self) -> Asker:
        """Makes the calls."""
        return self._asker

    @property
    def revisions(self) -> Revisions:
        """Asks about revisions of task definitions."""
        return self._revisions

    async def answer(self, questions: Iterable[Question]) -> dict[Question, Answer]:
        """Return the answer to each question; those about one thing share one call.

        Questions of one kind about one place are answered together, and the kinds concurrently.
        """
        asked = {each: self._thing(each) for each in dict.fromkeys(questions)}
        # Of questions about one thing the last one is asked: where a manifest pins the account, that one.
        things = {asked[question]: question for question in sorted(asked, key=_is_pinned)}
        groups: dict[tuple[Target, type[Question]], list[Thing]] = defaultdict(list)
        for thing, question in things.items():
            groups[thing[0], type(question)].append(thing)
        answers = await self._caller.loop.gather(
            self._answers_of(kind, target, [things[each] for each in group])
            for (target, kind), group in groups.items()
        )
        known = {
            thing: answer
            for group, found in zip(groups.values(), answers, strict=True)
            for thing, answer in zip(group, found, strict=True)
        }
        for each in self._warnings:
            self._warn(each)
        self._warnings.clear()
        return {question: known[thing] for question, thing in asked.items()}

    async def _answers_of(
        self, kind: type[Question], target: Target, questions: Sequence[Question]
    ) -> Sequence[Answer]:
        """Return the answers to questions of one kind about one place."""
        try:
            return await ANSWERS[kind](self, target, questions)
        except AwsError as error:
            if kind not in self._leaves_open or error.code not in _DENIED:
                raise
            self._warnings.append(first_line(error))
            return [None] * len(questions)

    def _thing(self, question: Question) -> Thing:
        """Return what a question is about: whichever settings lead to one place, it is the same there."""
        return self._caller.gateway.target(question.aws), replace(question, aws=Aws())

    def target(self, aws: Aws) -> Target:
        """Return where calls for this `aws` go.

        Raises:
            SessionError: No region, or a profile that does not exist.
        """
        return self._caller.gateway.target(aws)

    async def region(self, target: Target) -> str:
        """Return the region of a target."""
        return target.region

    async def account_for(self, target: Target, question: AskAccount) -> str | None:
        """Return the account; None where no manifest needs it and it cannot be asked."""
        if question.aws.account_id is None:
            return await self._account_if_known(target)
        return await self.account(target)

    async def account(self, target: Target, *, needed: bool = True) -> str:
        """Return the account of the credentials; asked for only a short while unless it is `needed`.

        Raises:
            ApplierError: It could not be asked, or what answers is not STS.
        """
        policy = READING if needed else _NOT_NEEDED
        answer = await self._asker.call(target, GET_CALLER_IDENTITY, {}, "the credentials", policy)
        account = member(answer, "Account", str, "GetCallerIdentity")
        if not _ACCOUNT.fullmatch(account):
            text = f"the answer's Account is {account!r}, not 12 digits"
            raise AwsError("GetCallerIdentity", AwsError.BAD_ANSWER, text)
        return account

    async def account_once(self, target: Target, *, needed: bool = False) -> str:
        """Return what `account` does, asked for once however many jobs need it."""
        return await self._asker.once((target, "account"), self.account(target, needed=needed))

    async def _account_if_known(self, target: Target) -> str | None:
        """Return the account of the credentials, or None where STS cannot be asked, with a warning."""
        try:
            return await self.account(target, needed=False)
        except ApplierError as error:
            reason = first_line(error)
            # Warnings are held back until everything was answered: an error afterwards makes them pointless.
            self._warnings.append(
                f"the account of these credentials is unknown ({reason}); plans use the account that ARNs "
                "name"
            )
            return None


Answering: TypeAlias = Callable[[Observation, Target, Sequence[Question]], Coro[Sequence[Answer]]]
"""Returns the answers to questions of one kind about one place, in their order."""
Q = TypeVar("Q", bound=Question)


def _each(kind: type[Q], ask: Callable[[Observation, Target, Q], Coro[Answer]]) -> Answering:
    """Return what answers questions one by one, concurrently."""

    async def answer(
        observation: Observation, target: Target, questions: Sequence[Question]
    ) -> Sequence[Answer]:
        asked = [each for each in questions if isinstance(each, kind)]
        return await observation.asker.together(ask(observation, target, each) for each in asked)

    return answer


def _together(
    kind: type[Q], ask: Callable[[Asker, Target, Sequence[Q]], Coro[Sequence[Answer]]]
) -> Answering:
    """Return what answers questions together, with as few calls as the API allows."""

    async def answer(
        observation: Observation, target: Target, questions: Sequence[Question]
    ) -> Sequence[Answer]:
        asked = [each for each in questions if isinstance(each, kind)]
        return await ask(observation.asker, target, asked)

    return answer


ANSWERS: Final[Mapping[type[Question], Answering]] = {
    AskRegion: _each(AskRegion, lambda observation, target, _: observation.region(target)),
    AskAccount: _each(AskAccount, Observation.account_for),
    AskLatest: _each(
        AskLatest, lambda observation, target, asked: observation.revisions.latest(target, asked.family)
    ),
    AskRecent: _each(
        AskRecent, lambda observation, target, asked: observation.revisions.recent(target, asked.family)
    ),
    AskLinked: _each(
        AskLinked, lambda observation, target, asked: observation.revisions.linked(target, asked.reference)
    ),
    AskSubnets: _together(AskSubnets, answer_subnets),
    AskVpc: _together(AskVpc, answer_vpcs),
    AskVpcOfSubnets: _together(AskVpcOfSubnets, answer_vpcs_of_subnets),
    AskSecurityGroup: _together(AskSecurityGroup, answer_security_groups),
    AskParameter: _together(AskParameter, answer_parameters),
    AskStackOutput: _together(AskStackOutput, answer_outputs),
    AskExport: _together(AskExport, answer_exports),
    AskService: _together(AskService, answer_services),
    AskImage: _together(AskImage, answer_images),
}
"""How each kind of question is answered."""


def _is_pinned(question: Question) -> bool:
    return isinstance(question, AskAccount) and question.aws.account_id is not None


def _ignore(message: str) -> None:
    del message
