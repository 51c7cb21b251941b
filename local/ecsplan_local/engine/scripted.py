"""The scripted engine: runs nothing; tasks follow the timelines of a fault script by the endpoint's clock."""

import heapq
import itertools
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecsplan_local.clock import Clock
from ecsplan_local.ecs.managed_agents import STARTS_WITHIN_S, set_agent
from ecsplan_local.ecs.task_record import (
    ENDED,
    Task,
    container_of,
    reach,
    record_exit,
    set_stop_reason,
    stamp,
    update,
)
from ecsplan_local.engine.awslogs import Destination, destination, open_stream, write
from ecsplan_local.faults.timelines import Step, Timeline, choose, read_timelines
from ecsplan_local.json_types import Body, Record, child, children, flag, number, records, text
from ecsplan_local.world import World


@dataclass(slots=True)
class _Play:
    """A task whose timeline is being played."""

    realm: str
    task_id: str
    created: float
    definition: Body
    timeline: Timeline
    has_agents: bool = False
    stopping: bool = False


class ScriptedEngine:
    """Plays timelines; events that are due are recorded before the next call is executed.

    Args:
        clock: The endpoint's clock.
        script: A fault script with `tasks`; None uses the default timeline for all tasks.
    """

    def __init__(self, clock: Clock, script: Mapping[str, Any] | None = None) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._world: World | None = None
        self._timelines = read_timelines(script or {})
        self._copies: Counter[str] = Counter()
        self._plays: dict[str, _Play] = {}
        self._due: list[tuple[float, int, str, bool, Step]] = []
        self._numbers = itertools.count()

    def bind(self, world: World) -> None:
        """Set the world whose tasks the engine plays."""
        self._world = world

    def replace(self, script: Mapping[str, Any]) -> None:
        """Replace the timelines, for tasks that start from here on.

        Raises:
            LocalError: The script is invalid.
        """
        timelines = read_timelines(script)
        with self._lock:
            self._timelines = timelines
            self._copies.clear()

    def ready(self) -> None:
        """Do nothing: timelines need no runner."""

    def launch(self, realm: str, task: Record, definition: Body) -> None:
        """Start the timeline of a task, from the time of its creation."""
        with self._lock:
            self._copies[text(definition, "family")] += 1
            copy = self._copies[text(definition, "family")]
            timeline = choose(self._timelines, _facts(task, definition, copy))
            arn = text(task, "taskArn")
            created, has_agents = number(task, "createdAt"), flag(task, "enableExecuteCommand")
            play = _Play(realm, arn.rpartition("/")[2], created, definition, timeline, has_agents)
            self._plays[arn] = play
            self._schedule(arn, play.created, timeline.steps, stopping=False)

    def stop(self, arn: str) -> None:
        """Start the timeline's reaction to StopTask, once."""
        with self._lock:
            play = self._plays.get(arn)
            if play is not None and not play.stopping:
                play.stopping = True
                self._schedule(arn, self._clock.now(), play.timeline.on_stop, stopping=True)

    def _schedule(self, arn: str, start: float, steps: tuple[Step, ...], *, stopping: bool) -> None:
        for step in steps:
            # The number keeps steps at the same time in the order of the script.
            heapq.heappush(self._due, (start + step.at_s, next(self._numbers), arn, stopping, step))

    def settle(self) -> None:
        """Record the events that are due according to the clock."""
        with self._lock:
            now = self._clock.now()
            while self._due and self._due[0][0] <= now:
                due, _, arn, stopping, step = heapq.heappop(self._due)
                play = self._plays.get(arn)
                # StopTask replaces the steps that were scheduled before it.
                if play is not None and play.stopping == stopping:
                    self._take(arn, play, step, due)

    def _take(self, arn: str, play: _Play, step: Step, due: float) -> None:
        world, body = self._world, step.body
        if world is None:
            return
        name = body.get("container", text(children(play.definition, "containerDefinitions")[0], "name"))
        to = _destination(play, name)
        if to is not None and ("log" in body or "stream" in body):
            open_stream(world, to)
            write(world, to, _events(play, body, due))
        update(world.store, arn, lambda task: _apply(task, name, body, due))
        if body.get("status") == "RUNNING" and play.has_agents and not _scripts(play, "agent"):
            self._schedule(arn, due, _agents_start(play), stopping=play.stopping)
        # As on AWS, streams appear when the task runs, unless the script creates them itself.
        if body.get("status") == "RUNNING" and not _scripts(play, "stream"):
            for each in children(play.definition, "containerDefinitions"):
                to = _destination(play, text(each, "name"))
                if to is not None:
                    open_stream(world, to)

    def close(self) -> None:
        """Delete all timelines."""
        with self._lock:
            self._plays.clear()
            self._due.clear()


