"""The agent of ECS Exec in a container: its state, and waiting until it runs."""

from collections.abc import Callable
from typing import Final, TypeAlias

from ecsplan.terms.bodies import as_mappings, as_text
from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.cluster_tasks import describe_tasks
from ecsplan_applier.outcomes.errors import ApplierError
from ecsplan_applier.outcomes.task import Task
from ecsplan_applier.runs.exec.target import ExecTarget, NotRunningError
from ecsplan_applier.runs.session import RunSession

AGENT: Final = "ExecuteCommandAgent"
"""The managed agent that sessions are opened with (botocore ecs model, ManagedAgentName)."""
STARTS_WITHIN_S: Final = 300.0
"""How long a task may take until its agent runs; pulling an image may take minutes."""
POLL_S: Final = 2.0

_SAID_EVERY_S: Final = 30.0
_MISSED: Final = 3
"""Looks in a row in which ECS may not show the task."""
_HELP: Final = (
    "help: the task role needs ssmmessages:CreateControlChannel, CreateDataChannel, OpenControlChannel and"
    " OpenDataChannel, and the task a route to ssmmessages; ECS Exec does not work with"
    " `readonlyRootFilesystem`"
)

Say: TypeAlias = Callable[[str], None]
"""Called with what is waited for."""


class NoAgentError(ApplierError):
    """No session can be opened: the ECS Exec agent does not run, and is not going to."""


@dataclass(frozen=True, slots=True)
class Agent:
    """The agent of a container whose task ECS shows.

    Attributes:
        status: PENDING, RUNNING or STOPPED, or "" where ECS does not show an agent yet.
        reason: Why it is in this state, or "".
        runtime_id: The container's id on its host, or "" where ECS does not show one yet.
    """

    status: str
    reason: str
    runtime_id: str


def agent_of(task: Task, container: str) -> Agent | None:
    """Return the agent of a container, or None where the task has no such container."""
    for each in as_mappings(task.body.get("containers")):
        if each.get("name") == container:
            agents = as_mappings(each.get("managedAgents"))
            agent: Body = next((one for one in agents if one.get("name") == AGENT), {})
            status, reason = as_text(agent.get("lastStatus")), as_text(agent.get("reason"))
            return Agent(status or "", reason or "", as_text(each.get("runtimeId")) or "")
    return None


async def wait_for_agent(session: RunSession, target: ExecTarget, say: Say) -> Agent:
    """Return the agent of the target's container once it runs.

    Args:
        session: How to ask.
        target: The container.
        say: Called with what is waited for: when that changes, and every half a minute.

    Raises:
        NotRunningError: The task has stopped, or is being stopped.
        NoAgentError: The agent cannot run, or has not run in time.
        ApplierError: The task could not be described.
    """
    elapsed = session.loop.clock.elapsed
    began, said, said_at, missed = elapsed(), "", 0.0, 0
    while True:
        found = await describe_tasks(session.caller, target.place, [target.task.arn], tags=False)
        missed = 0 if found else missed + 1
        if missed >= _MISSED:
            raise NotRunningError(f"ECS no longer shows the task of {target.label}: {target.task.arn}")
        waits_for = "ECS to show the task"
        for task in found:
            agent = _checked(task, target)
            if agent.status == "RUNNING" and agent.runtime_id:
                return agent
            waits_for = _awaited(task, agent)
        now = elapsed()
        if now - began >= STARTS_WITHIN_S:
            minutes = f"{STARTS_WITHIN_S / 60:.0f} minutes"
            raise NoAgentError(f"{target.label}: still waiting for {waits_for} after {minutes}\n  {_HELP}")
        if waits_for != said or now - said_at >= _SAID_EVERY_S:
            say(f"{target.label}: waiting for {waits_for}")
            said, said_at = waits_for, now
        await session.loop.sleep(POLL_S)


def _checked(task: Task, target: ExecTarget) -> Agent:
    """Return the agent of a task in which one may run.

    Raises:
        NotRunningError: The task is not running on.
        NoAgentError: No agent can run in it.
    """
    if task.is_to_stop:
        state = "has stopped" if task.is_over else "is being stopped"
        reason = f": {task.stopped_reason}" if task.stopped_reason else ""
        raise NotRunningError(f"the task of {target.label} {state}{reason}")
    agent = agent_of(task, target.container)
    if agent is None:
        names = ", ".join(each.name for each in task.containers)
        raise NoAgentError(f"the task of {target.label} has no container {target.container}; it has {names}")
    if not agent.status and task.body.get("enableExecuteCommand") is not True:
        raise NoAgentError(
            f"the task of {target.label} was started without ECS Exec, which cannot be enabled later"
            "\n  help: write `enable_execute_command: true` and a task role (`task_role_arn`) in the"
            " manifest, and run the job again"
        )
    if agent.status == "STOPPED":
        reason = f": {agent.reason}" if agent.reason else ""
        raise NoAgentError(
            f"the ECS Exec agent in container {target.container} of {target.label} has stopped{reason}"
            f"\n  {_HELP}"
        )
    return agent


def _awaited(task: Task, agent: Agent) -> str:
    if task.status != "RUNNING" and agent.status != "RUNNING":
        return f"the task to run (it is {task.status or 'in an unknown state'})"
    return f"the ECS Exec agent (it is {agent.status or 'not shown yet'})"
