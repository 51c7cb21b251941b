"""Step Functions: a state machine whose states run the jobs with `ecs:runTask.sync`, in their order.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html and the Amazon States Language,
https://states-language.net/spec.html. Parameters have the members of RunTask in PascalCase. All texts in them
are literal: only the value of a member whose name ends in `.$` is a path.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Final

from ecsplan.plan.plan import PlannedJob
from ecsplan.terms.json_types import Json, Record
from ecsplan.terms.placeholders import REGISTERED_AT_APPLY, placeholders_in
from ecsplan.terms.run_policy import Cause
from ecsplan_convert.aws.member_case import STEP_FUNCTIONS, pascal_case
from ecsplan_convert.exported import Exported
from ecsplan_convert.writers.job_sequence import Chain, Ordered, Parallel, Part, ordered_jobs
from ecsplan_convert.writers.planned import (
    json_document,
    quoted,
    revision_of,
    run_request,
    tasks_of,
    unique_names,
)
from ecsplan_convert.writers.unsupported import Unsupported, unsupported_notes

MAX_JOBS: Final = None
RUN_TASK: Final = "arn:aws:states:::ecs:runTask.sync"
MAX_STATE_NAME: Final = 80
"""Characters of a state's name (Amazon States Language, States)."""
MAX_TIMEOUT_S: Final = 99_999_999
"""Seconds of TimeoutSeconds at most (Step Functions developer guide, Task workflow state)."""
_ALL_FAILURES: Final[frozenset[Cause]] = frozenset({"start", "interruption", "failure"})
"""What reaches a state machine as `States.TaskFailed`, without the exit code or the reason."""
_NOTHING_STARTED: Final = "AmazonECS.Unknown"
"""The error of a state whose RunTask call was answered with failures (page connect-ecs)."""

TABLE: Final = (
    Unsupported(
        "array",
        "the state runs one task, without ECSPLAN_INDEX; a Map state around it runs one for each item",
    ),
    Unsupported("max_parallel", "a state has no such limit; a Map state has `MaxConcurrency`"),
    Unsupported("succeed_on", "a state fails unless the essential containers of its task end with 0"),
    Unsupported("concurrency", "an execution starts whatever else runs"),
    Unsupported(
        "task_start_timeout_seconds",
        "a state has one time limit, `TimeoutSeconds`, which counts from its beginning",
    ),
    Unsupported(
        "task_timeout_seconds",
        "`TimeoutSeconds` counts from the beginning of the state, so the task's start is part of it",
    ),
    Unsupported("log_retention_days", "set the retention of the log group in CloudWatch"),
    Unsupported("stream_output", "the log stays in CloudWatch"),
    Unsupported("auto_deregister_task_definition", "the revision stays registered"),
    Unsupported("schedule", "start the state machine by a schedule of EventBridge Scheduler"),
    Unsupported("aws", "a state machine runs tasks in its own account and region"),
)
"""What a job may ask for and a state cannot say, or not in full. `after` is the order of the states."""


def write(jobs: Sequence[PlannedJob]) -> Exported:
    """Return a state machine: jobs follow those that they wait for; others are branches of Parallel."""
    order = ordered_jobs(jobs)
    writer = _Machine(jobs, order)
    machine = writer.states(order.tree)
    notes = tuple(f"{job.name}: {each}" for job in jobs for each in _notes(job, order))
    limits = (each for job in jobs for each in unsupported_notes(job, TABLE))
    return Exported(json_document(machine), notes=(*notes, *writer.notes, *limits))


class _Machine:
    """The states of one state machine, whose names are unique in all of its branches."""

    def __init__(self, jobs: Sequence[PlannedJob], order: Ordered) -> None:
        self.jobs = {job.name: job for job in jobs}
        count = _count_parallel(order.tree)
        names = unique_names([*self.jobs, *["Parallel"] * count], limit=MAX_STATE_NAME, separator=" ")
        self.names = dict(zip(self.jobs, names, strict=False))
        self._parallel = iter(names[len(self.jobs) :])
        self.notes: list[str] = []

    def states(self, tree: Part) -> Record:
        """Return `StartAt` and `States` of a tree, with the state in front of what follows it."""
        steps = tree.parts if isinstance(tree, Chain) else (tree,)
        named = [self._state(each) for each in steps]
        following = [name for name, _ in named[1:]]
        states: Record = {}
        for index, (name, state) in enumerate(named):
            leads: Record = {"Next": following[index]} if index < len(following) else {"End": True}
            states[name] = {**state, **leads}
        return {"StartAt": named[0][0], "States": states}

    def _state(self, part: Part) -> tuple[str, Record]:
        match part:
            case str():
                return self.names[part], _task_state(self.jobs[part])
            case Parallel(parts=parts):
                name = next(self._parallel)
                self.notes.append(
                    f"{_first_job(part)}: when a job in the state `{name}` fails, Step Functions stops the "
                    "other branches; `ecsplan apply` lets them end"
                )
                # The descriptions of all tasks together may be more than a state may return.
                return name, {
                    "Type": "Parallel",
                    "Branches": [self.states(each) for each in parts],
                    "ResultPath": None,
                }
            case Chain():
                raise AssertionError("a chain within a chain is one chain")


