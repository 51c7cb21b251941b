"""The pass check: what AWS would refuse of a job's two requests, and what it would not do as meant."""

from dataclasses import replace

from ecsplan.draft.draft import Draft
from ecsplan.job.refused import Refused
from ecsplan.rules.inherited import findings
from ecsplan.terms.diagnostic import Diagnostic
from ecsplan.terms.open_values import open_values
from ecsplan.terms.placeholders import is_open


def check(draft: Draft) -> tuple[Diagnostic, ...]:
    """Return what the rules find in a draft.

    They read a copy: the views that they make of it are as large as the draft, and go with the copy. What
    they say of a value that waits for a lookup, or because of one, is left out.
    """
    found = findings(replace(draft))
    if not draft.job.written.open_lookups:
        return tuple(found)
    waiting = Refused(frozenset(pointer for pointer, _ in open_values(draft.job.written.data)))
    return tuple(each for each in found if not _depends_on(waiting, each))


def _depends_on(waiting: Refused, found: Diagnostic) -> bool:
    pointer = found.location.pointer
    # What a list says may depend on each of its items; a mapping is judged by its members.
    is_list = any(each.isdigit() for each in waiting.names_in(pointer))
    return is_list or waiting.covers(pointer) or is_open(found.message)
