"""Existing tasks: describe, list, stop."""

from ecsplan_local.arns import task_arn
from ecsplan_local.ecs.clusters import require_cluster
from ecsplan_local.ecs.owners import stop_orphans
from ecsplan_local.ecs.task_record import ENDED, NO_REASON, Task, load, set_stop_reason, update
from ecsplan_local.errors import ServiceError, invalid_parameter
from ecsplan_local.json_types import Body, parsed, text, texts
from ecsplan_local.protocol.pages import page
from ecsplan_local.protocol.wire import Call
from ecsplan_local.tags import tags_of
from ecsplan_local.world import World

MAX_DESCRIBED = 100
"""Most tasks of one DescribeTasks call (botocore ecs model)."""

VISIBLE_S = 3600.0
"""How long a stopped task is returned (ECS API reference, DescribeTasks: at least one hour)."""


def _arn(call: Call, cluster: str, given: str) -> str:
    """Return the ARN of a task given by ARN or ID."""
    return given if given.startswith("arn:") else task_arn(call.realm, cluster, given)


def forget_old(world: World) -> None:
    """Delete the tasks that stopped so long ago that ECS no longer returns them."""
    world.store.run("DELETE FROM tasks WHERE stopped < ?", world.clock.now() - VISIBLE_S)


def find_task(world: World, call: Call, cluster: str, given: str) -> Task | None:
    """Return the task of a cluster that a call names by ARN or ID, or None."""
    arn = _arn(call, cluster, given)
    task = load(world.store, arn)
    if (
        task is None
        or text(task, "clusterArn").rpartition("/")[2] != cluster
        or f":{call.region}:" not in arn
    ):
        return None
    return task


def describe(world: World, call: Call) -> Body:
    """Describe tasks; an unknown or expired one is reported as a failure with reason MISSING."""
    cluster = require_cluster(world, call)
    wanted = texts(call.parameters, "tasks")
    if not wanted:
        raise invalid_parameter("Tasks cannot be empty.")
    if len(wanted) > MAX_DESCRIBED:
        raise invalid_parameter(f"Cannot describe more than {MAX_DESCRIBED} tasks.")
    stop_orphans(world)
    forget_old(world)
    found, failures = [], []
    # Each task once, however often the call names it, and in the order of the call.
    for each in dict.fromkeys(wanted):
        task = find_task(world, call, cluster, each)
        if task is None or world.faults.is_hidden(call, text(task, "taskArn")):
            failures.append({"arn": _arn(call, cluster, each), "reason": "MISSING"})
            continue
        if "TAGS" in texts(call.parameters, "include"):
            task["tags"] = tags_of(world, call.realm, text(task, "taskArn"))
        found.append(task)
    return {"tasks": found, "failures": failures}


def list_tasks(world: World, call: Call) -> Body:
    """List the ARNs of tasks; the filter RUNNING, PENDING or STOPPED refers to the desired status."""
    cluster = require_cluster(world, call)
    status = text(call.parameters, "desiredStatus", "RUNNING")
    if status not in {"RUNNING", "PENDING", "STOPPED"}:
        raise invalid_parameter("Invalid desired status.")
    filters = {
        "family": call.parameters.get("family"),
        "launchType": call.parameters.get("launchType"),
        "serviceName": call.parameters.get("serviceName"),
        "containerInstance": call.parameters.get("containerInstance"),
    }
    started_by = call.parameters.get("startedBy")
    if started_by is not None and (any(filters.values()) or status != "RUNNING"):
        # ListTasks: "When you specify startedBy as the filter, it must be the only filter that you use."
        raise invalid_parameter("startedBy cannot be combined with other filters.")
    if filters["serviceName"]:
        _require_service(world, call.realm, cluster, str(filters["serviceName"]))
    stop_orphans(world)
    forget_old(world)
    rows = world.store.all(
        "SELECT arn, family, started_by, body FROM tasks"
        " WHERE realm=? AND cluster=? AND desired=? ORDER BY number",
        call.realm,
        cluster,
        status,
    )
    arns = [
        arn
        for arn, family, started, body in rows
        if filters["family"] in {None, family}
        and started_by in {None, started}
        and not (filters["containerInstance"] or filters["serviceName"])
        and filters["launchType"] in {None, parsed(body)["launchType"]}
    ]
    items, more = page(arns, call.parameters)
    return {"taskArns": items, **more}


def _require_service(world: World, realm: str, cluster: str, name: str) -> None:
    """Check that a cluster has this service; no task is one of a service, since services start none."""
    row = world.store.one(
        "SELECT 1 FROM services WHERE realm=? AND cluster=? AND name=? AND status='ACTIVE'",
        realm,
        cluster,
        name.rpartition("/")[2],
    )
    if row is None:
        raise ServiceError("ServiceNotFoundException", "Service not found.")


def stop(world: World, call: Call) -> Body:
    """Request that a task stops; the first reason is kept."""
    cluster = require_cluster(world, call)
    stop_orphans(world)
    task = find_task(world, call, cluster, text(call.parameters, "task"))
    if task is None:
        raise invalid_parameter("The referenced task was not found.")
    reason, now = text(call.parameters, "reason", NO_REASON), world.clock.now()

    def change(task: Task) -> None:
        if text(task, "lastStatus") != ENDED:
            set_stop_reason(task, "UserInitiated", reason, now)

    stopped = update(world.store, text(task, "taskArn"), change) or task
    if text(stopped, "lastStatus") != ENDED:
        world.engine.stop(text(task, "taskArn"))
    return {"task": stopped}


OPERATIONS = {"DescribeTasks": describe, "ListTasks": list_tasks, "StopTask": stop}
