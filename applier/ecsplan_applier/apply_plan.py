"""Carrying a plan out: what a command calls, and what one apply is made of.

prepare     -> nothing is changed: account, staleness, what exists under the run id   prepare.py
wait        -> the jobs that it depends on, and other runs, have ended                jobs/dependency_gate.py
define      -> the revision that each job runs                                        revisions/register.py
launch      -> tasks                                                                  starting/launch.py
watch       -> states, until STOPPED                                                  tasks/watch.py
follow      -> the log, until it is quiet                                             logs/reader.py
clean up    -> what this run registered is deregistered, where the job asks for it    revisions/deregister.py

run_plan.py has these in their order.
"""

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Final

from ecsplan.plan.plan import Plan, PlannedJob
from ecsplan.variables.values import NONE_GIVEN, Sources, Values
from ecsplan_applier.aws.gateway import Gateway, SdkGateway, SessionOptions, Trace
from ecsplan_applier.aws.rate_limits import Limits
from ecsplan_applier.aws.retry import Caller
from ecsplan_applier.context import ApplyContext, Interrupt
from ecsplan_applier.images.http_registries import HttpRegistries
from ecsplan_applier.jobs.job_order import Selection, select
from ecsplan_applier.ledger.ledger import Ledger
from ecsplan_applier.ledger.open import open_ledger
from ecsplan_applier.machine.locks import Locks, lock_folder, state_folder
from ecsplan_applier.machine.run_journal import RunJournal
from ecsplan_applier.observing.observer import Observation
from ecsplan_applier.outcomes.errors import EmptyPlanError, UsageError
from ecsplan_applier.outcomes.events import Event, Warned
from ecsplan_applier.revisions.staleness import refuse_other_region
from ecsplan_applier.run_plan import PlanRun
from ecsplan_applier.scheduling import scheduler
from ecsplan_applier.scheduling.clock import Clock, SystemClock
from ecsplan_applier.tasks.job_run import JobRun, copies_of
from ecsplan_applier.tasks.run_id import checked_run_id, fresh_run_id
from ecsplan_applier.tasks.sensitive import sensitive_values

