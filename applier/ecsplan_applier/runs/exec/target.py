"""The task and the container in which `ecsplan exec` opens a session."""

from collections.abc import Sequence

from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.cluster_tasks import Place
from ecsplan_applier.outcomes.errors import ApplierError, UsageError
from ecsplan_applier.outcomes.task import Task
from ecsplan_applier.runs.found import FoundJob, FoundRun
from ecsplan_applier.runs.task_label import label_of, place_of


class NotRunningError(ApplierError):
    """No task of the run is running in which a session could be opened."""


@dataclass(frozen=True, slots=True)
class ExecTarget:
    """Where a session is to be opened.

    Attributes:
        job: The name of the job.
        label: The copy of the job.
        place: Where its task is.
        task: The task as it was found.
        container: The job's container.
    """

    job: str
    label: str
    place: Place
    task: Task
    container: str


def choose_target(run: FoundRun, job: str | None) -> ExecTarget:
    """Return the running task of a run, or that of a job or of a copy.

    Args:
        run: The run.
        job: The name of a job, or a copy of one such as `etl/2`; None where the run has one running task.

    Raises:
        UsageError: The run has no such job, or several tasks are running.
        NotRunningError: None is running.
    """
    running = [
        ExecTarget(each.name, label_of(each, task), place_of(each, task), task, _container(each, task))
        for each, task in run.running
        if not task.is_to_stop
    ]
    # A job's own name wins over a copy: `a/2` may be the name of a job.
    of_job = [each for each in running if each.job == job]
    wanted = running if job is None else of_job or [each for each in running if each.label == job]
    if not wanted:
        raise _nothing(run, job)
    if len(wanted) > 1:
        raise _several(run, wanted)
    return wanted[0]


def _container(job: FoundJob, task: Task) -> str:
    """Return the job's container; the first one of its task where it is not known."""
    return job.container or next((each.name for each in task.containers), "")


def _nothing(run: FoundRun, job: str | None) -> ApplierError:
    labels = [each.label for found in run.jobs for each in found.results]
    names = [*(each.name for each in run.jobs), *run.unbegun]
    if job is not None and job not in (*names, *labels):
        return UsageError(f"the run {run.run_id} has no job {job!r}; its jobs: {', '.join(sorted(names))}")
    if job in run.unbegun:
        return NotRunningError(f"the job {job} of the run {run.run_id} has not been started yet")
    what = f"no task of the run {run.run_id}" if job is None else f"no task of {job} of the run {run.run_id}"
    ended = ": the run has ended" if run.is_over and not run.unseen else ""
    return NotRunningError(
        f"{what} is running{ended}\n  help: a session needs a running task; `ecsplan status {run.run_id}`"
        " shows what became of them"
    )


def _several(run: FoundRun, wanted: Sequence[ExecTarget]) -> UsageError:
    lines = "".join(f"\n  --job {each.label}  {each.place.cluster_name}::{each.task.arn}" for each in wanted)
    return UsageError(f"{len(wanted)} tasks of the run {run.run_id} are running; choose one:{lines}")
