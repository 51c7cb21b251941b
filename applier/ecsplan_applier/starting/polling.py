"""Polling for tasks that ECS may not show yet: when to ask again."""

from collections.abc import AsyncIterator
from typing import Final

from ecsplan_applier.aws.retry import RetryPolicy
from ecsplan_applier.context import ApplyContext

_VISIBLE: Final = RetryPolicy(max_elapsed_s=0.0, max_unreachable_s=0.0, first_pause_s=0.5, max_pause_s=5.0)
"""Pauses between polls for tasks that ECS does not show yet: ListTasks and DescribeTasks are eventually
consistent (ECS API reference, RunTask)."""
LISTED_WITHIN_S: Final = 10.0
"""How long tasks whose ARNs are not known may take to be listed."""


async def poll_times(context: ApplyContext, within_s: float) -> AsyncIterator[None]:
    """Yield whenever it is time to poll for tasks that ECS may not show yet: at once, then after pauses.

    The last time is when `within_s` have passed, or the apply was cancelled.
    """
    # Nothing is to be released here (no `finally`), so that a caller may leave its loop at any time.
    deadline, number = context.now() + within_s, 1
    yield
    while context.now() < deadline and not context.cancelled.is_set():
        await context.loop.sleep(context.caller.pause(_VISIBLE, number), context.cancelled)
        number += 1
        yield
