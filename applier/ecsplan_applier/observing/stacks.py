"""Answering what stacks of CloudFormation output and export: one call a stack, and one list of exports."""

from collections.abc import Sequence
from typing import Final

from ecsplan.schema.nearest import nearest
from ecsplan.terms.bodies import as_mappings, as_text
from ecsplan.terms.observed import (
    NOT_FOUND,
    NOT_USABLE,
    Answer,
    AskExport,
    AskStackOutput,
    Body,
    NotThere,
    Value,
)
from ecsplan_applier.aws.answers import in_one_line, member, members
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import DESCRIBE_STACKS, LIST_EXPORTS, LIST_STACKS
from ecsplan_applier.outcomes.errors import AwsError

_NEVER_CREATED: Final = frozenset(
    {
        "REVIEW_IN_PROGRESS",
        "CREATE_IN_PROGRESS",
        "CREATE_FAILED",
        "ROLLBACK_IN_PROGRESS",
        "ROLLBACK_FAILED",
        "ROLLBACK_COMPLETE",
    }
)
"""States of a stack whose creation has not succeeded: its resources are incomplete, or were removed again.
Source: CloudFormation user guide, stack status codes; `ROLLBACK_COMPLETE` is the state after a failed
creation, and only DeleteStack is possible then."""
_BEING_CREATED: Final = frozenset({"REVIEW_IN_PROGRESS", "CREATE_IN_PROGRESS"})
_INCONSISTENT: Final = frozenset({"UPDATE_FAILED", "UPDATE_ROLLBACK_FAILED", "IMPORT_ROLLBACK_FAILED"})
"""States between two versions of a stack: its outputs may name what is gone (the same page). After
`UPDATE_ROLLBACK_COMPLETE` and `IMPORT_ROLLBACK_COMPLETE`, the version before is there again."""
_LIVE: Final = (
    "CREATE_COMPLETE",
    "UPDATE_IN_PROGRESS",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_IN_PROGRESS",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_IN_PROGRESS",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_IN_PROGRESS",
    "IMPORT_ROLLBACK_COMPLETE",
)
"""States of the stacks that a message suggests."""
_MAX_LISTED: Final = 3
"""Pages of stacks that are looked through for a suggestion; a page has up to 1 MB (CloudFormation API)."""


async def answer_outputs(
    asker: Asker, target: Target, questions: Sequence[AskStackOutput]
) -> Sequence[Answer]:
    """Return the value of each output; a stack is described once for all of its outputs.

    Raises:
        ApplierError: CloudFormation could not be asked.
    """
    names = list(dict.fromkeys(each.stack for each in questions))
    found = await asker.together(_stack(asker, target, each) for each in names)
    stacks = dict(zip(names, found, strict=True))
    return [_output(each, stacks[each.stack]) for each in questions]


async def _stack(asker: Asker, target: Target, name: str) -> Body | NotThere:
    """Return a stack whose outputs can be used."""
    try:
        answer = await asker.call(target, DESCRIBE_STACKS, {"StackName": name}, f"stack {name}")
    except AwsError as error:
        # CloudFormation has this one code for a stack that does not exist and for a name that it refuses.
        if error.code != "ValidationError":
            raise
        if "does not exist" not in error.text:
            refused = f"CloudFormation does not accept the stack name {name!r}: {in_one_line(error.text)}"
            return NotThere(refused, "write the stack's name or ARN", NOT_FOUND)
        return await _no_stack(asker, target, name)
    stacks = members(answer, "Stacks", dict, DESCRIBE_STACKS.name)
    if len(stacks) != 1:
        text = f"the answer has {len(stacks)} stacks, not 1"
        raise AwsError(DESCRIBE_STACKS.name, AwsError.BAD_ANSWER, text, about=f"stack {name}")
    return _usable(name, stacks[0])


def _usable(name: str, stack: Body) -> Body | NotThere:
    """Return a stack if the state that it is in leaves its outputs valid."""
    status = member(stack, "StackStatus", str, DESCRIBE_STACKS.name)
    if status in _NEVER_CREATED:
        why = "it was not created, so it has no outputs"
        being_created = status in _BEING_CREATED
        remedy = "wait until it is created" if being_created else "delete the stack and create it again"
    elif status.startswith("DELETE_"):
        why, remedy = "what its outputs name is being deleted", "name another stack"
    elif status in _INCONSISTENT:
        why = "its outputs may not match what exists"
        remedy = "repair the stack first: continue or roll back the update"
    else:
        return stack
    return NotThere(f"the stack {name!r} is in {in_one_line(status)}: {why}", remedy, NOT_USABLE)


async def _no_stack(asker: Asker, target: Target, name: str) -> NotThere:
    request = {"StackStatusFilter": list(_LIVE)}
    pages = await asker.if_allowed(target, LIST_STACKS, request, "stacks", _MAX_LISTED)
    names = [
        text
        for page in pages
        for each in as_mappings(page.get("StackSummaries"))
        if (text := as_text(each.get("StackName"))) is not None
    ]
    near = nearest(name, names)
    listing = "`aws cloudformation list-stacks` lists them; check the region and the account"
    help_text = f"did you mean `{near}`?" if near else listing
    return NotThere(f"there is no stack {name!r} in {target.region}", help_text, NOT_FOUND)


def _output(question: AskStackOutput, stack: Body | NotThere) -> Answer:
    if isinstance(stack, NotThere):
        return stack
    operation = DESCRIBE_STACKS.name
    outputs = {
        member(each, "OutputKey", str, operation): member(each, "OutputValue", str, operation, "")
        for each in members(stack, "Outputs", dict, operation)
    }
    if question.output in outputs:
        return Value(outputs[question.output])
    status = member(stack, "StackStatus", str, operation)
    message = f"the stack {question.stack!r} has no output {question.output!r}"
    # CloudFormation shows no outputs at all while it rolls an update back.
    if not outputs and status.endswith("_IN_PROGRESS"):
        return NotThere(
            f"{message} while it is in {in_one_line(status)}", "try again when it has ended", NOT_FOUND
        )
    near = nearest(question.output, outputs)
    names = ", ".join(sorted(outputs)) or "none"
    return NotThere(message, f"did you mean `{near}`?" if near else f"its outputs are: {names}", NOT_FOUND)


async def answer_exports(asker: Asker, target: Target, questions: Sequence[AskExport]) -> Sequence[Answer]:
    """Return the value of each export of the region; the list is read until all of them were found.

    Raises:
        ApplierError: CloudFormation could not be asked.
    """
    wanted = {each.name for each in questions}

    def enough(pages: Sequence[Body]) -> bool:
        return wanted <= _exports(pages).keys()

    found = _exports(await asker.pages(target, LIST_EXPORTS, {}, "exports", enough))
    return [_export(each.name, found, target) for each in questions]


def _exports(pages: Sequence[Body]) -> dict[str, str]:
    operation = LIST_EXPORTS.name
    return {
        member(each, "Name", str, operation): member(each, "Value", str, operation, "")
        for page in pages
        for each in members(page, "Exports", dict, operation)
    }


def _export(name: str, found: dict[str, str], target: Target) -> Answer:
    if name in found:
        return Value(found[name])
    near = nearest(name, found)
    listing = "`aws cloudformation list-exports` lists them; check the region and the account"
    help_text = f"did you mean `{near}`?" if near else listing
    return NotThere(f"there is no export {name!r} in {target.region}", help_text, NOT_FOUND)
