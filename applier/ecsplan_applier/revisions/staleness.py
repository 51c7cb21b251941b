"""Staleness: asks again about what a plan observed, before anything is changed."""

from collections.abc import Iterable, Sequence, Set
from typing import Final, TypeAlias

from ecsplan.decision.decide_revision import Register, Reuse, Undecided, decide
from ecsplan.plan.plan import PlannedJob
from ecsplan.terms.diagnostic import Diagnostic
from ecsplan.terms.observed import Observed, Revision
from ecsplan.terms.records import dataclass
from ecsplan_applier.arns import account_of, region_of, revision_of
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.observing.observe_jobs import answered
from ecsplan_applier.observing.planned_account import refuse_other_account
from ecsplan_applier.outcomes.errors import NotObservedError, OtherAccountError, StalePlanError
from ecsplan_applier.revisions.accounts import check_planned
from ecsplan_applier.starting.existing import ExistingTasks
from ecsplan_applier.tasks.job_run import JobRun
from ecsplan_applier.tasks.same_task import same_definition

_MAX_NEWER: Final = 50
"""Revisions since the plan was compiled that are looked at, to see whether this plan's jobs explain them."""
_MAX_PATHS: Final = 5
_REMEDY: Final = "compile again and review, or apply with --refresh to decide from the current state"


@dataclass(frozen=True, slots=True)
class Use:
    """Run this revision. `live` is what it says now, where that was asked."""

    arn: str
    live: Revision | None


@dataclass(frozen=True, slots=True)
class Make:
    """Register a revision, as none says the same; `latest` is the newest ACTIVE one."""

    latest: Revision | None


Choice: TypeAlias = Use | Make


async def decide_again(context: ApplyContext, jobs: Iterable[JobRun], *, refresh: bool) -> frozenset[JobRun]:
    """Decide the jobs that are undecided, or with `refresh` all, from their `spec` and what AWS says.

    Returns:
        The jobs that were decided: what they look up has just been asked for.

    Raises:
        ApplierError: AWS could not be asked.
        NotObservedError: With what AWS says, jobs have errors; all of them are said.
    """
    again = [job for job in jobs if refresh or isinstance(job.planned.definition.decision, Undecided)]
    if not again:
        return frozenset()
    from ecsplan.compile import Jobs, begin, spec_of, with_answers  # noqa: PLC0415 - most plans are decided
    from ecsplan_applier.revisions.planned_facts import named  # noqa: PLC0415 - it loads the compiler

    # All jobs in one round, so that what several depend on is asked once.
    specs = Jobs(tuple(spec_of(job.planned) for job in again), ())
    known = await answered(begin(specs, Observed()), with_answers, context.observation.answer)
    wrong: dict[str, list[str]] = {}
    for job, compilation in zip(again, known.apart(), strict=True):
        compiled = compilation.result()
        for found in compiled.diagnostics:
            if found.severity == "warning" and compiled.plan is not None:
                context.warn(job.name, found.message)
        if compiled.plan is None:
            errors = "\n  ".join(_in_words(each) for each in compiled.diagnostics if each.severity == "error")
            wrong.setdefault(errors, []).append(job.name)
        else:
            job.decide_again(compiled.plan.jobs[0])
    if wrong:
        said = "the job cannot run with the current state of AWS"
        raise NotObservedError(
            "\n".join(f"{named(names)}: {said}: {errors}" for errors, names in wrong.items())
        )
    return frozenset(again)


def _in_words(found: Diagnostic) -> str:
    help_text = "\n    help: " + found.help.replace("\n", "\n    ") if found.help else ""
    return f"{found.location.pointer}: {found.message}{help_text}"


