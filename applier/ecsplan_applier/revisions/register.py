"""From a choice to a revision: reuse it, or register one, once however often that is interrupted."""

from collections.abc import Sequence
from typing import Final

from ecsplan.decision.decide_revision import Reuse, decide
from ecsplan.terms.bodies import as_pairs
from ecsplan.terms.observed import Body, Revision
from ecsplan_applier.arns import family_of, revision_of
from ecsplan_applier.aws.answers import member
from ecsplan_applier.aws.operations import REGISTER_TASK_DEFINITION, TAG_RESOURCE
from ecsplan_applier.aws.retry import CHANGING, ENDING
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.machine.run_journal import Intent
from ecsplan_applier.outcomes.errors import ApplierError, AwsError
from ecsplan_applier.outcomes.events import Registered, Reused
from ecsplan_applier.revisions.staleness import Choice, Make, Use, recent_that_says_so
from ecsplan_applier.tasks.job_run import JobRun

_LOCK_NOTE: Final = "another apply on this machine holds the lock of family {}; continuing without it"


_SETTLED_S: Final = 1.0
"""How long after a broken connection the registration may take to show; one that timed out may take as long
again as it was waited for."""
_LOOK_S: Final = 1.0


async def settle_definition(context: ApplyContext, job: JobRun, choice: Choice) -> None:
    """Give the job the revision that it runs.

    Raises:
        ApplierError: It could not be registered.
    """
    match choice:
        case Use(arn=arn, live=live):
            await _reuse(context, job, arn, live)
        case Make():
            await _register(context, job)


async def hold_planned(context: ApplyContext, jobs: Sequence[JobRun]) -> None:
    """Say on this machine that the revisions which the plan reuses are in use, before they are looked at.

    Under the family's lock: whoever deregisters has either done so already, or sees that this apply needs it.
    """
    arns: dict[str, JobRun] = {}
    for job in jobs:
        match job.planned.definition.decision:
            case Reuse(arn=str() as arn):
                arns.setdefault(arn, job)
            case _:
                pass
    for arn, job in arns.items():
        lock = await context.locks.family(context.loop, job.target.region, family_of(arn), context.cancelled)
        context.locks.hold(arn)
        # Held only to be sure that nobody deregisters between looking and saying so; the lease stays.
        lock.release()


async def _reuse(context: ApplyContext, job: JobRun, arn: str, live: Revision | None) -> None:
    context.locks.hold(arn)
    made_by_run = context.journal.made(job.target.region, job.family, revision_of(arn), arn)
    job.reuse(arn, made_by_run=made_by_run)
    context.emit(Reused(job.name, arn))
    if live is not None:
        await _set_tags(context, job, arn, live)


async def _set_tags(context: ApplyContext, job: JobRun, arn: str, live: Revision) -> None:
    """Set the tags that only the request has; if that fails, the revision is run all the same."""
    wanted = dict(as_pairs(job.planned.definition.request.get("tags"), "key"))
    found = dict(as_pairs(live.tags, "key"))
    missing = [{"key": key, "value": value} for key, value in wanted.items() if found.get(key) != value]
    if not missing:
        return
    request: Body = {"resourceArn": arn, "tags": missing}
    try:
        await context.caller.call(
            job.target, TAG_RESOURCE, request, ENDING, about=arn, cancel=context.cancelled
        )
    except ApplierError as error:
        context.warn(job.name, f"tags were not set: {error}")


async def _register(context: ApplyContext, job: JobRun) -> None:
    """Register the job's definition, unless by its turn a revision says the same."""
    async with context.registration_lock(job.target, job.family):
        lock = await context.locks.family(context.loop, job.target.region, job.family, context.cancelled)
        try:
            if not lock.held and context.locks.usable and not context.cancelled.is_set():
                context.warn(job.name, _LOCK_NOTE.format(job.family))
            await _register_in_turn(context, job)
        finally:
            lock.release()


async def _register_in_turn(context: ApplyContext, job: JobRun) -> None:
    # Asked again under the lock: since the plan was rechecked, another apply may have registered the same.
    latest = await context.observation.revisions.latest(job.target, job.family)
    if context.cancelled.is_set():
        return
    if latest is not None:
        found = decide(job.planned.definition.request, latest.definition)
        if isinstance(found, Reuse):
            await _reuse(context, job, latest.arn, latest)
            return
        recent = await recent_that_says_so(context, job)
        if recent is not None:
            await _reuse(context, job, recent.arn, recent)
            return
    began = context.now()
    arn = await _make(context, job, latest)
    # Still under the lock, so that whoever may deregister next sees that this apply needs it.
    context.locks.hold(arn)
    job.register(arn)
    context.emit(Registered(job.name, arn, context.now() - began))


async def _make(context: ApplyContext, job: JobRun, before: Revision | None) -> str:
    """Register, and return the ARN. After a lost answer, look in the family before registering again."""
    after = 0 if before is None else revision_of(before.arn)
    request = job.planned.definition.request
    intent = Intent(job.target.region, job.family, after)

    async def recover(lost: AwsError) -> Body | None:
        # A request that timed out is still on its way and may be carried out later; a broken connection has
        # either arrived or not.
        late = lost.code == AwsError.TIMED_OUT
        deadline = context.now() + (context.call_timeout_s if late else _SETTLED_S)
        while True:
            latest = await context.observation.revisions.latest(job.target, job.family)
            if latest is not None and revision_of(latest.arn) > after:
                # A newer revision that says something else is another apply's: then this one was not
                # registered.
                same = isinstance(decide(request, latest.definition), Reuse)
                return {"taskDefinition": latest.definition} if same else None
            if context.now() >= deadline:
                return None
            await context.loop.sleep(_LOOK_S)

    # Before the call: a crash after it must not leave a revision that no later apply knows to be its own.
    if job.planned.watch.deregister:
        context.journal.begin(intent)
    try:
        answer = await context.caller.call(
            job.target,
            REGISTER_TASK_DEFINITION,
            request,
            CHANGING,
            about=f"family {job.family}",
            cancel=context.cancelled,
            recover=recover,
            bucket=context.bucket(job.target, "definitions"),
            until_outcome_known=True,
        )
    except AwsError as error:
        found = await recover(error) if error.lost or error.code == AwsError.BAD_ANSWER else None
        if found is None:
            raise
        answer = found
    definition = member(answer, "taskDefinition", dict, REGISTER_TASK_DEFINITION.name)
    arn = member(definition, "taskDefinitionArn", str, REGISTER_TASK_DEFINITION.name)
    if job.planned.watch.deregister:
        context.journal.registered(intent, arn)
    return arn
