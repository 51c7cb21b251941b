"""Schedules of ecsplan that belong to none of the given jobs: what `ecsplan schedule --prune` removes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set

from ecsplan.plan.plan import PlannedJob
from ecsplan.schedules.names import DEFAULT_GROUP, schedule_name
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import DELETE_SCHEDULE
from ecsplan_applier.aws.retry import CHANGING
from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.schedules.changes import ScheduleChange, ScheduleId
from ecsplan_applier.schedules.read_schedules import NOT_FOUND, found_schedule, is_own, names_in_group, token


async def removals(
    asker: Asker, wanted: Sequence[ScheduleId], jobs: Mapping[Target, Sequence[PlannedJob]]
) -> tuple[ScheduleChange, ...]:
    """Return the schedules to remove: with the mark of ecsplan, in the groups of the jobs, and of no job.

    The group `default` is every account's, and other manifests' schedules may be in it. Where no job names
    it, only schedules with the name of a given job are looked at there: of a job that has no schedule any
    more, or one in another group now.

    Args:
        asker: Makes the calls.
        wanted: The schedules of the jobs.
        jobs: All jobs of the manifests, those without a schedule, too, by where they run. No two of these
            targets, which those of `wanted` are among, lead to the same place.

    Raises:
        ApplierError: They could not be listed.
    """
    groups = _groups(wanted, jobs)
    listed = await asker.together(names_in_group(asker, *place) for place in groups)
    candidates = [
        found
        for (place, names), there in zip(groups.items(), listed, strict=True)
        for name in there
        if (names is None or name in names) and (found := ScheduleId(*place, name)) not in set(wanted)
    ]
    seen = await asker.together(found_schedule(asker, each) for each in candidates)
    pairs = zip(candidates, seen, strict=True)
    return tuple(
        ScheduleChange(each, "remove") for each, found in pairs if found is not None and is_own(found)
    )


def _groups(
    wanted: Iterable[ScheduleId], jobs: Mapping[Target, Sequence[PlannedJob]]
) -> dict[tuple[Target, str], Set[str] | None]:
    """Return the groups to look in, and the names to look for there; None for all."""
    groups: dict[tuple[Target, str], Set[str] | None] = defaultdict(set)
    for each in wanted:
        groups[each.target, each.group] = None
    for target, there in jobs.items():
        names = {schedule_name(job.name) for job in there}
        if (target, DEFAULT_GROUP) not in groups:
            groups[target, DEFAULT_GROUP] = names
    return dict(groups)


async def remove(asker: Asker, schedule: ScheduleId) -> None:
    """Delete a schedule; one that is gone already is deleted.

    Raises:
        ApplierError: It could not be deleted.
    """
    request = {"Name": schedule.name, "GroupName": schedule.group, "ClientToken": token()}
    try:
        await asker.call(schedule.target, DELETE_SCHEDULE, request, schedule.title, CHANGING)
    except AwsError as error:
        if error.code != NOT_FOUND:
            raise
