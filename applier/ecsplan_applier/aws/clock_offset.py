"""AWS's time, read from its answers, so that no limit depends on how well this machine's clock is set."""

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

from ecsplan.terms.bodies import as_mapping, as_text
from ecsplan.terms.observed import Body
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.scheduling.clock import Clock

_MAX_OFFSET_S: Final = 3600.0
"""AWS refuses requests that are signed more than five minutes off (AWS common errors, RequestExpired and
SignatureDoesNotMatch): a date much further away does not come from a clock that signs requests."""
_RESOLUTION_S: Final = 2.0
"""A Date header counts whole seconds, and the answer takes some time to arrive: it is behind by that much."""


class AwsClock:
    """AWS's time in each account and region, for comparing with the timestamps of tasks.

    The offset is that of the last answer with a readable `Date` header; without any it is zero.

    Args:
        local: This machine's clock.
    """

    def __init__(self, local: Clock) -> None:
        self._local = local
        self._offsets: dict[Target, float] = {}

    def now(self, target: Target) -> float:
        """Return AWS's time in seconds since 1970."""
        return self._local.now() + self._offsets.get(target, 0.0)

    def since(self, target: Target, timestamp: float | None) -> float:
        """Return how many seconds ago a timestamp of AWS's was; 0 for one that is missing or to come."""
        return 0.0 if timestamp is None else max(0.0, self.now(target) - timestamp)

    def observe(self, target: Target, answer: Body) -> None:
        """Take the time from the `Date` header of an answer that has just arrived."""
        date = _date(answer)
        if date is None:
            return
        offset, known = date - self._local.now(), self._offsets.get(target)
        # A proxy may answer from a cache, with the date of the day before.
        if abs(offset) > _MAX_OFFSET_S:
            return
        # Of answers that agree, the one whose second had just begun is the nearest to the truth.
        if known is None or not known - _RESOLUTION_S < offset < known:
            self._offsets[target] = offset


def _date(answer: Body) -> float | None:
    """Return the `Date` header of an answer in seconds since 1970, or None where there is no readable one."""
    headers = as_mapping(as_mapping(answer.get("ResponseMetadata")).get("HTTPHeaders"))
    date = as_text(headers.get("date"))
    if date is None:
        return None
    try:
        read = parsedate_to_datetime(date)
        return (read if read.tzinfo is not None else read.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
