"""One run of a plan: prepare, start each job, follow its copies, stop on a signal, clean up, sum up."""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from ecsplan.plan.plan import PlannedJob
from ecsplan_applier.attempts import Attempts
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.follow_copy import Follower
from ecsplan_applier.jobs.dependency_gate import DependencyGate
from ecsplan_applier.jobs.log_retention import LogRetentions
from ecsplan_applier.jobs.other_runs import OtherRuns
from ecsplan_applier.jobs.run_records import RunRecords
from ecsplan_applier.outcomes import own_stop_reasons
from ecsplan_applier.outcomes.errors import ApplierError
from ecsplan_applier.outcomes.events import Event, Finished, Interrupted, RunBegan, Warned
from ecsplan_applier.outcomes.result import Outcome, Summary
from ecsplan_applier.prepare import prepare
from ecsplan_applier.revisions.deregister import deregister
from ecsplan_applier.revisions.staleness import Choice
from ecsplan_applier.start_job import start_job
from ecsplan_applier.starting.attach import Attach
from ecsplan_applier.starting.existing import ExistingTasks
from ecsplan_applier.starting.forgotten import Forgotten
from ecsplan_applier.starting.own_tasks import has_begun
from ecsplan_applier.starting.stray_tasks import StrayTasks, running_tasks
from ecsplan_applier.tasks.heartbeat import beat
from ecsplan_applier.tasks.job_run import JobRun
from ecsplan_applier.tasks.stop import send_stops
from ecsplan_applier.tasks.verdicts import INTERRUPTED, Verdict

DEREGISTER_S: Final = 120.0
"""How long deregistering a revision may take, of which a minute is for others who register in its family."""
_LAST_STOPS_S: Final = 5.0
"""How long a second signal still waits for the stops to be sent."""
_MAX_SHOWN: Final = 300
"""Characters of an unexpected error that are shown."""
_MAX_LOOKS: Final = 3
"""How often tasks are looked for that no copy has."""


