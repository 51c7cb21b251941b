"""What a schema refused is told already, so no rule speaks of its absence."""

from ecsplan.draft import Draft
from ecsplan.nearest import nearest
from ecsplan.part import Part

MAX_COMPARED = 100
"""Refused members of one mapping that are compared with what it lacks; more of them may be anything."""


def is_told(draft: Draft, holder: Part, member: str) -> bool:
    """Return whether a member that a part of the definition lacks was refused, or written with a slip."""
    return bool(draft.job.refused) and _is_told(draft, draft.in_definition(holder.pointer).pointer, member)


def is_told_of_run(draft: Draft, holder: Part, member: str) -> bool:
    """Return the same of a part of the run request."""
    return bool(draft.job.refused) and _is_told(draft, draft.in_run(holder.pointer).pointer, member)


def is_key_told(draft: Draft, key: str) -> bool:
    """Return the same of a key of the manifest."""
    return bool(draft.job.refused) and _is_told(draft, "", key)


def _is_told(draft: Draft, holder: str, member: str) -> bool:
    if draft.job.spoiled(f"{holder}/{member}"):
        return True
    names = draft.job.refused.names_in(holder)
    return len(names) > MAX_COMPARED or any(nearest(each, (member,)) is not None for each in names)
