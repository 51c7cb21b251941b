"""The health of a running container: run its check repeatedly and derive its status."""

import signal
import time
from collections.abc import Callable

from ecsplan_local.ecs.task_record import Task, container_of
from ecsplan_local.engine.containers import HealthCheck
from ecsplan_local.engine.loop import Launch, Loop


class Health:
    """Runs the health check of one container until stopped.

    Args:
        loop: The engine's thread, in which all methods run.
        check: The settings of the check.
        launch: The process to start for each check.
        changed: Called with `HEALTHY` or `UNHEALTHY` when the status changes.
    """

    def __init__(
        self, loop: Loop, check: HealthCheck, launch: Launch, changed: Callable[[str], None]
    ) -> None:
        self._loop = loop
        self._check = check
        self._launch = launch
        self._changed = changed
        self._began = time.monotonic()
        self._failures = 0
        self._status = "UNKNOWN"
        self._over = False
        loop.after(check.interval_s, self._run_check)

    @property
    def is_healthy(self) -> bool:
        """Whether the current status is HEALTHY."""
        return self._status == "HEALTHY"

    def stop(self) -> None:
        """Stop running checks."""
        self._over = True

    def _run_check(self) -> None:
        if self._over:
            return
        recorded = False

        def settle(passed: bool) -> None:
            nonlocal recorded
            if not recorded:
                recorded = True
                self._record(passed)

        # A check that times out is killed, and then also ends: only the first of the two counts.
        process = self._loop.spawn(
            self._launch, ended=lambda code: settle(code == 0), failed=lambda _: settle(False)
        )

        def expire() -> None:
            self._loop.send_signal(process, signal.SIGKILL, group=True)
            settle(False)

        self._loop.after(self._check.timeout_s, expire)

    def _record(self, passed: bool) -> None:
        """Count a result: one success makes HEALTHY, `retries` consecutive failures make UNHEALTHY.

        Failures within the start period do not count until the container has been healthy once
        (botocore ecs model, HealthCheck).
        """
        if self._over:
            return
        self._loop.after(self._check.interval_s, self._run_check)
        settled = time.monotonic() - self._began > self._check.start_period_s or self.is_healthy
        self._failures = 0 if passed else self._failures + settled
        status = "HEALTHY" if passed else self._status
        if self._failures >= self._check.retries:
            status = "UNHEALTHY"
        if status != self._status:
            self._status = status
            self._changed(status)


def record_health(task: Task, name: str, status: str, decisive: list[str]) -> None:
    """Record the health of a container, and that of its task: the worst of its `decisive` containers.

    Those are the essential containers with a health check.
    """
    container_of(task, name)["healthStatus"] = status
    known = {container_of(task, each)["healthStatus"] for each in decisive}
    task["healthStatus"] = next(
        (each for each in ("UNHEALTHY", "UNKNOWN", "HEALTHY") if each in known), "UNKNOWN"
    )
