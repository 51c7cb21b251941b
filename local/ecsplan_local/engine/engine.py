"""The engine that runs containers: supervises all tasks in one thread, by means of a runner."""

import threading
from collections.abc import Callable

from ecsplan_local.ecs.task_record import ENDED
from ecsplan_local.engine.loop import Loop
from ecsplan_local.engine.runner import Runner
from ecsplan_local.engine.supervise import TaskRun
from ecsplan_local.json_types import Body, Record, text
from ecsplan_local.world import World

_POLL_S = 0.25
"""How often the state is checked for stops that other processes requested."""

_CLOSE_S = 10.0
"""How long `close` waits for the tasks to end before it ends the guardian."""

CLOSED = "The endpoint that ran this task was closed."


class ContainerEngine:
    """Runs the containers of tasks by means of a runner.

    Args:
        choose: Returns the runner; called at the first task, since finding one takes time. It raises
            ServiceError if there is none.
    """

    def __init__(self, choose: Callable[[Loop], Runner]) -> None:
        self._choose = choose
        self._lock = threading.Lock()
        self._loop: Loop | None = None
        self._runner: Runner | None = None
        self._world: World | None = None
        self._runs: dict[str, TaskRun] = {}
        self._idle = threading.Event()
        self._idle.set()
        self._version = -1

    def bind(self, world: World) -> None:
        """Set the world whose tasks the engine runs."""
        self._world = world

    def ready(self) -> None:
        """Find a runner, unless there is one already.

        Raises:
            ServiceError: There is none; the message explains how to get one.
        """
        with self._lock:
            if self._runner is None:
                loop = self._loop or Loop()
                self._loop = loop
                self._runner = self._choose(loop)

    def launch(self, realm: str, task: Record, definition: Body) -> None:
        """Start a task that was just recorded as PROVISIONING."""
        world, loop, runner = self._world, self._loop, self._runner
        if world is None or loop is None or runner is None:
            raise RuntimeError("call ready() first")
        run = TaskRun(world, loop, runner, text(task, "taskArn"), ended=self._forget)

        def begin() -> None:
            # Polling ends by itself when no task is left, so the first task starts it.
            if not self._runs:
                loop.after(_POLL_S, self._poll_stop_requests)
            self._idle.clear()
            self._runs[run.arn] = run
            run.begin(realm, task, definition)

        loop.post(begin)

    def stop(self, arn: str) -> None:
        """Stop a task if this endpoint runs it; another endpoint finds the request in the state."""
        if self._loop is not None:
            self._loop.post(lambda: self._stop(arn))

    def _stop(self, arn: str) -> None:
        run = self._runs.get(arn)
        if run is not None:
            run.stop()

    def _forget(self, run: TaskRun) -> None:
        self._runs.pop(run.arn, None)
        if not self._runs:
            self._idle.set()

    def _poll_stop_requests(self) -> None:
        """Stop the tasks of this endpoint whose stop another process requested."""
        world, loop = self._world, self._loop
        if world is None or loop is None or not self._runs:
            return
        loop.after(_POLL_S, self._poll_stop_requests)
        # data_version changes only when another connection has written, which is rare.
        version = world.store.one("PRAGMA data_version")[0]
        if version == self._version:
            return
        self._version = version
        for (arn,) in world.store.all(
            "SELECT arn FROM tasks WHERE owner=? AND desired=? AND status!=?", world.owner, ENDED, ENDED
        ):
            self._stop(arn)

    def settle(self) -> None:
        """Do nothing: events are recorded as they happen."""

    def close(self) -> None:
        """Kill all containers, wait for their records, and end the thread and the guardian."""
        loop = self._loop
        if loop is None:
            return
        killed = threading.Event()
        loop.post(lambda: self._kill_all(killed))
        killed.wait(_CLOSE_S)
        self._idle.wait(_CLOSE_S)
        loop.close()
        self._loop = None

    def _kill_all(self, done: threading.Event) -> None:
        for run in list(self._runs.values()):
            run.kill(CLOSED)
        done.set()
