"""A ledger that the applies of a run share, in a folder or in S3, and what has to hold of what it records."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from json import loads
from pathlib import Path
from typing import Any, Literal, TypeAlias

from bucket_faults import Disturbance
from bucket_gateway import BucketGateway
from campaign.disturbing import Killing, Moment
from campaign.folder_steps import Refusing, killing, watched
from campaign.world import BUCKET, Played, World

from ecsplan.plan.plan import Plan
from ecsplan_applier.aws.gateway import Gateway
from ecsplan_applier.ledger.entry import Entry, read_entry
from ecsplan_applier.outcomes.result import Outcome, TaskResult

Kind: TypeAlias = Literal["folder", "s3"]
KINDS: tuple[Kind, ...] = ("folder", "s3")
FORGOTTEN_S = 7200.0
"""After such a time ECS knows neither a task nor a token of a run any more."""
End: TypeAlias = tuple[tuple[Outcome, int | None, str | None], ...]
"""How a copy ended: the outcome, exit code and ARN of each attempt, and of the copy itself at the end."""


def end_of(result: TaskResult) -> End:
    """Return how a copy ended."""
    return tuple((each.outcome, each.exit_code, each.arn) for each in (*result.attempts, result))


@dataclass(frozen=True)
class SharedLedger:
    """A ledger that every machine of a test uses.

    Attributes:
        world: Where the applies are carried out.
        kind: What it is kept in.
        name: Tells it from those of other tests.
    """

    world: World
    kind: Kind
    name: str

    @property
    def folder(self) -> Path:
        """Where it is, if it is kept in a folder."""
        return self.world.ledgers / self.name

    @property
    def location(self) -> str:
        """What `--ledger` would name."""
        return str(self.folder) if self.kind == "folder" else f"s3://{BUCKET}/{self.name}"

    def gateway(self, gateway: Gateway | None = None) -> Gateway:
        """Return a gateway to the world that reaches the ledger's bucket, too."""
        inner = gateway or self.world.gateway()
        return BucketGateway(self.world.buckets, inner) if self.kind == "s3" else inner

    def apply(
        self,
        plan: Plan,
        run_id: str,
        *,
        moment: Moment | None = None,
        around: Callable[[Gateway], Gateway] | None = None,
        **options: Any,
    ) -> Played:
        """Apply with this ledger.

        Args:
            plan: The plan.
            run_id: The run.
            moment: Counts the calls of AWS and of the ledger together, and may kill the apply at one.
            around: Makes the apply's gateway of the one that reaches ECS and the ledger.
            **options: As `World.apply` takes them.
        """
        reached = self.gateway() if around is None else around(self.gateway())
        with ExitStack() as stack:
            if moment is not None:
                reached = Killing(reached, moment)
                if self.kind == "folder":
                    stack.enter_context(watched(self.folder, killing(moment)))
            return self.world.apply(plan, run_id, gateway=reached, ledger=self.location, **options)

    def apply_refused(self, plan: Plan, run_id: str, refusing: Refusing, **options: Any) -> Played:
        """Apply with a step in the ledger's folder refused."""
        with watched(self.folder, refusing):
            return self.apply(plan, run_id, **options)

    def apply_disturbed(self, plan: Plan, run_id: str, *disturbances: Disturbance, **options: Any) -> Played:
        """Apply with calls of the ledger's bucket disturbed; its calls are counted from here on."""
        self.world.buckets.disturb(*disturbances)
        try:
            return self.apply(plan, run_id, **options)
        finally:
            self.world.buckets.calm()

    def entries(self) -> dict[str, Entry]:
        """Return what it holds, by the name of the job."""
        found = [read_entry(loads(text)) for text in self._documents()]
        return {each.key.job: each for each in found}

    def ends(self) -> dict[tuple[str, int], End]:
        """Return how each copy ended of which the end is recorded, by job and number."""
        return {
            (job, copy.copy): end_of(copy.result)
            for job, entry in self.entries().items()
            for copy in entry.copies
            if copy.has_ended and copy.result is not None
        }

    def lost_ends(self) -> list[str]:
        """Return each recorded end that a later version of its document lacks, or has otherwise."""
        lost: list[str] = []
        versions: dict[str, list[str]] = {}
        for bucket, key, text in self.world.buckets.history:
            if bucket == BUCKET and key.startswith(f"{self.name}/") and "/runs/" in key:
                versions.setdefault(key, []).append(text)
        for key, texts in versions.items():
            for before, after in pairwise(map(_ends, texts)):
                lost += [f"{key}: copy {copy}" for copy, end in before.items() if after.get(copy) != end]
        return lost

    def _documents(self) -> Iterator[str]:
        if self.kind == "folder":
            for path in sorted(self.folder.glob("*/*/runs/**/*.json")):
                yield path.read_text(encoding="utf-8")
            return
        for key, text in self.world.buckets.texts(BUCKET).items():
            if key.startswith(f"{self.name}/") and "/runs/" in key:
                yield text


def _ends(text: str) -> dict[int, End]:
    return {
        each.copy: end_of(each.result)
        for each in read_entry(loads(text)).copies
        if each.has_ended and each.result is not None
    }


def ends_of(played: Played) -> dict[tuple[str, int], End]:
    """Return how each copy ended, as an apply reports it."""
    tasks = () if played.summary is None else played.summary.tasks
    return {(each.job, each.copy): end_of(each) for each in tasks}


def ended_of(played: Played) -> dict[tuple[str, int], End]:
    """Return the same of the copies of which a task has ended."""
    return {which: end for which, end in ends_of(played).items() if end[-1][2] is not None}
