"""Observe AWS and carry out plans. The only package that talks to AWS.

`apply(plan, …)` yields what happens. The public names below are imported when they are first used, so that
`import ecsplan_applier` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecsplan_applier.apply_plan import apply
    from ecsplan_applier.aws.gateway import SessionOptions
    from ecsplan_applier.aws.rate_limits import Limits, Rate
    from ecsplan_applier.context import Interrupt
    from ecsplan_applier.observing.observer import Observer
    from ecsplan_applier.outcomes.errors import ApplierError
    from ecsplan_applier.outcomes.events import Event, Finished
    from ecsplan_applier.outcomes.result import Summary

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
    "ApplierError": "outcomes.errors",
    "Event": "outcomes.events",
    "Finished": "outcomes.events",
    "Interrupt": "context",
    "Limits": "aws.rate_limits",
    "Observer": "observing.observer",
    "Rate": "aws.rate_limits",
    "SessionOptions": "aws.gateway",
    "Summary": "outcomes.result",
    "apply": "apply_plan",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'ecsplan_applier' has no attribute {name!r}")
    value = getattr(import_module(f"ecsplan_applier.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
