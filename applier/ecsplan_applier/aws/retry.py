"""Calls with retries: which failures are transient, and how long and how often a call is retried."""

import math
import re
from collections.abc import Callable
from random import Random
from typing import Final

from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.clock_offset import AwsClock
from ecsplan_applier.aws.gateway import Gateway, Target
from ecsplan_applier.aws.operations import Operation
from ecsplan_applier.aws.rate_limits import RateLimit
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, SessionError
from ecsplan_applier.scheduling.scheduler import Coro, Event, Loop

THROTTLED: Final = frozenset(
    {
        "ThrottlingException",
        "Throttling",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "SlowDown",
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "PriorRequestNotComplete",
    }
)
"""Codes of a call that came too soon (botocore, `retries/standard.py`; ECS API request throttling page)."""

_UNAVAILABLE: Final = frozenset(
    {
        "ServerException",
        "InternalFailure",
        "InternalError",
        "InternalServerError",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "RequestTimeout",
        "RequestTimeoutException",
        "RequestExpired",
    }
)
"""Codes of a service in trouble (AWS common errors); most come with a status of 500 or more."""

_BEING_WRITTEN: Final = frozenset({"ConditionalRequestConflict", "OperationAborted"})
"""Codes of S3, with status 409, of a write that met another one of the same object under way, so that neither
condition could be judged; the write should be repeated (S3 user guide, conditional writes; S3 API reference,
error responses)."""

_NEVER: Final = frozenset({"NotImplemented"})
"""Codes with a status of 500 or more that are final: the endpoint does not support the request (S3 API
reference, error responses)."""

_TOO_CONCURRENT: Final = re.compile("too many concurrent attempts", re.IGNORECASE)
"""RegisterTaskDefinition of one family by two at once, a ClientException (PrefectHQ/prefect#15865,
hashicorp/terraform-provider-aws#9777)."""


_JUDGED: Final = frozenset({"ConflictException", "ClientException", "InvalidParameterException"})
"""Codes of a refusal for what the request says: ECS has looked at it, and at the token that it carries."""


_ON_THE_WAY: Final = frozenset(
    {
        AwsError.NO_ANSWER,
        AwsError.TIMED_OUT,
        AwsError.NOT_REACHED,
        AwsError.NOT_SIGNED,
        AwsError.BAD_ANSWER,
    }
)
"""What went wrong between this machine and AWS, so that the next call may be spared it."""


def throttled(error: AwsError) -> bool:
    """Return whether AWS asks for fewer calls."""
    # Codes differ between services, and proxies and emulators answer with the bare HTTP status.
    return error.code in THROTTLED or error.status == 429 or bool(_TOO_CONCURRENT.search(error.text))


