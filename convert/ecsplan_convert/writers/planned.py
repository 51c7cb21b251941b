"""What the formats have in common: the requests of a job without empty members, its definition, its names."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from ecsplan.decision.decide_revision import Reuse, Undecided
from ecsplan.decision.member_kinds import Member, Struct
from ecsplan.plan.plan import PlannedJob
from ecsplan.plan.planned_spec import linked_of
from ecsplan.plan.sent_request import is_empty, sent_request
from ecsplan.terms.bodies import as_list, as_mapping, as_mappings
from ecsplan.terms.json_types import Document, Json, Record
from ecsplan.terms.placeholders import REGISTERED_AT_APPLY
from ecsplan.terms.safe_text import escaped_json

_REVISION_MARK: Final = ":task-definition/"


def linked_as_it_is(job: PlannedJob) -> str | None:
    """Return the definition that a job links to and runs as it is; None where it has one of its own.

    Before AWS is asked, a linked definition counts as one that runs as it is.
    """
    linked = linked_of(job)
    match job.definition.decision:
        case Undecided():
            return linked
        case Reuse(arn=str() as arn) if linked is not None and _means(linked, arn, job.definition.latest):
            return linked
        case _:
            return None


def _means(linked: str, arn: str, latest: str | None) -> bool:
    """Return whether a link means this revision; a family alone means its newest one."""
    if ":" not in linked.rpartition("/")[2]:
        return latest in {None, arn}
    return linked == arn or arn.endswith(f"{_REVISION_MARK}{linked}")


def definition_key(job: PlannedJob) -> tuple[str, str]:
    """Return what is the same for jobs that would register the same, tags included."""
    tags = as_mappings(job.definition.request.get("tags"))
    named = sorted((str(each.get("key")), str(each.get("value", ""))) for each in tags)
    return job.definition.family, json.dumps([job.definition.fingerprint, named])


def revision_of(job: PlannedJob) -> str:
    """Return what a job's RunTask request runs: an ARN, a link as it is written, or the placeholder."""
    planned = job.run_request.get("taskDefinition", REGISTERED_AT_APPLY)
    if planned != REGISTERED_AT_APPLY:
        return str(planned)
    return linked_as_it_is(job) or REGISTERED_AT_APPLY


def run_request(job: PlannedJob) -> Record:
    """Return a job's RunTask request without the empty members that only patches need."""
    return sent_request(job.run_request)


def tasks_of(request: Document) -> int | None:
    """Return how many tasks a RunTask request starts; None where that is still open."""
    count = request.get("count", 1)
    return count if isinstance(count, int) else None


def means_nothing(value: Json, kind: Member | None) -> bool:
    """Return whether a member of a task definition holds nothing, which of some objects means something.

    Args:
        value: Its value.
        kind: What it is; None where ecsplan does not know the member.
    """
    return is_empty(value) and not (
        isinstance(value, Mapping) and isinstance(kind, Struct) and kind.defaults_count
    )


def members_of(request: Document) -> Iterator[str]:
    """Yield the members of a RunTask request with dots, those of overrides one by one."""
    for name, value in request.items():
        if name == "overrides" and isinstance(value, Mapping):
            yield from (f"overrides.{each}" for each in _override_members(value))
        elif name != "taskDefinition":
            yield name


def _override_members(overrides: Document) -> Iterator[str]:
    found = (member for each in as_list(overrides.get("containerOverrides")) for member in as_mapping(each))
    for member in dict.fromkeys(found):
        if member != "name":
            yield f"containerOverrides.{member}"
    yield from (name for name in overrides if name != "containerOverrides")


def quoted(names: Iterable[str]) -> str:
    """Return names in backticks, with commas and a last `and`."""
    *most, last = (f"`{each}`" for each in names)
    return f"{', '.join(most)} and {last}" if most else last


def unique_names(names: Sequence[str], *, limit: int, separator: str) -> list[str]:
    """Return names of at most `limit` characters, numbered from 2 where another one is the same.

    Args:
        names: The names that are wanted.
        limit: The length that the format accepts.
        separator: What stands before the number.
    """
    taken: set[str] = set()
    numbers: dict[str, int] = {}
    found: list[str] = []
    for each in names:
        wanted = each[:limit]
        name = wanted
        while name in taken:
            numbers[wanted] = numbers.get(wanted, 1) + 1
            suffix = f"{separator}{numbers[wanted]}"
            name = wanted[: limit - len(suffix)] + suffix
        taken.add(name)
        found.append(name)
    return found


def json_document(document: Document) -> str:
    """Return a document as indented JSON with a newline at the end, safe to print."""
    return escaped_json(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"
