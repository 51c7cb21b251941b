"""Paginated lists: all pages, however many there are."""

from collections.abc import Callable, Sequence

from ecsplan.terms.observed import Body
from ecsplan_applier.aws.answers import member
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import Operation
from ecsplan_applier.aws.retry import READING, Caller, RetryPolicy
from ecsplan_applier.scheduling.scheduler import Event


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
    name = "NextToken" if operation.service == "ec2" else "nextToken"
    pages: list[Body] = []
    token = ""
    while True:
        asked = {**request, name: token} if token else request
        answer = await caller.call(target, operation, asked, policy, about=about, cancel=cancel)
        pages.append(answer)
        following = member(answer, name, str, operation.name, "")
        # An endpoint that repeats its token would be asked for the same page forever.
        if not following or following == token or enough(pages):
            return pages
        token = following
