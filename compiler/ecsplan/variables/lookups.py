"""Lookups: references such as `${ssm:/path}`, whose values AWS has and not the command line."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from ecsplan.schema.nearest import nearest
from ecsplan.terms.observed import AskExport, AskParameter, AskStackOutput, Aws, Lookup
from ecsplan.terms.records import dataclass
from ecsplan.terms.secrecy import mask_value
from ecsplan.variables.values import quoted

_STACK = r"[A-Za-z][-A-Za-z0-9]{0,127}|arn:[-a-z]+:cloudformation:[^\s.]+"
_PARAMETER = r"[-A-Za-z0-9_.]+|/[-A-Za-z0-9_./]*|arn:[-a-z]+:ssm:[-a-z0-9]*:[0-9]*:parameter/[-A-Za-z0-9_./]+"
_SHELL_DEFAULT: Final = re.compile(r"\w*:[-=?+]", re.ASCII)
"""How `${NAME:-text}` and its like begin, which a shell expands."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of lookup.

    Attributes:
        name: What stands before the first colon.
        form: What a reference of it looks like.
        argument: What stands after the colon, as a pattern that has to match all of it.
        question: Returns what is asked about an argument; its groups are those of the pattern.
    """

    name: str
    form: str
    argument: str
    question: Callable[[Aws, re.Match[str]], Lookup]

    def read(self, name: str) -> re.Match[str] | None:
        """Return the parts of the argument in the name of a reference; None where it does not fit."""
        # Compiled when it is first needed: most manifests look nothing up.
        return re.fullmatch(self.argument, name.partition(":")[2], re.ASCII)


KINDS: Final = (
    # A version or a label may follow the name (Systems Manager API reference, GetParameters, Names).
    Kind(
        "ssm",
        "${ssm:/path}",
        rf"(?P<name>(?:{_PARAMETER})(?::[-A-Za-z0-9_.]+)?)",
        lambda aws, found: AskParameter(aws, found["name"]),
    ),
    # CloudFormation user guide: stack names, and logical ids of outputs, which are alphanumeric.
    Kind(
        "cfn",
        "${cfn:STACK.OUTPUT}",
        rf"(?P<stack>{_STACK})\.(?P<output>[A-Za-z0-9]+)",
        lambda aws, found: AskStackOutput(aws, found["stack"], found["output"]),
    ),
    # CloudFormation refuses other characters in the name of an export.
    Kind(
        "cfn-export",
        "${cfn-export:NAME}",
        r"(?P<name>[-A-Za-z0-9:]+)",
        lambda aws, found: AskExport(aws, found["name"]),
    ),
)
"""The kinds that there are. A row here is all that a further one needs, beside the observer's answer."""

_RUN_IS_KNOWN: Final = "a plan says in which order its jobs run, and how often"
_READ_BEFORE: Final = "a file is read before anything is looked up"
NOT_IN: Final = {
    "name": "a job is named before anything is looked up",
    "aws": "it says where to look",
    "after": _RUN_IS_KNOWN,
    "matrix": _RUN_IS_KNOWN,
    "array": _RUN_IS_KNOWN,
    "max_parallel": _RUN_IS_KNOWN,
    "succeed_on": _RUN_IS_KNOWN,
    "retry": _RUN_IS_KNOWN,
    "concurrency": _RUN_IS_KNOWN,
    "log_retention_days": _RUN_IS_KNOWN,
    "log_retention": _RUN_IS_KNOWN,
    "reuse": "it says how a plan decides",
}
"""Keys of a job in which nothing is looked up, at any depth, with the reason."""
FILES: Final = {"task_definition": _READ_BEFORE, "env_file": _READ_BEFORE}
"""Keys whose own text is the name of a file."""

_BY_NAME: Final = {each.name: each for each in KINDS}


@dataclass(frozen=True, slots=True)
class BadLookup:
    """Why a reference is no lookup that can be asked for.

    Attributes:
        message: What is wrong, as the message of a diagnostic.
        help: What to write.
        rule: The rule of the diagnostic.
    """

    message: str
    help: str
    rule: str


def is_lookup(name: str) -> bool:
    """Return whether what stands between the braces of a reference is meant as a lookup."""
    return ":" in name and _SHELL_DEFAULT.match(name) is None


def kind_of(name: str) -> Kind | None:
    """Return the kind of a lookup; None for a kind that there is not."""
    return _BY_NAME.get(name.partition(":")[0])


def fault_of(name: str) -> BadLookup | None:
    """Return what is wrong with a lookup; None for one that can be asked for."""
    kind = kind_of(name)
    if kind is None:
        written = name.partition(":")[0]
        near = nearest(written, tuple(_BY_NAME))
        listed = ", ".join(each.form for each in KINDS)
        hint = f"did you mean `{near}`? " if near else ""
        return BadLookup(
            f"there is no lookup of the kind {quoted(written)}",
            f"{hint}the lookups are {listed}",
            "lookup-kind",
        )
    if kind.read(name) is None:
        message = f"{quoted(name)} is not a lookup of the kind `{kind.name}`"
        return BadLookup(message, f"write it as `{kind.form}`", "lookup-form")
    return None


def misplaced_at(pointer: str) -> str | None:
    """Return why nothing is looked up at a place in a job; None where lookups are fine."""
    key, _, below = pointer.removeprefix("/").partition("/")
    return NOT_IN.get(key) or (None if below else FILES.get(key))


@lru_cache(maxsize=4096)
def lookup_of(name: str, aws: Aws) -> Lookup:
    """Return the question that a lookup asks.

    Args:
        name: What stands between the braces; nothing is wrong with it.
        aws: Where to ask.

    Raises:
        ValueError: Something is wrong with it, see `fault_of`.
    """
    kind = kind_of(name)
    found = None if kind is None else kind.read(name)
    if kind is None or found is None:
        raise ValueError(f"{name!r} is not a lookup")
    return kind.question(aws, found)


def shown_value(name: str, value: str | tuple[str, ...]) -> str:
    """Return what a lookup found as diagnostics show it: `'x' from ssm:/path`; a credential is masked."""
    own = re.split(r"[/.:]", name)[-1]
    return f"{quoted(mask_value((own,), value))} from {name}"
