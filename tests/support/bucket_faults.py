"""What may become of a call of S3: refusals, lost and late answers, before or after the call is executed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final


class S3Error(Exception):
    """A refusal: HTTP status, code, message, and further elements of S3's answer."""

    def __init__(self, status: int, code: str, text: str, **more: str) -> None:
        super().__init__(code, text)
        self.status = status
        self.code = code
        self.text = text
        self.more = more


class BrokenOffError(Exception):
    """The connection ends without a whole answer.

    Attributes:
        truncated: Whether a part of the answer has arrived.
        late: Whether it ends because the answer does not arrive in time.
    """

    def __init__(self, *, truncated: bool = False, late: bool = False) -> None:
        super().__init__(truncated, late)
        self.truncated = truncated
        self.late = late


@dataclass(frozen=True)
class Fault:
    """What becomes of a call.

    Attributes:
        executed: Whether the call has its effect first.
        error: The refusal that it is answered with: status, code, message.
        broken: How the connection ends, where it is answered with nothing: `reset`, `truncated` or `late`.
    """

    executed: bool = False
    error: tuple[int, str, str] | None = None
    broken: str = ""

    @property
    def is_late(self) -> bool:
        """Whether the caller has given up when the call is answered."""
        return self.broken == "late"

    def strike(self) -> None:
        """Answer the call.

        Raises:
            S3Error: With a refusal.
            BrokenOffError: Not at all, or not completely.
        """
        if self.error is not None:
            raise S3Error(*self.error)
        if self.broken:
            raise BrokenOffError(truncated=self.broken == "truncated", late=self.is_late)


_INTERNAL = (500, "InternalError", "We encountered an internal error. Please try again.")
_SLOW_DOWN = (503, "SlowDown", "Please reduce your request rate.")
_UNAVAILABLE = (503, "ServiceUnavailable", "Service is unable to handle request.")
_CONFLICT = (
    409,
    "ConditionalRequestConflict",
    "The conditional request cannot succeed due to a conflicting operation against this resource.",
)
_FAILED = (412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")

FAULTS: Final[dict[str, Fault]] = {
    "error 500": Fault(error=_INTERNAL),
    "error 500 after the effect": Fault(executed=True, error=_INTERNAL),
    "error 503": Fault(error=_UNAVAILABLE),
    "throttle": Fault(error=_SLOW_DOWN),
    "throttle after the effect": Fault(executed=True, error=_SLOW_DOWN),
    "reset before the effect": Fault(broken="reset"),
    "reset after the effect": Fault(executed=True, broken="reset"),
    "truncated answer": Fault(executed=True, broken="truncated"),
    "late effect": Fault(broken="late"),
    "late answer": Fault(executed=True, broken="late"),
}
"""Faults of any call. A late answer comes after the caller has given up; a late effect comes after that of
the call that the caller makes next."""

WRITE_FAULTS: Final[dict[str, Fault]] = {
    "conflict 409": Fault(error=_CONFLICT),
    "412 after the effect": Fault(executed=True, error=_FAILED),
}
"""Faults of a conditional write. S3 answers 412 to a write that it has executed where something between the
client and S3 has sent it twice."""


@dataclass(frozen=True)
class Disturbance:
    """Which calls are disturbed, and how; or what happens right before their effect.

    Attributes:
        operation: The operation; `*` is any.
        number: Which call of that operation, from 1; the position among all calls for `*`.
        fault: What becomes of it.
        action: What happens before its effect: somebody else writes, or the caller is killed.
        lasting: Whether the calls of that kind after it are disturbed as well.
    """

    operation: str
    number: int
    fault: Fault | None = None
    action: Callable[[], object] | None = None
    lasting: bool = False

    def strikes(self, operation: str, *, number: int, position: int) -> bool:
        """Return whether it disturbs a call, by its number of its kind and its position among all calls."""
        if self.operation not in {operation, "*"}:
            return False
        which = position if self.operation == "*" else number
        return which == self.number or (self.lasting and which > self.number)
