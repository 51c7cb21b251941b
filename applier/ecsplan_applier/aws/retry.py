"""Calls with retries: what is transient, for how long it is tried again, and with which pauses."""

import math
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from ecsplan.terms.observed import Body
from ecsplan_applier.aws.clock_offset import AwsClock
from ecsplan_applier.aws.gateway import Gateway, Target
from ecsplan_applier.aws.operations import Operation
from ecsplan_applier.aws.rate_limits import Pace
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, SessionError
from ecsplan_applier.scheduling.scheduler import Flag, Loop

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
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "RequestTimeout",
        "RequestTimeoutException",
        "RequestExpired",
    }
)
"""Codes of a service in trouble (AWS common errors); most come with a status of 500 or more."""

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
"""What happened between here and AWS, of which the next call may know nothing."""


def throttled(error: AwsError) -> bool:
    """Return whether AWS asks for fewer calls."""
    return error.code in THROTTLED or error.status == 429 or bool(_TOO_CONCURRENT.search(error.text))


def transient(error: AwsError) -> bool:
    """Return whether the same call may succeed a moment later."""
    return (
        error.code in _ON_THE_WAY
        or error.code in _UNAVAILABLE
        or (error.status is not None and error.status >= 500)
        or throttled(error)
    )


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a kind of call is tried again.

    Attributes:
        limit_s: Seconds from the first failure after which a transient one is final.
        unreached_s: The same where no connection can be made at all.
        unsigned_s: The same where the credentials cannot be fetched; before anything runs, that is final.
        unreadable_s: The same where the answer cannot be read; what answers may not be AWS at all.
        first_s: The longest first pause; each further one may be twice as long.
        most_s: The longest pause.
    """

    limit_s: float
    unreached_s: float
    unsigned_s: float = 0.0
    unreadable_s: float = math.inf
    first_s: float = 0.3
    most_s: float = 10.0

    def limit_of(self, failure: AwsError) -> float:
        """Return how long a failure of this kind is tried again, in seconds."""
        match failure.code:
            case AwsError.NOT_REACHED:
                return self.unreached_s
            case AwsError.NOT_SIGNED:
                return self.unsigned_s
            case AwsError.BAD_ANSWER if failure.status is None or failure.status < 500:
                return min(self.limit_s, self.unreadable_s)
            case _:
                return self.limit_s


READING: Final = Patience(limit_s=60.0, unreached_s=4.0, unreadable_s=10.0)
"""Before anything was started: somebody waits for an answer, and nothing is lost by giving up."""
CHANGING: Final = Patience(limit_s=120.0, unreached_s=30.0)
"""Registering and running: each retry is safe, see `register.py` and `run.py`."""
WATCHING: Final = Patience(limit_s=900.0, unreached_s=900.0, unsigned_s=900.0)
"""Tasks run: giving up would lose sight of them."""
ENDING: Final = Patience(limit_s=60.0, unreached_s=30.0, unsigned_s=30.0)
"""Stopping, tagging, deregistering: what is left is named."""


_MAX_SHOWN: Final = 200
"""Characters of an exception that are shown; some quote a whole answer."""


def _still_lost(lost: AwsError, last: AwsError) -> AwsError:
    """Return the error of a try that may have had its effect, with what became of the last try."""
    last_line = last.text.partition("\n")[0]
    text = f"{lost.text}; tried again: {last.code}: {last_line}"
    error = AwsError(lost.operation, lost.code, text, status=lost.status)
    error.about = lost.about or last.about
    return error


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


Recover = Callable[[AwsError], Coroutine[Any, Any, Body | None]]


class Caller:
    """Makes the calls of an observation or an apply; the only place where calls are made again.

    Args:
        gateway: Makes one call.
        loop: Carries the waiting on.
        random: Draws the pauses.
        on_retry: Told of each retry.
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
        self.on_retry = on_retry
        self.clock = AwsClock(loop.clock)

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
            answer = await self.loop.call(lambda: self.gateway.call(target, operation, request))
        except ApplierError:
            raise
        except Exception as error:
            text = f"the answer could not be read: {type(error).__name__}: {str(error)[:_MAX_SHOWN]}"
            raise AwsError(operation.name, AwsError.BAD_ANSWER, text) from error
        operation.check(answer)
        if check is not None:
            check(answer)
        self.clock.saw(target, answer)
        return answer

    async def call(
        self,
        target: Target,
        operation: Operation,
        request: Body,
        patience: Patience = READING,
        *,
        about: str = "",
        give_up: Flag | None = None,
        recover: Recover | None = None,
        bucket: Pace | None = None,
        taken: bool = False,
        sure: bool = False,
        check: Callable[[Body], object] | None = None,
    ) -> Body:
        """Make a call, again and again while its failure is transient, and return its answer.

        Args:
            target: Where.
            operation: What.
            request: With what.
            patience: For how long.
            about: The thing that the call is about, for the message.
            give_up: When this is raised, a failure is final.
            recover: For a call that is not idempotent: looks whether a lost call had its effect, and returns
                what stands for its answer, or None.
            bucket: Paces each try, and goes slower when AWS throttles.
            taken: The first try has been taken from the bucket already.
            sure: A call whose effect is not known is made again also after `give_up`, until it is known.
            check: Raises a BAD_ANSWER for an answer that cannot be made use of; the call is made again then.

        Raises:
            ApplierError: See `Gateway.call`; the failure was not transient, or lasted too long. Where `sure`
                is set and a try before that was lost, it is the lost one, unless AWS has judged the request.
        """
        first, tries = 0.0, 0
        lost: AwsError | None = None
        shown: ApplierError
        flags = () if give_up is None else (give_up,)
        while True:
            if bucket is not None and not (taken and tries == 0):
                await bucket.take(1, *flags, urgent=tries > 0)
            try:
                answer = await self.once(target, operation, request, check)
            except AwsError as error:
                failure, shown, hopeless = error, error, not transient(error)
            except SessionError as error:
                text = str(error).removeprefix(f"{operation.name}: ")
                failure, shown = AwsError(operation.name, AwsError.NOT_SIGNED, text), error
                hopeless = not error.passing or not patience.unsigned_s
            else:
                if bucket is not None:
                    bucket.accepted()
                return answer
            now = self.loop.clock.elapsed()
            first = first if tries else now
            tries += 1
            lost = lost or (failure if failure.lost else None)
            if bucket is not None and throttled(failure):
                bucket.throttled()
            pause = self.pause(patience, tries, hurry=not throttled(failure))
            limit = patience.limit_of(failure)
            given_up = any(each.raised for each in flags) and not (sure and failure.lost)
            if given_up or now - first + pause > limit or hopeless:
                failure.about = failure.about or about
                if sure and lost is not None and not failure.lost and failure.code not in _JUDGED:
                    raise _still_lost(lost, failure) from shown
                raise shown
            if self.on_retry is not None:
                self.on_retry(Retrying(failure, now - first, pause))
            # A flag that is raised already would let a call that must go on be made without a pause.
            await self.loop.sleep(pause, *(each for each in flags if not each.raised))
            if failure.lost and recover is not None:
                found = await recover(failure)
                if found is not None:
                    return found

    def pause(self, patience: Patience, tries: int, *, hurry: bool = False) -> float:
        """Return a pause in seconds, drawn between nothing and a bound that doubles (full jitter).

        Source: AWS Architecture Blog, "Exponential Backoff And Jitter".
        """
        bound = min(patience.most_s, patience.first_s * 2.0 ** min(tries - 1, 16))
        return self._random.uniform(0.0 if hurry else bound / 8, bound)
