"""Values that are given for variables which no manifest declares."""

from collections.abc import Iterable

from ecsplan.schema.nearest import nearest
from ecsplan.terms.diagnostic import Diagnostic, Location, error
from ecsplan.variables.declarations import Declaration
from ecsplan.variables.values import quoted


def undeclared(name: str, declared: Iterable[Declaration], at: Location) -> Diagnostic | None:
    """Return the error for a value of a variable that is not declared; None for one that is.

    Args:
        name: The variable's name.
        declared: What the manifests declare.
        at: Where the value is given.
    """
    names = {each.name for each in declared}
    if name in names:
        return None
    near = nearest(name, names)
    help_text = f"did you mean `{near}`?" if near else "declare it under `variables:`, or remove the value"
    message = f"the variable {quoted(name)} is given a value, and no manifest declares it"
    return error("variable-undeclared", at, message, help=help_text)
