"""Whether a missing value was refused and reported earlier, so that no rule reports its absence."""

from ecsplan.draft.draft import Draft
from ecsplan.draft.view import View
from ecsplan.rules.views import definition_of
from ecsplan.schema.nearest import nearest

_DEFINITION = "task_definition"

MAX_COMPARED = 100
"""Refused members of a mapping that are compared with a missing one; with more, any of them may be it."""


def is_reported(draft: Draft, holder: View, member: str) -> bool:
    """Return whether a member missing from the definition was refused, or written under a mistyped name.

    Args:
        draft: The draft.
        holder: The view of the definition that lacks the member.
        member: The name of the member.
    """
    # Nearly every manifest gets here: one without refused values costs one comparison.
    if not draft.job.refused:
        return False
    if _is_reported(draft, _place(draft, holder.pointer), member):
        return True
    # Where the holder itself was refused, so was whatever it had.
    above, _, name = holder.pointer.rpartition("/")
    return not holder.members and _is_lost(draft, _place(draft, above), name)


def is_reported_in_run(draft: Draft, holder: View, member: str) -> bool:
    """Return whether a member missing from the run request was refused or mistyped; see `is_reported`."""
    return bool(draft.job.refused) and _is_reported(draft, draft.in_run(holder.pointer).pointer, member)


def is_key_reported(draft: Draft, key: str) -> bool:
    """Return whether a key missing from the manifest was refused or mistyped; see `is_reported`."""
    return bool(draft.job.refused) and _is_reported(draft, "", key)


def are_all_named(draft: Draft, member: str, by: str = "name") -> bool:
    """Return whether a list of the definition has every item that was written, each with its name.

    Otherwise the list, an item or a name was refused, and a name that is not found may be one of those.

    Args:
        draft: The draft.
        member: The list's name in the task definition.
        by: The member that names an item.
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
    """Return the manifest's pointer of a value of the definition, whether it was refused or not."""
    return draft.in_definition(pointer).pointer if pointer else f"/{_DEFINITION}"


def _is_reported(draft: Draft, holder: str, member: str) -> bool:
    return draft.job.spoiled(f"{holder}/{member}") or _is_lost(draft, holder, member)


def _is_lost(draft: Draft, holder: str, member: str) -> bool:
    """Return whether a member was refused as a whole, or written under a mistyped name."""
    refused = draft.job.refused
    if refused.covers(f"{holder}/{member}"):
        return True
    # An unknown member with a similar name is this one mistyped: reporting both would be one fault twice.
    names = refused.names_in(holder)
    return len(names) > MAX_COMPARED or any(nearest(each, (member,)) is not None for each in names)
