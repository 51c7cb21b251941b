"""What a schema refused is told already, so no rule speaks of its absence."""

from ecsplan.draft.draft import Draft
from ecsplan.draft.view import View
from ecsplan.rules.views import definition_of
from ecsplan.schema.nearest import nearest

_DEFINITION = "task_definition"

MAX_COMPARED = 100
"""Refused members of one mapping that are compared with what it lacks; more of them may be anything."""


def is_reported(draft: Draft, holder: View, member: str) -> bool:
    """Return whether a member that a part of the definition lacks was refused, or written with a slip.

    So it is where the part itself was refused, and with it whatever it held.
    """
    if not draft.job.refused:
        return False
    if _is_reported(draft, _place(draft, holder.pointer), member):
        return True
    above, _, name = holder.pointer.rpartition("/")
    return not holder.members and _is_lost(draft, _place(draft, above), name)


def is_reported_in_run(draft: Draft, holder: View, member: str) -> bool:
    """Return the same of a part of the run request."""
    return bool(draft.job.refused) and _is_reported(draft, draft.in_run(holder.pointer).pointer, member)


def is_key_reported(draft: Draft, key: str) -> bool:
    """Return the same of a key of the manifest."""
    return bool(draft.job.refused) and _is_reported(draft, "", key)


def are_all_named(draft: Draft, member: str, by: str = "name") -> bool:
    """Return whether a list of the definition has every item that was written, and each its name.

    Where the list, an item or a name was refused, nothing can be said of what is not among the names.
    """
    refused = draft.job.refused
    if not refused:
        return True
    missing = not draft.job.says(_DEFINITION) and is_key_reported(draft, _DEFINITION)
    place = f"/{_DEFINITION}/{member}"
    is_written = member in draft.job.task_definition
    is_lost = refused.covers(place) if is_written else _is_lost(draft, f"/{_DEFINITION}", member)
    if missing or is_lost or refused.names_in(place):
        return False
    items = definition_of(draft).mappings(member)
    return all(each.has(by) or not is_reported(draft, each, by) for each in items)


def _place(draft: Draft, pointer: str) -> str:
    """Return where a part of the definition is written, or would be if it was not refused."""
    return draft.in_definition(pointer).pointer if pointer else f"/{_DEFINITION}"


def _is_reported(draft: Draft, holder: str, member: str) -> bool:
    return draft.job.spoiled(f"{holder}/{member}") or _is_lost(draft, holder, member)


def _is_lost(draft: Draft, holder: str, member: str) -> bool:
    """Return whether a member was refused as a whole, or written with a slip."""
    refused = draft.job.refused
    if refused.covers(f"{holder}/{member}"):
        return True
    names = refused.names_in(holder)
    return len(names) > MAX_COMPARED or any(nearest(each, (member,)) is not None for each in names)
