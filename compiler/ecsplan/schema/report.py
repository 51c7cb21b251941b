"""All faults of a document as violations: sorted, with hints, and each mistake reported once."""

import dataclasses
from collections.abc import Iterable, Iterator

from ecsplan.schema.hints import Hint, hint_for
from ecsplan.schema.messages import in_words
from ecsplan.schema.violation import Fault, Violation, WrittenAt
from ecsplan.terms.pointers import pointer_of

MAX_HINTED = 100
"""Violations that get a hint: the nearest of many keys takes as long to find as a job to check."""


def reported(faults: Iterable[Fault], written_at: WrittenAt | None = None) -> Iterator[Violation]:
    """Yield the violations that the faults of one document are, sorted by path.

    A key that is missing because its name is mistyped is reported once, as the unknown key.

    Args:
        faults: The faults.
        written_at: Returns how a scalar is written, which messages then quote.
    """
    found = sorted(faults, key=_place)
    if written_at is not None:
        found = [_as_written(each, written_at) for each in found]
    hints = [hint_for(fault) if number < MAX_HINTED else Hint() for number, fault in enumerate(found)]
    mistyped = {(fault.path[:-1], hint.key) for fault, hint in zip(found, hints, strict=True) if hint.key}
    for fault, hint in zip(found, hints, strict=True):
        if fault.keyword != "required" or (fault.path, fault.bound) not in mistyped:
            yield in_words(fault, hint.text, hint.key)


def _place(fault: Fault) -> tuple[tuple[bool, int, str], ...]:
    """Return what sorts faults by their place: keys before positions, and these as numbers."""
    return tuple(
        (isinstance(each, int), each if isinstance(each, int) else 0, str(each)) for each in fault.path
    )


def _as_written(fault: Fault, written_at: WrittenAt) -> Fault:
    """Return a fault of a number with how that is written: `007` is no string, and not 7 to its author."""
    if isinstance(fault.value, bool) or not isinstance(fault.value, int | float) or fault.about_key:
        return fault
    return dataclasses.replace(fault, written=written_at(pointer_of(*fault.path)) or "")
