"""Claims in the ledger: which run may start tasks of a family in a cluster, for jobs that ask for it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ecsplan.terms.records import dataclass
from ecsplan_applier.ledger.documents import FORMAT_MEMBER, document_text, read_document, write_document
from ecsplan_applier.ledger.entry import FORMAT
from ecsplan_applier.ledger.keys import claim_key
from ecsplan_applier.ledger.store import NEW, Store
from ecsplan_applier.outcomes.aws_messages import shown
from ecsplan_applier.outcomes.errors import LedgerError


@dataclass(frozen=True, slots=True)
class ClaimKey:
    """What a claim is about: a family in a cluster, whose name is the one that ECS knows it by."""

    account: str
    region: str
    cluster: str
    family: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim, as one write makes it.

    Attributes:
        key: The family that it is about.
        run_id: The run that has it, or had it last.
        jobs: The jobs of the run that have it, each with how many tasks of it may be running or be asked for
            without another write, and one more while further copies wait for others to end.
        claimed_at: When it was made or renewed last, by AWS's clock, in seconds since 1970.
        start_timeout_s: How long after that it is valid without a running task.
        written_as: A random text by which a writer recognizes its own document.
        released_at: When the run gave it up, by AWS's clock; None while it has it.
    """

    key: ClaimKey
    run_id: str
    jobs: Mapping[str, int]
    claimed_at: float
    start_timeout_s: float
    written_as: str
    released_at: float | None = None

    @property
    def tasks(self) -> int:
        """How many tasks of the run may be running or be asked for."""
        return sum(self.jobs.values())

    def to_json(self) -> dict[str, Any]:
        """Return the claim as the ledger holds it; `schemas/ledger-claim.schema.json` describes it."""
        return {
            FORMAT_MEMBER: FORMAT,
            "account": self.key.account,
            "region": self.key.region,
            "cluster": self.key.cluster,
            "family": self.key.family,
            "run_id": self.run_id,
            "jobs": dict(self.jobs),
            "claimed_at": self.claimed_at,
            "start_timeout_seconds": self.start_timeout_s,
            "released_at": self.released_at,
            "written_as": self.written_as,
        }


@dataclass(frozen=True, slots=True)
class FoundClaim:
    """A claim as it was read or written; `version` is what a write names that replaces it."""

    claim: Claim
    version: str


class Claims:
    """The claims in a store.

    Args:
        store: Where they are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def place_of(self, key: ClaimKey) -> str:
        """Return the document of a claim as a user would name it."""
        return self._store.place_of(_key(key))

    async def read(self, key: ClaimKey) -> FoundClaim | None:
        """Return a claim, or None where nobody has ever made it.

        Raises:
            LedgerError: It cannot be read, or is no claim, or of a newer format.
        """
        found = await self._store.read(_key(key))
        if found is None:
            return None
        place = self.place_of(key)
        claim = _claim(read_document(found.text, place, "ledger-claim", FORMAT))
        if claim.key != key:
            raise LedgerError(
                f"{place}: is about family {shown(claim.key.family)} in cluster {shown(claim.key.cluster)},"
                " which its name does not match\n  help: move the document away, or restore its original name"
            )
        return FoundClaim(claim, found.version)

    async def write(self, claim: Claim, version: str = NEW) -> FoundClaim:
        """Write a claim in place of the one of this version; `NEW` where there must be none.

        A write that was repeated, because its answer was lost, finds its own document and has succeeded.

        Raises:
            ConflictError: Another one is there.
            LedgerError: It cannot be written, or whether it was written is not known.
        """
        text = document_text(claim.to_json())
        return FoundClaim(claim, await write_document(self._store, _key(claim.key), text, version))


def _key(key: ClaimKey) -> str:
    return claim_key(key.account, key.region, key.cluster, key.family)


def _claim(document: Mapping[str, Any]) -> Claim:
    key = ClaimKey(document["account"], document["region"], document["cluster"], document["family"])
    return Claim(
        key=key,
        run_id=document["run_id"],
        jobs=MappingProxyType(dict(document["jobs"])),
        claimed_at=document["claimed_at"],
        start_timeout_s=document["start_timeout_seconds"],
        written_as=document["written_as"],
        released_at=document["released_at"],
    )
