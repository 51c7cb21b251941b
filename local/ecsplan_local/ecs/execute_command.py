"""ExecuteCommand: the checks of ECS, and a session that leads nowhere: there is no Session Manager here."""

import secrets
import uuid
from typing import Final

from ecsplan_local.ecs.clusters import require_cluster
from ecsplan_local.ecs.managed_agents import agent_runs
from ecsplan_local.ecs.owners import stop_orphans
from ecsplan_local.ecs.task_record import Task
from ecsplan_local.ecs.tasks import find_task
from ecsplan_local.errors import ServiceError, invalid_parameter
from ecsplan_local.json_types import Body, Record, flag, records, text
from ecsplan_local.protocol.wire import Call
from ecsplan_local.world import World

_NOT_ENABLED: Final = (
    "The execute command failed because execute command was not enabled when the task was run or the execute"
    " command agent isn\u2019t running. Wait and try again or run a new task with execute command enabled and"
    " try again."
)
"""ECS's words (aws/aws-sdk-js#3898) for a task without the agent, and for one whose agent does not run."""


def execute_command(world: World, call: Call) -> Body:
    """Open a session in a container whose agent runs.

    The session's URL is on loopback and nobody answers there: a client that connects to it never reaches AWS.
    """
    cluster = require_cluster(world, call)
    if not flag(call.parameters, "interactive"):
        raise invalid_parameter("Interactive is the only mode supported currently.")
    stop_orphans(world)
    task = find_task(world, call, cluster, text(call.parameters, "task"))
    if task is None:
        raise invalid_parameter("The referenced task was not found.")
    container = _container(task, text(call.parameters, "container"))
    if not agent_runs(container):
        raise invalid_parameter(_NOT_ENABLED)
    session = f"ecs-execute-command-{uuid.uuid4().hex[:17]}"
    return {
        "clusterArn": task["clusterArn"],
        "taskArn": task["taskArn"],
        "containerArn": container["containerArn"],
        "containerName": container["name"],
        "interactive": True,
        "session": {
            "sessionId": session,
            "streamUrl": f"wss://127.0.0.1/v1/data-channel/{session}?role=publish_subscribe",
            "tokenValue": secrets.token_urlsafe(96),
        },
    }


def _container(task: Task, name: str) -> Record:
    """Return the container that a call names; it need not name the only one (service model)."""
    containers = records(task, "containers")
    if not name and len(containers) > 1:
        raise invalid_parameter("The task has several containers: specify a container name.")
    for each in containers:
        if text(each, "name") == name or not name:
            return each
    raise ServiceError("InvalidParameterException", f"The container {name} was not found in the task.")


OPERATIONS = {"ExecuteCommand": execute_command}
