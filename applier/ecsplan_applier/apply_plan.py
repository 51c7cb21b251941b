"""Carrying a plan out, in the order of it: look, register or reuse, run, watch, drain, clean up, sum up.

prepare     -> nothing is changed: account, staleness, what exists under the run id   prepare.py
define      -> the revision that each job runs                                        revisions/register.py
launch      -> tasks                                                                  tasks/launch.py
watch       -> states, until STOPPED                                                  tasks/watch.py
follow      -> the log, until it is quiet                                             tasks/logs.py
clean up    -> what this run registered is deregistered, where the job asks for it    revisions/deregister.py
"""

from collections import deque
from collections.abc import Collection, Coroutine, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, Final

from ecsplan.decision.decide_revision import Reuse
from ecsplan.plan.plan import Plan, PlannedJob
from ecsplan_applier.aws.gateway import Gateway, SdkGateway, SessionOptions, Target, Trace
from ecsplan_applier.aws.observer import Observation
from ecsplan_applier.aws.rate_limits import Limits
from ecsplan_applier.aws.retry import Caller
from ecsplan_applier.context import Interrupt, Scene
from ecsplan_applier.machine.locks import Locks, lock_folder, state_folder
from ecsplan_applier.machine.run_journal import Records
from ecsplan_applier.outcomes import own_stops
from ecsplan_applier.outcomes.errors import (
    ApplierError,
    EmptyPlanError,
    RunIdTakenError,
    StalePlanError,
    UsageError,
)
from ecsplan_applier.outcomes.events import Event, Finished, Interrupted, RunBegan, TaskEnded, Warned
from ecsplan_applier.outcomes.result import Outcome, Summary
from ecsplan_applier.prepare import prepare
from ecsplan_applier.revisions.deregister import deregister
from ecsplan_applier.revisions.register import settle_definition
from ecsplan_applier.revisions.staleness import Choice, Make, refuse_other_region
from ecsplan_applier.scheduling.clock import Clock, SystemClock
from ecsplan_applier.scheduling.scheduler import Flag, Loop
from ecsplan_applier.tasks.attach import Attach, InactiveError
from ecsplan_applier.tasks.copies import Copy, JobRun, copies_of, job_run
from ecsplan_applier.tasks.existing import Traces
from ecsplan_applier.tasks.launch import Launch
from ecsplan_applier.tasks.logs import Reader
from ecsplan_applier.tasks.run_id import checked_run_id, fresh_run_id
from ecsplan_applier.tasks.stop import stop_copy
from ecsplan_applier.tasks.strays import Strays, running_tasks
from ecsplan_applier.tasks.turnstile import Turnstile
from ecsplan_applier.tasks.verdicts import Verdict
from ecsplan_applier.tasks.watch import Watchers

WORKERS: Final = 24
"""Calls at the same time. RunTask is allowed 20 times a second, and a call takes well under a second; reads
of logs that hang, and the ones that take their place, may occupy two thirds of the workers."""
MAX_TASKS: Final = 100_000
"""More tasks than this are a slip of the pen, and would take hours to launch."""
DEREGISTER_S: Final = 120.0
"""How long deregistering a revision may take, of which a minute is for others who register in its family."""
_LAST_STOPS_S: Final = 5.0
"""How long a second signal still waits for the stops to be sent."""
_MAX_SHOWN: Final = 300
"""Characters of an unexpected error that are shown."""
_MAX_LOOKS: Final = 3
"""How often tasks are looked for that nobody knew of."""
_MAX_REVISIONS: Final = 3
"""How often a job whose revision others deregister under its hands gets another one."""


