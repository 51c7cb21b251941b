"""One task while it runs: the order in which its containers start and stop, and what its record says."""

import signal
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from ecsplan_local.ecs.task_record import ENDED, Change, Task, amend, blame, container_of, exited, reach
from ecsplan_local.engine.awslogs import open_stream
from ecsplan_local.engine.container_run import Phase, Running
from ecsplan_local.engine.containers import CannotStart, Container, Dependency, resolve
from ecsplan_local.engine.engine_words import OUT_OF_MEMORY
from ecsplan_local.engine.health import Health, record
from ecsplan_local.engine.loop import Loop, Process
from ecsplan_local.engine.output import LineLog, may_begin
from ecsplan_local.engine.runner import Runner
from ecsplan_local.world import World

_HELD_S = 10.0
"""How long first output that looks like an engine's own error is held: it ends at once if it is one."""


_FAILS_WITHIN_S = 1.0
"""How long a silent container is not taken for running: an engine that cannot start it ends sooner."""


class TaskRun:
    """Carries one task from PROVISIONING to STOPPED; every method runs in the engine's thread.

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
        self._was_running = False
        self._stopping = False
        self._over = False

    def begin(self, realm: str, task: Task, definition: dict[str, Any]) -> None:
        """Prepare the containers and start those that wait for no other."""
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
        reason = self._runner.refusal(container)
        if reason is None and container.log is not None:
            reason = open_stream(self._world, container.log)
        if reason is not None:
            raise CannotStart(reason)

    def stop(self) -> None:
        """Stop all containers in the reverse order of their dependencies; the record says why already."""
        if self._over or self._stopping:
            return
        self._stopping = True
        if self._was_running:
            self._reach("STOPPING")
        self._stop_next()

    def kill(self, reason: str) -> None:
        """Kill all containers at once, because the endpoint ends."""
        self._blame("TerminationNotice", reason)
        self._stopping = True
        for each in self._all.values():
            each.asked_to_stop = True
            if each.phase is Phase.STARTING and each.process is not None:
                each.phase = Phase.RUNNING
            self._signal(each, signal.SIGKILL)
        self._stop_next()

    def _amend(self, change: Change) -> None:
        amend(self._world.store, self.arn, change)

    def _reach(self, status: str) -> None:
        self._amend(lambda task: reach(task, status, self._world.clock.now()))

    def _blame(self, code: str, reason: str) -> None:
        self._amend(lambda task: blame(task, code, reason, self._world.clock.now()))

    def _advance(self) -> None:
        """Start what waits for nothing more; tell RUNNING once everything has been started."""
        for each in self._all.values():
            ready = all(self._is_met(dependency) for dependency in each.container.depends_on)
            if each.phase is Phase.WAITING and ready and not self._stopping:
                self._prepare(each)
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
                return other.health is not None and other.health.is_good

    def _prepare(self, each: Running) -> None:
        each.phase = Phase.STARTING
        try:
            preparation = self._runner.preparation(each.container)
        except OSError as error:
            self._end(each, None, f"CannotStartContainerError: container {each.name}: {error}")
            return
        if preparation is None:
            self._try_to_launch(each)
            return
        each.preparing = self._loop.spawn(
            preparation,
            output=each.keep,
            ended=lambda code: self._prepared(each, code),
            failed=lambda text: self._end(each, None, self._runner.pull_failure(each.container, text)),
        )

    def _prepared(self, each: Running, code: int) -> None:
        each.preparing = None
        if code and not self._stopping:
            text = each.last_words() or f"exit status {code}"
            self._end(each, None, self._runner.pull_failure(each.container, text))
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
        each.held = b"" if self._runner.own_prefixes else None
        each.process = self._loop.spawn(
            launch,
            output=lambda data: self._take_output(each, data),
            started=lambda: self._launched(each),
            failed=lambda text: self._end(each, None, self._runner.exec_failure(each.container, text)),
            ended=lambda code: self._exited(each, code),
        )

    def _take_output(self, each: Running, data: bytes) -> None:
        """Keep the output and write it to the log, but for what may be why the engine did not start it."""
        each.keep(data)
        if each.held is None:
            self._write(each, data)
            return
        began, each.held = not each.held, each.held + data
        if not may_begin(each.held, self._runner.own_prefixes):
            self._release(each)
        elif began:
            self._loop.after(_HELD_S, partial(self._release, each))

    def _release(self, each: Running) -> None:
        """Write held output: it is the container's after all."""
        data, each.held = each.held, None
        self._write(each, data or b"")
        self._outlasted(each, each.process)

    def _launched(self, each: Running) -> None:
        """Take a process for the container; an engine's client may yet say that it cannot start it."""
        if not self._runner.own_prefixes:
            self._started(each)
        else:
            self._loop.after(_FAILS_WITHIN_S, partial(self._outlasted, each, each.process))

    def _outlasted(self, each: Running, process: Process | None) -> None:
        """Take a container for running whose engine has not said otherwise."""
        if each.phase is Phase.STARTING and process is not None and each.process is process:
            self._started(each)

    def _write(self, each: Running, data: bytes) -> None:
        if each.log is not None and data:
            each.log.feed(data)

    def _started(self, each: Running) -> None:
        each.phase, each.began = Phase.RUNNING, time.monotonic()
        self._amend(partial(_container_runs, name=each.name))
        check = each.container.health_check
        if check is not None:
            examination = self._runner.examination(each.container, check.command)
            each.health = Health(self._loop, check, examination, lambda said: self._judged(each, said))
        limit = each.container.start_timeout_s
        for other in self._all.values():
            if limit is not None and other.waits_for(each.name):
                self._loop.after(limit, partial(self._give_up_waiting, each, other))
        if self._stopping:
            self._stop_next()
        self._advance()

    def _give_up_waiting(self, each: Running, other: Running) -> None:
        """End a task whose container took longer than its `startTimeout` to be what another one waits for."""
        if other.phase is Phase.WAITING and not self._stopping:
            limit = each.container.start_timeout_s
            self._fail_start(f"DependencyError: {other.name} waited {limit} seconds for {each.name}")

    def _judged(self, each: Running, verdict: str) -> None:
        checked = [r.name for r in self._all.values() if r.container.essential and r.health is not None]
        self._amend(lambda task: record(task, each.name, verdict, checked))
        awaited = Dependency(each.name, "HEALTHY")
        blocked = [r for r in self._all.values() if r.phase is Phase.WAITING]
        if verdict == "UNHEALTHY" and any(awaited in r.container.depends_on for r in blocked):
            self._fail_start(f"DependencyError: container {each.name} is unhealthy, and others wait for it")
        self._advance()

    def _exited(self, each: Running, code: int) -> None:
        """Find out how a container has ended, and clear away what is left of it."""
        each.process = None
        launch, each.said = self._runner.aftermath(each.container), b""
        if launch is None:
            self._examined(each, code)
            return
        self._loop.spawn(
            launch,
            output=lambda data: _add(each, data),
            ended=lambda _: self._examined(each, code),
            failed=lambda _: self._examined(each, code),
        )

    def _examined(self, each: Running, code: int) -> None:
        said = each.said.decode("utf-8", "replace").strip()
        failure = self._runner.start_failure(code, said, each.last_words())
        if failure is not None:
            each.held = None
            self._end(each, None, failure)
            return
        killed = not each.asked_to_stop and self._runner.killed_for_memory(each.container, said)
        self._release(each)
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
        """Record a container's end and do what follows.

        Args:
            each: The container.
            code: Its exit code, or None for one that never ran.
            failure: Why it never started, which is then the task's reason, too.
            reason: Why it ended as it did.
        """
        if each.phase is Phase.ENDED:
            return
        each.phase, each.code = Phase.ENDED, code
        if each.health is not None:
            each.health.stop()
        if each.log is not None:
            each.log.close()
        now = self._world.clock.now()
        self._amend(lambda task: exited(task, each.name, code, now, reason=failure or reason))
        if failure is not None:
            self._fail_start(failure)
        elif not self._stopping:
            self._follow(each)
        else:
            self._stop_next()
        self._advance()

    def _follow(self, each: Running) -> None:
        """Stop the task if the container that has ended was essential, or had to succeed."""
        needed = Dependency(each.name, "SUCCESS")
        if each.container.essential:
            self._was_running = True
            self._reach("RUNNING")
            self._blame("EssentialContainerExited", "Essential container in task exited")
            self.stop()
        elif each.code != 0 and any(needed in other.container.depends_on for other in self._all.values()):
            self._fail_start(f"DependencyError: container {each.name} did not exit successfully")

    def _fail_start(self, reason: str) -> None:
        """End the task because it cannot start."""
        if not self._over:
            self._blame("TaskFailedToStart", reason)
            self._stopping = True
            self._stop_next()
            self._advance()

    def _stop_next(self) -> None:
        """Ask the containers to stop on which no running one depends any more."""
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
                self._loop.after(each.container.stop_timeout_s, partial(self._signal, each, signal.SIGKILL))
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
            self._amend(lambda task: _end_task(task, self._world.clock.now()))
            self._ended(self)


def _add(each: Running, data: bytes) -> None:
    each.said += data


def _ignore(_: object) -> None:
    return None


def _container_runs(task: Task, name: str) -> None:
    container_of(task, name)["lastStatus"] = "RUNNING"


def _end_task(task: Task, now: float) -> None:
    for container in task["containers"]:
        if container["lastStatus"] != ENDED:
            exited(task, container["name"], None, now)
    blame(task, "EssentialContainerExited", "Essential container in task exited", now)
    reach(task, ENDED, now)
