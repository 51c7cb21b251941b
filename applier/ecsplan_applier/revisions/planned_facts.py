"""The facts that a plan rests on (`jobs[].observed`), asked for again before anything is changed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ecsplan.compile import spec_of
from ecsplan.plan.facts import Facts
from ecsplan.terms.json_types import Json
from ecsplan.terms.observed import NotThere
from ecsplan.terms.secrecy import mask_document
from ecsplan.terms.short_texts import on_one_line
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.observing.observe_jobs import answered
from ecsplan_applier.revisions.accounts import check_planned
from ecsplan_applier.tasks.job_run import JobRun

_MAX_SHOWN: Final = 500
"""Characters of a value that a message shows: those of sixteen subnets, the most that a task takes."""
_MAX_NAMED: Final = 3
"""Jobs that one line of a message names."""


async def changed_facts(context: ApplyContext, jobs: Sequence[JobRun]) -> list[str]:
    """Return what is no longer as the plans of these jobs observed it, a line for each fact.

    Each fact is asked for once, however many jobs rest on it.

    Raises:
        OtherAccountError: Facts have changed because the credentials are for another account.
        ApplierError: AWS could not be asked.
    """
    facts = Facts(tuple(spec_of(job.planned) for job in jobs))
    known = await answered(facts, Facts.with_answers, context.observation.answer)
    lines: dict[str, list[str]] = {}
    for job, found, lost in zip(jobs, known.found(), known.not_there(), strict=True):
        for line in changes(job.planned.observed, found, lost):
            lines.setdefault(line, []).append(job.name)
    if lines:
        # Nothing of another account is as the plan observed it: that is said first, as compiling again would
        # not help.
        await check_planned(context, jobs)
    return [f"{named(names)}: {line}" for line, names in lines.items()]


def changes(
    planned: Mapping[str, Json], found: Mapping[str, Json], lost: Mapping[str, NotThere]
) -> Iterator[str]:
    """Yield a line for each fact of a job that does not hold any more.

    Args:
        planned: What the plan observed, by the names of the facts.
        found: What there is now.
        lost: What is not there any more, or cannot be used.
    """
    unknown = []
    for name, before in planned.items():
        if name in lost:
            yield f"the plan observed {name} = {_shown(name, before)}; now {lost[name].message}"
        elif name not in found:
            unknown.append(name)
        elif found[name] != before:
            yield from _differences(name, before, found[name])
    # What depends on a fact that has changed is not asked for: it would be sought in the wrong place.
    if unknown and all(name in found and found[name] == planned[name] for name in planned.keys() - unknown):
        yield f"the plan observed {', '.join(unknown)}, which its `spec` does not look up"


def _differences(name: str, before: Json, now: Json) -> Iterator[str]:
    """Yield what differs between two values of a fact; of mappings, such as a service, member by member."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for key in sorted(before.keys() | now.keys()):
            if before.get(key) != now.get(key):
                yield from _differences(f"{name}.{key}", before.get(key), now.get(key))
        return
    was, is_now = _shown(name, before), _shown(name, now)
    # Two values that are masked, or cut, look the same.
    other = "another value" if was == is_now else is_now
    yield f"the plan observed {name} = {was}; now it is {other}"


def _shown(name: str, value: Json) -> str:
    """Return a value in one line, masked where it looks like a credential."""
    if value is None:
        return "nothing"
    masked = mask_document({name: value})[name]
    return on_one_line(json.dumps(masked, ensure_ascii=False), _MAX_SHOWN)


def named(names: Sequence[str]) -> str:
    """Return the names of jobs as a message shows them: the first few, and how many there are besides."""
    more = f" and {len(names) - _MAX_NAMED} more jobs" if len(names) > _MAX_NAMED else ""
    return f"{', '.join(names[:_MAX_NAMED])}{more}"