WORKERS: Final = 24
"""Calls at the same time. RunTask is allowed 20 times a second, and a call takes well under a second; reads
of logs that hang, and the ones that take their place, may occupy two thirds of the workers."""
MAX_TASKS: Final = 100_000
"""More tasks than this are a slip of the pen, and would take hours to launch."""


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
    heartbeat_s: float | None = None,
    kept_output: tuple[str, str] | None = None,
    variables: Sources | Mapping[str, object] = NONE_GIVEN,
    ledger: str | Path | Ledger | None = None,
    ledger_keep_s: float | None = None,
) -> Iterator[Event]:
    """Carry a plan out, and yield what happens; the last event is `Finished`, the first `RunBegan`.

    Args:
        plan: The plan.
        session: What the command line says about reaching AWS.
        run_id: Resume this run, or name a new one; None makes one up.
        only: Names of the jobs to carry out, where a matrix's plain name stands for its jobs, and `+` before
            a name for all that it needs as well; none are all.
        detach: End when the tasks run.
        refresh: Decide again, rather than refuse a stale plan.
        interrupt: Where signals arrive.
        limits: How fast to call AWS.
        clock: The time; None is the machine's.
        gateway: The way to AWS; None is the SDK's.
        trace: Called with each request; used only if `gateway` is None.
        random: Draws pauses.
        workers: Most calls at the same time; 0 makes them inline, for tests that own the clock.
        locks: Folder of what the applies of this machine agree on; None is the user's.
        state: Folder of what this machine remembers of runs; None is the user's.
        heartbeat_s: Seconds between two `Waiting` events; None for no such events.
        kept_output: Log group and stream prefix under which an endpoint keeps the output of containers that
            have no log configuration; only the embedded ECS does, whose logs are complete once a task has
            stopped, and which may be polled often. None: it is not the embedded ECS.
        variables: The values of sensitive variables that the plan asks for, by name.
        ledger: A folder or `s3://BUCKET/PREFIX` that keeps what becomes of each job for longer than ECS does,
            or what stands for one; None: nothing is kept.
        ledger_keep_s: For how long a folder's ledger keeps what was last written of a run, in seconds; None:
            for ever.

    Raises:
        UsageError: The run id, a job name or `detach` is not valid, or a sensitive variable has no value.
        EmptyPlanError: The plan has no jobs.
        JobOrderError: A job waits for one that the plan does not have, or jobs wait for each other.
        OtherRunError: Another run is under way of a job that must not run beside it.
        ApplierError: Before anything was changed: the plan is stale or for another account, or AWS could not
            be asked. After that, what goes wrong is in the summary.
    """
    selection = _selected(plan, only, detach=detach)
    jobs = selection.jobs
    # Everything that can be refused without AWS is refused here, before the first event.
    chosen = fresh_run_id() if run_id is None else checked_run_id(run_id)
    sources = Values(variables) if isinstance(variables, Mapping) else variables
    values = sensitive_values(jobs, sources)
    way = gateway or SdkGateway(session, connections=max(1, workers), trace=trace)
    loop = scheduler.Loop(clock or SystemClock(), workers)
    events: deque[Event] = deque()
    caller, cancelled = Caller(way, loop, random), scheduler.Event()
    context = ApplyContext(
        run_id=chosen,
        resumed=run_id is not None,
        loop=loop,
        caller=caller,
        observation=Observation(
            caller,
            cancelled,
            registries=HttpRegistries(trace=trace),
            warn=lambda text: events.append(Warned(None, text)),
        ),
        limits=limits or Limits(),
        locks=Locks(locks or lock_folder()),
        journal=RunJournal(state or state_folder(), chosen),
        emit=events.append,
        interrupt=interrupt or Interrupt(),
        call_timeout_s=(session or SessionOptions()).call_timeout_s,
        ledger=open_ledger(ledger, caller, session, cancelled) if isinstance(ledger, str | Path) else ledger,
        ledger_keep_s=ledger_keep_s,
        cancelled=cancelled,
        is_embedded=kept_output is not None,
    )
    caller.report_to(context.report_retry)
    run = PlanRun(
        context,
        plan.jobs,
        list(_runs(jobs, way, values)),
        selection.needs,
        detach=detach,
        refresh=refresh,
        workers=workers,
        heartbeat_s=heartbeat_s,
        kept_output=kept_output,
    )
    return run.carry_out(events)


def _runs(
    jobs: Collection[PlannedJob], way: Gateway, values: Mapping[str, Mapping[str, str]]
) -> Iterator[JobRun]:
    """Yield the jobs with the place where each runs; a plan that was made for another region is refused."""
    for each in jobs:
        run = JobRun(each, way.target(each.aws), values.get(each.name, {}))
        refuse_other_region(run.planned, run.target)
        yield run


def _selected(plan: Plan, only: Collection[str], *, detach: bool) -> Selection:
    """Return the jobs to carry out.

    Raises:
        UsageError: A name is not that of a job, the tasks are too many, or `detach` does not fit a job.
        EmptyPlanError: The plan has no jobs.
        JobOrderError: The jobs of the plan cannot be put in order.
    """
    if not plan.jobs:
        raise EmptyPlanError("the plan has no jobs; compile at least one manifest")
    selection = select(plan.jobs, only)
    tasks = sum(copies_of(job) for job in selection.jobs)
    if tasks > MAX_TASKS:
        raise UsageError(f"the plan asks for {tasks} tasks; one apply watches at most {MAX_TASKS}")
    if detach:
        _refuse_detached(selection)
    return selection


def _refuse_detached(selection: Selection) -> None:
    """Refuse to end when the tasks run where more is to be done for them afterwards.

    Raises:
        UsageError: There are such jobs.
    """
    jobs = selection.jobs
    reasons = {
        "auto_deregister_task_definition could act": [job for job in jobs if job.watch.deregister],
        "the jobs could start that `after` holds back": [
            job for job, needs in zip(jobs, selection.needs, strict=True) if needs
        ],
        "`max_parallel` lets all tasks start": [
            job for job in jobs if (job.policy.max_parallel or copies_of(job)) < copies_of(job)
        ],
    }
    for what, found in reasons.items():
        if found:
            raise UsageError(f"--detach ends before {what}: {', '.join(job.name for job in found)}")
