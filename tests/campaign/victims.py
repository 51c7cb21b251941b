"""Applies as processes that are killed (SIGKILL) right before or right after one of their calls."""

import json
import os
import signal
import threading

from campaign.world import World
from forked import ForkServer
from places import TESTS

from ecsplan.plan.plan import Plan, write_plan

_SOON_S = 60.0


class Victims:
    """Starts applies in processes of their own and kills them."""

    def __init__(self, world: World) -> None:
        self._world = world
        world.endpoint.set_faults({"rules": [{"action": "reset-before"}]})
        url, clock_file = world.endpoint.url, str(world.clock_file)
        self._server = ForkServer("campaign.victim:prepare", url, clock_file, path=[TESTS, TESTS / "support"])

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
        order = {"plan": str(file), "run_id": run_id, **folders}
        victim = self._server.start("campaign.victim:carry_out", ["victim", json.dumps(order)], stderr=2)
        pids.append(victim.pid)
        there.set()
        assert victim.wait(_SOON_S) == -signal.SIGKILL, "the apply ended before it could be killed"

    def close(self) -> None:
        """End the server."""
        self._server.close()
