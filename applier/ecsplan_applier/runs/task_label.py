"""What messages call a task of a run."""

from ecsplan_applier.outcomes.task import Task
from ecsplan_applier.runs.found import FoundJob


def label_of(job: FoundJob, task: Task) -> str:
    """Return the copy of a job whose task this is, such as `etl/2`; the job's name where it is not known."""
    attempts = ((result.label, attempt.arn) for result in job.results for attempt in result.attempts)
    return next((label for label, arn in attempts if arn == task.arn), job.name)
