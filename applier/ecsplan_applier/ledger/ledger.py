"""The ledger as the applier uses it: entries in, entries out, whatever the store is."""

from collections import Counter

from ecsplan.terms.records import dataclass
from ecsplan_applier.ledger.documents import damaged, read_document, write_document
from ecsplan_applier.ledger.entry import FORMAT, Entry, EntryKey, read_entry
from ecsplan_applier.ledger.entry_text import EntryText
from ecsplan_applier.ledger.keys import entry_key, run_prefix, runs_prefix
from ecsplan_applier.ledger.store import NEW, Expiring, Queued, Store
from ecsplan_applier.outcomes.aws_messages import shown
from ecsplan_applier.outcomes.errors import LedgerError
from ecsplan_applier.scheduling.scheduler import Loop


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry as it was read or written; `version` is what a write names that replaces it."""

    entry: Entry
    version: str


class Ledger:
    """Entries in a store.

    Args:
        store: Where they are.
        loop: Reads entries at the same time; without it, they are read one by one.
    """

    def __init__(self, store: Store, loop: Loop | None = None) -> None:
        self._store = store
        self._loop = loop

    @property
    def name(self) -> str:
        """The ledger as the user names it."""
        return self._store.name

    @property
    def store(self) -> Store:
        """Where its documents are."""
        return self._store

    async def read(self, key: EntryKey) -> Recorded | None:
        """Return an entry, or None where there is none.

        Raises:
            LedgerError: It cannot be read, or is no entry, or of a newer format.
        """
        return await self._read(entry_key(key))

    async def of_run(self, account: str, region: str, run_id: str) -> list[Recorded]:
        """Return all entries of a run, in the order of their keys.

        Raises:
            LedgerError: As of `read`.
        """
        keys = await self._store.keys(run_prefix(account, region, run_id))
        if self._loop is None:
            found = [await self._read(each) for each in keys]
        else:
            found = await self._loop.gather(map(self._read, keys))
        return [each for each in found if each is not None]

    async def has_run(self, account: str, region: str, run_id: str) -> bool:
        """Return whether there is an entry of a run in an account and region.

        Raises:
            LedgerError: They cannot be listed.
        """
        return bool(await self._store.keys(run_prefix(account, region, run_id)))

    async def run_keys(self, account: str, region: str) -> list[str]:
        """Return the keys of all entries of an account and region, for `read_key`."""
        return await self._store.keys(runs_prefix(account, region))

    async def read_key(self, key: str) -> Recorded | None:
        """Return the entry under one of the store's keys.

        Raises:
            LedgerError: As of `read`.
        """
        return await self._read(key)

    async def write(self, entry: Entry, version: str = NEW, text: EntryText | None = None) -> Recorded:
        """Write an entry in place of the one of this version; `NEW` where there must be none.

        A write that was repeated, because its answer was lost, finds its own document and has succeeded.

        Args:
            entry: The entry.
            version: What it replaces.
            text: Makes its text, by what it knows of the entries of this job that were written before.

        Raises:
            ConflictError: Another one is there.
            LedgerError: It cannot be written.
        """
        document = (text or EntryText()).of(entry)
        written = await write_document(self._store, entry_key(entry.key), document, version)
        return Recorded(entry, written)

    async def remove_older(self, keep_s: float, now: float) -> int:
        """Remove documents that were last written more than `keep_s` ago; see `Expiring.remove_older`.

        In a bucket a lifecycle rule does that (`docs/permissions.md`).

        Raises:
            LedgerError: Something could not be looked at or removed.
        """
        return await self._store.remove_older(keep_s, now) if isinstance(self._store, Expiring) else 0

    def abandon_writes(self) -> None:
        """Let no further write wait for those under way: their loop has ended, and they never will."""
        if isinstance(self._store, Queued):
            self._store.abandon_writes()

    async def _read(self, key: str) -> Recorded | None:
        found = await self._store.read(key)
        if found is None:
            return None
        place = self._store.place_of(key)
        entry = _entry(found.text, place)
        if entry_key(entry.key) != key:
            raise LedgerError(
                f"{place}: is about job {shown(entry.key.job)} of run {shown(entry.key.run_id)} in account"
                f" {shown(entry.key.account)} and region {shown(entry.key.region)}, which its name does "
                "not match\n  help: restore the document's original name, or apply with a new run id"
            )
        return Recorded(entry, found.version)


def _entry(text: str, place: str) -> Entry:
    document = read_document(text, place, "ledger-entry", FORMAT)
    try:
        entry = read_entry(document)
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(place, "ledger-entry", str(error)) from error
    number, times = Counter(each.copy for each in entry.copies).most_common(1)[0]
    if times > 1:
        raise damaged(place, "ledger-entry", f"copy {number} is listed twice")
    return entry
