"""Plan and run jobs on Amazon ECS: the compiler, a pure function from manifest to plan.

The public names below are imported when they are first used, so that `import ecsplan` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ecsplan.canonicalize import canonical
    from ecsplan.compare import Change
    from ecsplan.compile import Compiled, compile_manifest
    from ecsplan.decision import Register, Reuse, Undecided, decide
    from ecsplan.diagnostic import Diagnostic, Location
    from ecsplan.observed import Observed
    from ecsplan.plan import Plan, PlanError, read_plan, write_plan
    from ecsplan.version import __version__

__all__ = [
    "Change",
    "Compiled",
    "Diagnostic",
    "Location",
    "Observed",
    "Plan",
    "PlanError",
    "Register",
    "Reuse",
    "Undecided",
    "__version__",
    "canonical",
    "compile_manifest",
    "decide",
    "read_plan",
    "write_plan",
]

_HOMES = {
    "Change": "compare",
    "Compiled": "compile",
    "Diagnostic": "diagnostic",
    "Location": "diagnostic",
    "Observed": "observed",
    "Plan": "plan",
    "PlanError": "plan",
    "Register": "decision",
    "Reuse": "decision",
    "Undecided": "decision",
    "__version__": "version",
    "canonical": "canonicalize",
    "compile_manifest": "compile",
    "decide": "decision",
    "read_plan": "plan",
    "write_plan": "plan",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'ecsplan' has no attribute {name!r}")
    value = getattr(import_module(f"ecsplan.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
