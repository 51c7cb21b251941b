"""What is wrong with a part of a schedule's expression."""

from ecsplan.terms.records import dataclass


@dataclass(frozen=True, slots=True)
class ExpressionFault:
    """One fault in the text of an expression.

    Attributes:
        start: Offset of the first character that is wrong.
        end: Offset behind the last one.
        message: What is wrong.
        help: What to write instead; "" where the message says it all.
    """

    start: int
    end: int
    message: str
    help: str = ""
