"""Which copy of an array a task is, as its environment says."""

from typing import TypeAlias

from ecsplan.terms.bodies import as_mapping, as_mappings, as_pairs
from ecsplan.terms.records import dataclass
from ecsplan.terms.run_policy import ARRAY_VARIABLES, ATTEMPT_VARIABLE, COUNT_VARIABLE, INDEX_VARIABLE
from ecsplan_applier.outcomes.task import Task

CopyId: TypeAlias = tuple[int, int]
"""An attempt of a copy: the copy's number and the attempt's, each from 1."""


@dataclass(frozen=True, slots=True)
class ArrayMember:
    """What a task of an array is.

    Attributes:
        copy: The attempt of the copy.
        count: How many copies the array has.
    """

    copy: CopyId
    count: int


def array_member(task: Task, container: str) -> ArrayMember | None:
    """Return what a task says of its place in an array, or None where it is of none.

    Args:
        task: The task.
        container: The job's container, whose environment has it.
    """
    overrides = as_mappings(as_mapping(task.body.get("overrides")).get("containerOverrides"))
    variables = {
        name: value
        for each in overrides
        if each.get("name") == container
        for name, value in as_pairs(each.get("environment"), "name")
        if name in ARRAY_VARIABLES
    }
    if len(variables) < len(ARRAY_VARIABLES) or not all(map(_is_number, variables.values())):
        return None
    index, count, attempt = (int(variables[n]) for n in (INDEX_VARIABLE, COUNT_VARIABLE, ATTEMPT_VARIABLE))
    return ArrayMember((index + 1, attempt), count)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10
