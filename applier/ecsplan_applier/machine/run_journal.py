"""What this machine remembers of runs: the revisions that each registered, to deregister after a crash."""

import contextlib
import hashlib
import json
import os
import secrets
import time
from pathlib import Path
from typing import Final

from ecsplan.terms.records import dataclass

_KEPT_S: Final = 7 * 24 * 3600.0
"""How long a record is kept; far longer than any client token."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A registration that was begun: into `family`, whose newest revision was number `after` (0: none)."""

    region: str
    family: str
    after: int


class RunJournal:
    """The record of one run: a small file that is written whole before and after each registration.

    Where the folder cannot be used, nothing is remembered: a crashed run then leaves its revision ACTIVE.

    Args:
        folder: Where records are; made if missing.
        run_id: The run.
    """

    def __init__(self, folder: Path, run_id: str) -> None:
        self._path = folder / "runs" / (hashlib.sha256(run_id.encode()).hexdigest()[:32] + ".json")
        self._arns: set[str] = set()
        self._intents: set[Intent] = set()
        with contextlib.suppress(OSError, ValueError, TypeError, AttributeError, KeyError):
            # An unreadable record counts as none: at worst a revision stays ACTIVE, and the apply goes
            # through.
            known = json.loads(self._path.read_text(encoding="utf-8"))
            self._arns = {str(each) for each in known["registered"]}
            self._intents = {Intent(each[0], each[1], int(each[2])) for each in known["begun"]}

    def begin(self, intent: Intent) -> None:
        """Remember a registration that is about to be made."""
        self._intents.add(intent)
        self._write()

    def registered(self, intent: Intent, arn: str) -> None:
        """Remember the revision that it made."""
        self._intents.discard(intent)
        self._arns.add(arn)
        self._write()

    def forget(self, arn: str) -> None:
        """Forget a revision that was deregistered."""
        self._arns.discard(arn)
        self._write()

    def made(self, region: str, family: str, number: int, arn: str) -> bool:
        """Return whether this run registered a revision, or began to and this is what came of it."""
        return arn in self._arns or any(
            each.region == region and each.family == family and number > each.after for each in self._intents
        )

    def _write(self) -> None:
        with contextlib.suppress(OSError):
            # Nothing left to deregister: a file without content would only be cleaned up later.
            if not self._arns and not self._intents:
                self._path.unlink(missing_ok=True)
                return
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._clean()
            text = json.dumps(
                {
                    "registered": sorted(self._arns),
                    "begun": sorted([each.region, each.family, each.after] for each in self._intents),
                }
            )
            beside = self._path.with_suffix(f".{secrets.token_hex(4)}")
            beside.write_text(text, encoding="utf-8")
            os.replace(beside, self._path)  # noqa: PTH105 - atomic on every system

    def _clean(self) -> None:
        """Drop the records of runs that can no longer be resumed."""
        limit = time.time() - _KEPT_S
        for each in self._path.parent.iterdir():
            with contextlib.suppress(OSError):  # another apply may be cleaning up, too
                if each.stat().st_mtime < limit:
                    each.unlink()
