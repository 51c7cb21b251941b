"""RunTask: start copies of a task definition, at most once for each client token."""

import json

from ecsplan_local.ecs.capacity import placement_failure
from ecsplan_local.ecs.clusters import require_cluster
from ecsplan_local.ecs.definitions import find_definition
from ecsplan_local.ecs.run_task_checks import check_run
from ecsplan_local.ecs.task_record import Task, insert, new_task
from ecsplan_local.ecs.tasks import VISIBLE_S
from ecsplan_local.errors import ServiceError, client_error, invalid_parameter
from ecsplan_local.json_types import Body, Record, children, integer, optional_text, parsed, text
from ecsplan_local.protocol.wire import Call
from ecsplan_local.tags import read_tags, write_tags
from ecsplan_local.world import World

TOKEN_S = 24 * 3600.0
"""How long a client token is kept at most (ECS developer guide, ensuring idempotency)."""

_ALL_STOPPED_S = VISIBLE_S
"""How long a token is kept after the last of its tasks has stopped (same page)."""


def run_task(world: World, call: Call) -> Body:
    """Start tasks, or repeat the first response to a call with the same client token."""
    cluster = require_cluster(world, call)
    token = optional_text(call.parameters, "clientToken")
    given = json.dumps(
        {name: value for name, value in call.parameters.items() if name != "clientToken"}, sort_keys=True
    )
    if _replay(world, call, cluster, token, given) is None:
        # Outside the transaction: finding a container engine may take seconds, and other calls wait for
        # the state.
        check_run(world, call, cluster, _definition(world, call))
        world.engine.ready()
    # Checked again: another call with the same token may have been executed meanwhile.
    with world.store.transaction():
        first = _replay(world, call, cluster, token, given)
        if first is not None:
            return first
        definition = _definition(world, call)
        request = check_run(world, call, cluster, definition)
        answer, tasks = _start(world, call, cluster, definition, request)
        if token is not None:
            row = (call.realm, cluster, token, given, json.dumps(answer), world.clock.now())
            world.store.run("INSERT OR REPLACE INTO tokens VALUES (?, ?, ?, ?, ?, ?)", *row)
    # After the commit: the engine updates the records from its own thread.
    for task in tasks:
        world.engine.launch(call.realm, task, definition)
    return answer


def _definition(world: World, call: Call) -> Body:
    reference = text(call.parameters, "taskDefinition")
    if not reference:
        raise client_error("Task definition can not be blank.")
    definition = find_definition(world, call.realm, reference)
    if definition is None:
        raise client_error("TaskDefinition not found.")
    if text(definition, "status") != "ACTIVE":
        raise invalid_parameter("TaskDefinition is inactive")
    return definition


def _replay(world: World, call: Call, cluster: str, token: str | None, given: str) -> Record | None:
    """Return the first response for a token, or None if the token is unknown or has expired.

    Raises:
        ServiceError: ConflictException, if the token was used with a different request.
    """
    row = world.store.one(
        "SELECT request, answer, created FROM tokens WHERE realm=? AND cluster=? AND token=?",
        call.realm,
        cluster,
        token,
    )
    if not row or not _is_kept(world, row[1], row[2]):
        return None
    answer = parsed(row[1])
    if row[0] != given:
        arns = [text(each, "taskArn") for each in children(answer, "tasks")]
        message = "The specified client token is already in use with other request parameters."
        raise ServiceError("ConflictException", message, members={"resourceIds": arns})
    return answer


def _is_kept(world: World, answer: str, created: float) -> bool:
    now = world.clock.now()
    arns = [text(each, "taskArn") for each in children(parsed(answer), "tasks")]
    if now - created > TOKEN_S:
        return False
    # Valid as long as one of its tasks is running or has stopped recently.
    for arn in arns:
        row = world.store.one("SELECT stopped FROM tasks WHERE arn=?", arn)
        if row and (row[0] is None or now - row[0] <= _ALL_STOPPED_S):
            return True
    return not arns


def _start(
    world: World, call: Call, cluster: str, definition: Body, request: Body
) -> tuple[Body, list[Task]]:
    """Record the tasks for which there is capacity, and return the response with them."""
    count = integer(request, "count", 1)
    failures = world.faults.run_failures(call, count)
    tasks: list[Task] = []
    tags = read_tags(children(request, "tags"))
    if request.get("propagateTags") == "TASK_DEFINITION":
        # The tags of the request win.
        tags = _definition_tags(world, call, definition) | tags
    for _ in range(count - len(failures)):
        task = new_task(call.realm, cluster, definition, request, world.clock.now())
        refused = placement_failure(world, task, definition)
        if refused:
            failures.append(refused)
            continue
        insert(world, call.realm, task)
        write_tags(world, call.realm, text(task, "taskArn"), tags)
        tasks.append(task)
    shown = [task | {"tags": [{"key": key, "value": tags[key]} for key in sorted(tags)]} for task in tasks]
    return {"tasks": shown, "failures": failures}, tasks


def _definition_tags(world: World, call: Call, definition: Body) -> dict[str, str]:
    rows = world.store.all(
        "SELECT key, value FROM tags WHERE realm=? AND arn=?",
        call.realm,
        text(definition, "taskDefinitionArn"),
    )
    return dict(rows)


OPERATIONS = {"RunTask": run_task}
