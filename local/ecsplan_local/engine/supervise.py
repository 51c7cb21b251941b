"""Supervise one task: the order in which its containers start and stop, and the state of its record."""

import signal
import time
from collections.abc import Callable
from functools import partial

from ecsplan_local.ecs.managed_agents import STARTS_WITHIN_S, set_agent
from ecsplan_local.ecs.task_record import (
    ENDED,
    Change,
    Task,
    container_of,
    container_runs,
    reach,
    record_exit,
    set_stop_reason,
    stamp,
    update,
)
from ecsplan_local.engine.awslogs import open_stream
from ecsplan_local.engine.container_run import Phase, Running
from ecsplan_local.engine.containers import CannotStart, Container, Dependency, resolve
from ecsplan_local.engine.failure_messages import OUT_OF_MEMORY
from ecsplan_local.engine.health import Health, record_health
from ecsplan_local.engine.loop import Loop, Process
from ecsplan_local.engine.output import LineLog, may_begin
from ecsplan_local.engine.runner import Runner
from ecsplan_local.json_types import Body, flag, records, text
from ecsplan_local.world import World

_HELD_S = 10.0
"""How long output that may be an engine error is held back: after an error, the engine exits soon."""

_FAILS_WITHIN_S = 1.0
"""When a silent container counts as running: an engine that cannot start it exits sooner."""