def apply(
    plan: Plan,
    *,
    session: SessionOptions | None = None,
    run_id: str | None = None,
    only: Collection[str] = (),
    detach: bool = False,
    refresh: bool = False,
    interrupt: Interrupt | None = None,
    limits: Limits | None = None,
    clock: Clock | None = None,
    gateway: Gateway | None = None,
    trace: Trace | None = None,
    random: Random | None = None,
    workers: int = WORKERS,
    locks: Path | None = None,
    state: Path | None = None,
) -> Iterator[Event]:
    """Carry a plan out, and yield what happens; the last event is `Finished`, the first `RunBegan`.

    Args:
        plan: The plan.
        session: What the command line says about reaching AWS.
        run_id: Resume this run, or name a new one; None makes one up.
        only: Names of the jobs to carry out; none are all.
        detach: End when the tasks run.
        refresh: Decide again, rather than refuse a stale plan.
        interrupt: Where signals arrive.
        limits: How fast to call AWS.
        clock: The time; None is the machine's.
        gateway: The way to AWS; None is the SDK's.
        trace: Told of each request; only where `gateway` is None.
        random: Draws pauses.
        workers: Most calls at the same time; 0 makes them inline, for tests that own the clock.
        locks: Folder of what the applies of this machine agree on; None is the user's.
        state: Folder of what this machine remembers of runs; None is the user's.

    Raises:
        UsageError: The run id, a job name or `detach` cannot be meant.
        EmptyPlanError: The plan has no jobs.
        ApplierError: Before anything was changed: the plan is stale or for another account, or AWS could not
            be asked. After that, what goes wrong is in the summary.
    """
    jobs = _selected(plan, only)
    if detach and any(job.watch.deregister for job in jobs):
        names = ", ".join(job.name for job in jobs if job.watch.deregister)
        raise UsageError(f"--detach ends before auto_deregister_task_definition could act: {names}")
    chosen = fresh_run_id() if run_id is None else checked_run_id(run_id)
    way = gateway or SdkGateway(session, connections=max(1, workers), trace=trace)
    loop = Loop(clock or SystemClock(), workers)
    events: deque[Event] = deque()
    caller, halt = Caller(way, loop, random), Flag()
    scene = Scene(
        run_id=chosen,
        resumed=run_id is not None,
        loop=loop,
        caller=caller,
        observation=Observation(caller, halt, warn=lambda message: events.append(Warned(None, message))),
        limits=limits or Limits(),
        locks=Locks(locks or lock_folder()),
        records=Records(state or state_folder(), chosen),
        emit=events.append,
        interrupt=interrupt or Interrupt(),
        call_timeout_s=(session or SessionOptions()).call_timeout_s,
        halt=halt,
    )
    caller.on_retry = scene.retrying
    runs = [job_run(each, way.target(each.aws)) for each in jobs]
    for each in runs:
        refuse_other_region(each.planned, each.target)
    traces = Traces(scene, plan.jobs)
    return _Apply(scene, runs, traces, detach=detach, refresh=refresh, workers=workers).run(events)


def _selected(plan: Plan, only: Collection[str]) -> tuple[PlannedJob, ...]:
    known = [job.name for job in plan.jobs]
    unknown = [name for name in only if name not in known]
    if unknown:
        raise UsageError(f"the plan has no job {', '.join(unknown)}; it has: {', '.join(known) or 'none'}")
    if not known:
        raise EmptyPlanError("the plan has no jobs; compile at least one manifest")
    chosen = tuple(job for job in plan.jobs if not only or job.name in only)
    tasks = sum(copies_of(job) for job in chosen)
    if tasks > MAX_TASKS:
        raise UsageError(f"the plan asks for {tasks} tasks; one apply watches at most {MAX_TASKS}")
    return chosen


