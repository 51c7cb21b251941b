"""Where the jobs of an apply run, as each entry of the ledger records it of the other jobs."""

from collections.abc import Sequence

from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.ledger.entry import EntryKey
from ecsplan_applier.recording.entry_key import known_account
from ecsplan_applier.tasks.job_run import JobRun


class JobPlaces:
    """The accounts and regions of the jobs of an apply, as far as they are known when it begins.

    Args:
        jobs: The jobs.
    """

    def __init__(self, jobs: Sequence[JobRun]) -> None:
        self._places = {each.name: (known_account(each), each.target) for each in jobs}
        self._names = tuple(self._places)
        # Most plans have one place, and some have thousands of jobs.
        self._is_one = len(set(self._places.values())) == 1

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the jobs, in their order."""
        return self._names

    def elsewhere(self, key: EntryKey, target: Target) -> dict[str, str | None]:
        """Return the jobs that run elsewhere than one of them: with their region, or None in another account.

        A job whose account is not known is of the same one if the same profile and role make its calls.

        Args:
            key: The key of that job's entry.
            target: Where that job runs.
        """
        if self._is_one:
            return {}
        caller = (target.profile, target.role)
        regions = {
            name: there.region
            if (account == key.account if account else (there.profile, there.role) == caller)
            else None
            for name, (account, there) in self._places.items()
        }
        return {name: region for name, region in regions.items() if region != key.region}
