"""A ledger in a folder: one file for each document, written beside it and renamed, under a lock."""

import contextlib
import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ecsplan_applier.ledger.store import NEW, ConflictError, Document
from ecsplan_applier.outcomes.errors import LedgerError

_LOCK: Final = ".lock"


class FolderStore:
    """The documents below a folder.

    A file system has no conditional rename. So whoever replaces a document holds the lock of its folder from
    the look at it to the rename; the lock ends with its process.

    Args:
        folder: The folder; made when the first document is written.
        name: The folder as the user named it.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name

    @property
    def name(self) -> str:
        """The folder as the user named it."""
        return self._name

    def place_of(self, key: str) -> str:
        """Return the path of a document."""
        return str(self._folder / key)

    async def read(self, key: str) -> Document | None:
        """Return a document, or None where there is none."""
        with self._refused():
            return _read(self._folder / key)

    async def write(self, key: str, text: str, version: str) -> str:
        """Write a document that is the named version still."""
        path = self._folder / key
        with self._refused():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _locked(path.parent):
                found = _read(path)
                if (NEW if found is None else found.version) != version:
                    raise ConflictError
                _replace(path, text)
        return _version(text)

    async def keys(self, prefix: str) -> list[str]:
        """Return the keys that begin with a prefix."""
        with self._refused():
            if not (self._folder / prefix).is_dir():
                return []
            files = (self._folder / prefix).rglob("*.json")
            return sorted(
                each.relative_to(self._folder).as_posix() for each in files if not each.name.startswith(".")
            )

    @contextmanager
    def _refused(self) -> Iterator[None]:
        """Say of the ledger what the file system refuses."""
        try:
            yield
        except OSError as error:
            reason = error.strerror or str(error)
            raise LedgerError(
                f"the ledger {self._name} cannot be used: {error.filename}: {reason}"
            ) from error


def _read(path: Path) -> Document | None:
    try:
        text, written = path.read_text(encoding="utf-8"), path.stat().st_mtime
    except FileNotFoundError:
        return None
    return Document(text, _version(text), written)


def _replace(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name[:200]}.{secrets.token_hex(4)}")
    try:
        with beside.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / _LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _version(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
