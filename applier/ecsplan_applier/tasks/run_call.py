"""One RunTask call of a job: for which copies it is made, and which it is for them."""

from ecsplan.terms.records import dataclass


@dataclass(frozen=True, slots=True)
class Call:
    """A RunTask call for some copies of a job, which has a token of its own.

    Attributes:
        first: The first of the copies, from 1.
        copies: How many there are.
        number: Which call it is for these copies within the attempt, from 1: the next one after `failures`.
        attempt: Which attempt of these copies it belongs to, from 1.
    """

    first: int
    copies: int
    number: int = 1
    attempt: int = 1
