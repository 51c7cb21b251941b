"""What is known of the tasks of a job that earlier applies of the run have started."""

from collections.abc import Mapping
from types import MappingProxyType

from ecsplan_applier.tasks.array_member import CopyId
from ecsplan_applier.tasks.run_call import Call


class EarlierTasks:
    """Which attempts of which copies they are, and which calls have started them, as far as that is known."""

    def __init__(self) -> None:
        self._known: Mapping[str, CopyId] = MappingProxyType({})
        self._unused: frozenset[Call] = frozenset()
        self._later: Mapping[str, Call] = MappingProxyType({})

    def copy_of(self, arn: str) -> CopyId | None:
        """Return which attempt of which copy a task is; None where that is not known."""
        return self._known.get(arn)

    @property
    def knows_tasks(self) -> bool:
        """Whether anything is known of which copies the run's tasks are."""
        return bool(self._known)

    def expects(self, number: int) -> bool:
        """Return whether a task is known to be the first attempt of a copy."""
        return (number, 1) in self._known.values()

    @property
    def unused(self) -> frozenset[Call]:
        """Calls that an earlier apply of the run did not make, although it made later ones."""
        return self._unused

    @property
    def later_attempts(self) -> Mapping[str, Call]:
        """The calls of further attempts that an earlier apply of the run made, by the ARNs of their tasks."""
        return self._later

    def has_later_attempt(self, copy: int, attempt: int) -> bool:
        """Return whether an earlier apply has started a further attempt of the copy of this number."""
        return any((each.first, each.attempt) == (copy, attempt) for each in self._later.values())

    def expect_tasks(self, known: Mapping[str, CopyId]) -> None:
        """Note which attempts of which copies the run's tasks are, by their ARNs."""
        self._known = MappingProxyType(dict(known))

    def skip_calls(self, unused: frozenset[Call]) -> None:
        """Leave out RunTask calls whose copies an earlier apply has started by later ones."""
        self._unused = unused

    def expect_attempts(self, later: Mapping[str, Call]) -> None:
        """Note which tasks of the run are further attempts, so that none is taken for a first one."""
        self._later = MappingProxyType(dict(later))
