"""Jobs of a source: requests joined with their definitions, names of their own, and the one asked for."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Final

from ecsplan.terms.bodies import as_mapping, as_text
from ecsplan.terms.family_names import family_name, reference_family
from ecsplan.terms.json_types import Document, items
from ecsplan_convert.aws.conformed import is_like_a_placeholder
from ecsplan_convert.references import has_reference, without_marks
from ecsplan_convert.source import ConversionError, Job

_UNPRINTABLE: Final = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029]+")
"""What no name of a job has, as schemas/manifest.schema.json has it."""


class NoJobError(ConversionError):
    """No job of the source has the name that was asked for."""


def joined(jobs: Sequence[Job]) -> tuple[Job, ...]:
    """Return the jobs, each request with the definition of its family where that is among them.

    Of several definitions of one family, the last stands for it, as the newest revision does in ECS.
    """
    definitions = {family: job for job in jobs if not job.request and (family := _own_family(job))}
    requests = [(job, _family(job)) for job in jobs]
    taken = {id(definitions[family]) for _, family in requests if family in definitions}
    found = []
    for job, family in requests:
        if family in definitions:
            first = definitions[family]
            notes = (*first.notes, *job.notes)
            found.append(
                replace(
                    job,
                    name=job.name or family,
                    definition=first.definition,
                    suggestions=(*first.suggestions, *job.suggestions),
                    notes=notes,
                    is_partial=first.is_partial,
                )
            )
        elif id(job) not in taken:
            found.append(job)
    return tuple(found)


def family_of(job: Job) -> str:
    """Return the family of the definition that a job brings with it or names; "" where it does neither."""
    return _own_family(job) or _family(job)


def _own_family(job: Job) -> str:
    """Return the family of the definition that a job brings with it; "" where it brings none."""
    return as_text(as_mapping(job.definition).get("family")) or ""


def _family(job: Job) -> str:
    """Return the family that a job's request names; "" where the job has a definition, or names none."""
    named = as_text(job.request.get("taskDefinition")) if job.definition is None else None
    return "" if named is None or is_like_a_placeholder(named) else reference_family(named)


def named(jobs: Sequence[Job], name: str) -> list[Job]:
    """Return the jobs, each with a name of its own that a manifest may have, by which `after` calls it."""
    wanted = [_name(each, name, alone=len(jobs) == 1) for each in jobs]
    taken, seen = Counter(wanted), Counter[str]()
    names = []
    for each in wanted:
        seen[each] += 1
        unique, number = each, seen[each]
        while number > 1 and (unique := f"{each}-{number}") in taken:
            number += 1
        taken[unique] += unique != each
        names.append(unique)
    called: dict[str, str] = {}
    for job, unique in zip(jobs, names, strict=True):
        called.setdefault(job.name, unique)
    return [replace(job, name=each, keys=_after(job, called)) for job, each in zip(jobs, names, strict=True)]


def _on_one_line(name: str) -> str:
    """Return a name without characters that no name may have; "" where no family could be made of it."""
    line = _UNPRINTABLE.sub(" ", name).strip()
    return line if family_name(line) else ""


def _after(job: Job, called: Mapping[str, str]) -> Document:
    """Return the keys of a job, in whose `after` stand the names that the jobs are called by."""
    if "after" not in job.keys:
        return job.keys
    return {**job.keys, "after": [called.get(str(each), each) for each in items(job.keys, "after")]}


def _name(job: Job, name: str, *, alone: bool) -> str:
    """Return what a job is called; `name` where it says nothing, or only a variable's value would.

    A key below `jobs:` is not expanded, unlike the name of the only job of a manifest.
    """
    own, run = _on_one_line(job.name) or _own_family(job), _family(job)
    if not has_reference(own) or alone:
        return own or (run if not has_reference(run) else "") or name
    return without_marks(own)


def chosen(jobs: list[Job], only: str | None, unconverted: Mapping[str, str]) -> list[Job]:
    """Return the jobs to convert: all, or the one of this name; where there is only one, it gets the name.

    Args:
        jobs: The jobs of the source that can be converted.
        only: The name; None for all.
        unconverted: Why each other job of the source cannot be converted, by their names.

    Raises:
        NoJobError: None of several has the name, the one that has it cannot be converted, or no job may
            have it.
    """
    if only is None:
        return jobs
    if len(jobs) == 1 and not unconverted:
        if not only or _UNPRINTABLE.search(only):
            raise NoJobError("the name of a job is a text on one line", help="give it a name that is one")
        return [replace(jobs[0], name=only)]
    found = [each for each in jobs if each.name == only]
    if not found:
        names = [each.name for each in jobs]
        near = get_close_matches(only, names, n=1)
        listed = f"its jobs are {', '.join(names)}" if len(names) > 1 else f"its job is {names[0]}"
        help_text = f"did you mean `{near[0]}`?" if near else listed
        if only in unconverted:
            raise NoJobError(unconverted[only], help=listed)
        raise NoJobError(f"there is no job named {only} here", help=help_text)
    (job,) = found
    if "after" not in job.keys:
        return found
    keys = {name: value for name, value in job.keys.items() if name != "after"}
    note = f"alone, it waits for no other job: {', '.join(map(str, items(job.keys, 'after')))}"
    return [replace(job, keys=keys, notes=(*job.notes, note))]
