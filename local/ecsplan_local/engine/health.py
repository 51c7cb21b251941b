"""A container's health while it runs: its check, again and again, and what the outcomes add up to."""

import signal
import time
from collections.abc import Callable

from ecsplan_local.ecs.task_record import Task, container_of
from ecsplan_local.engine.containers import HealthCheck
from ecsplan_local.engine.loop import Launch, Loop


class Health:
    """Runs one container's health check until it is told to stop.

    Args:
        loop: The engine's thread, in which everything here happens.
        check: What to run, how often, and how to judge it.
        examination: The process to start for each check.
        changed: Called with `HEALTHY` or `UNHEALTHY` when the verdict changes.
    """

    def __init__(
        self, loop: Loop, check: HealthCheck, examination: Launch, changed: Callable[[str], None]
    ) -> None:
        self._loop = loop
        self._check = check
        self._examination = examination
        self._changed = changed
        self._began = time.monotonic()
        self._failures = 0
        self._verdict = "UNKNOWN"
        self._over = False
        loop.after(check.interval_s, self._examine)

    @property
    def is_good(self) -> bool:
        """Whether the last verdict was HEALTHY."""
        return self._verdict == "HEALTHY"

    def stop(self) -> None:
        """Run no more checks."""
        self._over = True

    def _examine(self) -> None:
        if self._over:
            return
        judged = False

        def judge(passed: bool) -> None:
            nonlocal judged
            if not judged:
                judged = True
                self._judge(passed)

        process = self._loop.spawn(
            self._examination, ended=lambda code: judge(code == 0), failed=lambda _: judge(False)
        )

        def expire() -> None:
            self._loop.send_signal(process, signal.SIGKILL, group=True)
            judge(False)

        self._loop.after(self._check.timeout_s, expire)

    def _judge(self, passed: bool) -> None:
        """Count an outcome: the first success is a verdict, failures are one after `retries` in a row.

        Failures within the start period do not count until the container has once been healthy
        (botocore ecs model, HealthCheck).
        """
        if self._over:
            return
        self._loop.after(self._check.interval_s, self._examine)
        settled = time.monotonic() - self._began > self._check.start_period_s or self.is_good
        self._failures = 0 if passed else self._failures + settled
        verdict = "HEALTHY" if passed else self._verdict
        if self._failures >= self._check.retries:
            verdict = "UNHEALTHY"
        if verdict != self._verdict:
            self._verdict = verdict
            self._changed(verdict)


def record(task: Task, name: str, verdict: str, decisive: list[str]) -> None:
    """Record a container's health, and the task's: the worst of its `decisive` containers.

    Those are its essential containers that have a check.
    """
    container_of(task, name)["healthStatus"] = verdict
    known = {container_of(task, each)["healthStatus"] for each in decisive}
    task["healthStatus"] = next(
        (each for each in ("UNHEALTHY", "UNKNOWN", "HEALTHY") if each in known), "UNKNOWN"
    )
