"""Plan and run jobs on Amazon ECS: the compiler, a pure function from manifest to plan.

The public names below are imported when they are first used, so that `import ecsplan` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ecsplan.compile import Compiled, compile_manifest
    from ecsplan.decision.canonical import canonical
    from ecsplan.decision.compare import Change
    from ecsplan.decision.decide_revision import Register, Reuse, Undecided, decide
    from ecsplan.plan.plan import Plan, PlanError, read_plan, write_plan
    from ecsplan.terms.diagnostic import Diagnostic, Location
    from ecsplan.terms.observed import Observed
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
    "Change": "decision.compare",
    "Compiled": "compile",
    "Diagnostic": "terms.diagnostic",
    "Location": "terms.diagnostic",
    "Observed": "terms.observed",
    "Plan": "plan.plan",
    "PlanError": "plan.plan",
    "Register": "decision.decide_revision",
    "Reuse": "decision.decide_revision",
    "Undecided": "decision.decide_revision",
    "__version__": "version",
    "canonical": "decision.canonical",
    "compile_manifest": "compile",
    "decide": "decision.decide_revision",
    "read_plan": "plan.plan",
    "write_plan": "plan.plan",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'ecsplan' has no attribute {name!r}")
    value = getattr(import_module(f"ecsplan.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
