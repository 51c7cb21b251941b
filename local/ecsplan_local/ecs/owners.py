"""Which endpoint runs which task, and what becomes of tasks whose endpoint has died.

Each endpoint on a state file holds a lock on a file of its own beside it. The system lets go of the lock when
the process ends, however it ends; so a task is an orphan when the lock of its owner can be had.
"""

import contextlib
import fcntl
import glob
import os
import uuid
from pathlib import Path
from types import TracebackType

from ecsplan_local.ecs.task_record import ENDED, Task, amend, blame, exited, reach
from ecsplan_local.world import World

ORPHAN_REASON = "The endpoint that ran this task has ended."


class Ownership:
    """This endpoint's claim on the tasks that it starts.

    Args:
        state: The state file; None for a state in memory, which nobody else sees.
    """

    def __init__(self, state: Path | None) -> None:
        self.name = uuid.uuid4().hex
        self._path = None if state is None else owner_path(state, self.name)
        self._descriptor = None
        if state is not None and self._path is not None:
            _sweep(state)
            # Locked before it has its name, so that nobody takes it for a dead one's.
            unnamed = self._path.with_suffix(".new")
            self._descriptor = os.open(unnamed, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            unnamed.rename(self._path)

    def close(self) -> None:
        """Give the claim up."""
        if self._descriptor is not None and self._path is not None:
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> "Ownership":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def owner_path(state: Path, owner: str) -> Path:
    """Return the file whose lock an endpoint holds."""
    return state.with_name(f"{state.name}.{owner}.lock")


def _sweep(state: Path) -> None:
    """Remove the lock files that dead endpoints left beside a state file."""
    for path in state.parent.glob(f"{glob.escape(state.name)}.*.lock"):
        is_alive(state, path.name.removeprefix(f"{state.name}.").removesuffix(".lock"))


def is_alive(state: Path, owner: str) -> bool:
    """Return whether an endpoint still holds its lock; the file that a dead one left behind is removed."""
    path = owner_path(state, owner)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        path.unlink(missing_ok=True)
        return False
    finally:
        os.close(descriptor)


def other_owners(world: World) -> list[str]:
    """Return the live endpoints, other than this one, that run tasks of this state."""
    path = world.store.path
    rows = world.store.all(
        "SELECT DISTINCT owner FROM tasks WHERE status!=? AND owner!=?", ENDED, world.owner
    )
    return [owner for (owner,) in rows if path is not None and is_alive(path, owner)]


def adopt_orphans(world: World) -> None:
    """Stop the tasks whose endpoint has died: their processes died with it."""
    rows = world.store.all("SELECT arn, owner FROM tasks WHERE status!=? AND owner!=?", ENDED, world.owner)
    alive: dict[str, bool] = {}
    for arn, owner in rows:
        if owner not in alive:
            alive[owner] = world.store.path is not None and is_alive(world.store.path, owner)
        if not alive[owner]:
            with contextlib.suppress(KeyError):
                amend(world.store, arn, lambda task: _orphaned(task, world.clock.now()))


def _orphaned(task: Task, now: float) -> None:
    if task["lastStatus"] == ENDED:
        return
    blame(task, "TerminationNotice", ORPHAN_REASON, now)
    for container in task["containers"]:
        if container["lastStatus"] != ENDED:
            exited(task, container["name"], None, now, reason=ORPHAN_REASON)
    reach(task, ENDED, now)
