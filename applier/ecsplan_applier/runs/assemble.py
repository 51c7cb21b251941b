"""From what the ledger, a result file and ECS have of a run to its jobs and what became of each copy."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field, replace
from itertools import count
from typing import Final

from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass
from ecsplan.terms.run_policy import DEFAULT_RETRY
from ecsplan_applier.arns import cluster_name_of, is_same_cluster
from ecsplan_applier.aws.cluster_tasks import Place
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.ledger.entry import RecordedCopy
from ecsplan_applier.outcomes.result import Outcome, TaskResult
from ecsplan_applier.outcomes.task import Task
from ecsplan_applier.runs.assign import Assigned, RecordedJob, assign, by_family, members_of
from ecsplan_applier.runs.expected import VISIBLE_S
from ecsplan_applier.runs.found import FoundJob
from ecsplan_applier.runs.judged import JobFacts, judged, waiting, with_definition
from ecsplan_applier.runs.search import PlacedTask
from ecsplan_applier.tasks.retries import is_retryable
from ecsplan_applier.tasks.verdicts import Verdict, end_of

_NOT_ASKED: Final = Verdict(Outcome.PENDING, "not asked for yet")
_NO_TASK_YET: Final = Verdict(Outcome.PENDING, "asked for, and ECS shows no task yet")


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a run in an account and region.

    Attributes:
        target: The account and region.
        tasks: Its tasks, oldest first.
        definitions: The definitions of their revisions, by ARN, as far as they could be looked at.
        now: AWS's time.
        is_whole: Whether all clusters could be looked at that were to be.
        cluster: The only cluster that was to be looked at; None for all of the region.
    """

    target: Target
    tasks: tuple[PlacedTask, ...] = ()
    definitions: Mapping[str, Body] = field(default_factory=dict)
    now: float = 0.0
    is_whole: bool = True
    cluster: str | None = None

    def covers(self, cluster: str) -> bool:
        """Return whether the tasks of a cluster were looked at; "" is the default one, others may be ARNs."""
        return self.is_whole and (self.cluster is None or is_same_cluster(self.cluster, cluster))

    def facts_of(self, facts: JobFacts, task: Task) -> JobFacts:
        """Return what is known of a task's job, with what its definition adds."""
        return with_definition(facts, self.definitions.get(task.definition), task, self.target.region)


def assembled(recorded: Sequence[RecordedJob], seen: Seen) -> list[FoundJob]:
    """Return the jobs of a run, those that are recorded first, then those of which only tasks are seen."""
    assigned, others = assign(recorded, seen.tasks)
    jobs = [_recorded(job, tasks, seen) for job, tasks in zip(recorded, assigned, strict=True)]
    return [*jobs, *(_of_family(family, tasks, seen) for (_, family), tasks in by_family(others).items())]


def _recorded(job: RecordedJob, assigned: Assigned, seen: Seen) -> FoundJob:
    chains = _chains(job, assigned)
    facts = JobFacts(
        name=job.name,
        copies=max(len(job.copies), *chains.keys(), 1),
        container=job.container,
        succeed_on=job.succeed_on,
        cluster=job.cluster,
    )
    copies = {each.copy: each for each in job.copies}
    results = [
        _result(copies.get(number, RecordedCopy(number)), chains.get(number, []), facts, seen)
        for number in sorted({*copies, *chains})
    ]
    return _found(facts, results, assigned.tasks(), seen, job)


def _chains(job: RecordedJob, assigned: Assigned) -> dict[int, list[tuple[int | None, PlacedTask]]]:
    """Return the tasks of each copy, oldest first; those of which nothing shows the copy are spread.

    A task goes to an open copy that has none; else it is a further attempt of one whose last task stopped
    before it; else nobody has asked for it under this name, and it counts as one more copy.
    """
    chains = {
        copy: sorted(tasks, key=lambda each: _created(each[1])) for copy, tasks in assigned.by_copy.items()
    }
    open_copies = [each.copy for each in job.copies if not each.has_ended]
    free = iter([copy for copy in open_copies if copy not in chains])
    more = count(max((len(job.copies), *chains)) + 1)
    for placed in assigned.unplaced:
        copy = next(free, None)
        if copy is None:
            behind = (each for each in open_copies if _stopped_before(chains[each][-1][1].task, placed.task))
            copy = next(behind, None) or next(more)
        chains.setdefault(copy, []).append((None, placed))
    return chains


def _stopped_before(earlier: Task, later: Task) -> bool:
    stopped, created = earlier.times.stopped, later.times.created
    return earlier.is_over and stopped is not None and created is not None and stopped <= created


def _created(placed: PlacedTask) -> float:
    return placed.task.times.created or 0.0