class PlanRun:
    """One apply of a plan.

    Args:
        context: What its parts share.
        plan: All jobs of the plan.
        jobs: Those that are carried out.
        needs: For each of these, the positions of those that have to succeed first.
        detach: Whether to end when the tasks run.
        refresh: Whether to decide again, rather than refuse a stale plan.
        workers: Most calls at the same time.
        heartbeat_s: Seconds between two `Waiting` events; None for no such events.
        kept_output: As in `apply`.
    """

    def __init__(
        self,
        context: ApplyContext,
        plan: Sequence[PlannedJob],
        jobs: Sequence[JobRun],
        needs: Sequence[Sequence[int]],
        *,
        detach: bool,
        refresh: bool,
        workers: int,
        heartbeat_s: float | None,
        kept_output: tuple[str, str] | None,
    ) -> None:
        self._context = context
        self._jobs = jobs
        self._existing = ExistingTasks(context, plan)
        self._detach = detach
        self._refresh = refresh
        self._records = RunRecords(context, jobs)
        self._attempts = Attempts(context, self._existing, self._records, detach=detach)
        self._follower = Follower(
            context, self._attempts, self._records, detach=detach, kept_output=kept_output
        )
        self._heartbeat_s = heartbeat_s
        self._workers = workers
        self._forgotten = Forgotten(context, self._existing)
        self._strays = StrayTasks(context, self._existing)
        self._gate = DependencyGate(context, jobs, needs)
        self._others = OtherRuns(context, self._existing)
        self._retentions = LogRetentions(context, jobs)
        self._began = context.now()

    def carry_out(self, events: "deque[Event]") -> Iterator[Event]:
        """Carry the plan out and yield its events."""
        context = self._context
        context.interrupt.listen(
            lambda: context.loop.call_soon_threadsafe(context.act_on_signals), context.now
        )
        main = context.loop.create_task(self._main())
        failure: Exception | None = None
        try:
            while not main.done.is_set():
                context.loop.run_once()
                while events:
                    yield events.popleft()
        except Exception as error:  # noqa: BLE001 - a bug of ours must not hide what is running
            failure = error
        finally:
            context.loop.close()
            context.locks.close()
        if failure is not None:
            yield from events
            yield from self._failed(failure)
            return
        main.result()
        # A signal that came with the last answer counts as well.
        context.act_on_signals()
        yield Finished(self._summary())

    def _failed(self, error: Exception) -> Iterator[Event]:
        """Give up after an unexpected error, and name every task that may be running."""
        secrets = [secret for job in self._jobs for secret in job.run_request.secrets]
        what = _described(error, secrets)
        for copy in (copy for job in self._jobs for copy in job.copies):
            known = copy.task is not None or copy.may_run_unseen
            copy.give_up(Verdict(Outcome.LOST if known else Outcome.REFUSED, what))
        yield Warned(None, f"{what}; please report this as a bug")
        # The loop is in an unknown state: the look at what runs has a loop of its own.
        running = running_tasks(self._context, self._jobs, self._workers)
        self._records.rescue(self._workers)
        yield Finished(replace(self._summary(), failure=what, strays=running))

    async def _main(self) -> None:
        context = self._context
        tasks = sum(len(each.copies) for each in self._jobs)
        context.emit(RunBegan(context.run_id, not context.resumed, len(self._jobs), tasks))
        if self._heartbeat_s is not None:
            context.loop.create_task(
                beat(context, self._jobs, self._heartbeat_s, self._gate.held), background=True
            )
        preparing = context.loop.create_task(self._prepare())
        await context.loop.wait(preparing.done, context.cancelled)
        if not preparing.done.is_set():
            # Nothing was changed yet, so that there is nothing to stop, and no answer worth waiting for.
            for job in self._jobs:
                job.give_up(INTERRUPTED)
            context.emit(Interrupted(context.interrupt.signal or 0, 0, again=False))
            await self._others.withdraw()
            return
        choices = preparing.result()
        stopper = context.loop.create_task(self._stop_when_cancelled())
        work = context.loop.create_task(self._carry_out_all(choices))
        await context.loop.wait(work.done, context.aborted, self._records.failed)
        if self._records.failed.is_set():
            await self._others.withdraw()
        self._records.refuse_unwritable()
        if work.done.is_set():
            work.result()
            await self._records.close()
        else:
            await context.loop.wait(stopper.done)
            stopper.result()
        self._follower.close()
        await context.remove_old_entries()

    async def _prepare(self) -> dict[int, Choice]:
        """Look at everything before anything is changed; return what each job runs, by its position."""
        choices = await prepare(
            self._context, self._jobs, self._existing, self._forgotten, refresh=self._refresh
        )
        # Jobs that wait for others are asked about when it is their turn.
        first = [
            job for position, job in enumerate(self._jobs) if not (self._gate.waits(position) or job.is_over)
        ]
        await self._others.refuse(first)
        await self._retentions.look()
        # Last of all: nothing that could be refused is refused while other runs wait for this one.
        await self._others.claim(first)
        return choices

    async def _carry_out_all(self, choices: dict[int, Choice]) -> None:
        self._forgotten.attach()
        families: dict[tuple[Target, str], list[int]] = {}
        for position, job in enumerate(self._jobs):
            families.setdefault((job.target, job.family), []).append(position)
        await self._context.loop.gather(self._family(members, choices) for members in families.values())
        await self._follow_strays(self._jobs, last=True)

    async def _family(self, members: list[int], choices: dict[int, Choice]) -> None:
        """Carry out the jobs of one family; afterwards nothing in this apply needs its revisions.

        They may wait for each other, and for jobs of other families.
        """
        context, jobs = self._context, [self._jobs[position] for position in members]
        # Followed before they are started, so that the states and the log of the first task do not wait for
        # the last one to start.
        followed = [
            context.loop.create_task(self._follower.follow(copy, job)) for job in jobs for copy in job.copies
        ]
        await context.loop.gather(self._job(position, choices.get(position)) for position in members)
        for each in followed:
            await context.loop.wait(each.done)
            each.result()
        if any(_leaves_no_revision(job) for job in jobs):
            # A task that nobody knew of may need the revision that is about to be deregistered.
            await self._follow_strays(jobs, last=False)
        for job in jobs:
            if _leaves_no_revision(job) and not context.aborted.is_set():
                await self._deregister(job, [each for each in jobs if each.revision == job.revision])

    async def _job(self, position: int, choice: Choice | None) -> None:
        """Carry out a job when its turn has come, or say of its copies why it never comes.

        One that is over already has no choice of a revision: it ended in earlier applies of the run.
        """
        if choice is not None:
            await self._due_job(position, choice)
        elif self._gate.is_awaited(position):
            self._gate.ended(position)

    async def _due_job(self, position: int, choice: Choice) -> None:
        context, job = self._context, self._jobs[position]
        verdict = await self._wait_for_turn(position)
        keeping = context.loop.create_task(self._retentions.keep(job))
        if verdict is None:
            await start_job(context, self._existing, self._records, job, choice)
        else:
            if context.resumed:
                # Nothing more of it is started, and what runs of it is not left out of sight.
                with suppress(ApplierError):
                    await Attach(context, self._existing).running(job)
            job.give_up(verdict)
        if self._gate.is_awaited(position) or self._others.has_claimed(job):
            await self._wait_for_end(job)
            if self._gate.is_awaited(position):
                self._gate.ended(position)
            await self._others.release(job)
        await context.loop.wait(keeping.done, context.aborted)

    async def _wait_for_end(self, job: JobRun) -> None:
        """Wait until every copy is over for good; their logs may still be read then."""
        wait, aborted = self._context.loop.wait, self._context.aborted
        for copy in job.copies:
            last = copy
            while not aborted.is_set():
                await wait(last.over, aborted)
                if aborted.is_set() or self._attempts.is_last(last, job):
                    break
                await wait(last.replaced, aborted)
                last = job.copies[last.number - 1]

    async def _wait_for_turn(self, position: int) -> Verdict | None:
        """Wait until a job may start; return why it does not, or None."""
        job = self._jobs[position]
        verdict = None
        if self._gate.waits(position) and not await self._has_begun(job):
            verdict = await self._gate.wait(position)
        return verdict or await self._others.wait(job, starts_first=not self._gate.waits(position))

    async def _has_begun(self, job: JobRun) -> bool:
        """Return whether an earlier apply has started a job: what it waits for has succeeded then."""
        with suppress(ApplierError):
            return await has_begun(self._context, self._existing, job)
        return False

    async def _follow_strays(self, jobs: Sequence[JobRun], *, last: bool) -> None:
        """Follow what ECS has started although no answer said so, until no more of it is found."""
        for _ in range(_MAX_LOOKS):
            strays = await self._strays.adopt(jobs, last=last)
            if not strays:
                return
            await self._context.loop.gather(self._follower.follow(*each) for each in strays)

    async def _deregister(self, job: JobRun, sharing: list[JobRun]) -> None:
        """Deregister the job's revision, within a time limit: nothing depends on it."""
        context = self._context
        removing = context.loop.create_task(deregister(context, job, sharing))
        await context.loop.wait(removing.done, context.aborted, seconds=DEREGISTER_S)
        if removing.done.is_set():
            removing.result()
        elif not context.aborted.is_set():
            context.warn(
                job.name, f"{job.revision} may stay ACTIVE: not deregistered within {DEREGISTER_S:g} s"
            )

    async def _stop_when_cancelled(self) -> None:
        """Stop every task of this run when a signal comes, including those that earlier applies started."""
        context = self._context
        await context.loop.wait(context.cancelled)
        copies = [copy for job in self._jobs for copy in job.copies]
        unanswered = any(copy.may_run_unseen for copy in copies)
        running = [copy for copy in copies if copy.task is not None and not copy.over.is_set()]
        context.emit(Interrupted(context.interrupt.signal or 0, len(running), False, unanswered))
        # The decision comes first, for all at once: the time that a task may take to stop counts from the
        # signal, however long the calls wait for their rate limit.
        stops = [
            send_stops(context, copy, own_stop_reasons.INTERRUPTED)
            for copy in running
            if copy.request_stop(Outcome.INTERRUPTED, context.now())
        ]
        stopping = context.loop.create_task(context.loop.gather(stops))
        self._follower.wake()
        await context.loop.wait(context.aborted)
        await context.loop.wait(stopping.done, seconds=_LAST_STOPS_S)
        context.emit(Interrupted(context.interrupt.last or 0, len(running), again=True))

    def _summary(self) -> Summary:
        context = self._context
        return Summary(
            run_id=context.run_id,
            jobs=tuple(job.result() for job in self._jobs),
            signal=context.interrupt.signal if context.cancelled.is_set() else None,
            detached=self._detach,
            seconds=context.now() - self._began,
            unrecorded=self._records.lacking,
            ledger=None if context.ledger is None else context.ledger.name,
        )


def _leaves_no_revision(job: JobRun) -> bool:
    """Return whether the job's revision is to be deregistered: the job asks for it, and this run made it."""
    return job.planned.watch.deregister and job.made_revision


def _described(error: Exception, secrets: Sequence[str]) -> str:
    """Return what an unexpected error says, and where it was raised."""
    import traceback  # noqa: PLC0415 - only a defect needs it

    from ecsplan.terms.secrecy import mask_text  # noqa: PLC0415
    from ecsplan_applier.outcomes.aws_messages import concealed  # noqa: PLC0415

    if isinstance(error, ApplierError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    said = mask_text(concealed(str(error), secrets))[:_MAX_SHOWN]
    return f"ecsplan failed: {type(error).__name__}{': ' if said else ''}{said}{where}"
