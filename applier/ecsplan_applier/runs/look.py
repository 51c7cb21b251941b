"""Finding a run without its plan: in the clusters of the region, and in the ledger."""

from collections.abc import Sequence
from typing import Final

from ecsplan.terms.records import dataclass
from ecsplan_applier.arns import cluster_name_of
from ecsplan_applier.aws.cluster_tasks import Place
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.sdk_names import region_names
from ecsplan_applier.ledger.entry import Entry
from ecsplan_applier.outcomes.errors import ApplierError, UnknownRunError
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.runs.assemble import Seen, assembled
from ecsplan_applier.runs.assign import recorded_jobs
from ecsplan_applier.runs.expected import with_due
from ecsplan_applier.runs.found import FoundJob, FoundRun, found_run
from ecsplan_applier.runs.lookups import account_for_ledger, definitions_of, entries_of_run
from ecsplan_applier.runs.reference import RunReference
from ecsplan_applier.runs.search import Clusters, Searched, clusters_of, search_run, warn_of
from ecsplan_applier.runs.session import RunSession
from ecsplan_applier.scheduling.scheduler import Coro

_MAX_NAMED: Final = 3
"""Clusters, or jobs, that a message names; of more it gives the number."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found of a run in an account and region, and where it was looked for.

    Attributes:
        account: The account, where it is known.
        clusters: The clusters.
        searched: What was found in them; None where they were not looked at.
        jobs: The jobs of the run.
        seen: What was seen there.
        is_recorded: Whether ECS was not asked, because the ledger has the end of every job.
        elsewhere: The clusters in which the ledger has jobs of the run and that are not looked at.
    """

    account: str | None
    clusters: Clusters
    searched: Searched | None
    jobs: tuple[FoundJob, ...]
    seen: Seen
    is_recorded: bool = False
    elsewhere: tuple[str, ...] = ()

    @property
    def unseen(self) -> list[str]:
        """The copies whose ends are not known and whose tasks may run where nobody could look."""
        return [
            each.label
            for job in self.jobs
            for each in job.results
            if each.outcome is Outcome.LOST and not self.seen.covers(each.cluster)
        ]

    @property
    def failures(self) -> list[ApplierError]:
        """Why ECS could not be looked at, as far as it could not."""
        listed = [] if self.clusters.failure is None else [self.clusters.failure]
        return listed if self.searched is None else [*listed, *(error for _, error in self.searched.failures)]


async def find_run(
    session: RunSession, reference: RunReference, *, whole: bool = False, reads_ledger: bool = True
) -> FoundRun:
    """Return a run.

    A cluster that cannot be looked at is reported as a warning, and so are jobs elsewhere.

    Args:
        session: How to ask.
        reference: The run.
        whole: Whether all tasks are wanted that ECS shows, also those whose end the ledger has.
        reads_ledger: Whether the ledger is looked at.

    Raises:
        UnknownRunError: Neither ECS nor the ledger nor the result file knows the run.
        ApplierError: AWS or the ledger could not be asked.
    """

    def find(target: Target) -> Coro[_Found]:
        return _find(session, target, reference, whole=whole, reads_ledger=reads_ledger)

    targets = session.targets(reference.regions)
    found = await session.loop.gather(map(find, targets))
    regions = _further_regions(found)
    further = [each for each in session.targets(regions) if each not in targets] if regions else []
    found += await session.loop.gather(map(find, further))
    jobs = tuple(job for each in found for job in each.jobs)
    if not jobs:
        raise _unknown(session, reference, found, await _regions_of_ledger(session, reference, found))
    for each in found:
        if not each.is_recorded:
            warn_of(session, each.clusters, each.searched)
    run = found_run(
        reference.run_id,
        jobs,
        account=next((each.account for each in found if each.account), None),
        now=max(each.seen.now for each in found),
        regions=[each.seen.target.region for each in found],
        unseen=tuple(label for each in found for label in each.unseen),
    )
    if run.elsewhere:
        where = "in other accounts, or in regions that are not looked at"
        session.warn(f"run {run.run_id} has jobs {where}: {_some(run.elsewhere)}")
    return with_due(run)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    return ", ".join(names[:_MAX_NAMED]) + more


def _further_regions(found: Sequence[_Found]) -> list[str]:
    """Return the regions in which the ledger knows further jobs of a run to be."""
    entries = (job.entry for each in found for job in each.jobs if job.entry is not None)
    regions = (region for entry in entries for region in entry.elsewhere.values())
    return list(dict.fromkeys(each for each in regions if each is not None))


