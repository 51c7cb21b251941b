"""The observer: answers what the compiler asks about AWS, with one call for each thing however many ask."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias, TypeVar

from ecsplan.terms.observed import (
    MAX_RECENT,
    Answer,
    AskAccount,
    AskExport,
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
    Body,
    Question,
    Revision,
)
from ecsplan_applier.aws.answers import member, members
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Gateway, SdkGateway, SessionOptions, Target, Trace
from ecsplan_applier.aws.networks import (
    answer_security_groups,
    answer_subnets,
    answer_vpcs,
    answer_vpcs_of_subnets,
)
from ecsplan_applier.aws.operations import (
    DESCRIBE_TASK_DEFINITION,
    GET_CALLER_IDENTITY,
    LIST_TASK_DEFINITIONS,
)
from ecsplan_applier.aws.parameters import answer_parameters
from ecsplan_applier.aws.retry import READING, Caller, RetryPolicy
from ecsplan_applier.aws.services import answer_services
from ecsplan_applier.aws.stacks import answer_exports, answer_outputs
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, NotObservedError
from ecsplan_applier.scheduling.clock import Clock, SystemClock
from ecsplan_applier.scheduling.scheduler import Coro, Event, Loop

_NO_SUCH_DEFINITION = re.compile(r"unable to describe task definition|unable to find task definition", re.I)
"""ECS: `ClientException: Unable to describe task definition.` Nothing else means that there is none."""


_NOT_NEEDED: Final = RetryPolicy(max_elapsed_s=5.0, max_unreachable_s=4.0)
"""For an answer that is not needed: an endpoint may have no STS."""
_ACCOUNT: Final = re.compile(r"\d{12}")

Warn: TypeAlias = Callable[[str], None]
Thing: TypeAlias = tuple[Target, Question]
"""A question without the settings that lead to the place which is asked."""
T = TypeVar("T")


class Observer:
    """Answers questions about AWS for a command.

    Args:
        session: What the command line says about reaching AWS.
        clock: The time; None is the machine's.
        gateway: The way to AWS; None is the SDK's.
        trace: Called with each request, for `--verbose`; used only if `gateway` is None.
        workers: Calls at the same time, at most.
        warn: Called with what could not be asked and is not needed.
    """

    def __init__(
        self,
        session: SessionOptions | None = None,
        *,
        clock: Clock | None = None,
        gateway: Gateway | None = None,
        trace: Trace | None = None,
        workers: int = 16,
        warn: Warn | None = None,
    ) -> None:
        self._warn = warn
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
        return loop.run(asking(Observation(Caller(self._gateway, loop), warn=self._warn)))


class Observation:
    """What was asked within one command, and what AWS answered.

    Args:
        caller: Makes the calls.
        cancel: Once it is set, no call is made again.
        warn: Called with what could not be asked and is not needed, once everything else was answered.
    """

    def __init__(self, caller: Caller, cancel: Event | None = None, *, warn: Warn | None = None) -> None:
        self._caller = caller
        self._warn = warn or _ignore
        self._warnings: list[str] = []
        self._asker = Asker(caller, cancel)

    @property
    def asker(self) -> Asker:
        """Makes the calls."""
        return self._asker

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
            ANSWERS[kind](self, target, [things[each] for each in group])
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

    def _thing(self, question: Question) -> Thing:
        """Return what a question is about: whichever settings lead to one place, it is the same there."""
        return self._caller.gateway.target(question.aws), replace(question, aws=Aws())

    async def region(self, target: Target) -> str:
        """Return the region of a target."""
        return target.region

    async def account_for(self, target: Target, question: AskAccount) -> str | None:
        """Return the account; None where no manifest needs it and it cannot be asked."""
        if question.aws.account_id is None:
            return await self._account_if_known(target)
        return await self.account(target)

    async def latest_once(self, target: Target, family: str) -> Revision | None:
        """Return what `latest` does, asked for once however many jobs share the family."""
        return await self._asker.once((target, "latest", family), self.latest(target, family))

    async def described_once(self, target: Target, reference: str) -> Revision | None:
        """Return what `describe` does, asked for once however many jobs share the revision."""
        return await self._asker.once((target, "described", reference), self.describe(target, reference))

    def forget_unknown(self, target: Target, reference: str) -> None:
        """Ask again for a revision that there was not: it may not have been visible yet."""
        self._asker.forget((target, "described", reference))

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
            reason = str(error).partition("\n")[0]
            # Warnings are held back until everything was answered: an error afterwards makes them pointless.
            self._warnings.append(
                f"the account of these credentials is not known ({reason}); plans have the one that ARNs name"
            )
            return None

    async def latest(self, target: Target, family: str) -> Revision | None:
        """Return the newest ACTIVE revision of a family, or None if there is none.

        ECS describes a family by its newest ACTIVE revision. Some emulators answer with the newest one
        whatever its status: only then the ACTIVE ones are listed.
        """
        found = await self.describe(target, family)
        if found is None or found.definition.get("status", "ACTIVE") == "ACTIVE":
            return found
        request = {"familyPrefix": family, "status": "ACTIVE", "sort": "DESC"}
        arns = [
            each
            for page in await self._asker.pages(target, LIST_TASK_DEFINITIONS, request, f"family {family}")
            for each in members(page, "taskDefinitionArns", str, "ListTaskDefinitions")
            if family_of(each) == family
        ]
        return await self.describe(target, max(arns, key=revision_of)) if arns else None

    async def recent(self, target: Target, family: str) -> tuple[Revision, ...]:
        """Return the ten newest ACTIVE revisions of a family, newest first.

        One page is enough where ECS sorts as it is asked to; an endpoint that sorts otherwise is read to the
        end. A revision that was deregistered since it was listed is left out.
        """
        request = {"familyPrefix": family, "status": "ACTIVE", "sort": "DESC"}

        def listed(pages: Sequence[Body]) -> list[str]:
            names = (members(page, "taskDefinitionArns", str, "ListTaskDefinitions") for page in pages)
            return [each for page in names for each in page if family_of(each) == family]

        def enough(pages: Sequence[Body]) -> bool:
            numbers = [revision_of(each) for each in listed(pages)]
            return len(numbers) >= MAX_RECENT and numbers == sorted(numbers, reverse=True)

        pages = await self._asker.pages(target, LIST_TASK_DEFINITIONS, request, f"family {family}", enough)
        # Sorted here as well: an emulator that ignores `sort` lists the oldest first.
        newest = sorted(listed(pages), key=revision_of, reverse=True)[:MAX_RECENT]
        found = await self._caller.loop.gather(self.describe(target, each) for each in newest)
        return tuple(each for each in found if each is not None and each.is_active)

    async def describe(self, target: Target, reference: str) -> Revision | None:
        """Return a revision by ARN, `family:revision` or `family`, with its tags; None if there is none."""
        request = {"taskDefinition": reference, "include": ["TAGS"]}
        try:
            answer = await self._asker.call(
                target, DESCRIBE_TASK_DEFINITION, request, f"task definition {reference}"
            )
        except AwsError as error:
            if error.code == "ClientException" and _NO_SUCH_DEFINITION.search(error.text):
                return None
            raise
        definition = member(answer, "taskDefinition", dict, "DescribeTaskDefinition")
        member(definition, "taskDefinitionArn", str, "DescribeTaskDefinition")
        return Revision(definition, tuple(members(answer, "tags", dict, "DescribeTaskDefinition")))

    async def linked(self, target: Target, reference: str) -> Revision:
        """Return the revision that a manifest links, which is ACTIVE.

        Raises:
            NotObservedError: It is in another region, does not exist, or is not ACTIVE.
            ApplierError: ECS could not be asked.
        """
        region = region_of(reference)
        if region not in {None, target.region}:
            raise NotObservedError(
                f"task_definition_arn {reference} is in {region}, and the job runs in {target.region}\n"
                "  help: set aws.region, or link a definition of the job's region"
            )
        found = await self._find_linked(target, reference)
        if found is None:
            raise NotObservedError(
                f"DescribeTaskDefinition: task_definition_arn {reference} does not exist in {target.region}\n"
                "  help: `aws ecs list-task-definitions` shows what there is; check region and account"
            )
        if found.definition.get("status", "ACTIVE") != "ACTIVE":
            raise NotObservedError(
                f"task_definition_arn {reference} is {found.definition['status']}: it cannot start tasks\n"
                "  help: link an ACTIVE revision, or the family by its name"
            )
        return found

    async def _find_linked(self, target: Target, reference: str) -> Revision | None:
        try:
            if ":" not in reference:
                return await self.latest(target, reference)
            return await self.describe(target, reference)
        except AwsError as error:
            # ECS answers for a definition of another account as if access were denied: the account is worth
            # naming.
            if not error.code.startswith("AccessDenied"):
                raise
            owner = account_of(reference)
            where = f" (of account {owner}: check that these credentials are, too)" if owner else ""
            raise NotObservedError(f"task_definition_arn {reference}{where}: {error}") from error


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
    AskLatest: _each(AskLatest, lambda observation, target, asked: observation.latest(target, asked.family)),
    AskRecent: _each(AskRecent, lambda observation, target, asked: observation.recent(target, asked.family)),
    AskLinked: _each(
        AskLinked, lambda observation, target, asked: observation.linked(target, asked.reference)
    ),
    AskSubnets: _together(AskSubnets, answer_subnets),
    AskVpc: _together(AskVpc, answer_vpcs),
    AskVpcOfSubnets: _together(AskVpcOfSubnets, answer_vpcs_of_subnets),
    AskSecurityGroup: _together(AskSecurityGroup, answer_security_groups),
    AskParameter: _together(AskParameter, answer_parameters),
    AskStackOutput: _together(AskStackOutput, answer_outputs),
    AskExport: _together(AskExport, answer_exports),
    AskService: _together(AskService, answer_services),
}
"""How each kind of question is answered."""


def _is_pinned(question: Question) -> bool:
    return isinstance(question, AskAccount) and question.aws.account_id is not None


def _ignore(message: str) -> None:
    del message


def region_of(reference: str) -> str | None:
    """Return the region in an ARN, or None if it is not an ARN."""
    return _part(reference, 3)


def account_of(reference: str) -> str | None:
    """Return the account in an ARN, or None if it is not an ARN."""
    return _part(reference, 4)


def _part(reference: str, index: int) -> str | None:
    parts = reference.split(":")
    return parts[index] or None if parts[0] == "arn" and len(parts) > index else None


def family_of(arn: str) -> str:
    """Return the family in a revision's ARN or `family:revision`."""
    return arn.rpartition("/")[2].partition(":")[0]


def revision_of(arn: str) -> int:
    """Return the number in a revision's ARN, or 0 where it has none."""
    number = arn.rpartition(":")[2]
    return int(number) if number.isdecimal() else 0
