"""Ownership of tasks: which endpoint runs which task, and how tasks of a dead endpoint are stopped.

Each endpoint that uses a state file holds a lock on a file of its own next to it. The operating system
releases the lock when the process ends, however it ends, so a task is an orphan if its owner's lock is free.
"""

import fcntl
import glob
import os
import uuid
from pathlib import Path
from types import TracebackType

from ecsplan_local.ecs.task_record import ENDED, Task, reach, record_exit, set_stop_reason, update
from ecsplan_local.json_types import records, text
from ecsplan_local.world import World

ORPHAN_REASON = "The endpoint that ran this task has ended."


class Ownership:
    """This endpoint's claim on the tasks that it starts.

    Args:
        state: The state file; None for a state in memory, which no other process sees.
    """

    def __init__(self, state: Path | None) -> None:
        self.name = uuid.uuid4().hex
        self._path = None if state is None else owner_path(state, self.name)
        self._descriptor = None
        if state is not None and self._path is not None:
            _sweep(state)
            # Locked before it gets its final name, so that no other endpoint takes it for a dead one's.
            unnamed = self._path.with_suffix(".new")
            self._descriptor = os.open(unnamed, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            unnamed.rename(self._path)

    def close(self) -> None:
        """Give up the claim."""
        if self._descriptor is not None and self._path is not None:
            # Removed while still locked, so that no other endpoint can open a file that is about to go.
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
    """Return the path of the lock file of an endpoint."""
    return state.with_name(f"{state.name}.{owner}.lock")


def _sweep(state: Path) -> None:
    """Remove the lock files that dead endpoints left next to a state file."""
    for path in state.parent.glob(f"{glob.escape(state.name)}.*.lock"):
        is_alive(state, path.name.removeprefix(f"{state.name}.").removesuffix(".lock"))


def is_alive(state: Path, owner: str) -> bool:
    """Return whether an endpoint still holds its lock; the lock file of a dead one is removed."""
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
    """Return the other live endpoints that run tasks of this state."""
    path = world.store.path
    rows = world.store.all(
        "SELECT DISTINCT owner FROM tasks WHERE status!=? AND owner!=?", ENDED, world.owner
    )
    return [owner for (owner,) in rows if path is not None and is_alive(path, owner)]


def stop_orphans(world: World) -> None:
    """Record the tasks of dead endpoints as stopped: their processes ended with the endpoint."""
    rows = world.store.all("SELECT arn, owner FROM tasks WHERE status!=? AND owner!=?", ENDED, world.owner)
    alive: dict[str, bool] = {}
    for arn, owner in rows:
        # One look per owner, not per task: each opens a file.
        if owner not in alive:
            alive[owner] = world.store.path is not None and is_alive(world.store.path, owner)
        if not alive[owner]:
            update(world.store, arn, lambda task: _stop_orphan(task, world.clock.now()))


def _stop_orphan(task: Task, now: float) -> None:
    if text(task, "lastStatus") == ENDED:
        return
    set_stop_reason(task, "TerminationNotice", ORPHAN_REASON, now)
    for container in records(task, "containers"):
        if text(container, "lastStatus") != ENDED:
            record_exit(task, text(container, "name"), None, now, reason=ORPHAN_REASON)
    reach(task, ENDED, now)
