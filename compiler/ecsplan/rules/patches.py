"""What a patch makes of a document that AWS would not take: the schemas' rules on the patched documents."""

from collections.abc import Iterator

from ecsplan.diagnostic import Diagnostic, error
from ecsplan.draft import Draft
from ecsplan.schema import request_violations
from ecsplan.violation import Violation


def patched_definition(draft: Draft) -> Iterator[Diagnostic]:
    """Yield what is wrong with the task definition since its patch."""
    if not draft.job.definition_patch or not draft.known:
        return
    before = request_violations("task-definition", draft.unpatched_definition)
    for each in _new(before, request_violations("task-definition", draft.definition)):
        place = draft.in_definition(each.pointer, key=each.at_key)
        yield error(each.rule, place, each.message, help=each.help)


def patched_run(draft: Draft) -> Iterator[Diagnostic]:
    """Yield what is wrong with the run request since its patch."""
    if not draft.job.task_patch:
        return
    before = request_violations("run-request", draft.unpatched_run)
    for each in _new(before, request_violations("run-request", draft.run)):
        yield error(each.rule, draft.in_run(each.pointer, key=each.at_key), each.message, help=each.help)


def _new(before: Iterator[Violation], after: Iterator[Violation]) -> Iterator[Violation]:
    """Yield the violations that the document did not have before its patch."""
    found = tuple(after)
    known = frozenset(before) if found else frozenset()
    yield from (each for each in found if each not in known)
