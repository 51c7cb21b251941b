"""What AWS's documentation asks for and AWS has not been seen to enforce: warnings, each at its place."""

from collections.abc import Iterator

from ecsplan.draft.draft import Draft
from ecsplan.schema.check import advice_violations
from ecsplan.terms.diagnostic import Diagnostic, warning


def advised(draft: Draft) -> Iterator[Diagnostic]:
    """Yield where the requests of a draft go against the documentation; AWS has accepted what is linked."""
    for each in advice_violations("task-definition", draft.definition):
        place = draft.in_definition(each.pointer, key=each.at_key)
        if draft.job.linked is None or place.pointer != "/task_definition_arn":
            yield warning(each.rule, place, each.message, help=each.help)
    for each in advice_violations("run-request", draft.run):
        place = draft.in_run(each.pointer, key=each.at_key)
        yield warning(each.rule, place, each.message, help=each.help)