async def _find(
    session: RunSession, target: Target, reference: RunReference, *, whole: bool, reads_ledger: bool
) -> _Found:
    """Look for a run in an account and region: first in the ledger, if the account is known by then."""
    clusters = await clusters_of(session, target)
    _warn_of_other_place(session, clusters, reference)
    account = clusters.account or next(iter(reference.accounts), None)
    searched: Searched | None = None
    if account is None and clusters.failure is None:
        searched = await search_run(session, clusters.places, reference.run_id)
        account = searched.account
    recorded: list[Entry] = []
    if reads_ledger:
        account = await account_for_ledger(session, target, account)
        recorded = await entries_of_run(session, target, account, reference.run_id)
    entries = [each for each in recorded if session.looks_at(each.cluster)]
    is_recorded = not whole and _are_complete(entries)
    if searched is None and clusters.failure is None and not is_recorded:
        copies = (copy for each in entries for copy in each.copies if copy.has_ended)
        ended = [] if whole else [arn for copy in copies for arn in copy.stopped]
        searched = await search_run(session, clusters.places, reference.run_id, known=ended)
    tasks = () if searched is None else searched.tasks
    seen = Seen(
        target=target,
        tasks=tasks,
        definitions=await definitions_of(session, target, [each.task for each in tasks]),
        now=session.caller.clock.now(target),
        is_whole=searched is not None and not searched.failures,
        cluster=session.cluster,
    )
    jobs = assembled(recorded_jobs(entries, reference.jobs_in(target.region)), seen)
    elsewhere = dict.fromkeys(cluster_name_of(each.cluster) for each in recorded if each not in entries)
    return _Found(account, clusters, searched, tuple(jobs), seen, is_recorded, tuple(elsewhere))


def _warn_of_other_place(session: RunSession, clusters: Clusters, reference: RunReference) -> None:
    """Report that ECS is asked elsewhere than where the tasks of a result file are."""
    looked_at, of_file = clusters.target.region, f"the tasks of {reference.named} are in"
    if reference.regions and looked_at not in reference.regions:
        session.warn(f"{of_file} {', '.join(reference.regions)}, and {looked_at} is looked at")
    if reference.accounts and clusters.account not in {None, *reference.accounts}:
        owners = ", ".join(reference.accounts)
        session.warn(f"{of_file} account {owners}, and these credentials are for {clusters.account}")


def _are_complete(entries: Sequence[Entry]) -> bool:
    """Return whether the ledger has the end of every job that is here, so that ECS need not be asked."""
    names = {name for entry in entries for name in entry.jobs_in({entry.key.region})}
    return bool(entries) and names <= {each.key.job for each in entries} and all(e.has_ended for e in entries)


async def _regions_of_ledger(
    session: RunSession, reference: RunReference, found: Sequence[_Found]
) -> list[str]:
    """Return the other regions in which the ledger has a run, of those that the SDK knows.

    One that cannot be looked at is left out: that the run is not known here is reported all the same.
    """
    ledger = session.ledger
    accounts = dict.fromkeys(each.account for each in found if each.account is not None)
    if ledger is None or not accounts:
        return []
    looked_at = {each.clusters.target.region for each in found}
    regions = sorted(set(region_names()) - looked_at)

    async def has_run(account: str, region: str) -> bool:
        try:
            return await ledger.has_run(account, region, reference.run_id)
        except ApplierError:
            return False

    there = await session.loop.gather(has_run(account, region) for region in regions for account in accounts)
    pairs = [region for region in regions for _ in accounts]
    return list(dict.fromkeys(region for region, is_there in zip(pairs, there, strict=True) if is_there))


def _unknown(
    session: RunSession, reference: RunReference, found: Sequence[_Found], regions: Sequence[str]
) -> ApplierError:
    """Return why a run is not known, what was looked at, and in which regions the ledger has it."""
    looked_at = [place for each in found if each.searched is not None for place in each.searched.looked_at]
    failures = [error for each in found for error in each.failures]
    if failures and not looked_at:
        return failures[0]
    for each in found:
        warn_of(session, each.clusters, each.searched)
    lines = [f"the run {reference.run_id} is not known; looked at:", *map(_looked_at, found)]
    lines.append(f"  {_ledger_looked_at(session, found, regions)}")
    if reference.error is not None:
        refused = reference.error.partition("\n")[0]
        lines.append(f"  {reference.named}, which says that nothing was started: {refused}")
    return UnknownRunError("\n".join(lines), reference.run_id, regions)


def _looked_at(found: _Found) -> str:
    """Return where ECS was asked for a run."""
    places = () if found.searched is None else found.searched.looked_at
    account = "" if found.account is None else f" in account {found.account}"
    where = f"{_named(places)} of {found.clusters.target.region}{account}"
    return f"  {where}: running tasks, and those that stopped within the last hour"


def _ledger_looked_at(session: RunSession, found: Sequence[_Found], regions: Sequence[str]) -> str:
    """Return which ledger was looked at for a run, and where else it has the run."""
    if session.ledger is None:
        return "no ledger"
    if all(each.account is None for each in found):
        return f"not the ledger {session.ledger.name}: the account of these credentials is not known"
    others = ", ".join(dict.fromkeys(name for each in found for name in each.elsewhere))
    places = [f"cluster {others}"] if others else []
    places += [f"region{'' if len(regions) == 1 else 's'} {', '.join(regions)}"] if regions else []
    has_it = f", which has it in {' and in '.join(places)}" if places else ""
    return f"the ledger {session.ledger.name}{has_it}"


def _named(places: Sequence[Place]) -> str:
    names = [cluster_name_of(each.cluster) for each in places]
    if not names or len(names) > _MAX_NAMED:
        return f"{len(names) or 'no'} clusters"
    return f"cluster{'' if len(names) == 1 else 's'} {', '.join(names)}"
