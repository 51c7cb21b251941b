"""An ECS on this machine, behind HTTP on loopback. Knows nothing of the other packages."""

from .clock import ScriptedClock, WallClock
from .endpoint import ACCOUNT, REGION, Endpoint, run_foreground, serve
from .engines import RUNNERS
from .errors import LocalError
from .record import Recorded
from .world import Capacity

__all__ = [
    "ACCOUNT",
    "REGION",
    "RUNNERS",
    "Capacity",
    "Endpoint",
    "LocalError",
    "Recorded",
    "ScriptedClock",
    "WallClock",
    "run_foreground",
    "serve",
]
