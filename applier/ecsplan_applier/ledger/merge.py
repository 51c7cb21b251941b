"""Two views of one job of one run made into one: nothing that either has recorded is lost. Pure."""

from dataclasses import replace

from ecsplan_applier.ledger.entry import Entry, RecordedCopy


def merged(ours: Entry, theirs: Entry) -> Entry:
    """Return what is known of a job if one apply of its run has recorded `theirs`, and this one knows `ours`.

    An end that is recorded stays as it is. A copy of which either may have asked for a task stays open until
    one of them has seen its end.
    """
    known = {each.copy: each for each in theirs.copies}
    copies = tuple(_merged(each, known.pop(each.copy, None)) for each in ours.copies)
    names = dict.fromkeys((*theirs.jobs, *ours.jobs))
    elsewhere = {**theirs.elsewhere, **ours.elsewhere}
    return replace(ours, copies=(*copies, *known.values()), jobs=tuple(names), elsewhere=elsewhere)


def _merged(ours: RecordedCopy, theirs: RecordedCopy | None) -> RecordedCopy:
    if theirs is None:
        return ours
    for each in (theirs, ours):
        if each.has_ended:
            return each
    if ours.attempt != theirs.attempt:
        return max(ours, theirs, key=lambda each: each.attempt)
    asked = [each.asked_at for each in (ours, theirs) if each.asked_at is not None]
    located = ours if ours.task_arn is not None else theirs
    return replace(
        located,
        asked_at=min(asked, default=None),
        earlier=max(ours.earlier, theirs.earlier, key=len),
        # Where a task may run, why the other apply has none is not what became of the copy.
        result=None if asked else ours.result or theirs.result,
        first_asked_at=ours.first_asked_at if theirs.first_asked_at is None else theirs.first_asked_at,
    )
