"""Deleting revisions that are INACTIVE, ten a call."""

from collections.abc import Mapping, Sequence
from typing import Final

from ecsplan.terms.bodies import as_text
from ecsplan.terms.observed import Body
from ecsplan_applier.aws.answers import in_one_line, members
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import DELETE_TASK_DEFINITIONS
from ecsplan_applier.aws.retry import RetryPolicy
from ecsplan_applier.pruning.session import PruneSession

BATCH: Final = 10
"""Revisions of one DeleteTaskDefinitions request (ECS API reference)."""
_TRIES: Final = 4
_PAUSE_S: Final = 2.0
"""How often, and after which pause, a deletion is tried that ECS refuses as the revision is still ACTIVE: for
a moment, its deregistration may not be known everywhere."""
_ACTIVE: Final = "ACTIVE status"
"""In the reason of that refusal (ECS: "The specified task definition is still in ACTIVE status.")."""
_BEING_DELETED: Final = "DELETE_IN_PROGRESS"
"""In the reason where a retry comes to what the first try has done, whose answer was lost."""


async def delete(
    session: PruneSession, target: Target, arns: Sequence[str], policy: RetryPolicy
) -> Mapping[str, str]:
    """Have ECS delete at most `BATCH` revisions that are INACTIVE, and return why it does not delete some.

    ECS deletes a revision once nothing runs it any more; until then it is DELETE_IN_PROGRESS (ECS API
    reference, DeleteTaskDefinitions).

    Returns:
        ARN -> reason, in words, of those that stay INACTIVE.

    Raises:
        ApplierError: The call failed; which of them are deleted is not known.
    """
    left, reasons = list(arns), dict[str, str]()
    for tried in range(1, _TRIES + 1):
        answer = await session.caller.call(
            target,
            DELETE_TASK_DEFINITIONS,
            {"taskDefinitions": left},
            policy,
            about=left[0].rpartition("/")[2] + (f" and {len(left) - 1} more" if left[1:] else ""),
            bucket=session.bucket(target),
        )
        reasons |= _refused(answer, left)
        left = [arn for arn in left if _ACTIVE in reasons.get(arn, "")]
        if not left or tried == _TRIES:
            break
        for arn in left:
            del reasons[arn]
        await session.loop.sleep(_PAUSE_S)
    return reasons


def _refused(answer: Body, arns: Sequence[str]) -> dict[str, str]:
    """Return the revisions that ECS does not delete, by ARN, with the reasons."""
    name = DELETE_TASK_DEFINITIONS.name
    deleted = {
        as_text(each.get("taskDefinitionArn")) for each in members(answer, "taskDefinitions", dict, name)
    }
    said = {
        (as_text(each.get("arn")) or "").rpartition("/")[2]: _reason(each)
        for each in members(answer, "failures", dict, name)
    }
    refused = {
        arn: said.get(arn.rpartition("/")[2], "the response does not mention it")
        for arn in arns
        if arn not in deleted
    }
    return {arn: why for arn, why in refused.items() if _BEING_DELETED not in why}


def _reason(failure: Body) -> str:
    said = " ".join(filter(None, (as_text(failure.get("reason")), as_text(failure.get("detail")))))
    return in_one_line(said) or "ECS gives no reason"
