"""AWS's messages about the tasks of a job, prepared for display: missing names added, secrets masked."""

from collections.abc import Sequence

from ecsplan.terms.observed import Body
from ecsplan_applier.outcomes.own_stop_reasons import FAILED_TO_START
from ecsplan_applier.outcomes.task import PLAIN_END, Task


class TaskMessages:
    """Prepares messages about the tasks of one job.

    Args:
        definition: The request for its task definition.
        run: Its RunTask request.
        secrets: The values of sensitive variables.
    """

    def __init__(self, definition: Body, run: Body, secrets: Sequence[str]) -> None:
        self._requests = definition, run
        self._given = tuple(secrets)
        self._secrets: tuple[str, ...] | None = None

    def of(self, task: Task | None, text: str) -> str:
        """Return a message of AWS about a task, with the resource it is about named and secrets masked.

        AWS may quote a command, and leave out which secret it did not find.
        """
        if text in {"", PLAIN_END}:
            return text
        from ecsplan.terms.secrecy import mask_text  # noqa: PLC0415 - most tasks end without a message
        from ecsplan_applier.outcomes.aws_messages import concealed, secrets_of  # noqa: PLC0415
        from ecsplan_applier.outcomes.missing_things import concerned, with_concerned  # noqa: PLC0415

        # Only a failed start leaves out what it is about; other reasons name it.
        if task is not None and task.stop_code == FAILED_TO_START:
            text = with_concerned(text, concerned(task.stop_code, text, *self._requests))
        # Found once for all copies: they share the request, which may be large.
        if self._secrets is None:
            self._secrets = (*secrets_of(*self._requests), *self._given)
        return concealed(mask_text(text), self._secrets)
