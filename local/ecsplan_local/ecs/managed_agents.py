"""The agent of ECS Exec in a task's containers: its states, as DescribeTasks shows them."""

from typing import Final

from ecsplan_local.json_types import Body, Record, flag, records, text

AGENT: Final = "ExecuteCommandAgent"
"""The only managed agent that there is (botocore ecs model, ManagedAgentName)."""

STARTS_WITHIN_S: Final = 1.0
"""When the agent runs after its container does; a task is RUNNING before it (aws/aws-sdk-js#3898)."""


def new_agents(request: Body) -> Record:
    """Return what the record of a container has of its agent: nothing unless the request enables ECS Exec."""
    if not flag(request, "enableExecuteCommand"):
        return {}
    return {"managedAgents": [{"name": AGENT, "lastStatus": "PENDING"}]}


def set_agent(container: Record, status: str, at: float, reason: str | None = None) -> None:
    """Record the agent's state in a container that has one; a stopped one stays stopped.

    Args:
        container: The record of the container.
        status: PENDING, RUNNING or STOPPED.
        at: Seconds since 1970.
        reason: Why it is in this state.
    """
    for agent in records(container, "managedAgents"):
        if text(agent, "lastStatus") == "STOPPED":
            continue
        agent["lastStatus"] = status
        if status == "RUNNING":
            agent["lastStartedAt"] = at
        if reason is not None:
            agent["reason"] = reason


def agent_runs(container: Record) -> bool:
    """Return whether the agent of a container runs."""
    return any(text(each, "lastStatus") == "RUNNING" for each in records(container, "managedAgents"))