def _result(
    copy: RecordedCopy, chain: Sequence[tuple[int | None, PlacedTask]], facts: JobFacts, seen: Seen
) -> TaskResult:
    """Return what became of a copy: a recorded end, else what ECS shows, else what is recorded of it."""
    attempts = list(copy.earlier if copy.result is None else copy.result.attempts)
    ended = {each.arn for each in attempts}
    news = [each for each in chain if each[1].task.arn not in ended]
    if copy.result is not None and (copy.has_ended or not news):
        return copy.result
    for attempt, placed in news:
        task = placed.task
        is_current = task.arn == copy.task_arn
        number = attempt or (copy.attempt if is_current else len(attempts) + 1)
        own, log = seen.facts_of(facts, task), copy.log if is_current else None
        attempts.append(judged(task, own, copy.copy, attempt=number, earlier=tuple(attempts), log=log))
    if attempts and attempts[-1].attempt >= copy.attempt:
        return attempts[-1]
    verdict = _without_task(copy, seen, facts.cluster)
    pending = waiting(facts, copy.copy, verdict, copy.attempt)
    if attempts:
        return replace(attempts[-1], earlier=tuple(attempts[:-1])).not_started_again(pending)
    if copy.task_arn is None:
        return pending
    return replace(pending, arn=copy.task_arn, cluster=copy.cluster or facts.cluster, log=copy.log)


def _without_task(copy: RecordedCopy, seen: Seen, cluster: str) -> Verdict:
    """Return the verdict on a copy of whose attempt ECS shows no task."""
    if copy.asked_at is None and copy.task_arn is None:
        return _NOT_ASKED
    if not seen.is_whole:
        return Verdict(Outcome.LOST, "its end is not recorded, and not every cluster could be looked at")
    if not seen.covers(copy.cluster or cluster):
        where = cluster_name_of(copy.cluster or cluster)
        return Verdict(Outcome.LOST, f"its end is not recorded, and its cluster was not looked at: {where}")
    if copy.is_forgotten(seen.now):
        return Verdict(Outcome.LOST, "its end is not recorded, and ECS has forgotten it after an hour")
    age_s = None if copy.asked_at is None else seen.now - copy.asked_at
    if copy.task_arn is not None and (age_s is None or age_s > VISIBLE_S):
        return Verdict(Outcome.LOST, "its end is not recorded, and ECS no longer shows it")
    return _NO_TASK_YET


def _of_family(family: str, tasks: Sequence[PlacedTask], seen: Seen) -> FoundJob:
    """Return what stands for the job of tasks that are recorded nowhere.

    The tasks of an array show their copy and attempt. Of others, a task that begins after another one never
    started, for a cause that is tried again by default, is a further attempt; each other one is a copy.
    """
    chains: dict[int, list[PlacedTask]] = {}
    numbers: dict[str, int] = {}
    copies, unplaced = 0, list[PlacedTask]()
    for placed, member in members_of(tasks):
        if member is None:
            unplaced.append(placed)
            continue
        number, numbers[placed.task.arn] = member.copy
        chains.setdefault(number, []).append(placed)
        copies = max(copies, member.count)
    for chain in _tried_again(unplaced, JobFacts(family), seen):
        chains[max(chains, default=0) + 1] = chain
    facts = JobFacts(family, copies=max(copies, *chains.keys()))
    results = []
    for copy in sorted(chains):
        attempts: list[TaskResult] = []
        for placed in sorted(chains[copy], key=_created):
            number = numbers.get(placed.task.arn, len(attempts) + 1)
            own, earlier = seen.facts_of(facts, placed.task), tuple(attempts)
            attempts.append(judged(placed.task, own, copy, attempt=number, earlier=earlier))
        results.append(attempts[-1])
    return _found(facts, results, tasks, seen)


def _tried_again(tasks: Sequence[PlacedTask], facts: JobFacts, seen: Seen) -> Collection[list[PlacedTask]]:
    """Return tasks in groups: those that try the one before again, and each other one alone."""
    chains: list[list[PlacedTask]] = []
    failed: list[list[PlacedTask]] = []
    for placed in tasks:
        chain = next((each for each in failed if _stopped_before(each[-1].task, placed.task)), None)
        if chain is None:
            chains.append(chain := [])
        else:
            failed.remove(chain)
        chain.append(placed)
        if len(chain) < DEFAULT_RETRY.attempts and _is_tried_again(
            placed.task, seen.facts_of(facts, placed.task)
        ):
            failed.append(chain)
    return chains


def _is_tried_again(task: Task, facts: JobFacts) -> bool:
    """Return whether a job whose manifest says nothing of it tries such an end again."""
    if not task.never_started:
        return False
    result = judged(task, facts, 1)
    end = end_of(Verdict(result.outcome, "", result.explanation), task, facts.container, None)
    return is_retryable(end, DEFAULT_RETRY)


def _found(
    facts: JobFacts,
    results: Sequence[TaskResult],
    tasks: Sequence[PlacedTask],
    seen: Seen,
    job: RecordedJob | None = None,
) -> FoundJob:
    place = Place(seen.target, facts.cluster or None)
    revision = None if job is None else job.revision
    if tasks:
        last = tasks[-1].task
        place, revision = tasks[-1].place, revision or last.definition or None
        facts = seen.facts_of(facts, last)
    return FoundJob(
        name=facts.name,
        family=facts.name if job is None else job.family,
        place=place,
        container=facts.container,
        logs=facts.logs,
        entry=None if job is None else job.entry,
        results=tuple(results),
        tasks=tuple(each.task for each in tasks),
        succeed_on=facts.succeed_on,
        revision=revision,
    )
