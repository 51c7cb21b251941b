"""The files of a folder's ledger: read, replaced under a lock, listed. All of it may block.

Names that begin with a dot are not documents: locks, and files that are written beside the one they replace.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ecsplan_applier.ledger.store import NEW, ConflictError, Document

HIDDEN: Final = "."
LOCK: Final = ".lock"
SUFFIX: Final = ".json"
LEADS_NOWHERE: Final = "the symbolic link leads nowhere"
"""What is said instead of ENOENT where a symbolic link is why a path does not exist."""
_MAX_HIDDEN_NAME: Final = 200


def read(path: Path) -> Document | None:
    """Return a document, or None where there is none. Bytes that are not UTF-8 are lone surrogates.

    Raises:
        OSError: It cannot be read, or is not a file; or a symbolic link on the way to it leads nowhere.
    """
    try:
        # Opening a named pipe would wait for its writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        _refuse_dangling(path)
        return None
    try:
        found = os.fstat(descriptor)
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "it is not a file", str(path))
        with open(descriptor, "rb", closefd=False) as file:
            content = file.read()
    finally:
        os.close(descriptor)
    return Document(content.decode("utf-8", "surrogateescape"), _version(content), found.st_mtime)


def replace(path: Path, text: str, version: str) -> str | None:
    """Replace a document that is the named version still; return its version now, or None to try again.

    That is where its folder is locked by others, or was removed by whoever cleans up.

    Raises:
        ConflictError: It is another version.
        OSError: It cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        _refuse_dangling(path.parent)
        # Whoever cleans up may have removed it in between, and others may have made it again.
        if path.parent.is_dir() or not path.parent.exists():
            return None
        raise
    with locked(path.parent) as held:
        if not held:
            return None
        found = read(path)
        if (NEW if found is None else found.version) != version:
            raise ConflictError
        content = text.encode("utf-8")
        _write(path, content)
    return _version(content)


def documents(folder: str) -> Iterator[str]:
    """Yield the paths of the documents below a folder, in any order; none where there is no such folder.

    A folder that cannot be listed is an error rather than an empty one: a run that was started would look
    like one that was not.

    Raises:
        OSError: A folder cannot be listed.
    """
    try:
        with os.scandir(folder) as found:
            entries = list(found)
    except FileNotFoundError:  # also one that another apply has just cleaned up
        _refuse_dangling(Path(folder))
        return
    for each in entries:
        if each.name.startswith(HIDDEN):
            continue
        # What has the name of a document is read as one, so that whatever else it is gets reported.
        if each.name.endswith(SUFFIX):
            yield each.path
        elif each.is_dir():
            yield from documents(each.path)


@contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """Hold the lock of a folder, if nobody else does, and give whether it is held.

    Whoever cleans up removes the lock with the folder that it is in. So a lock counts only if it is that of
    the file that has its name now.

    Raises:
        OSError: The folder cannot be locked.
    """
    path = folder / LOCK
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:  # somebody has cleaned up
        yield False
        return
    try:
        yield _lock(descriptor) and _is_at(descriptor, path)
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False


def _write(path: Path, content: bytes) -> None:
    """Write a file beside the one that it replaces, and rename it when it is whole and on the disk."""
    beside = path.with_name(f"{HIDDEN}{path.name[:_MAX_HIDDEN_NAME]}.{secrets.token_hex(4)}")
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        _sync(path.parent)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


def _sync(folder: Path) -> None:
    """Have the new name of a file outlast a power failure; some file systems cannot, and need not."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refuse_dangling(path: Path) -> None:
    """Raise an error where a symbolic link that leads nowhere is why a path does not exist.

    What it led to, on a file system that is not mounted, would otherwise count as never written.
    """
    for each in (path, *path.parents):
        if each.is_symlink():
            with contextlib.suppress(FileNotFoundError):
                each.stat()
                return
            raise FileNotFoundError(errno.ENOENT, LEADS_NOWHERE, str(each))
        if each.exists():
            return


def _version(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