def _count_parallel(tree: Part) -> int:
    match tree:
        case str():
            return 0
        case Parallel(parts=parts):
            return 1 + sum(_count_parallel(each) for each in parts)
        case Chain(parts=parts):
            return sum(_count_parallel(each) for each in parts)


def _first_job(part: Part) -> str:
    return part if isinstance(part, str) else _first_job(part.parts[0])


def _task_state(job: PlannedJob) -> Record:
    request = {**run_request(job), "taskDefinition": revision_of(job)}
    named = {name: value for name, value in request.items() if not name.endswith(".$")}
    state: Record = {"Type": "Task", "Resource": RUN_TASK, "Parameters": pascal_case(named, STEP_FUNCTIONS)}
    if job.watch.timeout_s is not None:
        state["TimeoutSeconds"] = max(1, min(math.ceil(job.watch.timeout_s), MAX_TIMEOUT_S))
    retried = _retried(job)
    if retried:
        errors: list[Json] = list(retried)
        state["Retry"] = [{"ErrorEquals": errors, "MaxAttempts": job.policy.retry.attempts - 1}]
    return state


def _retried(job: PlannedJob) -> tuple[str, ...]:
    """Return the errors for which a state is tried again; () where the manifest has no `retry`."""
    retry = job.policy.retry
    if not retry.written or retry.attempts == 1:
        return ()
    errors = {
        "States.TaskFailed": "failure" in retry.causes,
        _NOTHING_STARTED: "start" in retry.causes and "failure" not in retry.causes,
        "States.Timeout": "timeout" in retry.causes,
    }
    return tuple(name for name, is_retried in errors.items() if is_retried)


def _notes(job: PlannedJob, order: Ordered) -> Iterator[str]:
    """Yield what is particular to a job: its definition, the order, several tasks, `retry`."""
    revision = revision_of(job)
    if revision == REGISTERED_AT_APPLY:
        yield (
            f"`TaskDefinition` is marked `{REGISTERED_AT_APPLY}`, since a state machine holds no task "
            f"definition: register it and enter its ARN, or `{job.definition.family}` for the newest one"
        )
    elif placeholders_in(revision):
        yield f"`TaskDefinition` is marked `{revision}`: enter its family or ARN"
    if job.name in order.absent:
        yield f"`after`: {quoted(order.absent[job.name])} is not in this state machine"
    if job.name in order.held_back:
        yield (
            f"`after`: it also waits for {quoted(order.held_back[job.name])}, since a state cannot wait for "
            "some of the branches before it"
        )
    if tasks_of(job.run_request) != 1:
        yield (
            "`Count`: Step Functions does not document that a state waits for more than one task; a Map "
            "state around it runs one task for each item and waits for all"
        )
    if job.policy.retry.written:
        yield from _retry_notes(job)
    paths = [name for name in job.run_request if name.endswith(".$")]
    if paths:
        yield f"{quoted(paths)} of the run request is left out: Step Functions takes its value for a path"


def _retry_notes(job: PlannedJob) -> Iterator[str]:
    retry = job.policy.retry
    if retry.attempts == 1:
        return
    causes = retry.causes & _ALL_FAILURES
    if "failure" in causes and causes != _ALL_FAILURES:
        yield (
            "`retry`: a state machine cannot tell failures of a task apart, so the state is also tried again "
            f"after {quoted(sorted(_ALL_FAILURES - causes))}"
        )
    lost: list[str] = [each for each in ("start", "interruption") if each in causes]
    lost += ["exit_codes"] * bool(retry.exit_codes)
    if "failure" not in causes and lost:
        started = f"; `{_NOTHING_STARTED}`, where RunTask starts nothing, is" if "start" in causes else ""
        yield (
            f"`retry`: {quoted(lost)}: a task that fails reaches a state machine as `States.TaskFailed`, "
            f"whatever the cause, and that is not tried again{started}"
        )
