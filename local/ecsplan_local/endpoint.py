"""The endpoint as a whole: starts it on a free port of loopback, and lets its owner watch and steer it."""

import sqlite3
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from ecsplan_local.clock import Clock, WallClock
from ecsplan_local.ecs.owners import Ownership, adopt_orphans, other_owners
from ecsplan_local.engine.choose import BoundEngine, make_engine
from ecsplan_local.engine.scripted import ScriptedEngine
from ecsplan_local.errors import LocalError, ServiceError
from ecsplan_local.faults.faults import Faults
from ecsplan_local.faults.quotas import Quotas
from ecsplan_local.faults.recorder import Hook, Recorded, Recorder
from ecsplan_local.server import HOST, Server, Settings
from ecsplan_local.store import Store, trouble
from ecsplan_local.world import Capacity, World

ACCOUNT = "000000000000"
"""The account of callers whose credentials name none; no real account has this number."""

REGION = "us-east-1"
"""The region of requests whose signature names none."""

_POLL_S = 0.05
"""How often the server looks whether it is to end."""


class Endpoint:
    """A running endpoint; close it, or use it as a context manager.

    `url` is for `AWS_ENDPOINT_URL`. The tasks that it runs end with it.
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
        """The address to give to SDKs."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    @property
    def clock(self) -> Clock:
        """The clock that was given, or the machine's."""
        return self._server.world.clock

    def calls(self, operation: str | None = None) -> tuple[Recorded, ...]:
        """Return the calls so far, all or those of one operation; only with `record=True`."""
        return self._server.recorder.calls(operation)

    def forget_calls(self) -> None:
        """Drop the calls so far; hooks count from here on."""
        self._server.recorder.forget()

    def before(self, operation: str, number: int, action: Hook) -> None:
        """Have `action` run right before the effect of the `number`-th call of an operation, from 1."""
        self._server.recorder.hook("before", operation, number, action)

    def after(self, operation: str, number: int, action: Hook) -> None:
        """Have `action` run right after the effect of the `number`-th call, before its answer."""
        self._server.recorder.hook("after", operation, number, action)

    def set_faults(self, script: Mapping[str, Any]) -> None:
        """Put another fault script in force; its `tasks` are for tasks that start from here on.

        Raises:
            LocalError: The script is wrong; the one in force stays.
        """
        if isinstance(self._engine, ScriptedEngine):
            self._engine.replace(script)
        self._server.world.faults.replace(script)

    def require_runner(self) -> None:
        """Look for what runs containers, which is otherwise left to the first task.

        Raises:
            LocalError: There is nothing; the text names the ways to get it.
        """
        try:
            self._engine.ready()
        except ServiceError as error:
            raise LocalError(error.message) from error

    def settle(self) -> None:
        """Record what is due by the clock, as each call does before it is carried out."""
        self._engine.settle()

    def close(self) -> None:
        """Stop the tasks and the server, and close the state."""
        if self._closed:
            return
        self._closed = True
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
) -> Endpoint:
    """Start an endpoint in threads of this process and return it once it listens.

    Args:
        state: The SQLite file; None keeps the state in memory.
        runner: `auto`, `podman`, `docker`, `process`, or `scripted` for the timelines of `faults`.
        port: Port of loopback; 0 takes a free one.
        region: Region of requests whose signature names none.
        account: Account of callers that have not assumed a role.
        reset: Forget what the state holds.
        capacity: What all tasks together may reserve; None is without limit.
        clock: The endpoint's time; None is the machine's.
        faults: A fault script (docs/local.md); None is none.
        record: Keep the calls, for `Endpoint.calls`.
        latency_s: Seconds added to each call.
        quotas: Throttle as AWS publishes for Fargate.

    Raises:
        LocalError: The port, the state or the runner cannot be used, or the fault script is wrong.
    """
    time = clock or WallClock()
    rules = Faults(faults)
    engine = make_engine(runner, time, faults)
    path = None if state is None else Path(state)
    store = Store(path)
    ownership = Ownership(path)
    world = World(store, time, engine, rules, capacity or Capacity(), ownership.name)
    try:
        engine.bind(world)
        adopt_orphans(world)
        if reset:
            _reset(world)
        settings = Settings(account, region, latency_s)
        server = Server(port, world, settings, Quotas(time) if quotas else None, Recorder(keep=record))
    except BaseException as error:
        engine.close()
        store.close()
        ownership.close()
        if isinstance(error, sqlite3.DatabaseError):
            raise LocalError(trouble(path, error)) from error
        raise
    return Endpoint(server, engine, ownership)


def _reset(world: World) -> None:
    if other_owners(world):
        raise LocalError(
            f"{world.store.path} cannot be reset: another endpoint runs tasks in it; stop it first"
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
    """Serve until `until` is set; `started` is called with the endpoint once it listens.

    Raises:
        LocalError: The port, the state or the runner cannot be used.
    """
    with serve(state=state, runner=runner, port=port, reset=reset) as endpoint:
        started(endpoint)
        # Woken now and then, so that Python runs signal handlers on every system.
        while not until.wait(1.0):
            pass
