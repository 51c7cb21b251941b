"""Asking AWS about one thing: rate-limited, retried for a minute, once however many ask, and in pages."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Final, TypeVar

from ecsplan.terms.observed import Body
from ecsplan_applier.aws.answers import member
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import Operation
from ecsplan_applier.aws.rate_limits import Bucket, Rate
from ecsplan_applier.aws.registries import Registries, asked
from ecsplan_applier.aws.retry import READING, Caller, RetryPolicy
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, RegistryError
from ecsplan_applier.scheduling.scheduler import Coro, Event, Task

T = TypeVar("T")

MAX_PAGES: Final = 1000
"""Pages of one list that are read; an endpoint that names a next page forever is not AWS."""
PACE: Final = Rate(burst=100, per_s=100)
"""How fast things are asked for in an account and region; AWS publishes no quota for DescribeTaskDefinition,
so this starts high and lets throttling slow it down."""

_TOKEN: Final = {
    **dict.fromkeys(("ec2", "ssm", "cloudformation", "scheduler", "events"), "NextToken"),
    "efs": "Marker",
}
"""Service -> the member with the token of a page, where it is not `nextToken` (botocore)."""
_NEXT: Final = {"efs": "NextMarker"}
"""Service -> the member of an answer with the token of the next page, where it is not that of a request."""
_SUGGESTING: Final = RetryPolicy(max_elapsed_s=2.0, max_unreachable_s=0.0, max_unreadable_s=0.0)
"""For a list that makes a message more helpful: the message is worth no long wait."""


class Asker:
    """Makes the calls of one observation.

    Args:
        caller: Makes the calls.
        cancel: Once it is set, no call is made again.
        registries: The way to registries of images; None where nothing asks them.
    """

    def __init__(
        self, caller: Caller, cancel: Event | None = None, registries: Registries | None = None
    ) -> None:
        self._caller = caller
        self._cancel = cancel
        self._registries = registries
        self._buckets: dict[Target, Bucket] = {}
        self._once: dict[Hashable, Task[Any]] = {}

    def now(self) -> float:
        """Return the time in seconds since 1970."""
        return self._caller.loop.clock.now()

    async def together(self, asking: Iterable[Coro[T]]) -> list[T]:
        """Return what these return, run concurrently.

        Raises:
            ApplierError: The first error among them.
        """
        return await self._caller.loop.gather(asking)

    async def once(self, key: Hashable, asking: Coro[T]) -> T:
        """Return what `asking` returns; for one `key` only the first one is run, whoever asks again.

        Raises:
            ApplierError: As `asking` does, for everybody who asks.
        """
        # A task, not an answer, is kept: those that ask while the call is under way wait for the same one.
        if key in self._once:
            asking.close()
        else:
            self._once[key] = self._caller.loop.create_task(asking)
        task: Task[T] = self._once[key]
        await self._caller.loop.wait(task.done)
        return task.result()

    async def sleep(self, seconds: float) -> None:
        """Continue after `seconds`, or as soon as no call is made again."""
        await self._caller.loop.sleep(seconds, *(() if self._cancel is None else (self._cancel,)))

    def forget(self, key: Hashable) -> None:
        """Have the thing of this key asked for again."""
        self._once.pop(key, None)

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

    async def of_registry(self, ask: Callable[[Registries], T], about: str) -> T:
        """Return what a registry of images answers about the image that `about` names.

        Raises:
            RegistryError: It could not be asked.
        """
        if self._registries is None:
            raise RegistryError(about, RegistryError.NOT_REACHED, "is not asked by this command")
        return await asked(self._caller.loop, self._registries, ask, about=about, cancel=self._cancel)

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
            ApplierError: See `Caller.call`; or the list has no end.
        """
        pages = await all_pages(
            self._caller,
            target,
            operation,
            request,
            about=about,
            cancel=self._cancel,
            enough=lambda pages: len(pages) >= MAX_PAGES or enough(pages),
        )
        if len(pages) >= MAX_PAGES and not enough(pages):
            text = f"the list has more than {MAX_PAGES} pages"
            raise AwsError(operation.name, AwsError.BAD_ANSWER, text, about=about)
        return pages

    async def if_allowed(
        self, target: Target, operation: Operation, request: Body, about: str, max_pages: int = 1
    ) -> list[Body]:
        """Return the first pages of a list that only serves a suggestion; none if it cannot be asked for."""
        try:
            return await all_pages(
                self._caller,
                target,
                operation,
                request,
                _SUGGESTING,
                about=about,
                cancel=self._cancel,
                enough=lambda pages: len(pages) >= max_pages,
            )
        except ApplierError:
            return []


async def all_pages(
    caller: Caller,
    target: Target,
    operation: Operation,
    request: Body,
    policy: RetryPolicy = READING,
    *,
    about: str = "",
    cancel: Event | None = None,
    enough: Callable[[Sequence[Body]], bool] = lambda _: False,
) -> list[Body]:
    """Return the answers of all pages of a list, or of the first ones that are enough.

    The arguments are those of `Caller.call`, but for `enough`, which is asked after each page.

    Raises:
        ApplierError: A page could not be read.
    """
    name = _TOKEN.get(operation.service, "nextToken")
    following_name = _NEXT.get(operation.service, name)
    pages: list[Body] = []
    token = ""
    while True:
        asked = {**request, name: token} if token else request
        answer = await caller.call(target, operation, asked, policy, about=about, cancel=cancel)
        pages.append(answer)
        following = member(answer, following_name, str, operation.name, "")
        # An endpoint that repeats its token would be asked for the same page forever.
        if not following or following == token or enough(pages):
            return pages
        token = following
