"""The endpoint as a whole: start it on a port of loopback, observe it, and control it."""

import sqlite3
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from ecsplan_local.clock import Clock, WallClock
from ecsplan_local.ecs.owners import Ownership, other_owners, stop_orphans
from ecsplan_local.engine.choose import BoundEngine, make_engine
from ecsplan_local.engine.scripted import ScriptedEngine
from ecsplan_local.errors import LocalError, ServiceError
from ecsplan_local.faults.faults import Faults
from ecsplan_local.faults.quotas import Quotas
from ecsplan_local.faults.recorder import Hook, Recorded, Recorder
from ecsplan_local.server import HOST, Server, Settings
from ecsplan_local.store import Store, state_error_message
from ecsplan_local.world import Capacity, World

ACCOUNT = "000000000000"
"""The account of callers whose credentials name none; no real account has this number."""

REGION = "us-east-1"
"""The region of requests whose signature names none."""

_POLL_S = 0.05
"""How often the server checks whether it should end."""


class Endpoint:
    """A running endpoint; close it, or use it as a context manager.

    `url` is the value for `AWS_ENDPOINT_URL`. The tasks that it runs end with it.
    """

    def __init__(self, server: Server, engine: BoundEngine, ownership: Ownership) -> None:
        self._server = server
        self._engine = engine
        self._ownership = ownership
        self._closed = False
        self._thread = threading.Thread(
            target=server.serve_forever, args=(_POLL_S,), name="ecsplan-local", daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """The endpoint URL for SDKs."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    @property
    def clock(self) -> Clock:
        """The clock passed to `serve`, or the machine's."""
        return self._server.world.clock

    def calls(self, operation: str | None = None) -> tuple[Recorded, ...]:
        """Return the recorded calls, all or those of one operation; requires `record=True`."""
        return self._server.recorder.calls(operation)

    def forget_calls(self) -> None:
        """Delete the recorded calls; hooks count from here on."""
        self._server.recorder.forget()

    def before(self, operation: str, number: int, action: Hook) -> None:
        """Run `action` immediately before the effect of the `number`-th call of an operation, from 1."""
        self._server.recorder.hook("before", operation, number, action)

    def after(self, operation: str, number: int, action: Hook) -> None:
        """Run `action` immediately after the effect of the `number`-th call, before its response."""
        self._server.recorder.hook("after", operation, number, action)

    def executed(self, operation: str, number: int, action: Hook) -> None:
        """Run `action` once the `number`-th call has had its effect or was refused, before its response."""
        self._server.recorder.hook("executed", operation, number, action)

    def set_faults(self, script: Mapping[str, Any]) -> None:
        """Replace the fault script; its `tasks` apply to tasks that start from here on.

        Raises:
            LocalError: The script is invalid; the current one stays in force.
        """
        if isinstance(self._engine, ScriptedEngine):
            self._engine.replace(script)
        self._server.world.faults.replace(script)

    def require_runner(self) -> None:
        """Find a container engine now, instead of at the first task.

        Raises:
            LocalError: There is none; the message explains how to get one.
        """
        try:
            self._engine.ready()
        except ServiceError as error:
            raise LocalError(error.message) from error

    def settle(self) -> None:
        """Record what is due according to the clock, as each call does before it is executed."""
        self._engine.settle()

    def close(self) -> None:
        """Stop the tasks and the server, and close the state."""
        if self._closed:
            return
        self._closed = True
        # In this order: no new calls, then no running tasks, then no state, then no claim on it.
        self._server.close_all()
        self._thread.join()
        self._engine.close()
        self._server.world.store.close()
        self._ownership.close()

    def __enter__(self) -> "Endpoint":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def serve(
    *,
    state: Path | str | None = None,
    runner: str = "auto",
    port: int = 0,
    region: str = REGION,
    account: str = ACCOUNT,
    reset: bool = False,
    capacity: Capacity | None = None,
    clock: Clock | None = None,
    faults: Mapping[str, Any] | None = None,
    record: bool = False,
    latency_s: float = 0.0,
    quotas: bool = False,
    keep_output: bool = False,
) -> Endpoint:
    """Start an endpoint in threads of this process and return it once it is listening.

    Args:
        state: The SQLite file; None keeps the state in memory.
        runner: `auto`, `podman`, `docker`, `process`, or `scripted` for the timelines of `faults`.
        port: Port on loopback; 0 picks a free one.
        region: Region of requests whose signature names none.
        account: Account of callers that have not assumed a role.
        reset: Delete the contents of the state.
        capacity: What all tasks together may reserve; None means no limit.
        clock: The endpoint's clock; None uses the machine's.
        faults: A fault script (docs/local.md), or None.
        record: Keep the calls, for `Endpoint.calls`.
        latency_s: Seconds added to each call.
        quotas: Throttle at the rates that AWS publishes for Fargate.
        keep_output: Keep in `KEPT_OUTPUT` the output of containers without a log stream of their own.

    Raises:
        LocalError: The port, the state or the runner cannot be used, or the fault script is invalid.
    """
    time = clock or WallClock()
    rules = Faults(faults)
    engine = make_engine(runner, time, faults)
    path = None if state is None else Path(state)
    store = Store(path)
    ownership = Ownership(path)
    world = World(store, time, engine, rules, capacity or Capacity(), ownership.name, keep_output)
    try:
        engine.bind(world)
        # Before the reset, which refuses to delete tasks that another live endpoint runs.
        stop_orphans(world)
        if reset:
            _reset(world)
        settings = Settings(account, region, latency_s)
        server = Server(port, world, settings, Quotas(time) if quotas else None, Recorder(keep=record))
    except BaseException as error:
        engine.close()
        store.close()
        ownership.close()
        if isinstance(error, sqlite3.DatabaseError):
            raise LocalError(state_error_message(path, error)) from error
        raise
    return Endpoint(server, engine, ownership)


def _reset(world: World) -> None:
    if other_owners(world):
        raise LocalError(
            f"{world.store.path} cannot be reset: another endpoint is running tasks in it; stop it first"
        )
    world.store.clear()


def run_foreground(
    *,
    port: int,
    state: Path | str | None,
    runner: str,
    reset: bool,
    started: Callable[[Endpoint], None],
    until: threading.Event,
) -> None:
    """Serve until `until` is set; `started` is called with the endpoint once it is listening.

    Raises:
        LocalError: The port, the state or the runner cannot be used.
    """
    with serve(state=state, runner=runner, port=port, reset=reset) as endpoint:
        started(endpoint)
        # Wakes up periodically, since some systems run Python signal handlers only between waits.
        while not until.wait(1.0):
            pass
