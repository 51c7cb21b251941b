"""Attaching to tasks that exist under the run id, where RunTask does not simply repeat its answer."""

import re
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from ecsplan_applier.arns import family_of
from ecsplan_applier.aws.cluster_tasks import describe_tasks
from ecsplan_applier.aws.retry import CHANGING, RetryPolicy
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, RunIdTakenError
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.outcomes.task import Task
from ecsplan_applier.scheduling.locking import Slots
from ecsplan_applier.starting.counts import Counts, Progress
from ecsplan_applier.starting.forgotten import Forgotten
from ecsplan_applier.tasks.array_member import CopyId
from ecsplan_applier.tasks.copies import Copy
from ecsplan_applier.tasks.existing import ExistingTasks
from ecsplan_applier.tasks.job_run import Call, JobRun
from ecsplan_applier.tasks.retries import is_retryable
from ecsplan_applier.tasks.run_id import started_by
from ecsplan_applier.tasks.verdicts import Verdict, judge_ended

_INACTIVE: Final = re.compile("taskdefinition is inactive", re.IGNORECASE)
"""InvalidParameterException for a revision that was deregistered (DefangLabs/defang#775)."""

_VISIBLE: Final = RetryPolicy(max_elapsed_s=0.0, max_unreachable_s=0.0, first_pause_s=0.5, max_pause_s=5.0)
"""Pauses between looks at tasks that ECS does not show yet: ListTasks and DescribeTasks are eventually
consistent (ECS API reference, RunTask)."""
_VISIBLE_WITHIN_S: Final = 60.0
"""How long at least the tasks that a refused token names may take to be shown."""
_FORGOTTEN: Final = "an earlier apply started it, and ECS no longer shows it"
_RECENT_S: Final = 900.0
"""A task that was created longer ago may be a further attempt of a copy whose first one is forgotten."""
_RESERVED_S: Final = 15.0
"""The pause between looks at tasks that count although no copy has them."""
_MAX_NAMED: Final = 20
"""Tasks of other jobs that a message names."""
_LISTED_WITHIN_S: Final = 10.0
"""How long tasks whose ARNs are not known may take to be listed."""


class InactiveError(AwsError):
    """The revision to run was deregistered in the meantime."""


def is_inactive(error: AwsError) -> bool:
    """Return whether RunTask refuses a revision that was deregistered."""
    return bool(_INACTIVE.search(error.text))


