"""Applies as processes that are killed (SIGKILL) right before or right after one of their calls."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from campaign.world import World

from ecsplan.plan.plan import Plan, write_plan

_TESTS = Path(__file__).parents[1]
_SOON_S = 60.0


class Victims:
    """Starts applies in processes of their own and kills them."""

    def __init__(self, world: World) -> None:
        self._world = world
        world.endpoint.set_faults({"rules": [{"action": "reset-before"}]})
        self._server = subprocess.Popen(
            [sys.executable, "-m", "campaign.fork_server", world.endpoint.url, str(world.clock_file)],
            env=os.environ | {"PYTHONPATH": str(_TESTS)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._read()

    def kill(self, plan: Plan, run_id: str, operation: str, number: int) -> None:
        """Begin an apply, and kill it when the endpoint has got a call, before that has its effect.

        The call has its effect then, and the answer finds nobody; a fault script that resets the call makes
        it one that was never sent.
        """
        there = threading.Event()
        pids: list[int] = []

        def strike(_: object) -> None:
            assert there.wait(_SOON_S)
            os.kill(pids[0], signal.SIGKILL)

        self._world.endpoint.before(operation, number, strike)
        file = self._world.folder / "plan.json"
        file.write_text(write_plan(plan), encoding="utf-8")
        machine = self._world.folder / "one"
        folders = {"locks": str(machine / "locks"), "state": str(machine / "state")}
        self._write({"plan": str(file), "run_id": run_id, **folders})
        pids.append(self._read()["pid"])
        there.set()
        assert self._read() == {"ended": signal.SIGKILL}, "the apply ended before it could be killed"

    def close(self) -> None:
        """End the server."""
        with self._server as server:
            assert server.stdin is not None
            server.stdin.close()

    def _write(self, order: dict[str, Any]) -> None:
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps(order) + "\n")
        self._server.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self._server.stdout is not None
        answer: dict[str, Any] = json.loads(self._server.stdout.readline())
        return answer
