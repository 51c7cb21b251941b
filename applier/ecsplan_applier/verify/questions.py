"""`Ask`: a question that checks ask of AWS, and how all questions of its kind are answered together."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Final, Generic, Self, TypeVar

from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.outcomes.aws_messages import shown
from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.scheduling.scheduler import Coro
from ecsplan_applier.verify.finding import Cause, Unasked

A = TypeVar("A")
B = TypeVar("B")
Q = TypeVar("Q")

_DENIED: Final = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "AuthorizationErrorException",
        "NotAuthorized",
        "UnauthorizedOperation",
    }
)
"""Codes of a call that the credentials do not allow (AWS common errors; EC2 API error codes; IAM)."""
_NOT_VALID: Final = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "RequestExpired",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
"""Codes of credentials that are not valid, with HTTP status 403, too (AWS common errors; EC2 and S3 error
codes): no call is possible with them, which is another thing than a call that they may not make."""
NOT_SERVED: Final = "NotImplemented"
_NOT_SERVED: Final = frozenset({"InvalidAction", NOT_SERVED, "UnknownOperationException"})
"""Codes with which an endpoint says that it has no such operation (AWS common errors): an emulator's."""

_REFUSED: Final = frozenset(
    {
        AwsError.BAD_REQUEST,
        "IllegalArgumentException",
        "InvalidBucketName",
        "InvalidFilterValue",
        "InvalidParameterException",
        "InvalidParameterValue",
        "InvalidRequestException",
        "ValidationError",
        "ValidationException",
    }
)
"""Codes of a request that AWS, or the SDK, does not take: a name in it is not one that the service has."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Why a question has no answer: the call is denied, refused, not served by the endpoint, or not reached.

    Attributes:
        error: How the call failed.
    """

    error: AwsError

    @property
    def unasked(self) -> Unasked | None:
        """The call that could not be made; None where it was made, and AWS refuses what was asked."""
        return None if self.is_refused else Unasked(self.error.operation, self._cause())

    @property
    def is_refused(self) -> bool:
        """Whether AWS refuses what was asked."""
        return self.error.code in _REFUSED

    @property
    def reason(self) -> str:
        """What could not be asked and why, as a clause."""
        operation = self.error.operation
        if self.is_refused:
            return f"{operation} refuses it: {self.error.code}: {shown(self.error.text)}"
        match self._cause():
            case "not served":
                return f"this endpoint has no {operation}"
            case "not reached":
                return f"{operation} did not reach its service"
            case "denied":
                return f"{operation} is denied"

    def _cause(self) -> Cause:
        if self.error.code in _NOT_SERVED:
            return "not served"
        return "not reached" if self.error.code == AwsError.NOT_REACHED else "denied"


@dataclass(frozen=True, slots=True)
class Ask(Generic[A]):
    """A question about AWS; equal ones are asked once. Subclasses are frozen dataclasses.

    Attributes:
        target: Where it is asked.
    """

    target: Target

    @classmethod
    @abstractmethod
    async def answers(cls, asker: Asker, asked: Sequence[Self]) -> Sequence[A | Unanswered]:
        """Return the answers to questions with one target, in their order, with as few calls as possible.

        Raises:
            ApplierError: AWS could not be asked.
        """


def unanswered(error: AwsError) -> Unanswered:
    """Return that a failed call leaves a question without an answer.

    Raises:
        AwsError: The error itself, where it is none of those with which a check ends as unknown.
    """
    if error.code in _REFUSED:
        return Unanswered(error)
    is_denied = error.code in _DENIED or (error.status == 403 and error.code not in _NOT_VALID)
    if is_denied or error.code in _NOT_SERVED or error.code == AwsError.NOT_REACHED:
        return Unanswered(error)
    raise error


async def each_answered(asker: Asker, asking: Sequence[Coro[A]]) -> list[A | Unanswered]:
    """Return what these return, run concurrently; of a call that is denied, that.

    Raises:
        ApplierError: AWS could not be asked.
    """
    return await asker.together(_answered(each) for each in asking)


async def _answered(asking: Coro[A]) -> A | Unanswered:
    try:
        return await asking
    except AwsError as error:
        return unanswered(error)


async def if_served(asking: Coro[B]) -> B:
    """Return what a call returns whose operation an endpoint need not have; see `retry.OPTIONAL`.

    Raises:
        ApplierError: It failed; where the answer is not one of AWS's, as not served.
    """
    try:
        return await asking
    except AwsError as error:
        if error.code == AwsError.BAD_ANSWER:
            raise AwsError(error.operation, NOT_SERVED, error.text) from error
        raise


async def in_batches(
    asker: Asker, asked: Sequence[Q], size: int, ask: Callable[[Sequence[Q]], Coro[Sequence[A]]]
) -> list[A | Unanswered]:
    """Return the answers to many questions, `size` a call; of a batch whose call is denied, that for each.

    The questions of a call that is refused are asked one by one: one of them has a name that is not valid.

    Raises:
        ApplierError: AWS could not be asked.
    """
    batches = [asked[start : start + size] for start in range(0, len(asked), size)]
    answers = await each_answered(asker, [ask(batch) for batch in batches])
    found: list[A | Unanswered] = []
    for batch, answer in zip(batches, answers, strict=True):
        if not isinstance(answer, Unanswered):
            found += answer
        elif answer.is_refused and len(batch) > 1:
            found += await in_batches(asker, batch, 1, ask)
        else:
            found += [answer] * len(batch)
    return found


async def found_or_none(asking: Coro[B], *missing: str) -> B | None:
    """Return what a call returns; None where it fails with one of the codes that say that it is not there.

    Raises:
        ApplierError: It failed otherwise.
    """
    try:
        return await asking
    except AwsError as error:
        if error.code in missing:
            return None
        raise
