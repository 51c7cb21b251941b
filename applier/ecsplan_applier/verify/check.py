"""`Check`: one thing that is verified of each job, and the subjects that it is verified of."""

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, Protocol, TypeVar

from ecsplan.terms.diagnostic import Location
from ecsplan.terms.records import dataclass
from ecsplan_applier.verify.finding import Verdict
from ecsplan_applier.verify.seen import Seen
from ecsplan_applier.verify.verified_job import VerifiedJob


class Subject(Protocol):
    """A thing that a job depends on, such as a role or a cluster; subjects are frozen dataclasses."""

    @property
    def at(self) -> Location:
        """Where the manifest names it."""

    @property
    def title(self) -> str:
        """What it is, as a message begins: `role batch`."""


S = TypeVar("S", bound=Subject)


@dataclass(frozen=True, slots=True)
class Check(Generic[S]):
    """One thing that is verified.

    Attributes:
        judge: Yields what is to be said of a subject. It is pure, and is run again whenever a question of its
            was answered. Its name is the check's, and its docstring says what is checked: a summary,
            `Calls:` and `Source:`, from which docs/verify.md is made.
        over: Yields the subjects in a job.
    """

    judge: Callable[[S, Seen], Iterator[Verdict]]
    over: Callable[[VerifiedJob], Iterable[S]]

    @property
    def name(self) -> str:
        """The name in findings, derived from the function."""
        return self.judge.__name__.replace("_", "-")
