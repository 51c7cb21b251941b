"""What the ledger is to hold of the copies of one job: which were asked for and when, and how they ended."""

from collections.abc import Iterable
from typing import Final

from ecsplan_applier.context import ApplyContext
from ecsplan_applier.ledger.entry import RecordedCopy
from ecsplan_applier.recording.recorded_copy import Asked, recorded_copy
from ecsplan_applier.tasks.array_member import CopyId
from ecsplan_applier.tasks.copies import Copy
from ecsplan_applier.tasks.copy_state import CopyState
from ecsplan_applier.tasks.job_run import JobRun, copies_of


class CopyRecords:
    """What this apply knows of the copies of a job, and what others have recorded of them.

    Args:
        context: The apply.
        job: The job.
    """

    def __init__(self, context: ApplyContext, job: JobRun) -> None:
        self._context: Final = context
        self._job: Final = job
        # The attempts that others have asked for, and whether they did so since this apply began.
        self._begun: frozenset[CopyId] = frozenset()
        self._first_asked: dict[int, float | None] = {}
        self._is_shared = False
        self._asked: dict[CopyId, float] = {}
        self._ends: dict[int, RecordedCopy] = {}
        self._open: dict[int, tuple[Copy, CopyState, RecordedCopy]] = {}

    @property
    def ends(self) -> tuple[RecordedCopy, ...]:
        """What is to be recorded of the copies that are over."""
        return tuple(self._ends.values())

    @property
    def are_over(self) -> bool:
        """Whether all copies are."""
        return len(self._ends) == copies_of(self._job.planned)

    def of_all(self) -> tuple[RecordedCopy, ...]:
        """Return what is to be recorded of each copy, in their order."""
        copies = self._job.copies[: copies_of(self._job.planned)]
        return tuple(self._ends.get(each.number) or self._of_open(each) for each in copies)

    def is_asked(self, copy: Copy) -> bool:
        """Return whether the attempt of a copy was asked for, by this apply or others."""
        which = copy.number, copy.attempt
        return which in self._asked or which in self._begun

    def note_asked(self, copies: Iterable[Copy]) -> None:
        """Note that these copies are asked for now; what was noted before stays."""
        now = self._context.caller.clock.now(self._job.target)
        for each in copies:
            self._asked.setdefault((each.number, each.attempt), now)
            self._open.pop(each.number, None)

    def note_over(self, copy: Copy) -> None:
        """Note what has become of a copy, which is over."""
        self._ends[copy.number] = self._of(copy)
        self._open.pop(copy.number, None)

    def note_all_over(self) -> None:
        """Note the same of all copies that are over and of which it was not noted."""
        for copy in self._job.copies[: copies_of(self._job.planned)]:
            if copy.over.is_set() and copy.number not in self._ends:
                self.note_over(copy)

    def take(self, recorded: Iterable[RecordedCopy]) -> None:
        """Take what others have recorded of the copies."""
        copies = tuple(recorded)
        self._begun = frozenset((each.copy, each.attempt) for each in copies if each.is_open)
        self._first_asked = {each.copy: each.first_asked_at for each in copies if each.was_started}
        self._open.clear()

    def note_shared(self) -> None:
        """Note that another apply of the run asks for tasks of the job at the same time."""
        self._is_shared = True
        self._open.clear()
        # Where others may have started a task, that none was started here is no reason to forget it.
        self._ends = {number: self._of(self._job.copies[number - 1]) for number in self._ends}

    def _of_open(self, copy: Copy) -> RecordedCopy:
        """Return what is to be recorded of a copy, made anew only where its state has changed."""
        before, state, recorded = self._open.get(copy.number, (None, None, None))
        if recorded is None or before is not copy or state is not copy.state:
            recorded = self._of(copy)
            self._open[copy.number] = copy, copy.state, recorded
        return recorded

    def _of(self, copy: Copy) -> RecordedCopy:
        """Return what is to be recorded of a copy; when others have asked for it first stays."""
        own = self._asked.get((copy.number, 1))
        asked = Asked(
            now=self._context.caller.clock.now(self._job.target),
            at=self._asked.get((copy.number, copy.attempt)),
            first_at=self._first_asked.get(copy.number, own),
            by_others=self._is_shared,
        )
        return recorded_copy(copy, asked)