class TaskRun:
    """Takes one task from PROVISIONING to STOPPED; all methods run in the engine's thread.

    Args:
        ended: Called once, when the task is STOPPED.
    """

    def __init__(
        self, world: World, loop: Loop, runner: Runner, arn: str, *, ended: Callable[["TaskRun"], None]
    ) -> None:
        self.arn = arn
        self._world = world
        self._loop = loop
        self._runner = runner
        self._ended = ended
        self._all: dict[str, Running] = {}
        self._has_agents = False
        self._was_running = False
        self._stopping = False
        self._over = False

    def begin(self, realm: str, task: Task, definition: Body) -> None:
        """Prepare the containers and start those without dependencies."""
        self._has_agents = flag(task, "enableExecuteCommand")
        self._reach("PENDING")
        try:
            containers = resolve(self._world, realm, task, definition)
            for each in containers:
                self._check(each)
        except CannotStart as error:
            self._fail_start(str(error))
            return
        self._all = {each.name: Running(each) for each in containers}
        self._advance()

    def _check(self, container: Container) -> None:
        reason = self._runner.unsupported_reason(container)
        if reason is None and container.log is not None:
            reason = open_stream(self._world, container.log)
        if reason is not None:
            raise CannotStart(reason)

    def stop(self) -> None:
        """Stop all containers in reverse order of their dependencies; the reason is already recorded."""
        if self._over or self._stopping:
            return
        self._stopping = True
        # A task that never ran goes from PENDING to its end without STOPPING, as on ECS.
        if self._was_running:
            self._reach("STOPPING")
        self._stop_next()

    def kill(self, reason: str) -> None:
        """Kill all containers at once, because the endpoint is ending."""
        self._set_stop_reason("TerminationNotice", reason)
        self._stopping = True
        for each in self._all.values():
            each.asked_to_stop = True
            # `_signal` skips containers that are not running, but a process that is starting must die, too.
            if each.phase is Phase.STARTING and each.process is not None:
                each.phase = Phase.RUNNING
            self._signal(each, signal.SIGKILL)
        self._stop_next()

    def _update(self, change: Change) -> None:
        update(self._world.store, self.arn, change)

    def _reach(self, status: str) -> None:
        self._update(lambda task: reach(task, status, self._world.clock.now()))

    def _set_stop_reason(self, code: str, reason: str) -> None:
        self._update(lambda task: set_stop_reason(task, code, reason, self._world.clock.now()))

    def _advance(self) -> None:
        """Start the containers whose dependencies are met; record RUNNING once all have been started.

        Called after every change of a phase. Safe to call again: each container leaves WAITING only once.
        """
        for each in self._all.values():
            ready = all(self._is_met(dependency) for dependency in each.container.depends_on)
            if each.phase is Phase.WAITING and ready and not self._stopping:
                self._prepare(each)
        # Read after the loop above, which may have started or even ended containers.
        phases = {each.phase for each in self._all.values()}
        if phases <= {Phase.RUNNING, Phase.ENDED} and not self._stopping and not self._was_running:
            self._was_running = True
            self._reach("RUNNING")
        if phases <= {Phase.ENDED}:
            self._finish()

    def _is_met(self, dependency: Dependency) -> bool:
        other = self._all[dependency.container]
        match dependency.condition:
            case "START":
                return other.phase in {Phase.RUNNING, Phase.ENDED}
            case "COMPLETE":
                return other.phase is Phase.ENDED
            case "SUCCESS":
                return other.phase is Phase.ENDED and other.code == 0
            case _:
                return other.health is not None and other.health.is_healthy

    def _prepare(self, each: Running) -> None:
        each.phase = Phase.STARTING
        try:
            preparation = self._runner.preparation(each.container)
        except OSError as error:
            self._end(each, None, f"CannotStartContainerError: container {each.name}: {error}")
            return
        # Nothing to prepare, as with --runner process.
        if preparation is None:
            self._try_to_launch(each)
            return
        each.preparing = self._loop.spawn(
            preparation,
            output=each.keep_output,
            ended=lambda code: self._prepared(each, code),
            failed=lambda text: self._end(each, None, self._runner.pull_failure(each.container, text)),
        )

    def _prepared(self, each: Running, code: int) -> None:
        each.preparing = None
        if code and not self._stopping:
            text = each.last_output_text() or f"exit status {code}"
            self._end(each, None, self._runner.pull_failure(each.container, text))
        # A stop during the pull kills the pull; its exit code says nothing about the image.
        elif self._stopping:
            self._end(each, None)
        else:
            self._try_to_launch(each)

    def _try_to_launch(self, each: Running) -> None:
        try:
            self._launch(each)
        except OSError as error:
            self._end(each, None, f"CannotStartContainerError: container {each.name}: {error}")

    def _launch(self, each: Running) -> None:
        if each.container.log is not None:
            each.log = LineLog(self._world, each.container.log)
        launch = self._runner.launch(each.container)
        each.held = b"" if self._runner.engine_prefixes else None
        each.process = self._loop.spawn(
            launch,
            output=lambda data: self._take_output(each, data),
            started=lambda: self._launched(each),
            failed=lambda text: self._end(each, None, self._runner.exec_failure(each.container, text)),
            ended=lambda code: self._exited(each, code),
        )

    def _take_output(self, each: Running, data: bytes) -> None:
        """Keep the output and write it to the log, except what may be the engine's error at the start.

        Invariant: `held` is a prefix of the output of which nothing has been written yet, or None.
        """
        each.keep_output(data)
        if each.held is None:
            self._write(each, data)
            return
        # Only the first piece starts the timer that limits how long output is held back.
        began, each.held = not each.held, each.held + data
        if not may_begin(each.held, self._runner.engine_prefixes):
            self._release(each)
        elif began:
            self._loop.after(_HELD_S, partial(self._release, each))

    def _release(self, each: Running) -> None:
        """Write held output, which comes from the container after all."""
        data, each.held = each.held, None
        self._write(each, data or b"")
        self._assume_started(each, each.process)

    def _launched(self, each: Running) -> None:
        """Handle a launched process; an engine's client may still fail to start the container."""
        if not self._runner.engine_prefixes:
            self._started(each)
        else:
            self._loop.after(_FAILS_WITHIN_S, partial(self._assume_started, each, each.process))

    def _assume_started(self, each: Running, process: Process | None) -> None:
        """Treat a container as running, since its engine has not reported otherwise."""
        # The timer may belong to a process from before a restart.
        if each.phase is Phase.STARTING and process is not None and each.process is process:
            self._started(each)

    def _write(self, each: Running, data: bytes) -> None:
        if each.log is not None and data:
            each.log.feed(data)

    def _started(self, each: Running) -> None:
        each.phase, each.began = Phase.RUNNING, time.monotonic()
        self._update(lambda task: container_runs(container_of(task, each.name)))
        if self._has_agents:
            self._loop.after(STARTS_WITHIN_S, partial(self._start_agent, each))
        check = each.container.health_check
        if check is not None:
            health_check_process = self._runner.health_check_process(each.container, check.command)
            each.health = Health(
                self._loop,
                check,
                health_check_process,
                lambda inspected: self._health_changed(each, inspected),
            )
        limit = each.container.start_timeout_s
        # The timeout belongs to the awaited container and starts with it.
        for other in self._all.values():
            if limit is not None and other.waits_for(each.name):
                self._loop.after(limit, partial(self._give_up_waiting, each, other))
        # The stop was requested while the engine was starting it.
        if self._stopping:
            self._stop_next()
        self._advance()

    def _start_agent(self, each: Running) -> None:
        """Record that the ECS Exec agent runs in a container; there is none, and nothing is started."""
        if each.phase is Phase.RUNNING:
            now = self._world.clock.now()
            self._update(lambda task: set_agent(container_of(task, each.name), "RUNNING", stamp(now)))

    def _give_up_waiting(self, each: Running, other: Running) -> None:
        """End the task if a container has not met the condition of another one within its `startTimeout`."""
        if other.phase is Phase.WAITING and not self._stopping:
            limit = each.container.start_timeout_s
            self._fail_start(f"DependencyError: {other.name} waited {limit} seconds for {each.name}")

    def _health_changed(self, each: Running, verdict: str) -> None:
        validated = [r.name for r in self._all.values() if r.container.essential and r.health is not None]
        self._update(lambda task: record_health(task, each.name, verdict, validated))
        # ECS does not wait for a container to recover from UNHEALTHY.
        awaited = Dependency(each.name, "HEALTHY")
        blocked = [r for r in self._all.values() if r.phase is Phase.WAITING]
        if verdict == "UNHEALTHY" and any(awaited in r.container.depends_on for r in blocked):
            self._fail_start(f"DependencyError: container {each.name} is unhealthy, and others wait for it")
        self._advance()

    def _exited(self, each: Running, code: int) -> None:
        """Determine how a container ended, and remove what is left of it."""
        each.process = None
        launch, each.inspection = self._runner.inspection(each.container), b""
        if launch is None:
            self._inspected(each, code)
            return
        self._loop.spawn(
            launch,
            output=lambda data: _add(each, data),
            ended=lambda _: self._inspected(each, code),
            failed=lambda _: self._inspected(each, code),
        )

    def _inspected(self, each: Running, code: int) -> None:
        inspected = each.inspection.decode("utf-8", "replace").strip()
        failure = self._runner.start_failure(code, inspected, each.last_output_text())
        # Held output was the engine's error, which becomes the reason instead of a log event.
        if failure is not None:
            each.held = None
            self._end(each, None, failure)
            return
        # A SIGKILL after stopTimeout looks the same to the engine, but is not for lack of memory.
        killed = not each.asked_to_stop and self._runner.killed_for_memory(each.container, inspected)
        self._release(each)
        # A container that ends within a second was never treated as running, but it did run.
        if each.phase is Phase.STARTING:
            self._started(each)
        if not self._stopping and each.may_restart(code):
            self._restart(each)
            return
        self._end(each, code, reason=OUT_OF_MEMORY if killed else None)

    def _restart(self, each: Running) -> None:
        if each.health is not None:
            each.health.stop()
        if each.log is not None:
            each.log.close()
        each.phase = Phase.STARTING
        self._try_to_launch(each)

    def _end(
        self, each: Running, code: int | None, failure: str | None = None, *, reason: str | None = None
    ) -> None:
        """Record the end of a container and handle its consequences.

        Args:
            each: The container.
            code: Its exit code, or None if it never ran.
            failure: The reason why it never started, which is also the reason of the task.
            reason: The reason of a container that ran.
        """
        # Both an exit and a stop may end a container; the first one counts.
        if each.phase is Phase.ENDED:
            return
        each.phase, each.code = Phase.ENDED, code
        if each.health is not None:
            each.health.stop()
        if each.log is not None:
            each.log.close()
        now = self._world.clock.now()
        self._update(lambda task: record_exit(task, each.name, code, now, reason=failure or reason))
        # During a stop, each end may release the containers that this one depended on.
        if failure is not None:
            self._fail_start(failure)
        elif not self._stopping:
            self._handle_exit(each)
        else:
            self._stop_next()
        self._advance()

    def _handle_exit(self, each: Running) -> None:
        """Stop the task if the container that ended was essential, or was required to succeed."""
        needed = Dependency(each.name, "SUCCESS")
        if each.container.essential:
            # An essential container may end before all others have started; ECS still shows that the task
            # ran.
            self._was_running = True
            self._reach("RUNNING")
            self._set_stop_reason("EssentialContainerExited", "Essential container in task exited")
            self.stop()
        elif each.code != 0 and any(needed in other.container.depends_on for other in self._all.values()):
            self._fail_start(f"DependencyError: container {each.name} did not exit successfully")

    def _fail_start(self, reason: str) -> None:
        """Stop the task because it cannot start."""
        if not self._over:
            self._set_stop_reason("TaskFailedToStart", reason)
            self._stopping = True
            self._stop_next()
            self._advance()

    def _stop_next(self) -> None:
        """Stop the containers that no running container depends on; called again each time that one ends."""
        for each in self._all.values():
            needed = any(
                other.phase is Phase.RUNNING and other.waits_for(each.name) for other in self._all.values()
            )
            if each.phase is Phase.WAITING:
                self._end(each, None)
            elif each.preparing is not None:
                self._loop.send_signal(each.preparing, signal.SIGKILL, group=True)
            elif each.phase is Phase.RUNNING and not needed and not each.asked_to_stop:
                each.asked_to_stop = True
                self._signal(each, signal.SIGTERM)
                # Harmless if it has ended by then: `_signal` checks the phase.
                self._loop.after(each.container.stop_timeout_s, partial(self._signal, each, signal.SIGKILL))
        # The task failed before its containers were resolved.
        if not self._all:
            self._finish()

    def _signal(self, each: Running, number: signal.Signals) -> None:
        if each.phase is not Phase.RUNNING or each.process is None:
            return
        command = self._runner.signal(each.container, number)
        if command is None:
            self._loop.send_signal(each.process, number, group=number is signal.SIGKILL)
        else:
            self._loop.spawn(command, ended=_ignore, failed=_ignore)

    def _finish(self) -> None:
        if not self._over:
            self._over = True
            self._runner.discard(self.arn.rpartition("/")[2])
            self._update(lambda task: _end_task(task, self._world.clock.now()))
            self._ended(self)


def _add(each: Running, data: bytes) -> None:
    each.inspection += data


def _ignore(_: object) -> None:
    return None


def _end_task(task: Task, now: float) -> None:
    for container in records(task, "containers"):
        if text(container, "lastStatus") != ENDED:
            record_exit(task, text(container, "name"), None, now)
    set_stop_reason(task, "EssentialContainerExited", "Essential container in task exited", now)
    reach(task, ENDED, now)
