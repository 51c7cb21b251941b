"""A ledger in memory whose writes fail as a script says, and which remembers what was asked of it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ecsplan_applier.ledger.entry import Entry, read_entry
from ecsplan_applier.ledger.ledger import Ledger
from ecsplan_applier.ledger.store import NEW, ConflictError, Document
from ecsplan_applier.outcomes.errors import LedgerError
from ecsplan_applier.scheduling.clock import Clock
from ecsplan_applier.scheduling.scheduler import Loop

DOWN = "memory: the ledger does not answer"
SLOW_S = 30.0

Fault = Literal["", "before", "after", "slow"]
"""What happens to a write: nothing, an error before or after it has had its effect, or that it takes long."""


@dataclass
class MemoryStore:
    """Documents in memory.

    Attributes:
        clock: By which slow writes sleep.
        faults: What happens to each write in turn; to further ones nothing.
        always: What happens to each further one instead.
        meanwhile: Called before a write with its key, as somebody else who writes at the same moment.
        after: Called after a write with its key.
        documents: What it holds.
        calls: The operation and the key of each call.
        texts: All that was ever written.
    """

    clock: Clock
    faults: list[Fault] = field(default_factory=list)
    always: Fault = ""
    meanwhile: Callable[["MemoryStore", str], None] | None = None
    after: Callable[["MemoryStore", str], None] | None = None
    documents: dict[str, str] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return "memory"

    @property
    def ledger(self) -> Ledger:
        return Ledger(self)

    @property
    def writes(self) -> int:
        return sum(operation == "write" for operation, _ in self.calls)

    def place_of(self, key: str) -> str:
        return f"memory:{key}"

    async def read(self, key: str) -> Document | None:
        self.calls.append(("read", key))
        text = self.documents.get(key)
        return None if text is None else Document(text, text, 0.0)

    async def write(self, key: str, text: str, version: str) -> str:
        self.calls.append(("write", key))
        fault = self.faults.pop(0) if self.faults else self.always
        if self.meanwhile is not None:
            self.meanwhile(self, key)
        if fault == "slow":
            await Loop(self.clock, 0).sleep(SLOW_S)
        if fault == "before":
            raise LedgerError(DOWN)
        if self.documents.get(key, NEW) != version:
            raise ConflictError
        self.documents[key] = text
        self.texts.append(text)
        if self.after is not None:
            self.after(self, key)
        if fault == "after":
            raise LedgerError(DOWN)
        return text

    async def keys(self, prefix: str) -> list[str]:
        self.calls.append(("keys", prefix))
        return sorted(each for each in self.documents if each.startswith(prefix))

    def entry(self, job: str = "hello") -> Entry:
        """Return the one entry of a job."""
        (found,) = (each for each in self.entries if each.key.job == job)
        return found

    @property
    def entries(self) -> Sequence[Entry]:
        return [read_entry(json.loads(each)) for each in self.documents.values()]

    @property
    def versions(self) -> Sequence[Entry]:
        """All entries that were ever written, in their order."""
        return [read_entry(json.loads(each)) for each in self.texts]
