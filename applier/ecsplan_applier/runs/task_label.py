"""What messages call a task of a run, and the cluster that it is in."""

from dataclasses import replace

from ecsplan_applier.aws.cluster_tasks import Place
from ecsplan_applier.outcomes.result import TaskResult
from ecsplan_applier.outcomes.task import Task
from ecsplan_applier.runs.found import FoundJob


def label_of(job: FoundJob, task: Task) -> str:
    """Return the copy of a job whose task this is, such as `etl/2`; the job's name where it is not known."""
    found = _result(job, task)
    return job.name if found is None else found.label


def place_of(job: FoundJob, task: Task) -> Place:
    """Return where a task is, with the cluster as `apply --detach` and `status` name it."""
    found = _result(job, task)
    return job.place if found is None else replace(job.place, cluster=found.cluster)


def _result(job: FoundJob, task: Task) -> TaskResult | None:
    attempts = (each for result in job.results for each in result.attempts)
    return next((each for each in attempts if each.arn == task.arn), None)