class _Apply:
    """One apply."""

    def __init__(
        self,
        scene: Scene,
        jobs: Sequence[JobRun],
        traces: Traces,
        *,
        detach: bool,
        refresh: bool,
        workers: int,
    ) -> None:
        self._scene = scene
        self._jobs = jobs
        self._traces = traces
        self._detach = detach
        self._refresh = refresh
        self._watchers = Watchers(scene)
        self._turnstile = Turnstile(scene)
        self._workers = workers
        self._strays = Strays(scene, traces)
        self._began = scene.now()

    def run(self, events: "deque[Event]") -> Iterator[Event]:
        """Carry the plan out and yield its events."""
        scene = self._scene
        scene.interrupt.listen(lambda: scene.loop.poke(self._signalled), scene.now)
        main = scene.loop.spawn(self._main())
        failure: Exception | None = None
        try:
            while not main.done.raised:
                scene.loop.turn()
                while events:
                    yield events.popleft()
        except Exception as error:  # noqa: BLE001 - a defect of ours must not hide what is running
            failure = error
        finally:
            scene.loop.close()
            scene.locks.close()
        if failure is not None:
            yield from events
            yield from self._failed(failure)
            return
        main.value()
        self._signalled()  # a signal that came with the last answer counts as well
        yield Finished(self._summary())

    def _failed(self, error: Exception) -> Iterator[Event]:
        """Give up after an error that nobody expected, and name every task that may be running."""
        what = _described(error)
        for copy in (copy for job in self._jobs for copy in job.copies):
            known = copy.task is not None or copy.asked
            copy.give_up(Verdict(Outcome.LOST if known else Outcome.REFUSED, what))
        yield Warned(None, f"{what}; please report this defect")
        running = running_tasks(self._scene, self._traces, self._jobs, self._workers)
        yield Finished(replace(self._summary(), failure=what, strays=running))

    def _signalled(self) -> None:
        if self._scene.interrupt.count:
            self._scene.halt.raise_()
        if self._scene.interrupt.insisted:
            self._scene.leave.raise_()

    async def _main(self) -> None:
        scene = self._scene
        tasks = sum(len(each.copies) for each in self._jobs)
        scene.emit(RunBegan(scene.run_id, not scene.resumed, len(self._jobs), tasks))
        preparing = scene.loop.spawn(prepare(scene, self._jobs, self._traces, refresh=self._refresh))
        await scene.loop.wait(preparing.done, scene.halt)
        if not preparing.done.raised:
            for job in self._jobs:
                job.give_up(_INTERRUPTED)
            scene.emit(Interrupted(scene.interrupt.signal or 0, 0, again=False))
            return
        choices = preparing.value()
        stopper = scene.loop.spawn(self._stop_when_halted())
        work = scene.loop.spawn(self._carry_out_all(choices))
        await scene.loop.wait(work.done, scene.leave)
        if work.done.raised:
            work.value()
        else:
            await scene.loop.wait(stopper.done)
            stopper.value()
        self._watchers.close()

    async def _carry_out_all(self, choices: dict[int, Choice]) -> None:
        families: dict[tuple[Target, str], list[tuple[JobRun, Choice]]] = {}
        for number, job in enumerate(self._jobs):
            families.setdefault((job.target, job.family), []).append((job, choices[number]))
        await self._scene.loop.gather(self._family(members) for members in families.values())
        await self._follow_strays(self._jobs, last=True)

    async def _follow_strays(self, jobs: Sequence[JobRun], *, last: bool) -> None:
        """Follow what ECS has started although no answer said so, until there is nothing of that kind."""
        for _ in range(_MAX_LOOKS):
            strays = await self._strays.adopt(jobs, last=last)
            if not strays:
                return
            await self._scene.loop.gather(self._follow(copy) for copy in strays)

    async def _family(self, members: list[tuple[JobRun, Choice]]) -> None:
        """Carry out the jobs of one family; afterwards nobody here needs its revisions any more."""
        loop = self._scene.loop
        followed = [loop.spawn(self._follow(copy)) for job, _ in members for copy in job.copies]
        await loop.gather(self._carry_out(job, choice) for job, choice in members)
        for each in followed:
            await loop.wait(each.done)
            each.value()
        jobs = [job for job, _ in members]
        if any(job.planned.watch.deregister and job.registered for job in jobs):
            await self._follow_strays(jobs, last=False)
        for job in jobs:
            if job.planned.watch.deregister and job.registered and not self._scene.leave.raised:
                await self._deregister(job, [each for each in jobs if each.revision == job.revision])

    async def _deregister(self, job: JobRun, sharing: list[JobRun]) -> None:
        """Deregister the job's revision, within a bound: nothing depends on it any more."""
        scene = self._scene
        removing = scene.loop.spawn(deregister(scene, job, sharing))
        await scene.loop.wait(removing.done, scene.leave, seconds=DEREGISTER_S)
        if removing.done.raised:
            removing.value()
        elif not scene.leave.raised:
            scene.warn(
                job.name, f"{job.revision} may stay ACTIVE: not deregistered within {DEREGISTER_S:g} s"
            )

    async def _carry_out(self, job: JobRun, choice: Choice) -> None:
        """Give each copy of a job its task, or the reason why it has none."""
        scene, attach = self._scene, Attach(self._scene, self._traces)
        try:
            if scene.resumed and isinstance(choice, Make):
                await attach.refuse_changed(job)
            for turn in range(1, _MAX_REVISIONS + 1):
                if scene.halt.raised:
                    break
                await settle_definition(scene, job, choice)
                if job.revision is None:
                    break
                try:
                    await Launch(scene, job, attach).start()
                except InactiveError as error:
                    if turn == _MAX_REVISIONS or isinstance(job.planned.definition.decision, Reuse):
                        reason = f"{job.revision} was deregistered since the plan was compiled; compile again"
                        raise StalePlanError(f"{job.name}: {reason}") from error
                    choice = Make(None)
                    job.revision, job.inactive = None, False
                else:
                    break
            if scene.resumed and self._traces.tell(job):
                await attach.refuse_beside(job)
        except RunIdTakenError as error:
            await self._take_back(job, error)
        except ApplierError as error:
            job.give_up(_verdict(job, error))
        job.give_up(_INTERRUPTED)

    async def _take_back(self, job: JobRun, error: RunIdTakenError) -> None:
        """Stop what this apply has just started of a job whose run id belongs to another request."""
        job.give_up(_verdict(job, error))
        started = [copy for copy in job.copies if copy.task is not None]
        if started:
            self._scene.warn(None, str(error))
        await self._scene.loop.gather(
            stop_copy(self._scene, copy, Outcome.OTHER_REQUEST, own_stops.OTHER_REQUEST)
            for copy in started
            if not copy.attached
        )

    async def _follow(self, copy: Copy) -> None:
        """Watch a copy and print its log, until it is over and the log is quiet."""
        scene, watch = self._scene, copy.job.planned.watch
        await scene.loop.wait(copy.settled, scene.leave)
        if copy.task is not None:
            self._watchers.add(copy)
            if scene.halt.raised:
                scene.loop.spawn(_interrupt(scene, copy), alone=True)
            if self._detach:
                await scene.loop.wait(copy.begun, scene.leave)
                self._leave_running(copy)
            elif watch.stream_output and watch.logs is not None:
                await Reader(scene, copy, watch.logs, self._turnstile).follow()
            elif watch.stream_output:
                reason = "the container does not log to CloudWatch under a stream prefix"
                scene.warn_once(
                    copy.job.name, f"the log cannot be shown: {reason}", key=f"log of {copy.job.name}"
                )
            await scene.loop.wait(copy.over, scene.leave)
        if not scene.leave.raised:
            warning = copy.judged().warning
            if warning is not None:
                scene.warn(copy.label, warning)
            scene.emit(TaskEnded(copy.result()))
        copy.ended.raise_()

    def _leave_running(self, copy: Copy) -> None:
        """Detach from a copy that runs or ran; one that did not start, or that an apply stopped, is over."""
        task = copy.task
        ran = task is not None and task.has_run and copy.stopping is None and not own_stops.own_stop(task)
        interrupted = copy.judged().outcome is Outcome.INTERRUPTED_BY_AWS
        if ran and not interrupted and not self._scene.halt.raised:
            copy.detached = True
            copy.over.raise_()

    async def _stop_when_halted(self) -> None:
        """Stop every task of this run when a signal comes, those of earlier applies included."""
        scene = self._scene
        await scene.loop.wait(scene.halt)
        copies = [each for job in self._jobs for each in job.copies if each.task and not each.over.raised]
        unanswered = any(each.asked and each.task is None for job in self._jobs for each in job.copies)
        scene.emit(Interrupted(scene.interrupt.signal or 0, len(copies), False, unanswered))
        stopping = scene.loop.spawn(scene.loop.gather([_interrupt(scene, each) for each in copies]))
        self._watchers.wake()
        await scene.loop.wait(scene.leave)
        await scene.loop.wait(stopping.done, seconds=_LAST_STOPS_S)
        scene.emit(Interrupted(scene.interrupt.last or 0, len(copies), again=True))

    def _summary(self) -> Summary:
        scene = self._scene
        return Summary(
            run_id=scene.run_id,
            jobs=tuple(job.result() for job in self._jobs),
            signal=scene.interrupt.signal if scene.halt.raised else None,
            detached=self._detach,
            seconds=scene.now() - self._began,
        )


