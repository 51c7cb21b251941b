"""Finding a run without its plan: in the clusters of the region, and in the ledger."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ecsplan.terms.observed import Body
from ecsplan_applier.arns import account_of
from ecsplan_applier.aws.cluster_tasks import Place
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.ledger.entry import Entry
from ecsplan_applier.outcomes.errors import ApplierError, UnknownRunError
from ecsplan_applier.runs.assemble import Seen, assembled
from ecsplan_applier.runs.assign import recorded_jobs
from ecsplan_applier.runs.found import FoundJob, FoundRun
from ecsplan_applier.runs.reference import RunReference
from ecsplan_applier.runs.search import Clusters, PlacedTask, Searched, clusters_of, search_run
from ecsplan_applier.runs.session import RunSession

_MAX_NAMED: Final = 3
"""Clusters that a message names; of more it gives the number."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found of a run in an account and region, and where it was looked for."""

    account: str | None
    clusters: Clusters
    searched: Searched | None
    entries: tuple[Entry, ...]
    jobs: tuple[FoundJob, ...]
    now: float

    @property
    def failures(self) -> list[ApplierError]:
        """Why ECS could not be looked at, as far as it could not."""
        listed = [] if self.clusters.failure is None else [self.clusters.failure]
        return listed if self.searched is None else [*listed, *(error for _, error in self.searched.failures)]


async def find_run(session: RunSession, reference: RunReference) -> FoundRun:
    """Return a run.

    A cluster that cannot be looked at is reported as a warning.

    Args:
        session: How to ask.
        reference: The run.

    Raises:
        UnknownRunError: Neither ECS nor the ledger nor the result file knows the run.
        ApplierError: AWS or the ledger could not be asked.
    """
    targets = session.targets(reference.regions)
    found = await session.loop.gather(_find(session, each, reference) for each in targets)
    jobs = tuple(job for each in found for job in each.jobs)
    if not jobs:
        raise _unknown(session, reference, found)
    for each in found:
        _warn_of(session, each)
    return _run(reference, found, jobs)


async def look_again(session: RunSession, run: FoundRun, reference: RunReference) -> FoundRun:
    """Return a run as it is now; what cannot be asked any more is raised, not reported."""
    del run
    return await find_run(session, reference)


def _run(reference: RunReference, found: Sequence[_Found], jobs: tuple[FoundJob, ...]) -> FoundRun:
    known = {each.name for each in jobs}
    names = dict.fromkeys(name for each in found for entry in each.entries for name in entry.jobs)
    began = [at for job in jobs for at in _beginnings(job)]
    ended = [at for job in jobs for at in _ends(job)]
    return FoundRun(
        run_id=reference.run_id,
        account=next((each.account for each in found if each.account), None),
        jobs=jobs,
        unbegun=tuple(each for each in names if each not in known),
        began_at=min(began, default=None),
        ended_at=max(ended, default=None) if all(job.is_over for job in jobs) else None,
        now=max(each.now for each in found),
    )


def _beginnings(job: FoundJob) -> Iterable[float]:
    yield from (each.times.created for each in job.tasks if each.times.created is not None)
    if job.entry is not None:
        yield from (each.asked_at for each in job.entry.copies if each.asked_at is not None)


def _ends(job: FoundJob) -> Iterable[float]:
    yield from (each.times.stopped for each in job.tasks if each.times.stopped is not None)
    # A task that ECS has forgotten had stopped when its end was recorded.
    if job.entry is not None and not job.tasks:
        yield job.entry.written_at


async def _find(session: RunSession, target: Target, reference: RunReference) -> _Found:
    clusters = await clusters_of(session, target)
    account = clusters.account or next(iter(reference.accounts), None)
    searched: Searched | None = None
    if account is None and clusters.failure is None:
        searched = await _searched(session, clusters, reference, ())
        account = next((found for each in searched.tasks if (found := account_of(each.task.arn))), None)
    entries = await _entries(session, target, reference, account)
    if searched is None and clusters.failure is None and not _are_complete(entries):
        ended = [arn for entry in entries for arn in _ended(entry)]
        searched = await _searched(session, clusters, reference, ended)
    tasks = () if searched is None else searched.tasks
    seen = Seen(
        target,
        tasks,
        await _definitions(session, target, tasks),
        session.caller.clock.now(target),
        is_whole=searched is not None and not searched.failures,
    )
    jobs = assembled(recorded_jobs(entries, reference.jobs), seen)
    return _Found(account, clusters, searched, tuple(entries), tuple(jobs), seen.now)


