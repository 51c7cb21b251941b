"""The runs of a region: those whose tasks ECS shows, and those that only the ledger remembers."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.ledger.entry import Entry
from ecsplan_applier.ledger.ledger import Recorded
from ecsplan_applier.outcomes.errors import LedgerError, first_line
from ecsplan_applier.outcomes.task import Task
from ecsplan_applier.runs.assemble import Seen, assembled
from ecsplan_applier.runs.assign import recorded_jobs
from ecsplan_applier.runs.expected import with_due
from ecsplan_applier.runs.found import FoundRun, found_run
from ecsplan_applier.runs.lookups import account_for_ledger, definitions_of
from ecsplan_applier.runs.search import PlacedTask, clusters_of, search_all, warn_of
from ecsplan_applier.runs.session import RunSession
from ecsplan_applier.scheduling.scheduler import Coro
from ecsplan_applier.tasks.run_id import run_id_of

T = TypeVar("T")


async def list_runs(session: RunSession, *, remembered: bool = False) -> list[FoundRun]:
    """Return the runs with running or recently stopped tasks, the newest first.

    What cannot be looked at is reported as a warning.

    Args:
        session: How to ask.
        remembered: Whether to return those, too, that only the ledger knows.

    Raises:
        ApplierError: ECS could not be looked at, and the ledger has no run.
    """
    (target,) = session.targets()
    clusters = await clusters_of(session, target)
    searched = await search_all(session, clusters.places, lambda task: run_id_of(task.started_by) is not None)
    failures = [] if clusters.failure is None else [clusters.failure]
    failures += [error for _, error in searched.failures]
    is_blind = bool(failures) and not searched.looked_at
    # The ledger alone answers only the question that includes what it alone remembers.
    if is_blind and not (remembered and session.ledger is not None):
        raise failures[0]
    warn_of(session, clusters, searched)
    tasks = _by_run(searched.tasks)
    account = clusters.account or searched.account
    if tasks or remembered:
        account = await account_for_ledger(session, target, account)
    if is_blind and account is None:
        raise failures[0]
    entries = await _entries(session, target, account, tasks, remembered=remembered)
    now = session.caller.clock.now(target)
    definitions = await definitions_of(session, target, _ambiguous(tasks, entries))

    def found(run_id: str) -> FoundRun:
        seen = Seen(target, tuple(tasks.get(run_id, ())), definitions, now, not failures, session.cluster)
        jobs = assembled(recorded_jobs(entries.get(run_id, []), ()), seen)
        return with_due(found_run(run_id, tuple(jobs), account=account, now=now, regions=(target.region,)))

    runs = [found(each) for each in dict.fromkeys((*tasks, *entries))]
    if is_blind and not runs:
        raise failures[0]
    return sorted(runs, key=lambda run: (-(run.began_at or 0.0), run.run_id))


def _by_run(tasks: Iterable[PlacedTask]) -> dict[str, list[PlacedTask]]:
    runs: dict[str, list[PlacedTask]] = defaultdict(list)
    for each in tasks:
        runs[run_id_of(each.task.started_by) or ""].append(each)
    return runs


async def _entries(
    session: RunSession,
    target: Target,
    account: str | None,
    run_ids: Iterable[str],
    *,
    remembered: bool,
) -> Mapping[str, list[Entry]]:
    """Return what the ledger has of these runs, or of all that it remembers; what is torn is reported.

    Raises:
        LedgerError: The ledger, which was to be listed, cannot be read.
    """
    ledger = session.ledger
    if ledger is None or account is None:
        return {}
    reading = (
        map(ledger.read_key, await ledger.run_keys(account, target.region))
        if remembered
        else (ledger.of_run(account, target.region, each) for each in run_ids)
    )
    read = await session.loop.gather(_tried(each) for each in reading)
    _report(session, [each for each in read if isinstance(each, LedgerError)])
    runs: dict[str, list[Entry]] = defaultdict(list)
    for each in read:
        for recorded in each if isinstance(each, list) else [each]:
            if isinstance(recorded, Recorded) and session.looks_at(recorded.entry.cluster):
                runs[recorded.entry.key.run_id].append(recorded.entry)
    return runs


async def _tried(reading: Coro[T]) -> T | LedgerError:
    try:
        return await reading
    except LedgerError as error:
        return error


def _report(session: RunSession, errors: Sequence[LedgerError]) -> None:
    """Report what cannot be read of a ledger, one document by its name, more by their number."""
    if errors:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        session.warn(f"a ledger document is left out{more}: {first_line(errors[0])}")


def _ambiguous(
    tasks: Mapping[str, Sequence[PlacedTask]], entries: Mapping[str, Sequence[Entry]]
) -> list[Task]:
    """Return stopped tasks of which only the definition says which container is the job's."""
    return [
        each.task
        for run_id, found in tasks.items()
        if not entries.get(run_id)
        for each in found
        if each.task.is_over and len(each.task.containers) > 1
    ]
