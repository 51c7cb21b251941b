"""A ledger in a folder: one file for each document, replaced under a lock."""

import errno
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar

from ecsplan_applier.ledger import files
from ecsplan_applier.ledger.retention import remove_older
from ecsplan_applier.ledger.store import NEW, Document
from ecsplan_applier.ledger.write_queue import MAX_PAUSE_S, WriteQueue
from ecsplan_applier.outcomes.errors import LedgerError
from ecsplan_applier.scheduling.clock import SystemClock
from ecsplan_applier.scheduling.scheduler import Loop

T = TypeVar("T")

_MAX_WAIT_S: Final = 30.0
"""How long a lock that somebody else holds is waited for; its holder writes one small file."""
_FIRST_PAUSE_S: Final = 0.01

_OTHER: Final = "or name another ledger with --ledger"
_HELP: Final[Mapping[int, str]] = {
    errno.EACCES: f"grant this user read and write permission there, {_OTHER}",
    errno.EPERM: f"grant this user read and write permission there, {_OTHER}",
    errno.EROFS: f"mount the file system as writable, {_OTHER}",
    errno.ENOSPC: f"free some space, {_OTHER}",
    errno.EDQUOT: f"free some space, {_OTHER}",
    errno.ENOTDIR: f"a file is where a folder is needed: move it, {_OTHER}",
    errno.EEXIST: f"a file is where a folder is needed: move it, {_OTHER}",
    errno.EISDIR: f"a folder is where a document is needed: move it, {_OTHER}",
    errno.EINVAL: f"something else is where a document is needed: move it, {_OTHER}",
    errno.ELOOP: f"remove the symbolic link, {_OTHER}",
    errno.ENOENT: "no folder can be made there, as in /proc or in a working directory that was removed: name"
    " another ledger with --ledger",
    errno.ENAMETOOLONG: "name a folder with a shorter path with --ledger",
    errno.ENOLCK: "its file system cannot lock files: name a folder of another one with --ledger",
    errno.ENOTSUP: "its file system cannot lock files: name a folder of another one with --ledger",
    errno.EMFILE: "raise the limit of open files (`ulimit -n`)",
}
"""What to do about what a file system refuses."""
_RESTORE: Final = f"restore what the link leads to, such as a mount, {_OTHER}"


class FolderStore:
    """The documents below a folder.

    A file system has no conditional rename. So whoever replaces a document holds the lock of its folder from
    the look at it to the rename; the lock ends with its process. Within a process, writers of one folder take
    turns. Files are read and written in worker threads: a network file system may not answer for minutes, and
    all tasks of an apply share one thread.

    Args:
        folder: The folder; made when the first document is written.
        name: The folder as the user named it.
        loop: Runs the waiting; None is one by this machine's clock.
    """

    def __init__(self, folder: Path, name: str, loop: Loop | None = None) -> None:
        self._folder = folder
        self._name = name
        self._loop = loop or Loop(SystemClock(), workers=0)
        self._queues: dict[Path, WriteQueue] = {}

    @property
    def name(self) -> str:
        """The folder as the user named it."""
        return self._name

    def place_of(self, key: str) -> str:
        """Return the path of a document."""
        return str(self._folder / key)

    async def read(self, key: str) -> Document | None:
        """Return a document, or None where there is none."""
        path = self._folder / key
        return await self._done("read", path, lambda: files.read(path))

    async def write(self, key: str, text: str, version: str) -> str:
        """Write a document that is the named version still."""
        path, asked_at, has_written = self._folder / key, self._loop.clock.elapsed(), False
        queue = self._queues.setdefault(path.parent, WriteQueue(self._loop))
        await queue.enter(creates=version == NEW)
        try:
            # How long other writers of this process have taken does not count.
            written = await self._replace(path, text, version, max(asked_at, queue.written_at) + _MAX_WAIT_S)
            has_written = True
        finally:
            queue.leave(has_written=has_written)
        return written

    def abandon_writes(self) -> None:
        """Let no further write wait for those under way."""
        self._queues.clear()

    async def _replace(self, path: Path, text: str, version: str, deadline: float) -> str:
        """Write a document as soon as no other process holds the lock of its folder.

        Raises:
            ConflictError: It is another version.
            LedgerError: It cannot be written, or another process holds the lock at the deadline.
        """
        pause = _FIRST_PAUSE_S
        # Polled: a lock that is waited for in a worker thread would occupy it for as long as it is held.
        while True:
            written = await self._done("written", path, lambda: files.replace(path, text, version))
            if written is not None:
                return written
            if self._loop.clock.elapsed() >= deadline:
                raise LedgerError(
                    f"the ledger {self._name} cannot be written: another process has held the lock"
                    f" {path.parent / files.LOCK} for {_MAX_WAIT_S:.0f} s"
                    "\n  help: end that process, which `fuser` of this file shows, and apply again"
                )
            await self._loop.sleep(pause)
            pause = min(MAX_PAUSE_S, pause * 1.5)

    async def keys(self, prefix: str) -> list[str]:
        """Return the keys that begin with a prefix."""
        folder = self._folder / prefix
        found = await self._done("listed", folder, lambda: list(files.documents(str(folder))))
        begin = len(str(folder)) + 1
        return sorted(f"{prefix}{each[begin:]}" for each in found)

    async def remove_older(self, keep_s: float, now: float) -> int:
        """Remove documents that were last written more than `keep_s` ago."""
        return await self._done("cleaned up", self._folder, lambda: remove_older(self._folder, keep_s, now))

    async def _done(self, done: str, path: Path, work: Callable[[], T]) -> T:
        """Return what work in a worker thread returns.

        Raises:
            LedgerError: The file system refuses it.
        """
        try:
            return await self._loop.to_thread(work)
        except OSError as error:
            # A disk that is full is reported of an open file, without its name.
            place = error.filename or path
            help_text = _HELP.get(error.errno or 0, "name another ledger with --ledger")
            if error.strerror == files.LEADS_NOWHERE:
                help_text = _RESTORE
            raise LedgerError(
                f"the ledger {self._name} cannot be {done}: {place}: {error.strerror or error}"
                f"\n  help: {help_text}"
            ) from error
