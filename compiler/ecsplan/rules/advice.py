"""Advice of AWS's documentation that AWS is not known to enforce: warnings, each at its place."""

from collections.abc import Iterator

from ecsplan.draft.draft import Draft
from ecsplan.schema.check import advice_violations
from ecsplan.terms.diagnostic import Diagnostic, warning


def advised(draft: Draft) -> Iterator[Diagnostic]:
    """Yield a warning for each member of a draft's requests that goes against the documentation."""
    # AWS has accepted a linked definition; only what the manifest changes in it gets advice.
    for each in advice_violations("task-definition", draft.definition):
        place = draft.in_definition(each.pointer, key=each.at_key)
        if draft.job.linked is None or place.pointer != f"/{draft.job.link_key}":
            yield warning(each.rule, place, each.message, help=each.help)
    for each in advice_violations("run-request", draft.run):
        place = draft.in_run(each.pointer, key=each.at_key)
        yield warning(each.rule, place, each.message, help=each.help)
