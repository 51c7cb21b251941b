"""The verdict on a task of a run, by what ECS shows of it and the ledger has of its job."""

from dataclasses import replace

from ecsplan.job.candidates import candidates
from ecsplan.plan.log_streams import log_streams
from ecsplan.plan.plan import Logs, Watch
from ecsplan.terms.bodies import as_mappings
from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass
from ecsplan.terms.run_policy import SUCCESS
from ecsplan_applier.outcomes.own_stop_reasons import own_stop
from ecsplan_applier.outcomes.result import LogPlace, Outcome, TaskResult, phases
from ecsplan_applier.outcomes.task import BEFORE_RUNNING, NO_TIMES, PLAIN_END, Task
from ecsplan_applier.tasks.verdicts import Known, Verdict, essential_containers, judge


@dataclass(frozen=True, slots=True)
class JobFacts:
    """What the tasks of a job have in common.

    Attributes:
        name: The job's name.
        copies: How many copies it has.
        container: The job's container.
        logs: Where that container logs, or None.
        essential: The names of its essential containers.
        succeed_on: The exit codes that count as success.
        cluster: The cluster as the request named it, or "".
        definition: Its task definition, or None where it was not looked at.
    """

    name: str
    copies: int = 1
    container: str = ""
    logs: Logs | None = None
    essential: frozenset[str] = frozenset()
    succeed_on: tuple[int, ...] = SUCCESS
    cluster: str = ""
    definition: Body | None = None

    def label(self, copy: int) -> str:
        """Return what a copy is called in messages."""
        return self.name if self.copies == 1 else f"{self.name}/{copy}"


def with_definition(facts: JobFacts, definition: Body | None, task: Task, region: str) -> JobFacts:
    """Return the facts with what a task and its definition add: the job's container, where none is recorded.

    Args:
        facts: What is known otherwise.
        definition: The task's definition, or None.
        task: The task.
        region: Where it runs.
    """
    body = definition or {}
    container = facts.container or _container(body, task)
    containers = as_mappings(body.get("containerDefinitions"))
    own = next((each for each in containers if each.get("name") == container), None)
    return replace(
        facts,
        container=container,
        logs=facts.logs if own is None else log_streams(dict(own), region),
        essential=essential_containers(body),
        definition=definition,
    )


def _container(body: Body, task: Task) -> str:
    """Return the job's container as the compiler chooses it where a manifest names none."""
    found = candidates(body)
    if found:
        return found[0]
    names = sorted(each.name for each in task.containers)
    return names[0] if names else ""


def judged(
    task: Task,
    facts: JobFacts,
    copy: int,
    *,
    attempt: int = 1,
    earlier: tuple[TaskResult, ...] = (),
    log: LogPlace | None = None,
) -> TaskResult:
    """Return what became of an attempt of a copy, by its task; one that has not stopped is under way.

    Args:
        task: The task.
        facts: What is known of its job.
        copy: Which copy, from 1.
        attempt: Which attempt, from 1.
        earlier: The attempts before it.
        log: Where it writes its log, where that is recorded.
    """
    verdict = _verdict(task, facts)
    container = task.container(facts.container)
    return TaskResult(
        job=facts.name,
        copy=copy,
        label=facts.label(copy),
        outcome=verdict.outcome,
        arn=task.arn,
        cluster=facts.cluster or task.cluster or "default",
        status=task.status or None,
        exit_code=None if container is None or not task.is_over else container.exit_code,
        stop_code=task.stop_code,
        reason=_worded(verdict.reason, facts, task) or None,
        explanation=verdict.explanation,
        phases=phases(task.times),
        over=task.is_over,
        attached=False,
        log=log or _log(task, facts),
        attempt=attempt,
        earlier=earlier,
        succeed_on=facts.succeed_on,
    )


def waiting(facts: JobFacts, copy: int, verdict: Verdict, attempt: int = 1) -> TaskResult:
    """Return a copy of which no task is known."""
    return TaskResult(
        job=facts.name,
        copy=copy,
        label=facts.label(copy),
        outcome=verdict.outcome,
        arn=None,
        cluster=facts.cluster,
        status=None,
        exit_code=None,
        stop_code=None,
        reason=verdict.reason or None,
        explanation=verdict.explanation,
        phases=phases(NO_TIMES),
        over=verdict.outcome is not Outcome.PENDING,
        attached=False,
        attempt=attempt,
        succeed_on=facts.succeed_on,
    )


def _verdict(task: Task, facts: JobFacts) -> Verdict:
    if not task.is_over:
        return Verdict(Outcome.PENDING if task.status in BEFORE_RUNNING else Outcome.RUNNING, _stopping(task))
    watch = Watch(facts.container, 0.0, None, 0.0, False, facts.logs, False)
    verdict = judge(Known(watch, task, essential=facts.essential, succeed_on=facts.succeed_on))
    stopped = own_stop(task)
    if verdict.outcome is Outcome.FAILED and stopped is not None:
        # The exit code is what the stop made of the task. The apply that made the call has ended with why.
        return replace(verdict, outcome=stopped)
    return verdict


def _stopping(task: Task) -> str:
    """Return why a task that has not stopped is being stopped; "" where it is not."""
    return task.stopped_reason or "it is being stopped" if task.is_to_stop else ""


def _log(task: Task, facts: JobFacts) -> LogPlace | None:
    return None if facts.logs is None else LogPlace.of(facts.logs, facts.container, task.task_id)


def _worded(text: str, facts: JobFacts, task: Task) -> str:
    """Return AWS's words about a task with secrets masked: those of its definition and of its overrides."""
    if text in {"", PLAIN_END}:
        return text
    from ecsplan.terms.secrecy import mask_text  # noqa: PLC0415 - most tasks end without words
    from ecsplan_applier.outcomes.aws_messages import concealed, secrets_of  # noqa: PLC0415

    requests: list[Body] = [{"overrides": task.body.get("overrides") or {}}]
    if facts.definition is not None:
        requests.append(facts.definition)
    return concealed(mask_text(text), secrets_of(*requests))
