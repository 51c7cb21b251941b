"""All faults of a document as violations: sorted, with hints, and each mistake reported once."""

from collections.abc import Iterable, Iterator

from ecsplan.schema.hints import Hint, hint_for
from ecsplan.schema.violation import Fault, Violation
from ecsplan.schema.words import in_words

MAX_HINTED = 100
"""Violations that get a hint: the nearest of many keys takes as long to find as a job to check."""


def reported(faults: Iterable[Fault]) -> Iterator[Violation]:
    """Yield the violations that the faults of one document are, sorted by path.

    A key that is missing because its name is mistyped is reported once, as the unknown key.
    """
    found = sorted(faults, key=_place)
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
