"""Schedules of EventBridge Scheduler: their names, groups, targets, times and dead-letter queues."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final, Self

from ecsplan.plan.planned_spec import schedule_of
from ecsplan.scheduled.scheduled_job import group_of, unschedulable
from ecsplan.schedules.names import DEFAULT_GROUP, MARK, is_marked, schedule_name
from ecsplan.schedules.run_times import EXPRESSION_KEYS, At, is_skipped, next_times, read_expression
from ecsplan.terms.bodies import as_text
from ecsplan.terms.diagnostic import Location
from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass
from ecsplan_applier.arns import account_of, region_of
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import GET_QUEUE_URL, GET_SCHEDULE, GET_SCHEDULE_GROUP
from ecsplan_applier.scheduling.time_zone import time_zone
from ecsplan_applier.verify.finding import Verdict, fails, ok, unknown
from ecsplan_applier.verify.questions import Ask, Unanswered, each_answered, found_or_none
from ecsplan_applier.verify.seen import Seen
from ecsplan_applier.verify.verified_job import VerifiedJob

_NOT_FOUND: Final = "ResourceNotFoundException"
_NO_QUEUE: Final = ("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue")
"""Codes of a queue that does not exist, in SQS's JSON protocol and in its query protocol."""


@dataclass(frozen=True, slots=True)
class AskSchedule(Ask[Body | None]):
    """What does GetSchedule say of a schedule? None: there is none.

    Attributes:
        group: Its group.
        name: Its name.
    """

    group: str
    name: str

    @classmethod
    async def answers(cls, asker: Asker, asked: Sequence[Self]) -> Sequence[Body | Unanswered | None]:
        """Return what it says of each; there is no call for several."""

        async def described(question: Self) -> Body | None:
            request = {"Name": question.name, "GroupName": question.group}
            about = f"schedule {question.group}/{question.name}"
            return await found_or_none(asker.call(question.target, GET_SCHEDULE, request, about), _NOT_FOUND)

        return await each_answered(asker, [described(each) for each in asked])


@dataclass(frozen=True, slots=True)
class AskScheduleGroup(Ask[str | None]):
    """In which state is a schedule group? None: there is none.

    Attributes:
        name: Its name.
    """

    name: str

    @classmethod
    async def answers(cls, asker: Asker, asked: Sequence[Self]) -> Sequence[str | Unanswered | None]:
        """Return the state of each; there is no call for several."""

        async def state(question: Self) -> str | None:
            asking = asker.call(
                question.target,
                GET_SCHEDULE_GROUP,
                {"Name": question.name},
                f"schedule group {question.name}",
            )
            found = await found_or_none(asking, _NOT_FOUND)
            return None if found is None else str(found.get("State", "ACTIVE"))

        return await each_answered(asker, [state(each) for each in asked])


@dataclass(frozen=True, slots=True)
class AskQueue(Ask[bool]):
    """Is there a queue of this name?

    Attributes:
        account: The account of the queue.
        name: Its name.
    """

    account: str
    name: str

    @classmethod
    async def answers(cls, asker: Asker, asked: Sequence[Self]) -> Sequence[bool | Unanswered]:
        """Return whether there is each one."""

        async def exists(question: Self) -> bool:
            request = {"QueueName": question.name, "QueueOwnerAWSAccountId": question.account}
            asking = asker.call(question.target, GET_QUEUE_URL, request, f"queue {question.name}")
            return await found_or_none(asking, *_NO_QUEUE) is not None

        return await each_answered(asker, [exists(each) for each in asked])


@dataclass(frozen=True, slots=True)
class AskTime(Ask[float]):
    """What time is it, in seconds since 1970?"""

    @classmethod
    async def answers(cls, asker: Asker, asked: Sequence[Self]) -> Sequence[float]:
        """Return the time."""
        return [asker.now()] * len(asked)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The schedule of a job.

    Attributes:
        at: Where the manifest says it, or the member of it that a check is about.
        target: Where AWS is asked about it.
        job: The name of the job.
        group: Its group.
        key: The kind of its expression: `cron`, `rate` or `at`.
        expression: Its expression, without AWS's parentheses.
        timezone: The time zone in which that is read.
        refused: Why EventBridge Scheduler cannot run the job.
    """

    at: Location
    target: Target
    job: str
    group: str
    key: str
    expression: str
    timezone: str
    refused: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its name."""
        return schedule_name(self.job)

    @property
    def title(self) -> str:
        """What it is."""
        return f"schedule {self.group}/{self.name}"


def schedules(job: VerifiedJob, member: str = "") -> Iterator[Schedule]:
    """Yield the schedule of a job, at a member of it."""
    schedule = schedule_of(job.job)
    key = next((each for each in EXPRESSION_KEYS if schedule.get(each) is not None), None)
    if key is not None:
        yield Schedule(
            job.placed.at(f"/schedule{member or f'/{key}'}"),
            job.target,
            job.job.name,
            group_of(job.job),
            key,
            str(schedule[key]),
            as_text(schedule.get("timezone")) or "UTC",
            # The account of the role is what `schedule_role_trust` reports.
            tuple(unschedulable(job.job, None)),
        )


def grouped_schedules(job: VerifiedJob) -> Iterator[Schedule]:
    """Yield the schedule of a job that names a group."""
    yield from (each for each in schedules(job, "/group") if each.group != DEFAULT_GROUP)


