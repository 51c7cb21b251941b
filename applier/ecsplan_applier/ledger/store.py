"""Where a ledger keeps its documents: text under a key, written only where nobody else has written before."""

from typing import Final, Protocol, runtime_checkable

from ecsplan.terms.records import dataclass

NEW: Final = ""
"""The version of a document that does not exist."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it was read.

    Attributes:
        text: What it holds.
        version: What a write has to name that replaces it: an ETag, or a digest of the text.
        written_at: When it was written last, by the store's clock, in seconds since 1970.
    """

    text: str
    version: str
    written_at: float


class ConflictError(Exception):
    """The document is not the one that the writer has read: somebody else has written it meanwhile."""


class Store(Protocol):
    """A folder, or a prefix of a bucket. Keys are relative to it, with `/` between their parts."""

    @property
    def name(self) -> str:
        """The store as the user names it."""
        ...

    def place_of(self, key: str) -> str:
        """Return the document of a key as a user would name it: a path, or an `s3://` URL."""
        ...

    async def read(self, key: str) -> Document | None:
        """Return a document, or None where there is none.

        Raises:
            LedgerError: Whether there is one cannot be told, or it cannot be read.
        """
        ...

    async def write(self, key: str, text: str, version: str) -> str:
        """Write a document in one step: whoever reads it finds this text or the one before, whole.

        Args:
            key: Its key.
            text: What it is to hold.
            version: The version that it replaces; `NEW` where it must not exist.

        Returns:
            Its version now.

        Raises:
            ConflictError: It is not that version.
            LedgerError: It cannot be written, or whether it was written is not known.
        """
        ...

    async def keys(self, prefix: str) -> list[str]:
        """Return the keys that begin with a prefix, which ends with `/` or is empty, in their order.

        Raises:
            LedgerError: They cannot be listed.
        """
        ...


@runtime_checkable
class Expiring(Protocol):
    """A store whose documents nothing but ecsplan removes."""

    async def remove_older(self, keep_s: float, now: float) -> int:
        """Remove documents that were last written more than `keep_s` ago, and what is empty then.

        Args:
            keep_s: For how long documents are kept, in seconds.
            now: The time by this machine's clock, in seconds since 1970.

        Returns:
            How many were removed. Of a large store it may be a part, and another one the next time.

        Raises:
            LedgerError: Something could not be looked at or removed.
        """
        ...


@runtime_checkable
class Queued(Protocol):
    """A store whose writes wait for one another."""

    def abandon_writes(self) -> None:
        """Let no further write wait for those under way: their loop has ended, and they never will."""
        ...
