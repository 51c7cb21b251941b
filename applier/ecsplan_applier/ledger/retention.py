"""How long a folder's ledger keeps its documents: older ones are removed, a part of a large ledger at a time.

Only what has the name of a ledger's document is removed: a folder may hold other things, such as a home.
"""

import contextlib
import os
import re
import secrets
import stat
from collections.abc import Iterator
from dataclasses import field
from pathlib import Path
from typing import Final

from ecsplan.terms.records import dataclass
from ecsplan_applier.ledger.files import HIDDEN, LOCK, SUFFIX, locked

MAX_LOOKED_AT: Final = 5_000
"""Documents and their folders that are looked at each time, which takes a fraction of a second."""
_MARK: Final = f"{HIDDEN}swept"
"""The file that says where to go on in a ledger that is larger than that."""
_REST_S: Final = 600.0
"""How long such a ledger is left alone after each part of it."""
_STALE_S: Final = 86_400.0
"""Age of a hidden copy from which on nobody writes it any more."""
_PART: Final = re.compile(r"[a-z0-9_%A-F-]+")
"""What `keys.encoded` makes of a name."""
_KINDS: Final = ("claims", "runs")


def remove_older(folder: Path, keep_s: float, now: float, most: int = MAX_LOOKED_AT) -> int:
    """Remove the documents that were last written more than `keep_s` ago, and folders that are empty then.

    Safe beside others that read, write or do the same: a document is looked at again under the lock of its
    folder, and whoever holds a lock is left alone.

    Args:
        folder: The ledger.
        keep_s: For how long documents are kept.
        now: The time in seconds since 1970, by the clock of the file system.
        most: How many documents and folders to look at.

    Returns:
        How many documents were removed.

    Raises:
        OSError: Something could not be looked at or removed.
    """
    mark = folder / _MARK
    first = _where_to_go_on(mark, now)
    if first is None:
        return 0
    sweep = _Sweep(now - keep_s, now - _STALE_S, most)
    end = next((each for each in _groups(folder, first) if not sweep.take(folder.joinpath(*each))), None)
    if end is not None or first:
        # At the end of a large ledger, the next one begins with its first document again.
        _write_mark(mark, end or (), now)
    elif mark.exists():
        mark.unlink(missing_ok=True)
    if sweep.errors:
        raise sweep.errors[0]
    return sweep.removed


@dataclass(slots=True)
class _Sweep:
    """One pass over a ledger, as far as it goes.

    Attributes:
        before: Documents that were last written before this are removed.
        stale: The same of hidden copies.
        left: How many documents and folders may still be looked at.
        removed: How many documents were removed.
        errors: What could not be done.
    """

    before: float
    stale: float
    left: int
    removed: int = 0
    errors: list[OSError] = field(default_factory=list)

    def take(self, group: Path) -> bool:
        """Clean a folder of documents up, unless enough were looked at; return whether it was."""
        if self.left <= 0:
            return False
        try:
            self._clean(group)
        except FileNotFoundError:  # somebody else has removed it
            pass
        except OSError as error:
            self.errors.append(error)
        return True

    def _clean(self, group: Path) -> None:
        with os.scandir(group) as found:
            paths = [Path(each.path) for each in found]
        self.left -= 1 + len(paths)
        old = [each for each in paths if self._is_old(each)]
        if not old and any(each.name != LOCK for each in paths):
            return
        with locked(group) as held:
            if not held:
                return
            for each in old:
                # It may have been written again since it was looked at.
                if self._is_old(each):
                    each.unlink(missing_ok=True)
                    self.removed += each.name.endswith(SUFFIX)
            if [each.name for each in group.iterdir()] == [LOCK]:
                (group / LOCK).unlink()
                # A writer may just have come into it; it finds that its lock is not the right one.
                with contextlib.suppress(OSError):
                    group.rmdir()

    def _is_old(self, path: Path) -> bool:
        if path.name.startswith(HIDDEN):
            limit = self.stale if path.name != LOCK else 0.0
        else:
            limit = self.before if path.name.endswith(SUFFIX) else 0.0
        try:
            found = path.lstat()
        except FileNotFoundError:
            return False
        return stat.S_ISREG(found.st_mode) and found.st_mtime < limit


def _groups(folder: Path, first: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the folders in which a ledger's documents are by their names, in order, from `first` on."""
    for account in _folders(folder):
        for region in _folders(folder / account):
            for kind in _folders(folder / account / region):
                if kind in _KINDS:
                    groups = _folders(folder / account / region / kind)
                    named = ((account, region, kind, each) for each in groups)
                    yield from (each for each in named if each >= first)


def _folders(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as found:
            names = [each.name for each in found if each.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return []
    return sorted(filter(_PART.fullmatch, names))


def _where_to_go_on(mark: Path, now: float) -> tuple[str, ...] | None:
    """Return where the sweep begins: at () from the start; None where it is too early for another part."""
    try:
        text, written = mark.read_text(encoding="utf-8", errors="replace"), mark.stat().st_mtime
    except FileNotFoundError:
        return ()
    # A mark from the future comes from a clock that was wrong.
    return None if 0 <= now - written < _REST_S else tuple(filter(None, text.strip().split("/")))


def _write_mark(mark: Path, parts: tuple[str, ...], now: float) -> None:
    beside = mark.with_name(f"{_MARK}.{secrets.token_hex(4)}")
    beside.write_text("/".join(parts), encoding="utf-8")
    os.utime(beside, (now, now))
    beside.replace(mark)