async def recheck(
    context: ApplyContext,
    jobs: Sequence[JobRun],
    existing: ExistingTasks,
    *,
    decided: Set[JobRun] = frozenset(),
    remedy: str = _REMEDY,
) -> dict[int, Choice]:
    """Return what each job runs that is not over, by its position; nothing has been changed until then.

    Args:
        context: The apply.
        jobs: The jobs.
        existing: The tasks of this run that were there when it began.
        decided: The jobs that were decided just now, whose facts need not be asked for again.
        remedy: What to do about a stale plan.

    Raises:
        StalePlanError: What the plan observed has changed, in any of the jobs.
        ApplierError: AWS could not be asked.
    """
    due = {number: job for number, job in enumerate(jobs) if not job.is_over}
    changed = await _changed_facts(context, [job for job in due.values() if job not in decided], existing)
    # Those that are over explain revisions of their family that are newer than the plan.
    check = _Recheck(context, jobs, existing)
    found = await context.loop.gather(check.choose(job) for job in due.values())
    stale = [*changed, *(each for each in found if isinstance(each, str))]
    if stale:
        raise StalePlanError(
            "the plan is stale; nothing was changed:\n  "
            + "\n  ".join(dict.fromkeys(stale))
            + f"\n  help: {remedy}"
        )
    return {number: each for number, each in zip(due, found, strict=True) if not isinstance(each, str)}


async def _changed_facts(context: ApplyContext, jobs: Sequence[JobRun], existing: ExistingTasks) -> list[str]:
    """Return what is no longer as the plans of these jobs observed it, a line for each fact.

    A job is left out if an earlier apply of this run has started tasks of it. What these were started with is
    settled: whatever is observed now, this apply reports what ran, and starts copies that are missing as the
    others were started.
    """
    resting = [job for job in jobs if job.planned.observed]
    if not resting:
        return []
    from ecsplan_applier.revisions.planned_facts import changed_facts  # noqa: PLC0415 - it loads the compiler

    if context.resumed:
        begun = await context.loop.gather(existing.of(job) for job in resting)
        resting = [job for job, tasks in zip(resting, begun, strict=True) if not tasks]
    return await changed_facts(context, resting)


