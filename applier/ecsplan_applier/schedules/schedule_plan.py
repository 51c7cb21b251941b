"""Create, update and remove the schedules of a plan's jobs: what `ecsplan schedule` calls.

look        -> nothing is changed: account, staleness, what exists  wanted.py, read_schedules.py, removals.py
ask         -> whoever runs the command agrees to what is removed
define      -> the revision that each job runs                      revisions/register.py
put         -> schedules are created and updated                    put_schedule.py
remove      -> schedules of no job are deleted                      removals.py
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from ecsplan.plan.plan import Plan, PlannedJob
from ecsplan.scheduled.schedule_changes import schedule_changes
from ecsplan.scheduled.scheduled_job import is_scheduled
from ecsplan.schedules.names import DEFAULT_GROUP
from ecsplan.terms.observed import Body
from ecsplan_applier.arns import account_of
from ecsplan_applier.aws.gateway import Gateway, SdkGateway, SessionOptions, Target, Trace
from ecsplan_applier.aws.rate_limits import Limits
from ecsplan_applier.aws.retry import Caller, Retrying
from ecsplan_applier.context import ApplyContext, Interrupt
from ecsplan_applier.images.http_registries import HttpRegistries
from ecsplan_applier.machine.locks import Locks, lock_folder, state_folder
from ecsplan_applier.machine.run_journal import RunJournal
from ecsplan_applier.observing.observer import Observation
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, SchedulesError, SessionError
from ecsplan_applier.outcomes.events import Event, Noted, Warned
from ecsplan_applier.revisions.accounts import check_after_failure, check_pinned, check_planned
from ecsplan_applier.revisions.register import hold_planned, settle_definition
from ecsplan_applier.revisions.staleness import Choice, Make, Use, decide_again, recheck, refuse_other_region
from ecsplan_applier.revisions.unsendable import refuse_unsendable
from ecsplan_applier.schedules.canonical_targets import canonical_targets
from ecsplan_applier.schedules.changes import Action, ScheduleChange, ScheduleId, ScheduleResult
from ecsplan_applier.schedules.put_schedule import create_group, put_schedule, refuse_foreign
from ecsplan_applier.schedules.read_schedules import found_schedule, has_group
from ecsplan_applier.schedules.removals import removals, remove
from ecsplan_applier.schedules.wanted import (
    WantedSchedule,
    has_passed,
    refuse_collisions,
    refuse_unschedulable,
    schedule_id,
)
from ecsplan_applier.scheduling.clock import Clock, SystemClock
from ecsplan_applier.scheduling.scheduler import Coro, Loop
from ecsplan_applier.starting.existing import ExistingTasks
from ecsplan_applier.tasks.job_run import JobRun

Agree: TypeAlias = Callable[[Sequence[ScheduleChange]], bool]
"""Called with what would be removed, before anything is changed; returns whether to go on."""
T = TypeVar("T")

_REMEDY: Final = "compile again and review, or give `ecsplan schedule` the manifests"
RUN: Final = "ecsplan schedule"
"""Stands for a run id, and cannot be one: no task is started under it."""
_WORKERS: Final = 16
_MAX_NAMED: Final = 20
"""Schedules that the message about a failure names."""


def schedule_jobs(
    plan: Plan,
    *,
    session: SessionOptions | None = None,
    dry_run: bool = False,
    prune: bool = False,
    agree: Agree = lambda _: True,
    report: Callable[[str], None] = lambda _: None,
    report_interrupted: Callable[[str], None] | None = None,
    clock: Clock | None = None,
    gateway: Gateway | None = None,
    trace: Trace | None = None,
    workers: int = _WORKERS,
    locks: Path | None = None,
    state: Path | None = None,
) -> ScheduleResult:
    """Give the jobs of a plan that have `schedule:` their schedules, and return what was done.

    Nothing is changed that already says the same; carried out again after a failure, the rest is done.

    Args:
        plan: The plan.
        session: What the command line says about reaching AWS.
        dry_run: Change nothing, and return what would be done.
        prune: Remove the schedules of ecsplan that no job of the plan has any more.
        agree: Asked about what would be removed, if there is any.
        report: Takes what is to be said meanwhile, a line each.
        report_interrupted: Takes what was done before an interrupt; None is `report`.
        clock: The time; None is the machine's.
        gateway: The way to AWS; None is the SDK's.
        trace: Called with each request; a given `gateway` has its own.
        workers: Calls at the same time, at most; 0 makes them inline, for tests that own the clock.
        locks: Folder of what the commands of this machine agree on; None is the user's.
        state: Folder of what this machine remembers; None is the user's.

    Raises:
        UnschedulableError: EventBridge Scheduler cannot run a job as its plan says.
        ForeignScheduleError: A schedule of the name of a job's was not created by ecsplan.
        StalePlanError: What the plan observed has changed.
        OtherAccountError: The plan is for another account or region.
        SchedulesError: Something could not be changed, after something else was.
        ApplierError: AWS could not be asked.
    """
    way = gateway or SdkGateway(session, connections=max(1, workers), trace=trace)
    loop = Loop(clock or SystemClock(), workers)
    folders = locks or lock_folder(), state or state_folder()
    context = _context(
        way, loop, session or SessionOptions(), report, folders, registries=HttpRegistries(trace=trace)
    )
    scheduling = _Scheduling(context, plan, way)
    try:
        return loop.run(scheduling.carry_out(dry_run=dry_run, prune=prune, agree=agree))
    except KeyboardInterrupt:
        scheduling.report_interrupted(report_interrupted or report)
        raise
    finally:
        loop.close()
        context.locks.close()


def _context(
    way: Gateway,
    loop: Loop,
    session: SessionOptions,
    report: Callable[[str], None],
    folders: tuple[Path, Path],
    *,
    registries: HttpRegistries,
) -> ApplyContext:
    """Return what registering a revision needs, as for an apply; the folders are of locks and of state."""

    def emit(event: Event) -> None:
        match event:
            case Warned(label=label, message=message):
                report(f"warning: {message}" if label is None else f"warning: {label}: {message}")
            case Noted(message=message):
                report(message)
            case _:
                pass

    # The context needs the caller, and the caller reports to the context.
    def report_retry(retry: Retrying) -> None:
        context.report_retry(retry)

    caller = Caller(way, loop, None, report_retry)
    context = ApplyContext(
        run_id=RUN,
        resumed=False,
        loop=loop,
        caller=caller,
        observation=Observation(caller, registries=registries, warn=lambda text: report(f"warning: {text}")),
        limits=Limits(),
        locks=Locks(folders[0]),
        journal=RunJournal(folders[1], RUN),
        emit=emit,
        interrupt=Interrupt(),
        call_timeout_s=session.call_timeout_s,
    )
    return context


class _Scheduling:
    """One `ecsplan schedule`.

    Args:
        context: Its calls, clock and locks.
        plan: The plan.
        way: The way to AWS.
    """

    def __init__(self, context: ApplyContext, plan: Plan, way: Gateway) -> None:
        self._context = context
        self._plan = plan
        self._asker = context.observation.asker
        self._everyone = [JobRun(each, way.target(each.aws)) for each in plan.jobs]
        self._jobs = [each for each in self._everyone if is_scheduled(each.planned)]
        self._done: list[str] = []

    async def carry_out(self, *, dry_run: bool, prune: bool, agree: Agree) -> ScheduleResult:
        """Look at everything, then change what differs."""
        concerned = self._everyone if prune else self._jobs
        for job in concerned:
            refuse_other_region(job.planned, job.target)
        places = await canonical_targets(self._context.observation, [job.target for job in concerned])
        if prune:
            await self._check_accounts()
        scheduled = tuple(self._jobs)
        choices = await self._choices()
        # Only now is a group known that is looked up.
        kept = [(job.planned, schedule_id(job.planned, places[job.target])) for job in scheduled]
        refuse_collisions(kept)
        wanted = [await self._wanted(job, choices[number]) for number, job in enumerate(self._jobs)]
        refuse_unschedulable(wanted)
        found = await self._asker.together(found_schedule(self._asker, each.id) for each in wanted)
        for each, there in zip(wanted, found, strict=True):
            if there is not None:
                refuse_foreign(each.id, there)
        missing = await self._missing_groups(wanted, found)
        removed = await self._removals(places, [each for _, each in kept]) if prune else ()
        compared = tuple(
            _compared(each, there, choices[number])
            for number, (each, there) in enumerate(zip(wanted, found, strict=True))
        )
        groups = tuple(dict.fromkeys(f"{group} in {target.region}" for target, group in missing))
        planned = ScheduleResult((*compared, *removed), groups)
        if dry_run:
            return planned
        if removed and not agree(removed):
            return replace(planned, is_declined=True)
        await self._all(create_group(self._context, *each) for each in missing)
        changed = await self._all(
            self._put(job, choices[number], each, there)
            for number, (job, each, there) in enumerate(zip(self._jobs, wanted, found, strict=True))
        )
        await self._all(self._remove(each.id) for each in removed)
        return ScheduleResult((*changed, *removed), groups)

    async def _check_accounts(self) -> None:
        """Refuse credentials of another account than a job's, which may have lost its schedule."""
        await check_pinned(self._context, self._everyone)
        await check_planned(self._context, self._everyone)

    async def _removals(
        self, places: Mapping[Target, Target], kept: Sequence[ScheduleId]
    ) -> tuple[ScheduleChange, ...]:
        jobs: dict[Target, list[PlannedJob]] = defaultdict(list)
        for each in self._everyone:
            jobs[places[each.target]].append(each.planned)
        return await removals(self._asker, kept, jobs)

    async def _choices(self) -> Mapping[int, Choice]:
        """Return what each job runs, by its position, as an apply of the plan would decide it."""
        self._leave_past()
        context, jobs = self._context, self._jobs
        try:
            await check_pinned(context, jobs)
            await hold_planned(context, jobs)
            decided = await decide_again(context, jobs, refresh=False)
            existing = ExistingTasks(context, self._plan.jobs)
            choices = await recheck(context, jobs, existing, decided=decided, remedy=_REMEDY)
        except (AwsError, SessionError) as error:
            await check_after_failure(context, jobs, error)
            raise
        for number, choice in choices.items():
            refuse_unsendable(context, jobs[number], registers=isinstance(choice, Make))
            _keep_revision(jobs[number])
        return choices

    def _leave_past(self) -> None:
        """Leave out the jobs whose schedules run once and have done so: a pipeline may still have them."""
        now = self._context.loop.clock.now()
        past = [job for job in self._jobs if has_passed(job.planned, now)]
        for job in past:
            which = schedule_id(job.planned, job.target)
            self._context.warn(job.name, f"the time of {which.title} has passed: it is left unchanged")
        self._jobs = [job for job in self._jobs if job not in past]

    async def _wanted(self, job: JobRun, choice: Choice) -> WantedSchedule:
        match choice:
            case Use(arn=arn):
                account = account_of(arn)
            case Make(latest=latest):
                account = None if latest is None else account_of(latest.arn)
        if account is None:
            account = await self._context.observation.account_once(job.target, needed=True)
        return WantedSchedule(schedule_id(job.planned, job.target), job.planned, account)

    async def _missing_groups(
        self, wanted: Sequence[WantedSchedule], found: Sequence[Body | None]
    ) -> list[tuple[Target, str]]:
        """Return the groups that are to be created; one that has a schedule of a job exists."""
        places = {(each.id.target, each.id.group) for each, there in zip(wanted, found, strict=True) if there}
        asked = [
            each
            for each in dict.fromkeys((each.id.target, each.id.group) for each in wanted)
            if each not in places and each[1] != DEFAULT_GROUP
        ]
        there = await self._asker.together(has_group(self._asker, *each) for each in asked)
        return [each for each, exists in zip(asked, there, strict=True) if not exists]

    async def _put(
        self, job: JobRun, choice: Choice, wanted: WantedSchedule, found: Body | None
    ) -> ScheduleChange:
        """Register or reuse the revision of a job, and make its schedule start that one."""
        await settle_definition(self._context, job, choice)
        revision = job.revision
        if job.made_revision:
            self._done.append(f"registered {revision}")
        request = wanted.request(revision)
        action = await put_schedule(self._context, wanted.id, request, found)
        if action != "unchanged":
            self._done.append(f"{_DONE[action]} {wanted.id.path}")
        changes = () if found is None else schedule_changes(request, found)
        return ScheduleChange(
            wanted.id, action, job.name, wanted.schedule, request, changes, job.made_revision
        )

    async def _remove(self, schedule: ScheduleId) -> None:
        await remove(self._asker, schedule)
        self._done.append(f"removed {schedule.path}")

    async def _all(self, changing: Iterable[Coro[T]]) -> list[T]:
        """Return what all of these return; where one fails, the others are carried out all the same.

        Raises:
            ApplierError: One of them failed; a SchedulesError where something was changed before.
        """
        try:
            return await self._context.loop.gather(changing)
        except ApplierError as error:
            if not self._done:
                raise
            raise SchedulesError(f"{error}\n  {self._so_far()}") from error

    def report_interrupted(self, report: Callable[[str], None]) -> None:
        """Say what was done before an interrupt, if anything was."""
        if self._done:
            report(self._so_far())

    def _so_far(self) -> str:
        named = ", ".join(self._done[:_MAX_NAMED])
        more = f" and {len(self._done) - _MAX_NAMED} more" if len(self._done) > _MAX_NAMED else ""
        return f"done before that: {named}{more}\n  help: run the command again to do the rest"


_DONE: Final[Mapping[Action, str]] = {"create": "created", "update": "updated", "remove": "removed"}


def _compared(wanted: WantedSchedule, found: Body | None, choice: Choice) -> ScheduleChange:
    """Return what would be done about the schedule of a job."""
    request = wanted.request(choice.arn if isinstance(choice, Use) else None)
    registers = isinstance(choice, Make)
    changes = () if found is None else schedule_changes(request, found)
    action: Action = "create" if found is None else "update" if changes else "unchanged"
    return ScheduleChange(wanted.id, action, wanted.job.name, wanted.schedule, request, changes, registers)


def _keep_revision(job: JobRun) -> None:
    """Have the revision of a job stay, whatever its manifest says: the schedule starts it again and again."""
    job.decide_again(replace(job.planned, watch=replace(job.planned.watch, deregister=False)))
