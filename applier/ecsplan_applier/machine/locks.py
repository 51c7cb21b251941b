"""Coordination of the applies of one machine: who registers into a family, and who uses which revision.

Locks are advisory ones of open files (flock), so that they end with their process however it ends. The
account is left out of their names: asking for it would cost every apply a call, and applies of two accounts
that wait for one another for the moment of a registration do no harm.
"""

import contextlib
import fcntl
import hashlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from ecsplan_applier.scheduling.scheduler import Event, Loop

_MAX_WAIT_S: Final = 60.0
_FIRST_S: Final = 0.02
_MAX_S: Final = 0.5


def lock_folder() -> Path:
    """Return where locks are: in the user's runtime folder, else in the state folder."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime.startswith("/") and os.access(runtime, os.W_OK):
        return Path(runtime, "ecsplan")
    return state_folder()


def state_folder() -> Path:
    """Return where this user's state is kept: what ecsplan remembers of runs, and the embedded ECS.

    That is `$XDG_STATE_HOME/ecsplan`, else `~/.local/state/ecsplan`. A relative XDG_STATE_HOME is ignored, as
    the XDG base directory specification asks for. A user without a home that can be written to, as in many
    containers, has a folder of his own among the temporary files.
    """
    home = os.environ.get("XDG_STATE_HOME", "")
    if home.startswith("/"):
        return Path(home, "ecsplan")
    user = os.path.expanduser("~")  # noqa: PTH111 - pathlib raises where there is no home
    if user.startswith("/"):
        folder = Path(user, ".local", "state", "ecsplan")
        nearest = next(each for each in (folder, *folder.parents) if each.exists())
        if os.access(nearest, os.W_OK | os.X_OK) and Path(user).is_dir():
            return folder
    return Path(_temporary_files(), f"ecsplan-{os.getuid()}")


def _temporary_files() -> str:
    """Return the folder of temporary files, even where that cannot be written to."""
    try:
        return tempfile.gettempdir()
    except FileNotFoundError:  # a read-only file system without a writable /tmp; whoever writes there says so
        return os.environ.get("TMPDIR") or f"{os.sep}tmp"


class Locks:
    """The locks and leases of one apply.

    Where the folder cannot be used, nothing is locked, and `usable` says so.

    Args:
        folder: Where they are; made if missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lease: IO[str] | None = None
        self._lease_path: Path | None = None
        self._held: set[str] = set()
        self.usable = True
        try:
            for each in ("families", "leases"):
                (folder / each).mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError:
            self.usable = False

    async def family(self, loop: Loop, region: str, family: str, *cancel: Event) -> "FamilyLock":
        """Return the lock of a family once no other apply on this machine has it.

        After a minute it is returned without being held: a stopped process must not stop everybody.
        """
        if not self.usable:
            return FamilyLock(None, held=False)
        name = hashlib.sha256(f"{region} {family}".encode()).hexdigest()[:32]
        try:
            # The file is never removed: another process could lock the removed one while a third makes a new
            # one.
            file = (self._folder / "families" / name).open("w")
        except OSError:
            return FamilyLock(None, held=False)
        deadline, pause = loop.clock.elapsed() + _MAX_WAIT_S, _FIRST_S
        # Polled: a blocking flock would hold up the one thread that all tasks of the apply share.
        while not _try_lock(file, fcntl.LOCK_EX):
            if loop.clock.elapsed() >= deadline or any(each.is_set() for each in cancel):
                file.close()
                return FamilyLock(None, held=False)
            await loop.sleep(pause, *cancel)
            pause = min(_MAX_S, pause * 1.5)
        return FamilyLock(file, held=True)

    def hold(self, arn: str) -> None:
        """Say that this apply uses a revision, until it ends; to be called under the family's lock."""
        if arn in self._held or not self.usable:
            return
        self._held.add(arn)
        with contextlib.suppress(OSError):
            if self._lease is None:
                path = self._folder / "leases" / f"{os.getpid()}-{secrets.token_hex(4)}"
                hidden = path.with_name(f".{path.name}")
                self._lease = hidden.open("w", encoding="utf-8")
                _try_lock(self._lease, fcntl.LOCK_EX)
                # Others may look while they hold another family's lock, and remove what is not locked.
                hidden.rename(path)
                self._lease_path = path
            self._lease.write(f"{arn}\n")
            self._lease.flush()

    def others_hold(self, arn: str) -> bool:
        """Return whether another apply on this machine uses a revision; called under the family's lock."""
        return self.usable and any(arn in arns for arns in self._leases_of_others())

    def all_held_by_others(self) -> frozenset[str]:
        """Return the revisions that applies on this machine use at the moment."""
        return (
            frozenset(arn for arns in self._leases_of_others() for arn in arns)
            if self.usable
            else frozenset()
        )

    def _leases_of_others(self) -> Iterator[list[str]]:
        folder = self._folder / "leases"
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path == self._lease_path or path.name.startswith("."):
                continue
            try:
                with path.open("r", encoding="utf-8") as file:
                    # Its owner holds it exclusively as long as it lives, so that a lock that can be had means
                    # that it is gone.
                    if _try_lock(file, fcntl.LOCK_SH):
                        path.unlink(missing_ok=True)  # its process has ended
                        continue
                    yield file.read().splitlines()
            except OSError:
                continue

    def close(self) -> None:
        """Let go of all revisions."""
        if self._lease is not None and self._lease_path is not None:
            with contextlib.suppress(OSError):
                self._lease_path.unlink(missing_ok=True)
                self._lease.close()
            self._lease = None


class FamilyLock:
    """The lock of a family; release it soon. `held` says whether it is held at all."""

    def __init__(self, file: IO[str] | None, *, held: bool) -> None:
        self._file = file
        self.held = held

    def release(self) -> None:
        """Let the next one have it."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _try_lock(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