def _scripts(play: _Play, member: str) -> bool:
    return any(member in step.body for step in play.timeline.steps)


def _agents_start(play: _Play) -> tuple[Step, ...]:
    names = [text(each, "name") for each in children(play.definition, "containerDefinitions")]
    return tuple(Step(STARTS_WITHIN_S, {"agent": "RUNNING", "container": name}) for name in names)


def _facts(task: Task, definition: Body, copy: int) -> list[Mapping[str, Any]]:
    """Return what timelines can match: a mapping for each container, with the command including overrides."""
    overrides = {
        text(each, "name"): each for each in children(child(task, "overrides"), "containerOverrides")
    }
    return [
        {
            "family": text(definition, "family"),
            "container": text(each, "name"),
            "command": overrides.get(text(each, "name"), {}).get("command", each.get("command")),
            "copy": copy,
        }
        for each in children(definition, "containerDefinitions")
    ]


def _destination(play: _Play, name: str) -> Destination | None:
    for each in children(play.definition, "containerDefinitions"):
        if text(each, "name") == name:
            return destination(play.realm, each, play.task_id)
    return None


def _events(play: _Play, body: Mapping[str, Any], due: float) -> list[tuple[int, str]]:
    """Return the log events of a step; `timestamp` is in seconds since the task was created."""
    messages = body.get("log", [])
    messages = [messages] if isinstance(messages, str) else messages
    stamps = body.get("timestamp", due - play.created)
    stamps = stamps if isinstance(stamps, list) else [stamps] * len(messages)
    return [
        (round((play.created + at) * 1000), message) for at, message in zip(stamps, messages, strict=True)
    ]


def _apply(task: Task, name: str, body: Mapping[str, Any], due: float) -> None:
    status = body.get("status")
    if text(task, "lastStatus") == ENDED:
        return
    if "exit" in body:
        record_exit(task, name, body["exit"], due, reason=body.get("reason"))
    if "agent" in body:
        set_agent(container_of(task, name), body["agent"], stamp(due), body.get("reason"))
    if "health" in body:
        container_of(task, name)["healthStatus"] = task["healthStatus"] = body["health"]
    if status in {"DEACTIVATING", "STOPPING", "DEPROVISIONING", ENDED}:
        _set_stop_reason(task, body, due)
    if status == ENDED:
        _exit_rest(task, body, due)
    if status:
        reach(task, status, due)


def _set_stop_reason(task: Task, body: Mapping[str, Any], due: float) -> None:
    code = body.get("stopCode", "EssentialContainerExited")
    reasons = {"EssentialContainerExited": "Essential container in task exited"}
    set_stop_reason(task, code, body.get("stoppedReason", reasons.get(code, "Task failed to start")), due)


def _exit_rest(task: Task, body: Mapping[str, Any], due: float) -> None:
    """End the containers that no step has ended, with `exitCode` if given."""
    for container in records(task, "containers"):
        if text(container, "lastStatus") != ENDED:
            record_exit(task, text(container, "name"), body.get("exitCode"), due, reason=body.get("reason"))
