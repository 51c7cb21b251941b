"""What `ecsplan prune` will do, as a table, and what it has done."""

import shlex
from collections.abc import Iterator, Sequence
from typing import Final

from ecsplan.terms.safe_text import escaped, escaped_lines
from ecsplan_applier.arns import region_of
from ecsplan_applier.pruning.delete import BATCH
from ecsplan_applier.pruning.prune import Pruned
from ecsplan_applier.pruning.survey import Revision, Survey
from ecsplan_cli.output import counted
from ecsplan_cli.render.columns import columns_of, padded

_HEAD: Final = ("REVISION", "ACTION", "WHY")
_GAP: Final = "  "
_MAX_USERS: Final = 3
"""Users of a revision that are named."""


def table_lines(survey: Survey, *, deleting: bool) -> Iterator[str]:
    """Yield the heading and a line for each ACTIVE revision, the newest of each family first."""
    # The same family may be looked at in two regions: only ARNs tell its revisions apart then.
    is_one_place = len({each.family.target for each in survey.families}) == 1
    action = "delete" if deleting else "deregister"
    rows = [
        (
            revision.name if is_one_place else revision.arn,
            "keep" if revision.is_kept else action,
            _why(revision, survey.keep),
        )
        for each in survey.families
        for revision in each.revisions
    ]
    if not rows:
        return
    widths = [max(map(columns_of, cells)) for cells in zip(_HEAD, *rows, strict=True)]
    for row in (_HEAD, *rows):
        yield _GAP.join(padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _why(revision: Revision, keep: int) -> str:
    newest = [f"newest {keep}" if keep > 1 else "newest"] if revision.is_new else []
    used = [f"used by {_named(revision.users)}"] if revision.users else []
    return ", ".join((*newest, *used)) or "unused"


def _named(users: Sequence[str]) -> str:
    more = len(users) - _MAX_USERS
    named = [*map(escaped, users[:_MAX_USERS]), *([f"{more} more"] if more > 0 else [])]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"


def question(survey: Survey, *, deleting: bool) -> str:
    """Return what is asked before anything is done."""
    families = len({family for family, _ in survey.removable})
    what = f"{counted(len(survey.removable), 'revision')} of {_families(families)}"
    return f"{'Deregister and delete' if deleting else 'Deregister'} {what}?"


def nothing_to_do(survey: Survey) -> str:
    """Return that nothing is to be pruned."""
    count = sum(len(each.revisions) for each in survey.families)
    what = f"{counted(count, 'ACTIVE revision')} of {_families(len(survey.families))}"
    newest = "the newest" if survey.keep == 1 else f"one of the newest {survey.keep:,}"
    return (
        f"nothing to prune: of {what}, each is {newest}, or is used" if count else f"nothing to prune: {what}"
    )


def done_lines(done: Pruned) -> Iterator[str]:
    """Yield what was done, if that is all that was to be done."""
    for each in done.spared:
        yield f"{each.name} is left unchanged: {escaped(each.why)}"
    if not done.is_whole:
        return
    if done.deleted:
        yield f"deregistered and deleted {counted(len(done.deleted), 'revision')}"
    elif done.deregistered or not done.spared:
        yield f"deregistered {counted(len(done.deregistered), 'revision')}"


def rest_lines(done: Pruned, again: Sequence[str] | None, signal: str | None) -> Iterator[str]:
    """Yield what was not done, why, and how to go on.

    Args:
        done: What became of the revisions; not all are gone.
        again: The words of the command; None where they cannot be repeated.
        signal: The signal that has ended the work, if one has.
    """
    for each in done.failed:
        yield escaped_lines(f"error: {_name(each.arn)} was not deregistered: {each.why}")
    if done.failure is not None:
        yield escaped_lines(f"error: {done.failure}")
    for each in done.undeleted:
        yield escaped_lines(f"error: {_name(each.arn)} is deregistered and was not deleted: {each.why}")
    if done.undeleted:
        arns = [each.arn for each in done.undeleted[:BATCH]]
        region = region_of(arns[0]) or ""
        words = ("aws", "ecs", "delete-task-definitions", "--region", region, "--task-definitions", *arns)
        rest = "" if len(arns) == len(done.undeleted) else f" the first {BATCH} of"
        yield escaped_lines(f"to delete{rest} these: {shlex.join(words)}")
    if len(done.deregistered) + len(done.spared) < done.count:
        way = "run the same command again" if again is None else shlex.join(again)
        because = "" if signal is None else f"{signal}: "
        count = f"{len(done.deregistered):,} of {counted(done.count, 'revision')}"
        yield escaped_lines(f"{because}deregistered {count}; to go on: {way}")


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


def progress_line(done: Pruned) -> str:
    """Return how far the work has come."""
    return f"deregistered {len(done.deregistered):,} of {done.count:,}"


def _families(count: int) -> str:
    return "1 family" if count == 1 else f"{count:,} families"
