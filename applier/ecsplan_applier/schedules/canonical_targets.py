"""One target for each account and region, whichever profiles or roles jobs use to reach it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.observing.observer import Observation


async def canonical_targets(observation: Observation, targets: Iterable[Target]) -> Mapping[Target, Target]:
    """Return for each target the first one that leads to the same account, region and endpoint.

    Schedules of two targets may be in one group of one account. The account is asked for only where the
    targets do not determine it: several profiles or roles in one region.

    Raises:
        ApplierError: The account of credentials could not be determined.
    """
    near: dict[tuple[str, str | None], dict[Target, None]] = defaultdict(dict)
    for each in targets:
        near[each.region, each.endpoint_url][each] = None
    asked = [each for there in near.values() if len(there) > 1 for each in there]
    accounts = dict(
        zip(
            asked,
            await observation.asker.together(observation.account_once(each, needed=True) for each in asked),
            strict=True,
        )
    )
    first: dict[tuple[str, str | None, str | None], Target] = {}
    return {
        each: first.setdefault((each.region, each.endpoint_url, accounts.get(each)), each)
        for there in near.values()
        for each in there
    }