def schedule_own(subject: Schedule, seen: Seen) -> Iterator[Verdict]:
    """No schedule with the job's name exists that ecsplan did not create and would therefore not change.

    Calls: scheduler:GetSchedule
    Source: EventBridge Scheduler API reference, GetSchedule (Description).
    """
    found = seen.of(AskSchedule(subject.target, subject.group, subject.name))
    if found is not None and not is_marked(found.get("Description")):
        yield fails(
            f"{subject.title} exists, and was not created by ecsplan",
            help=f"rename the job, name another `group`, delete that schedule, or write {MARK} at the"
            " beginning of its description to let ecsplan take it over",
        )
    else:
        yield ok(f"{subject.title} {'does not exist yet' if found is None else 'is one of ecsplan'}")


def schedule_group(subject: Schedule, seen: Seen) -> Iterator[Verdict]:
    """The group of a schedule is not being deleted; a missing group is created by `ecsplan schedule`.

    Calls: scheduler:GetScheduleGroup
    Source: EventBridge Scheduler API reference, GetScheduleGroup (State).
    """
    state = seen.of(AskScheduleGroup(subject.target, subject.group))
    if state == "DELETING":
        yield fails(
            f"schedule group {subject.group} is being deleted, and takes no schedules",
            help="wait until it is gone, or name another group",
        )
    elif state is None:
        yield ok(f"schedule group {subject.group} does not exist: `ecsplan schedule` creates it")
    else:
        yield ok(f"schedule group {subject.group} is {state}")


def schedule_target(subject: Schedule, seen: Seen) -> Iterator[Verdict]:
    """The target of a schedule can express the run request, and contains no sensitive value.

    Calls: none
    Source: EventBridge Scheduler API reference, EcsParameters.
    """
    del seen
    for reason in subject.refused:
        yield fails(f"{subject.title}: {reason}")
    if not subject.refused:
        yield ok(f"{subject.title} can have the run request of the job as its target")


def schedule_time(subject: Schedule, seen: Seen) -> Iterator[Verdict]:
    """The schedule has at least one future run: the last year of its expression has not passed.

    A time in the past is unknown, not a failure: the schedule may have run, and `ecsplan schedule` leaves it
    unchanged.

    Calls: none
    Source: EventBridge Scheduler user guide, schedule types, and daylight savings time.
    """
    key = next(each for each in EXPRESSION_KEYS if each == subject.key)
    when = read_expression(key, subject.expression)
    zone = time_zone(subject.timezone)
    if zone is None:
        yield unknown(f"{subject.title}: this machine has no time zone database with {subject.timezone}")
        return
    if isinstance(when, tuple):
        yield unknown(f"{subject.title}: when it runs is not known until its lookups are resolved")
        return
    now = datetime.fromtimestamp(seen.of(AskTime(subject.target)), UTC).astimezone(zone)
    following = next(next_times(when, now), None)
    written = f"{subject.key}({subject.expression})"
    if following is None and isinstance(when, At) and not is_skipped(when.moment.replace(tzinfo=zone)):
        yield unknown(
            f"{subject.title}: {written} in {subject.timezone} has passed: `ecsplan schedule` leaves the"
            " schedule as it is",
            help="if it is to run again, write a time in the future",
        )
    elif following is None:
        yield fails(
            f"{subject.title}: {written} in {subject.timezone} has no run after {_shown(now)}",
            help="write a time in the future, or remove the schedule",
        )
    elif subject.key == "rate":
        yield ok(f"{subject.title} runs every {subject.expression}")
    else:
        yield ok(f"{subject.title} runs next at {_shown(following)}")


def _shown(moment: datetime) -> str:
    return moment.isoformat(sep=" ", timespec="minutes")


@dataclass(frozen=True, slots=True)
class DeadLetterQueue:
    """The queue for what a schedule could not start.

    Attributes:
        at: Where the manifest names it.
        target: Where AWS is asked about it.
        arn: Its ARN.
    """

    at: Location
    target: Target
    arn: str

    @property
    def name(self) -> str:
        """Its name."""
        return self.arn.rpartition(":")[2]

    @property
    def title(self) -> str:
        """What it is."""
        return f"queue {self.name}"


def dead_letter_queues(job: VerifiedJob) -> Iterator[DeadLetterQueue]:
    """Yield the dead-letter queue of a job's schedule."""
    if arn := as_text(schedule_of(job.job).get("dead_letter_arn")):
        yield DeadLetterQueue(job.placed.at("/schedule/dead_letter_arn"), job.target, arn)


def schedule_dead_letter_queue(subject: DeadLetterQueue, seen: Seen) -> Iterator[Verdict]:
    """The dead-letter queue of a schedule exists, in the schedule's region, and is a standard queue.

    Calls: sqs:GetQueueUrl
    Source: EventBridge Scheduler user guide, configuring a dead-letter queue; SQS API reference, GetQueueUrl.
    """
    region = region_of(subject.arn)
    if region != subject.target.region:
        yield fails(
            f"{subject.title} is in {region}, and the schedule is in {subject.target.region}",
            help="name a queue of the schedule's region",
        )
    elif subject.name.endswith(".fifo"):
        yield fails(f"{subject.title} is a FIFO queue", help="name a standard queue")
    elif seen.of(AskQueue(subject.target, account_of(subject.arn) or "", subject.name)):
        yield ok(f"{subject.title} exists")
    else:
        yield fails(
            f"{subject.title} does not exist in {region} of account {account_of(subject.arn)}",
            help=f"create it with `aws sqs create-queue --queue-name {subject.name} --region {region}`",
        )
