"""Observe AWS and carry out plans. The only package that talks to AWS.

`apply(plan, …)` yields what happens. The public names below are imported when they are first used, so that
`import ecsplan_applier` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ecsplan_applier.carry_out import apply
    from ecsplan_applier.errors import ApplierError
    from ecsplan_applier.events import Event, Finished
    from ecsplan_applier.gateway import SessionOptions
    from ecsplan_applier.limits import Limits, Rate
    from ecsplan_applier.observe import Observer
    from ecsplan_applier.result import Summary
    from ecsplan_applier.scene import Interrupt

__all__ = [
    "ApplierError",
    "Event",
    "Finished",
    "Interrupt",
    "Limits",
    "Observer",
    "Rate",
    "SessionOptions",
    "Summary",
    "apply",
]

_HOMES = {
    "ApplierError": "errors",
    "Event": "events",
    "Finished": "events",
    "Interrupt": "scene",
    "Limits": "limits",
    "Observer": "observe",
    "Rate": "limits",
    "SessionOptions": "gateway",
    "Summary": "result",
    "apply": "carry_out",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'ecsplan_applier' has no attribute {name!r}")
    value = getattr(import_module(f"ecsplan_applier.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