_INTERRUPTED: Final = Verdict(Outcome.INTERRUPTED, "interrupted before it was started")


def _described(error: Exception) -> str:
    """Return what an unexpected error says, and where it was raised."""
    import traceback  # noqa: PLC0415 - only a defect needs it

    from ecsplan.terms.secrecy import mask_text  # noqa: PLC0415

    if isinstance(error, ApplierError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    said = mask_text(str(error))[:_MAX_SHOWN]
    return f"ecsplan failed: {type(error).__name__}{': ' if said else ''}{said}{where}"


def _interrupt(scene: Scene, copy: Copy) -> Coroutine[Any, Any, None]:
    """Return what stops a copy; the watcher counts the time that this takes from here."""
    if copy.stop_asked_at is None:
        copy.stop_asked_at = copy.due = scene.now()
    return stop_copy(scene, copy, Outcome.INTERRUPTED, own_stops.INTERRUPTED)


def _verdict(job: JobRun, error: ApplierError) -> Verdict:
    """Return what an error means for the copies of a job that have no task because of it.

    Whoever prints it says whose it is.
    """
    reason = str(error).removeprefix(f"{job.name}: ")
    match error:
        case RunIdTakenError():
            return Verdict(Outcome.OTHER_REQUEST, reason)
        case StalePlanError():
            return Verdict(Outcome.STALE, reason)
        case _:
            return Verdict(Outcome.REFUSED, reason)