class _Recheck:
    """One look at everything that the jobs depend on; each thing is asked for once."""

    def __init__(self, context: ApplyContext, jobs: Sequence[JobRun], existing: ExistingTasks) -> None:
        self._context = context
        self._jobs = jobs
        self._existing = existing

    async def choose(self, job: JobRun) -> Choice | str:
        """Return what a job runs, or why its plan is stale."""
        match job.planned.definition.decision:
            case Reuse(arn=str() as arn):
                return await self._reuse(job, arn)
            case Reuse() | Undecided():
                return f"{job.name}: its action is reuse, but it names no revision"
            case Register():
                return await self._register(job)

    async def _reuse(self, job: JobRun, arn: str) -> Choice | str:
        live = await self._context.observation.revisions.described_once(job.target, arn)
        # No such revision may also mean another account: that is said first, as compiling again would not
        # help.
        if live is None:
            await check_planned(self._context, [job])
        else:
            refuse_other_account(job.name, job.planned.account, account_of(live.arn))
        status = None if live is None else live.definition.get("status", "ACTIVE")
        if status == "ACTIVE":
            return Use(arn, live)
        if self._context.resumed and any(each.definition == arn for each in await self._existing.of(job)):
            return self._finished(job, arn)
        now = "it does not exist" if live is None else f"it is {status}"
        return f"{job.name}: the plan observed that {arn} is ACTIVE; {now}"

    async def _register(self, job: JobRun) -> Choice | str:
        definition = job.planned.definition
        latest = await self._context.observation.revisions.latest_once(job.target, job.family)
        if latest is None:
            await check_planned(self._context, [job])
        else:
            planned = job.planned.account or account_of(definition.latest or "")
            refuse_other_account(job.name, planned, account_of(latest.arn))
        if latest is not None and latest.arn != definition.latest:
            decision = decide(definition.request, latest.definition)
            if isinstance(decision, Reuse):
                return Use(latest.arn, latest)
            recent = await recent_that_says_so(self._context, job)
            if recent is not None:
                return Use(recent.arn, recent)
            # The family has moved on since the plan. It is not stale if this plan, in an earlier apply, is
            # the reason.
            own = await self._own(job, latest)
            if own is not None:
                return own
            if not await self._explained(job, latest):
                return _changed(job, latest.arn, decision)
        # The newest revision is the plan's: an earlier apply may have registered one and deregistered it
        # again.
        if self._context.resumed:
            earlier = await self._earlier(job)
            if earlier is not None:
                return earlier
        return Make(latest)

    async def _earlier(self, job: JobRun) -> Choice | None:
        """Return the revision that an earlier apply of this run registered, also if it deregistered it."""
        tasks = await self._existing.of(job)
        if not tasks:
            return None
        revision = await self._existing.revision(job.target, tasks[-1].definition)
        if revision is None or revision.definition.get("status", "ACTIVE") != "ACTIVE":
            return self._finished(job, tasks[-1].definition)
        return Use(revision.arn, revision)

    def _finished(self, job: JobRun, arn: str) -> Use:
        job.expect_inactive()
        return Use(arn, None)

    async def _own(self, job: JobRun, latest: Revision) -> Use | None:
        """Return a revision since the plan's that says what this job asks for, though it is not the latest.

        Two jobs of a plan may register into one family: after the second, the first one's revision is older.
        """
        for revision in await self._newer(job, latest):
            if revision.definition.get("status", "ACTIVE") == "ACTIVE" and same_definition(
                job.planned.definition.request, revision
            ):
                return Use(revision.arn, revision) if await self._explained(job, latest) else None
        return None

    async def _explained(self, job: JobRun, latest: Revision) -> bool:
        """Return whether each revision since the plan was compiled is what some job of this plan asks for."""
        requests = [
            each.planned.definition.request
            for each in self._jobs
            if each.target == job.target and each.family == job.family
        ]
        newer = await self._newer(job, latest)
        return bool(newer) and all(
            any(same_definition(request, revision) for request in requests) for revision in newer
        )

    async def _newer(self, job: JobRun, latest: Revision) -> list[Revision]:
        """Return the family's revisions since the one that the plan observed; [] where they are too many."""
        since, last = revision_of(job.planned.definition.latest or ""), revision_of(latest.arn)
        # Each of them costs a call, and that many do not come from one plan; without a number there is no
        # range.
        if last - since > _MAX_NEWER or (since == 0 and job.planned.definition.latest is not None):
            return []
        stem = latest.arn.rpartition(":")[0]
        found = [
            await self._existing.revision(job.target, f"{stem}:{number}")
            for number in range(since + 1, last + 1)
        ]
        return [each for each in found if each is not None]


async def recent_that_says_so(context: ApplyContext, job: JobRun) -> Revision | None:
    """Return the newest revision that says the same as the job, among those that `reuse: recent` looks at."""
    if job.planned.spec.get("reuse") != "recent":
        return None
    revisions = await context.observation.revisions.recent(job.target, job.family)
    request = job.planned.definition.request
    return next((each for each in revisions if same_definition(request, each)), None)


def refuse_other_region(job: PlannedJob, target: Target) -> None:
    """Refuse a plan for another region than the one that the command line asks for.

    Raises:
        OtherAccountError: The regions differ.
    """
    arns = [job.definition.latest or ""]
    match job.definition.decision:
        case Reuse(arn=str() as arn):
            arns.append(arn)
        case _:
            pass
    planned = job.aws.region or next((each for each in map(region_of, arns) if each), None)
    if planned is not None and planned != target.region:
        raise OtherAccountError(
            f"{job.name}: the plan is for region {planned}, and this apply is for {target.region}\n"
            "  help: compile for that region, or leave --region out"
        )


def _changed(job: JobRun, latest: str, decision: Register) -> str:
    """Return what a plan observed and what is there now, with the places of differences, not the values."""
    observed = job.planned.definition.latest or "no ACTIVE revision"
    now = f"it is {latest}, which differs from the request"
    paths = [each.path for each in decision.changes]
    more = f" and {len(paths) - _MAX_PATHS} more" if len(paths) > _MAX_PATHS else ""
    where = f" ({', '.join(paths[:_MAX_PATHS])}{more})" if paths else ""
    return f"{job.name}: the plan observed {observed} as the latest of family {job.family}; {now}{where}"