class Attach:
    """Finds tasks that an earlier apply of this run has started, or an earlier call of this apply.

    Args:
        context: The apply.
        existing: The tasks of this run that were there when it began.
    """

    def __init__(self, context: ApplyContext, existing: ExistingTasks) -> None:
        self._context = context
        self._existing = existing
        self._known = existing.known()

    def existed(self, task: Task) -> bool:
        """Return whether a task was there before the call that returned it.

        Its ARN tells, and that of a resumed run's task which has run already; never its age, as the clocks of
        this machine and of AWS differ.
        """
        return task.arn in self._known or (self._context.resumed and task.has_run)

    def identifies(self, job: JobRun) -> bool:
        """Return whether a task shows that it is this job's: no other job of the plan asks for the same."""
        return self._existing.identifies(job)

    async def unknown(self, job: JobRun, *, attempt: int = 1) -> list[Task]:
        """Return the tasks of this run that do what the job asks for and that no copy has, listed now.

        Args:
            job: The job.
            attempt: Which attempt they are looked for.
        """
        await self._existing.find_again(job)
        tasks = await self._unclaimed(job)
        return [each for each in tasks if not self._may_be_of_others(job, each, attempt)]

    def _may_be_of_others(self, job: JobRun, task: Task, attempt: int) -> bool:
        """Return whether a task that was there before may belong to another copy, or another job.

        Where another job of the plan asks for the same, it may be that job's. In an apply that is resumed, it
        may be one that the first calls for other copies, which are still to be made, will name.
        """
        if task.arn not in self._known:
            return False
        early = attempt > 1 and self._context.resumed and not job.all_asked
        return early or not self._existing.identifies(job)

    async def outlived(self, job: JobRun) -> bool:
        """Attach to tasks that run for longer than ECS keeps tokens, which would start them again.

        Returns:
            Whether there are any; then nothing of the job is to be started.
        """
        # Where the ledger knows the job, it says of each copy when its task was asked for.
        found = await self._existing.outlived(job) if self._context.resumed and not job.has_begun else []
        old = [each for each in found if not self._context.is_claimed(each.arn)]
        for copy, task in _pairs(job, _lacking(job), old):
            copy.assign(self._context, task, attached=True)
        # Whatever is missing may have run and gone: starting it would run it twice.
        if old:
            job.give_up(Verdict(Outcome.NO_EXIT_CODE, _FORGOTTEN))
        return bool(old)

    async def conflicting(self, job: JobRun, error: AwsError) -> list[Task]:
        """Return the tasks that a token started with another request, if they do what the job asks for.

        ECS refuses a token whose request differs in anything; another revision that says the same, or other
        subnets of the same VPC, make no other job. Tasks that another machine has started a moment ago are
        waited for until ECS shows them.

        Raises:
            RunIdTakenError: They do something else, or ECS does not say which they are.
            AwsError: ECS did not show them.
        """
        names = list(error.resource_ids)
        max_wait_s = max(_VISIBLE_WITHIN_S, job.planned.watch.start_timeout_s) if names else _LISTED_WITHIN_S
        async for _ in self._looks(max_wait_s):
            found = await self._named(job, names) if names else await self.unknown(job)
            # None is "not known yet": the revision of a task may show later than the task.
            same = [await self._is_same(job, each) for each in found]
            if False in same:
                raise self._taken(job, names or [each.arn for each in found]) from error
            # Fewer tasks than ECS names are not an answer: the missing ones would be started again.
            if found and len(found) >= len(names) and None not in same:
                return found
        if not names:
            raise self._taken(job, names) from error
        text = f"{error.text}; ECS does not show the tasks that it names: {', '.join(names)}"
        raise AwsError(error.operation, error.code, text, status=error.status) from error

    async def _named(self, job: JobRun, arns: list[str]) -> list[Task]:
        return await describe_tasks(self._context.caller, job.place, arns, CHANGING)

    async def _is_same(self, job: JobRun, task: Task) -> bool | None:
        mine = task.started_by == started_by(self._context.run_id)
        return await self._existing.compare(job, task) if mine else False

    async def later(self, job: JobRun, copy: Copy) -> Task | None:
        """Return the task of a further attempt of a copy that an earlier apply has started, or None."""
        for task in await self._existing.of(job):
            call = job.later_attempts.get(task.arn)
            if call is not None and (call.first, call.attempt) == (copy.number, copy.attempt):
                return task
        return None

    async def strays(self, job: JobRun, copy: Copy, running: Sequence[Task]) -> list[Task]:
        """Return those of the run's tasks, listed a moment ago, that no copy has and that this one may take.

        They are looked for before a further attempt. Where ECS has said that tasks lack, those that have
        stopped are looked at, too. Where it has not, a task that came into being since the apply began is
        that of another apply of the run, whose token says which attempt it is.
        """
        tasks = [*running, *(await self._existing.stopped_now(job) if job.fell_short else ())]
        if self._context.resumed and not job.fell_short:
            tasks = [each for each in tasks if self._existing.existed_before(each.arn)]
        wanted = {(copy.number, copy.attempt)}
        free = {each.arn: each for each in tasks if self._is_free(job, each)}
        mine = [each for each in free.values() if await self._existing.is_of(job, each)]
        return [
            each
            for each in mine
            if not self._may_be_of_others(job, each, 2) and self.may_be(job, wanted, each)
        ]

    async def finished(self, job: JobRun, error: AwsError) -> None:
        """Attach to what an apply of this run has started with a revision that was deregistered afterwards.

        Another machine may have done so a moment ago: what it has started is waited for, for a short time.

        Raises:
            InactiveError: There is no such task.
        """
        free = _lacking(job)
        # Another revision is tried if there is nothing of the run, or if some of it is missing although the
        # revision was ACTIVE when this apply began. If it was INACTIVE then, the run is over: what it did not
        # start stays so.
        tasks = await self._finished_tasks(job, len(free))
        taken = len(free) < len(job.copies)
        if (not tasks and not taken) or (len(tasks) < len(free) and not job.inactive):
            raise InactiveError(error.operation, error.code, error.text, status=error.status) from error
        for copy, task in _pairs(job, free, tasks):
            copy.assign(self._context, task, attached=True)
        reason = "an earlier apply with this run id did not start it, and its revision is deregistered"
        job.give_up(Verdict(Outcome.NOT_STARTED, reason))

    async def _finished_tasks(self, job: JobRun, wanted: int) -> list[Task]:
        if job.inactive:
            return await self._unclaimed(job)
        tasks: list[Task] = []
        if not self._context.resumed:
            return tasks
        async for _ in self._looks(_LISTED_WITHIN_S):
            tasks = await self.unknown(job)
            if len(tasks) >= wanted:
                break
        return tasks

    async def _looks(self, within_s: float) -> AsyncIterator[None]:
        """Yield whenever it is time to look for tasks that ECS may not show yet: at once, then after pauses.

        The last time is when `within_s` have passed, or the apply was cancelled.
        """
        # Nothing is to be released here (no `finally`), so that a caller may leave its loop at any look.
        context = self._context
        deadline, looks = context.now() + within_s, 1
        yield
        while context.now() < deadline and not context.cancelled.is_set():
            await context.loop.sleep(context.caller.pause(_VISIBLE, looks), context.cancelled)
            looks += 1
            yield

    async def lost(self, job: JobRun, free: list[Copy], error: AwsError) -> None:
        """Attach to the tasks of calls whose answers never came, or cannot be read.

        Args:
            job: The job.
            free: Its copies that lack a task.
            error: The error of a lost call.

        Raises:
            AwsError: The lost one, where copies are still without a task, or the tasks cannot be looked for.
        """
        try:
            await self._existing.find_again(job)
            tasks = await self._unclaimed(job)
        except ApplierError as unseen:
            raise error from unseen
        pairs = _pairs(job, free, tasks)
        for copy, task in pairs:
            copy.assign(self._context, task, attached=self.existed(task))
        if len(pairs) < len(free):
            raise error

    async def _unclaimed(self, job: JobRun) -> list[Task]:
        """Return the tasks of this run that do what the job asks for and that no copy has.

        Another job of the plan may ask for the very same. Tasks of further attempts belong to their copies.
        """
        return [each for each in await self._existing.of(job) if self._is_free(job, each)]

    def _is_free(self, job: JobRun, task: Task) -> bool:
        return not self._context.is_claimed(task.arn) and task.arn not in job.later_attempts

    async def further(self, job: JobRun, attempts: Iterable[CopyId]) -> Mapping[str, CopyId]:
        """Return those of some further attempts that an apply of the run has asked for, by their tasks' ARNs.

        Raises:
            ApplierError: ECS could not be asked.
        """
        return await Counts(self._context, job).further(attempts) if self._context.resumed else {}

    async def has_begun(self, job: JobRun) -> bool:
        """Return whether an earlier apply of the run has started tasks of a job.

        Of tasks that another job of the plan may have asked for, the tokens say whose they are.

        Raises:
            ApplierError: They cannot be looked for.
        """
        if not self._context.resumed:
            return False
        if job.has_begun:
            return True
        return bool(await self._own(job, await self._existing.of(job)))

    async def _own(self, job: JobRun, tasks: Sequence[Task]) -> Sequence[Task]:
        """Return those of the run's tasks, which do what a job asks for, that no other job has asked for."""
        if not tasks or self._existing.identifies(job):
            return tasks
        own = await Counts(self._context, job).own(tasks)
        return [each for each in tasks if each.arn in own]

    def has_forgotten(self, job: JobRun, copies: Sequence[Copy]) -> bool:
        """Return whether any of these copies was asked for so long ago that its token may be forgotten."""
        return bool(Forgotten(self._context, self._existing).among(job, copies))

    async def forgotten(self, job: JobRun, copies: Sequence[Copy]) -> None:
        """Attach such copies to the tasks that ECS still shows of them, and give up the others.

        Raises:
            ApplierError: Tasks cannot be looked for.
        """
        lost = Forgotten(self._context, self._existing)
        await self._existing.find_again(job)
        await lost.settle(job, copies)
        lost.attach()

    async def running(self, job: JobRun) -> None:
        """Attach to running tasks of a job of which nothing more is to be started.

        Raises:
            ApplierError: They cannot be looked for.
        """
        tasks = [each for each in await self._unclaimed(job) if not each.is_over]
        # After a signal whatever runs is stopped, and it does not matter as whose.
        if not self._context.cancelled.is_set():
            tasks = list(await self._own(job, tasks))
        for copy, task in _pairs(job, _lacking(job), tasks):
            copy.assign(self._context, task, attached=True)

    async def known(self, job: JobRun, copies: Sequence[Copy]) -> None:
        """Attach to what the run has started for copies of a job, as far as that is known without a call.

        What runs counts before anything more is started of a job of which not all may run at a time.

        Raises:
            ApplierError: The tasks cannot be looked for.
        """
        if not self._context.resumed or (job.array is None and job.slots is None):
            return
        # An index says which copy a task is, not of which job: of equal arrays, only the tokens show that.
        if job.array is not None and not self._existing.identifies(job):
            return
        tasks = {job.copy_of(each): each for each in await self._existing.of(job)}
        for copy in copies:
            task = tasks.get((copy.number, copy.attempt))
            if task is not None and not self._context.is_claimed(task.arn):
                copy.assign(self._context, task, attached=True)

    async def reserve(self, job: JobRun) -> None:
        """Have all tasks that run count, before more is started of a job that may not run all at once.

        Raises:
            ApplierError: The tasks cannot be looked for.
        """
        if not self._context.resumed or job.slots is None:
            return
        # Where nothing says which copies these are, any will do.
        if job.array is None and self._existing.identifies(job):
            await self.running(job)
        running = [each.arn for each in await self._existing.of(job) if not each.is_over]
        reserved = [arn for arn in running if not self._context.is_claimed(arn)]
        for arn in reserved:
            job.slots.occupy(arn)
        if reserved:
            self._context.loop.create_task(self._forget_ended(job, job.slots), background=True)

    async def _forget_ended(self, job: JobRun, slots: Slots) -> None:
        """Give back the slots of tasks that no copy has, once they have stopped or a copy has them."""
        while not self._context.cancelled.is_set():
            reserved = [each for each in slots.held if isinstance(each, str)]
            if not reserved:
                return
            await self._context.loop.wait(self._context.cancelled, seconds=_RESERVED_S)
            with suppress(ApplierError):
                running = {each.arn for each in await self._existing.running_now(job)}
                for arn in reserved:
                    if arn not in running:
                        slots.leave(arn)

    def may_be(self, job: JobRun, wanted: Collection[CopyId], task: Task) -> bool:
        """Return whether a task that no copy has may be one of these attempts of copies of a job."""
        known = job.copy_of(task)
        return known in wanted or (known is None and job.array is None)

    async def in_order(self, job: JobRun, tasks: Sequence[Task], copies: range) -> list[Task]:
        """Return tasks of a job that no copy has in the order of these copies, which have none.

        In a run that is resumed, tokens say which copies most are. Copies that changed places would be tried
        again with each other's tokens. Where some of these tasks are not shown, there are none to be taken:
        the call that has started them is made again, and names them.

        Raises:
            ApplierError: ECS could not be asked.
        """
        if not tasks or not self._context.resumed or job.array is not None:
            return list(tasks)
        if not job.knows_tasks:
            job.expect_tasks((await Counts(self._context, job).progress(await self._existing.of(job))).known)
        named = {job.copy_of(each): each for each in tasks}
        expected = [number for number in copies if job.expects(number)]
        placed = [named[number, 1] for number in expected if (number, 1) in named]
        # A call starts tasks for the first copies that lack one: without gaps, from the first copy on.
        if len(placed) < len(expected) or expected != list(copies[: len(expected)]):
            return []
        return placed + [each for each in tasks if job.copy_of(each) is None]

    async def recognize(self, job: JobRun) -> None:
        """Recognize further attempts among the job's tasks of this run, running or over.

        Raises:
            RunIdTakenError: They were started for another number of copies.
        """
        alone = self._existing.identifies(job)
        if job.array is not None and alone:
            await self._recognize_array(job)
            return
        tasks = await self._existing.of(job)
        extra, counted = len(tasks) - len(job.copies), job.has_begun
        retry = job.planned.policy.retry
        again = [each for each in tasks if is_retryable(judge_ended(each, job.planned), retry)]
        # Of the tasks of a copy, all but one were tried again: more tasks than these explain need no further
        # proof. Fewer than copies may be all that a killed apply came to.
        if alone and not counted and extra > (len(again) if retry.attempts > 1 else 0):
            raise self._taken(job, [each.arn for each in tasks])
        needed = (alone and extra < 0) or job.slots is not None or self._may_be_later(job, tasks, again)
        if not tasks or not needed:
            return
        # An entry of the ledger says how many copies there were to be.
        progress = await Counts(self._context, job).progress(
            tasks, again=len(again), brief=counted or job.array is not None
        )
        if alone and not counted and progress.changed:
            raise self._taken(job, [each.arn for each in tasks])
        job.expect_tasks(progress.known)
        self._go_on_after(job, progress)

    async def _recognize_array(self, job: JobRun) -> None:
        """Recognize the tasks of an array, which say themselves what they are.

        Raises:
            RunIdTakenError: They were started for another number of copies.
        """
        other = await self._existing.of_other_array(job)
        if other:
            raise self._taken(job, [each.arn for each in other])
        found = {each.arn: job.copy_of(each) for each in await self._existing.of(job)}
        known = {arn: copy for arn, copy in found.items() if copy is not None}
        attempts: dict[int, set[int]] = {}
        for number, attempt in known.values():
            attempts.setdefault(number, set()).add(attempt)
        later = {arn: Call(number, 1, 1, attempt) for arn, (number, attempt) in known.items() if attempt > 1}
        begins = {number: min(seen) for number, seen in attempts.items() if 1 not in seen}
        self._go_on_after(job, Progress(True, False, later, begins, frozenset(), known))

    def _may_be_later(self, job: JobRun, tasks: Sequence[Task], again: Sequence[Task]) -> bool:
        """Return whether some of a job's tasks may be further attempts.

        Where they are, earlier ones ended in a way that is tried again, and are shown for an hour; a run
        whose first attempts are no longer shown is older than that.
        """
        retry = job.planned.policy.retry
        if retry.attempts == 1:
            return False
        limit = self._context.caller.clock.now(job.target) - _RECENT_S
        old = any(each.times.created is not None and each.times.created < limit for each in tasks)
        return bool(again) or retry.written or old

    @staticmethod
    def _go_on_after(job: JobRun, progress: Progress) -> None:
        """Have copies begin with the attempts that the run has reached, where ECS has forgotten the first."""
        job.expect_attempts(progress.later)
        for number, attempt in progress.begins.items():
            copy = job.copies[number - 1]
            # The ledger may know of a later attempt, and of earlier ones.
            if copy.lacks_task and attempt > copy.attempt:
                recorded = job.recorded_copy(number)
                job.resume_at(number, attempt, () if recorded is None else recorded.earlier)
        # Of those that the ledger knows, it says which were asked for, and when.
        for number in () if job.has_begun else progress.forgotten:
            job.copies[number - 1].give_up(Verdict(Outcome.NO_EXIT_CODE, _FORGOTTEN))

    async def refuse_changed(self, job: JobRun) -> None:
        """Refuse a job whose definition has changed since its tasks of this run, before it is registered.

        ECS would refuse its tokens later on, and the revision that was made for it would be left behind.

        Raises:
            RunIdTakenError: There are such tasks.
        """
        tasks = await self._existing.changed(job)
        if tasks and not await self._existing.of(job):
            raise self._taken(job, [each.arn for each in tasks])

    async def refuse_unlike(self, job: JobRun) -> None:
        """Refuse a job of which a copy is given up as forgotten while tasks that do something else run.

        Nobody would name them otherwise: they are what the copy was started as, with another request.

        Raises:
            RunIdTakenError: There are such tasks.
        """
        if all(copy.given_up is None for copy in job.copies):
            return
        tasks = await self._existing.unlike(job)
        if tasks:
            raise self._taken(job, [each.arn for each in tasks])

    async def refuse_beside(self, job: JobRun) -> None:
        """Refuse a job that has just been started beside tasks of this run which do the same, or did.

        This happens when a run id is used again with another `count`: the tokens differ.

        Raises:
            RunIdTakenError: There are such tasks.
        """
        if not any(copy.task is not None and not copy.attached for copy in job.copies):
            return
        beside = [each.arn for each in await self._existing.of(job) if self._is_free(job, each)]
        if beside:
            raise self._taken(job, beside)

    async def refuse_other_jobs(self, jobs: Sequence[JobRun], recorded: Collection[str] = ()) -> bool:
        """Refuse a plan that has none of the jobs of this run: a job is recognized by its tasks' family.

        Args:
            jobs: The jobs.
            recorded: The names of jobs that the ledger knows of the run, if none of them is in the plan.

        Returns:
            Whether ECS shows tasks of the run.

        Raises:
            RunIdTakenError: The run is known, and none of its jobs is in this plan.
        """
        ours = {(job.place, family) for job in jobs for family in self._existing.families}
        tasks = [(place, each) for place, found in self._existing.running.items() for each in found]
        # Nothing runs: the run may be over, and only stopped tasks show what it was.
        if not tasks:
            by_place = {job.place: job for job in jobs}
            for place, job in by_place.items():
                tasks += [(place, each) for each in await self._existing.stopped_anywhere(job)]
        if any((place, family_of(each.definition)) in ours for place, each in tasks):
            return True
        if not tasks and not recorded:
            return False
        run = f"the run id {self._context.run_id} belongs to other jobs"
        families = ", ".join(sorted({family_of(each.definition) for _, each in tasks}))
        named = "\n    ".join(f"{place.cluster_name}::{each.arn}" for place, each in tasks[:_MAX_NAMED])
        if recorded:
            plan = ", ".join(sorted(self._existing.names))
            known = f"the ledger has {_first_of(recorded)}"
        else:
            plan = ", ".join(sorted(self._existing.families))
            known = f"its tasks are of {families}"
        raise RunIdTakenError(
            f"{run}: {known}, and this plan has {plan}; nothing was started\n"
            + (f"  these tasks exist under it:\n    {named}\n" if named else "")
            + "  help: use another --run-id for this plan"
        )

    def _taken(self, job: JobRun, arns: list[str]) -> RunIdTakenError:
        tasks = "\n    ".join(f"{job.place.cluster_name}::{each}" for each in arns) or "(ECS names none)"
        return RunIdTakenError(
            f"{job.name}: the run id {self._context.run_id} was used with another request for this job\n"
            f"  these tasks exist under it:\n    {tasks}\n"
            "  help: use another --run-id for another request, or stop these tasks first"
        )


def _lacking(job: JobRun) -> list[Copy]:
    """Return the copies that have no task for the attempt they begin with and have not been given up."""
    return [copy for copy in job.copies if copy.lacks_task and not copy.follows]


def _first_of(names: Collection[str]) -> str:
    """Return names as a message has them: the first of many, and how many more there are."""
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    return f"{', '.join(sorted(names)[:_MAX_NAMED])}{more}"


def _pairs(job: JobRun, copies: Sequence[Copy], tasks: Sequence[Task]) -> list[tuple[Copy, Task]]:
    """Return which copies get which tasks: of an array each its own, of other jobs any."""
    if job.array is None:
        return list(zip(copies, tasks, strict=False))
    found = {job.copy_of(each): each for each in tasks}
    keys = ((copy, (copy.number, copy.attempt)) for copy in copies)
    return [(copy, found[key]) for copy, key in keys if key in found]
