"""Who is told before tasks are asked for, and when they have ended: the ledger, or nobody."""

from collections.abc import Sequence
from typing import Protocol

from ecsplan_applier.tasks.copies import Copy


class Record(Protocol):
    """What is told of the tasks of a job, for whoever keeps it."""

    async def asking(self, copies: Sequence[Copy]) -> None:
        """Record that tasks for these copies are about to be asked for.

        Raises:
            LedgerError: It cannot be recorded, so that they must not be asked for.
        """
        ...

    def over(self, copy: Copy) -> None:
        """Have the end of a copy recorded, which gets no further attempt."""
        ...


class Unrecorded:
    """Keeps nothing: the apply has no ledger."""

    async def asking(self, copies: Sequence[Copy]) -> None:
        """Record nothing."""

    def over(self, copy: Copy) -> None:
        """Record nothing."""
