"""Asking AWS about one thing: rate-limited, retried for a minute, and with all pages of a list."""

from collections.abc import Callable, Sequence
from typing import Final

from ecsplan.terms.observed import Body
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import Operation
from ecsplan_applier.aws.pages import all_pages
from ecsplan_applier.aws.rate_limits import Bucket, Rate
from ecsplan_applier.aws.retry import READING, Caller, RetryPolicy
from ecsplan_applier.scheduling.scheduler import Event

PACE: Final = Rate(burst=100, per_s=100)
"""How fast things are asked for in an account and region; AWS publishes no quota for DescribeTaskDefinition,
so this starts high and lets throttling slow it down."""


class Asker:
    """Makes the calls of one observation.

    Args:
        caller: Makes the calls.
        cancel: Once it is set, no call is made again.
    """

    def __init__(self, caller: Caller, cancel: Event | None = None) -> None:
        self._caller = caller
        self._cancel = cancel
        self._buckets: dict[Target, Bucket] = {}

    async def call(
        self, target: Target, operation: Operation, request: Body, about: str, policy: RetryPolicy = READING
    ) -> Body:
        """Return the answer to a request about the thing that `about` names.

        Raises:
            ApplierError: See `Caller.call`.
        """
        # A bucket for each account and region, as AWS counts calls there; the jobs of a place share it.
        if target not in self._buckets:
            self._buckets[target] = Bucket(self._caller.loop, PACE)
        return await self._caller.call(
            target,
            operation,
            request,
            policy,
            about=about,
            cancel=self._cancel,
            bucket=self._buckets[target],
        )

    async def pages(
        self,
        target: Target,
        operation: Operation,
        request: Body,
        about: str,
        enough: Callable[[Sequence[Body]], bool] = lambda _: False,
    ) -> list[Body]:
        """Return all pages of a list, or the first ones that are enough.

        Raises:
            ApplierError: See `Caller.call`.
        """
        return await all_pages(
            self._caller, target, operation, request, about=about, cancel=self._cancel, enough=enough
        )