def _ended(entry: Entry) -> Iterable[str]:
    for copy in entry.copies:
        if copy.has_ended and copy.result is not None:
            yield from (each.arn for each in copy.result.attempts if each.arn is not None)


def _are_complete(entries: Sequence[Entry]) -> bool:
    """Return whether the ledger has the end of every job of the run, so that ECS need not be asked."""
    names = {name for entry in entries for name in entry.jobs}
    return bool(entries) and names <= {each.key.job for each in entries} and all(e.has_ended for e in entries)


async def _searched(
    session: RunSession, clusters: Clusters, reference: RunReference, known: Iterable[str]
) -> Searched:
    return await search_run(session, clusters.places, reference.run_id, known=known)


async def _entries(
    session: RunSession, target: Target, reference: RunReference, account: str | None
) -> list[Entry]:
    """Return what the ledger has of the run; STS is asked for the account where no ARN names it.

    Raises:
        LedgerError: It cannot be read.
    """
    if session.ledger is None:
        return []
    if account is None:
        try:
            account = await session.observation.account_once(target)
        except ApplierError as error:
            session.warn(
                f"the ledger {session.ledger.name} was not looked at: the account of these credentials is not"
                f" known ({_first_line(error)})"
            )
            return []
    return [each.entry for each in await session.ledger.of_run(account, target.region, reference.run_id)]


async def _definitions(session: RunSession, target: Target, tasks: Sequence[PlacedTask]) -> dict[str, Body]:
    """Return the definitions of tasks by ARN; those that cannot be looked at are left out."""
    arns = list(dict.fromkeys(each.task.definition for each in tasks if each.task.definition))

    async def described(arn: str) -> Body | None:
        try:
            revision = await session.observation.revisions.described_once(target, arn)
        except ApplierError as error:
            session.warn(f"where the tasks log is not known: {_first_line(error)}")
            return None
        return None if revision is None else revision.definition

    found = await session.loop.gather(map(described, arns))
    return {arn: body for arn, body in zip(arns, found, strict=True) if body is not None}


def _warn_of(session: RunSession, found: _Found) -> None:
    """Report the clusters that could not be looked at."""
    if found.clusters.failure is not None:
        where = found.clusters.target.place
        session.warn(f"the clusters of {where} could not be listed: {_first_line(found.clusters.failure)}")
    for place, error in () if found.searched is None else found.searched.failures:
        session.warn(f"cluster {cluster_name(place)} could not be looked at: {_first_line(error)}")


def cluster_name(place: Place) -> str:
    """Return the name of a place's cluster, without what an ARN has before it."""
    return place.cluster_name.rpartition("/")[2]


def _unknown(session: RunSession, reference: RunReference, found: Sequence[_Found]) -> ApplierError:
    """Return why a run is not known, and what was looked at."""
    looked_at = [place for each in found if each.searched is not None for place in each.searched.looked_at]
    failures = [error for each in found for error in each.failures]
    if failures and not looked_at:
        return failures[0]
    for each in found:
        _warn_of(session, each)
    ledger = "no ledger" if session.ledger is None else f"the ledger {session.ledger.name}"
    lines = (f"the run {reference.run_id} is not known; looked at:", *map(_looked_at, found), f"  {ledger}")
    return UnknownRunError("\n".join(lines))


def _looked_at(found: _Found) -> str:
    """Return where ECS was asked for a run."""
    places = () if found.searched is None else found.searched.looked_at
    account = "" if found.account is None else f" in account {found.account}"
    where = f"{_named(places)} of {found.clusters.target.place}{account}"
    return f"  {where}: running tasks, and those that stopped within the last hour"


def _named(places: Sequence[Place]) -> str:
    names = [cluster_name(each) for each in places]
    if not names or len(names) > _MAX_NAMED:
        return f"{len(names) or 'no'} clusters"
    return f"cluster{'' if len(names) == 1 else 's'} {', '.join(names)}"


def _first_line(error: ApplierError) -> str:
    return str(error).partition("\n")[0]
