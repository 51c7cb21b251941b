"""Texts that a plan could not tell from the placeholders of lookups and of sensitive variables."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ecsplan.terms.open_values import open_values
from ecsplan.terms.placeholders import open_lookups, variable_at_apply
from ecsplan.terms.pointers import child
from ecsplan.terms.records import dataclass
from ecsplan.variables.expansion import COMMAND, ENV, Expanded

INSTEAD: Final = "write another text; in this job, the plan would replace it with the value"


@dataclass(frozen=True, slots=True)
class Mistakable:
    """A text that reads like a placeholder, and is none.

    Attributes:
        pointer: Where it stands in the job.
        rule: The rule of the diagnostic.
        message: What is wrong with it.
    """

    pointer: str
    rule: str
    message: str


def mistakable_texts(
    data: Mapping[str, Any], expanded: Mapping[str, Expanded], sensitive: tuple[str, ...]
) -> Iterator[Mistakable]:
    """Yield the texts of a job that read like placeholders which its plan has.

    Args:
        data: The job's data, in which placeholders stand for lookups and for sensitive variables.
        expanded: What the strings with references became, by their pointers.
        sensitive: The sensitive variables that the job uses.
    """
    if any(each.lookups for each in expanded.values()):
        for pointer, text in open_values(data):
            # A command that was split has lookups in its words.
            found = expanded.get(pointer) or expanded.get(COMMAND if _is_word(pointer) else "")
            if found is None or not found.lookups:
                lookup = open_lookups(text)[0]
                message = f"this text is the placeholder that a plan uses for the lookup `{lookup}`"
                yield Mistakable(pointer, "lookup-text", message)
    env = data.get(ENV.removeprefix("/"))
    if sensitive and isinstance(env, Mapping):
        yield from _in_env(env, expanded, sensitive)


def _is_word(pointer: str) -> bool:
    return pointer.startswith(f"{COMMAND}/")


def _in_env(
    env: Mapping[str, Any], expanded: Mapping[str, Expanded], sensitive: tuple[str, ...]
) -> Iterator[Mistakable]:
    for key, value in env.items():
        pointer = child(ENV, key)
        names = expanded[pointer].names if pointer in expanded else ()
        texts = (each for each in sensitive if each not in names and isinstance(value, str))
        for name in (each for each in texts if variable_at_apply(each) in value):
            message = f"this text is the placeholder that a plan uses for the sensitive variable `{name}`"
            yield Mistakable(pointer, "variable-sensitive", message)
