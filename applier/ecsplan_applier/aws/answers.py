"""Reading AWS's answers: members of the documented type, or an error that names operation and member."""

from typing import Any, Final, TypeVar

from ecsplan.terms.observed import Body
from ecsplan_applier.outcomes.errors import AwsError

T = TypeVar("T")

_REQUIRED: Final[Any] = object()
"""Stands for no default, whatever type a member has."""


def member(answer: Body, name: str, kind: type[T], operation: str, default: T = _REQUIRED) -> T:
    """Return a member of an answer.

    Args:
        answer: What AWS answered, or a part of it.
        name: The member.
        kind: The type that the API documents.
        operation: The operation, for the message.
        default: What a missing member means; without it the member is required.

    Raises:
        AwsError: It is missing, or of another type.
    """
    value = answer.get(name)
    if value is None and default is not _REQUIRED:
        return default
    if not isinstance(value, kind):
        found = "is missing" if value is None else f"is a {type(value).__name__}"
        raise AwsError(operation, AwsError.BAD_ANSWER, f"the answer's {name} {found}, not a {kind.__name__}")
    return value


def members(answer: Body, name: str, kind: type[T], operation: str) -> list[T]:
    """Return a list of an answer; a missing one is empty, as AWS leaves empty lists out.

    Raises:
        AwsError: It is not a list, or an item is of another type.
    """
    found = member(answer, name, list, operation, [])
    for each in found:
        if not isinstance(each, kind):
            text = f"the answer's {name} holds a {type(each).__name__}, not a {kind.__name__}"
            raise AwsError(operation, AwsError.BAD_ANSWER, text)
    return found


def in_one_line(text: str) -> str:
    """Return a text of AWS's for a message: in one line, of a readable length, and without credentials."""
    from ecsplan_applier.outcomes.aws_messages import shown  # noqa: PLC0415 - most answers are as asked for

    return shown(text)
