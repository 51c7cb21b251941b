"""Requests with members that the installed SDK does not know: refused before anything is changed."""

from typing import Literal

from ecsplan.schema.check import request_violations
from ecsplan.terms.observed import Body
from ecsplan_applier.aws.operations import REGISTER_TASK_DEFINITION, RUN_TASK, Operation
from ecsplan_applier.context import ApplyContext
from ecsplan_applier.outcomes.errors import UnsendableError
from ecsplan_applier.tasks.job_run import JobRun


def refuse_unsendable(context: ApplyContext, job: JobRun, *, registers: bool) -> None:
    """Refuse a job whose requests the SDK would not send as they are written.

    Patches may add members that are newer than ecsplan; the SDK that is installed may know them.

    Args:
        context: The apply.
        job: The job.
        registers: Whether its definition is going to be registered.

    Raises:
        UnsendableError: The installed SDK does not know a member.
    """
    if registers:
        request = job.planned.definition.request
        _refuse(context, job, "task-definition", REGISTER_TASK_DEFINITION, request)
    _refuse(context, job, "run-request", RUN_TASK, job.planned.run_request)


def _refuse(
    context: ApplyContext,
    job: JobRun,
    name: Literal["task-definition", "run-request"],
    operation: Operation,
    request: Body,
) -> None:
    if not any(each.rule == "unknown-key" for each in request_violations(name, request)):
        return
    unknown = context.caller.gateway.unknown(job.target, operation, request)
    if unknown:
        raise UnsendableError(
            f"{job.name}: the installed AWS SDK does not know {', '.join(unknown)} of {operation.name}, and "
            "would not send it; nothing was changed\n"
            "  help: install a newer boto3 (`pip install --upgrade boto3`), or remove it from the patch"
        )