def transient(error: AwsError) -> bool:
    """Return whether the same call may succeed a moment later."""
    return error.code not in _NEVER and (
        error.code in _ON_THE_WAY
        or error.code in _UNAVAILABLE
        or error.code in _BEING_WRITTEN
        or (error.status is not None and error.status >= 500)
        or throttled(error)
    )


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long, and with which pauses, a kind of call is retried.

    Attributes:
        max_elapsed_s: Seconds from the first failure after which a transient one is final.
        max_unreachable_s: The same where no connection can be made at all.
        max_unsigned_s: The same where the credentials cannot be fetched; before anything runs, that is final.
        max_unreadable_s: The same where the answer cannot be read; what answers may not be AWS at all.
        max_foreign_s: The same where an answer with a status of 500 or more is no error of AWS.
        first_pause_s: The longest first pause; each further one may be twice as long.
        max_pause_s: The longest pause.
    """

    max_elapsed_s: float
    max_unreachable_s: float
    max_unsigned_s: float = 0.0
    max_unreadable_s: float = math.inf
    max_foreign_s: float = math.inf
    first_pause_s: float = 0.3
    max_pause_s: float = 10.0

    def max_elapsed_of(self, failure: AwsError) -> float:
        """Return how long a call is retried after a failure of this kind, in seconds."""
        match failure.code:
            case AwsError.NOT_REACHED:
                return self.max_unreachable_s
            case AwsError.NOT_SIGNED:
                return self.max_unsigned_s
            case AwsError.BAD_ANSWER if failure.status is None or failure.status < 500:
                return min(self.max_elapsed_s, self.max_unreadable_s)
            case AwsError.BAD_ANSWER:
                return min(self.max_elapsed_s, self.max_foreign_s)
            case _:
                return self.max_elapsed_s


READING: Final = RetryPolicy(max_elapsed_s=60.0, max_unreachable_s=4.0, max_unreadable_s=10.0)
"""Before anything was started: somebody waits for an answer, and nothing is lost by giving up."""
OPTIONAL: Final = RetryPolicy(
    max_elapsed_s=10.0, max_unreachable_s=4.0, max_unreadable_s=0.0, max_foreign_s=0.0
)
"""Operations that an emulator need not have. It answers those with anything, and again if asked again."""
CHANGING: Final = RetryPolicy(max_elapsed_s=120.0, max_unreachable_s=30.0)
"""Registering and running: each retry is safe, see `revisions/register.py` and `starting/launch.py`."""
WATCHING: Final = RetryPolicy(max_elapsed_s=900.0, max_unreachable_s=900.0, max_unsigned_s=900.0)
"""Tasks run: giving up would lose sight of them."""
ENDING: Final = RetryPolicy(max_elapsed_s=60.0, max_unreachable_s=30.0, max_unsigned_s=30.0)
"""Stopping, tagging, deregistering: what is left over is named."""


_MAX_SHOWN: Final = 200
"""Characters of an exception that are shown; some quote a whole answer."""


def _judged(
    error: AwsError | SessionError, operation: Operation, policy: RetryPolicy
) -> tuple[AwsError, bool]:
    """Return a failed try as an error of AWS, and whether trying again cannot help.

    Credentials that cannot be fetched are a failure of the SDK, which has no error of AWS. It is retried like
    one while tasks run: a person may sign in again in the meantime.
    """
    if isinstance(error, AwsError):
        return error, not transient(error)
    text = str(error).removeprefix(f"{operation.name}: ")
    failure = AwsError(operation.name, AwsError.NOT_SIGNED, text)
    return failure, not error.passing or not policy.max_unsigned_s


def _says_outcome(failure: AwsError) -> bool:
    """Return whether the failure of the last try may be raised although an earlier try was lost.

    If the last one failed on its way to AWS, raising it would claim that nothing was done. A refusal for what
    the request says is different: ECS has looked up the token by then, and would have answered with what the
    lost try did.
    """
    return failure.lost or failure.code in _JUDGED


def _still_lost(lost: AwsError, last: AwsError) -> AwsError:
    """Return the error of a try that may have had its effect, with what became of the last try."""
    last_line = last.text.partition("\n")[0]
    text = f"{lost.text}; tried again: {last.code}: {last_line}"
    return AwsError(lost.operation, lost.code, text, status=lost.status, about=lost.about or last.about)


@dataclass(frozen=True, slots=True)
class Retrying:
    """A call failed and will be made again.

    Attributes:
        error: What failed.
        since_s: Seconds since the call first failed.
        pause_s: Seconds until it is made again.
    """

    error: AwsError
    since_s: float
    pause_s: float


class _Failures:
    """The failed tries of one call.

    The policy counts from the first failure, however long a single try takes. Once a try was lost, which may
    have had its effect, a later refusal says nothing about what became of it.
    """

    __slots__ = ("_first_at", "_lost", "number")

    def __init__(self) -> None:
        self.number = 0
        self._first_at = 0.0
        self._lost: AwsError | None = None

    def count(self, failure: AwsError, now: float) -> float:
        """Count one more, and return the seconds since the first."""
        self._first_at = self._first_at if self.number else now
        self.number += 1
        self._lost = self._lost or (failure if failure.lost else None)
        return now - self._first_at

    def lost_before(self, last: AwsError) -> AwsError | None:
        """Return the error of a try that may have had its effect, unless the last one says what it did."""
        return None if self._lost is None or _says_outcome(last) else _still_lost(self._lost, last)


Recover = Callable[[AwsError], Coro[Body | None]]


class Caller:
    """Makes the calls of an observation or an apply; the only place where calls are made again.

    Args:
        gateway: Makes one call.
        loop: Runs the waiting.
        random: Draws the pauses.
        on_retry: Called before each retry.
    """

    def __init__(
        self,
        gateway: Gateway,
        loop: Loop,
        random: Random | None = None,
        on_retry: Callable[[Retrying], None] | None = None,
    ) -> None:
        self.gateway = gateway
        self.loop = loop
        self._random = random or Random()  # noqa: S311 - spreads retries, guards nothing
        self._on_retry = on_retry
        self.clock = AwsClock(loop.clock)

    def report_to(self, on_retry: Callable[[Retrying], None]) -> None:
        """Call this before each retry from now on."""
        self._on_retry = on_retry

    async def once(
        self,
        target: Target,
        operation: Operation,
        request: Body,
        check: Callable[[Body], object] | None = None,
    ) -> Body:
        """Make a call and return its answer, without retries; `check` is as in `call`.

        Raises:
            ApplierError: See `Gateway.call`; an answer without what every answer of the operation has, and
                whatever else a worker raised, is a BAD_ANSWER: what the call did is not known.
        """
        try:
            answer = await self.loop.to_thread(lambda: self.gateway.call(target, operation, request))
        except ApplierError:
            raise
        except Exception as error:
            text = f"the answer could not be read: {type(error).__name__}: {str(error)[:_MAX_SHOWN]}"
            # The request was sent by then as far as anybody can tell: an error that nobody foresaw counts as
            # a lost call.
            raise AwsError(operation.name, AwsError.BAD_ANSWER, text) from error
        operation.check(answer)
        if check is not None:
            check(answer)
        self.clock.observe(target, answer)
        return answer

    async def call(
        self,
        target: Target,
        operation: Operation,
        request: Body,
        policy: RetryPolicy = READING,
        *,
        about: str = "",
        cancel: Event | None = None,
        recover: Recover | None = None,
        bucket: RateLimit | None = None,
        token_taken: bool = False,
        until_outcome_known: bool = False,
        check: Callable[[Body], object] | None = None,
    ) -> Body:
        """Make a call, again and again while its failure is transient, and return its answer.

        Args:
            target: Where.
            operation: What.
            request: With what.
            policy: For how long.
            about: The thing that the call is about, for the message.
            cancel: Once it is set, a failure is final.
            recover: For a call that is not idempotent: looks whether a lost call had its effect, and returns
                what stands for its answer, or None.
            bucket: Limits the rate of the tries, and lowers it when AWS throttles.
            token_taken: Whether the token of the first try has been taken from the bucket already.
            until_outcome_known: Whether a call that may have had its effect is made again even after
                `cancel`, until AWS says what it did.
            check: Raises a BAD_ANSWER for an answer that cannot be used; the call is made again then.

        Raises:
            ApplierError: See `Gateway.call`; the failure was not transient, or lasted too long. With
                `until_outcome_known`, if an earlier try was lost, it is that one's, unless AWS has judged the
                request since.
        """
        failures = _Failures()
        shown: ApplierError
        cancels = () if cancel is None else (cancel,)
        while True:
            if bucket is not None and not (token_taken and failures.number == 0):
                await bucket.take(1, *cancels, urgent=failures.number > 0)
            try:
                answer = await self.once(target, operation, request, check)
            except (AwsError, SessionError) as error:
                shown = error
                failure, hopeless = _judged(error, operation, policy)
            else:
                if bucket is not None:
                    bucket.accepted()
                return answer
            since_s = failures.count(failure, self.loop.clock.elapsed())
            if bucket is not None and throttled(failure):
                bucket.throttled()
            pause = self.pause(policy, failures.number, hurry=not throttled(failure))
            # The limit is that of this failure, not of the first: an endpoint that can no longer be reached
            # ends a call sooner than one that throttles.
            is_late = since_s + pause > policy.max_elapsed_of(failure)
            cancelled = any(each.is_set() for each in cancels) and not (until_outcome_known and failure.lost)
            if cancelled or is_late or hopeless:
                failure.name_subject(about)
                if until_outcome_known and (lost := failures.lost_before(failure)) is not None:
                    raise lost from shown
                raise shown
            if self._on_retry is not None:
                self._on_retry(Retrying(failure, since_s, pause))
            # An event that is set already would let a call that must go on be made without a pause.
            await self.loop.sleep(pause, *(each for each in cancels if not each.is_set()))
            if failure.lost and recover is not None:
                found = await recover(failure)
                if found is not None:
                    return found

    def pause(self, policy: RetryPolicy, tries: int, *, hurry: bool = False) -> float:
        """Return a pause in seconds, drawn between nothing and a bound that doubles (full jitter).

        Source: AWS Architecture Blog, "Exponential Backoff And Jitter".
        """
        # The exponent is capped: 2.0 ** 1024 is an OverflowError, and a call may be tried for hours.
        bound = min(policy.max_pause_s, policy.first_pause_s * 2.0 ** min(tries - 1, 16))
        return self._random.uniform(0.0 if hurry else bound / 8, bound)
