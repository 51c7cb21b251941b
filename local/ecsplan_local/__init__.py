"""The embedded ECS: an endpoint on this machine, served over HTTP on loopback. Imports no other package."""

from ecsplan_local.clock import ScriptedClock, WallClock
from ecsplan_local.endpoint import ACCOUNT, REGION, Endpoint, run_foreground, serve
from ecsplan_local.engine.awslogs import KEPT_OUTPUT
from ecsplan_local.engine.choose import RUNNERS
from ecsplan_local.engine.enter import enter_command
from ecsplan_local.errors import LocalError
from ecsplan_local.faults.recorder import Recorded
from ecsplan_local.world import Capacity

__all__ = [
    "ACCOUNT",
    "KEPT_OUTPUT",
    "REGION",
    "RUNNERS",
    "Capacity",
    "Endpoint",
    "LocalError",
    "Recorded",
    "ScriptedClock",
    "WallClock",
    "enter_command",
    "run_foreground",
    "serve",
]
