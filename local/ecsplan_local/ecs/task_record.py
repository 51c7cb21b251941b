"""The record of a task: its initial form, its state transitions, and its storage."""

import json
import platform
import zlib
from collections.abc import Callable

from ecsplan_local.arns import cluster_arn, ecs_arn, new_id, task_arn
from ecsplan_local.ecs.managed_agents import new_agents, set_agent
from ecsplan_local.ecs.sizes import cpu_units, memory_mib
from ecsplan_local.json_types import (
    Body,
    Record,
    child,
    children,
    flag,
    integer,
    items,
    parsed,
    records,
    text,
    texts,
)
from ecsplan_local.services.network import subnets
from ecsplan_local.store import Store
from ecsplan_local.world import World

Task = Record
Change = Callable[[Task], None]

ENDED = "STOPPED"

NO_REASON = "Task stopped by user"

_ORDER = (
    *("PROVISIONING", "PENDING", "ACTIVATING", "RUNNING"),
    *("DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED"),
)
"""The states of a task (ECS developer guide, task lifecycle)."""


def stamp(seconds: float) -> float:
    """Return a time with the precision that ECS returns: milliseconds."""
    return round(seconds, 3)


def new_task(realm: str, cluster: str, definition: Body, request: Body, now: float) -> Task:
    """Return the record of a task that RunTask has just accepted.

    Args:
        realm: Account and region.
        cluster: Name of the cluster.
        definition: The revision to run, as Describe returns it.
        request: The RunTask request.
        now: Seconds since 1970.
    """
    task_id = new_id()
    arn = task_arn(realm, cluster, task_id)
    overrides = child(request, "overrides")
    given = {each.get("name"): each for each in children(overrides, "containerOverrides")}
    names = [text(each, "name") for each in children(definition, "containerDefinitions")]
    task: Task = {
        "attachments": [],
        "attributes": [{"name": "ecs.cpu-architecture", "value": architecture()}],
        "clusterArn": cluster_arn(realm, cluster),
        "containers": [
            _container(realm, cluster, arn, each) | new_agents(request)
            for each in children(definition, "containerDefinitions")
        ],
        "cpu": str(cpu_units(text(overrides, "cpu", text(definition, "cpu", "0")))),
        "createdAt": stamp(now),
        "desiredStatus": "RUNNING",
        "enableExecuteCommand": flag(request, "enableExecuteCommand"),
        "group": request.get("group", f"family:{definition['family']}"),
        "healthStatus": "UNKNOWN",
        "lastStatus": "PROVISIONING",
        "memory": str(memory_mib(text(overrides, "memory", text(definition, "memory", "0")))),
        "overrides": {
            **overrides,
            "containerOverrides": [given.get(name, {"name": name}) for name in names],
            "inferenceAcceleratorOverrides": items(overrides, "inferenceAcceleratorOverrides"),
        },
        "tags": [],
        "taskArn": arn,
        "taskDefinitionArn": text(definition, "taskDefinitionArn"),
        "version": 1,
    }
    if "startedBy" in request:
        task["startedBy"] = request["startedBy"]
    _place(task, definition, request, realm)
    return task


def architecture() -> str:
    """Return the CPU architecture of this machine in the spelling of ECS."""
    return "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"


def _container(realm: str, cluster: str, arn: str, container: Body) -> Record:
    task_id = arn.rpartition("/")[2]
    shown: Record = {
        "containerArn": ecs_arn(realm, f"container/{cluster}/{task_id}/{new_id()}"),
        "taskArn": arn,
        "name": text(container, "name"),
        "image": text(container, "image"),
        "lastStatus": "PENDING",
        "networkInterfaces": [],
        "healthStatus": "UNKNOWN",
        "cpu": str(integer(container, "cpu")),
    }
    for size in ("memory", "memoryReservation"):
        if size in container:
            shown[size] = str(container[size])
    return shown


def _place(task: Task, definition: Body, request: Body, realm: str) -> None:
    """Set where the task runs: launch type or capacity provider, platform, network interface."""
    strategy = children(request, "capacityProviderStrategy")
    # The provider with the base gets the first tasks; without one, the order of the strategy decides.
    if strategy:
        first = max(strategy, key=lambda each: integer(each, "base"))
        task["capacityProviderName"] = text(first, "capacityProvider")
    launch_type = request.get("launchType") or ("FARGATE" if strategy else "EC2")
    task["launchType"] = launch_type
    if launch_type == "FARGATE":
        version = text(request, "platformVersion", "LATEST")
        task["platformVersion"] = "1.4.0" if version == "LATEST" else version
        family = text(child(definition, "runtimePlatform"), "operatingSystemFamily", "LINUX")
        task["platformFamily"] = "Linux" if family == "LINUX" else family
        overridden = child(child(request, "overrides"), "ephemeralStorage")
        storage = overridden or child(definition, "ephemeralStorage") or {"sizeInGiB": 20}
        task["ephemeralStorage"] = task["fargateEphemeralStorage"] = storage
    configuration = child(child(request, "networkConfiguration"), "awsvpcConfiguration")
    if definition.get("networkMode") == "awsvpc" and configuration:
        _attach(task, texts(configuration, "subnets"), realm)


def _attach(task: Task, chosen: list[str], realm: str) -> None:
    task_id = text(task, "taskArn").rpartition("/")[2]
    # Derived from the task ID: spread over the subnets, and stable for a given task.
    number = zlib.crc32(task_id.encode())
    subnet = chosen[number % len(chosen)]
    zones = {text(each, "subnetId"): text(each, "availabilityZone") for each in subnets(realm)}
    task["availabilityZone"] = zones.get(subnet, "")
    details = {
        "subnetId": subnet,
        "networkInterfaceId": f"eni-0{task_id[:16]}",
        "macAddress": "0a:" + ":".join(task_id[index : index + 2] for index in range(0, 10, 2)),
        "privateIPv4Address": f"172.31.{number % 256}.{4 + number // 256 % 250}",
    }
    attachment_id = new_id()
    task["attachments"] = [
        {
            "id": attachment_id,
            "type": "ElasticNetworkInterface",
            "status": "PRECREATED",
            "details": [{"name": name, "value": value} for name, value in details.items()],
        }
    ]
    for container in records(task, "containers"):
        container["networkInterfaces"] = [
            {
                "attachmentId": attachment_id,
                "privateIpv4Address": details["privateIPv4Address"],
            }
        ]


def reach(task: Task, status: str, now: float) -> None:
    """Advance a task to a state, with the timestamps that belong to it; never backwards."""
    # Events may arrive late, such as RUNNING after a stop was requested; the record only moves forward.
    if _ORDER.index(status) <= _ORDER.index(text(task, "lastStatus")) and status != "PROVISIONING":
        return
    at = stamp(now)
    task["lastStatus"] = status
    if status == "PENDING":
        task |= {"connectivity": "CONNECTED", "connectivityAt": at, "pullStartedAt": at}
        _attachment_status(task, "ATTACHED")
    if status == "RUNNING":
        task["pullStoppedAt"] = task.get("pullStoppedAt", at)
        task["startedAt"] = at
        for each in records(task, "containers"):
            if text(each, "lastStatus") == "PENDING":
                container_runs(each)
    if status in {"DEACTIVATING", "STOPPING"}:
        task["desiredStatus"] = ENDED
        task["stoppingAt"] = task.get("stoppingAt", at)
    if status == ENDED:
        _end(task, at)


def _end(task: Task, at: float) -> None:
    task["desiredStatus"] = ENDED
    task["stoppingAt"] = task.get("stoppingAt", at)
    # A task that never ran has no execution to stop.
    if "startedAt" in task:
        task["executionStoppedAt"] = task.get("executionStoppedAt", at)
    task["stoppedAt"] = at
    _attachment_status(task, "DELETED")
    for each in records(task, "containers"):
        each["lastStatus"] = ENDED
        set_agent(each, ENDED, at)


def _attachment_status(task: Task, status: str) -> None:
    for each in records(task, "attachments"):
        each["status"] = status


def set_stop_reason(task: Task, code: str, reason: str, now: float) -> None:
    """Record why a task stops; the first reason is kept."""
    if "stopCode" not in task:
        task |= {"stopCode": code, "stoppedReason": reason, "desiredStatus": ENDED, "stoppingAt": stamp(now)}


def container_of(task: Task, name: str) -> Record:
    """Return the record of one container of a task."""
    return next(each for each in records(task, "containers") if text(each, "name") == name)


def container_runs(container: Record) -> None:
    """Record that a container runs, and how the hosts of Fargate call it: its task's ID and a number."""
    container["lastStatus"] = "RUNNING"
    task_id = text(container, "taskArn").rpartition("/")[2]
    number = zlib.crc32(text(container, "containerArn").encode())
    container["runtimeId"] = container.get("runtimeId", f"{task_id}-{number:010}")


def record_exit(
    task: Task, name: str, exit_code: int | None, now: float, *, reason: str | None = None
) -> None:
    """Record that a container has ended, with its exit code if it has one."""
    container = container_of(task, name)
    container["lastStatus"] = ENDED
    set_agent(container, ENDED, now)
    if exit_code is not None:
        container["exitCode"] = exit_code
    if reason:
        container["reason"] = reason
    if all(text(each, "lastStatus") == ENDED for each in records(task, "containers")):
        task["executionStoppedAt"] = stamp(now)


def insert(world: World, realm: str, task: Task) -> None:
    """Store a new task, owned by this endpoint."""
    family = text(task, "taskDefinitionArn").rpartition("/")[2].partition(":")[0]
    cluster = text(task, "clusterArn").rpartition("/")[2]
    world.store.run(
        "INSERT INTO tasks (realm, arn, cluster, family, started_by, desired, status, owner, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        realm,
        text(task, "taskArn"),
        cluster,
        family,
        task.get("startedBy"),
        text(task, "desiredStatus"),
        text(task, "lastStatus"),
        world.owner,
        json.dumps(task),
    )


def load(store: Store, arn: str) -> Task | None:
    """Return the record of a task by ARN, or None."""
    row = store.one("SELECT body FROM tasks WHERE arn=?", arn)
    task: Task | None = parsed(row[0]) if row else None
    return task


def update(store: Store, arn: str, change: Change) -> Task | None:
    """Change the record of a task and return it afterwards, or None if it has expired."""
    with store.transaction():
        task = load(store, arn)
        if task is None:
            return None
        # A change without effect must not raise the version, which clients use to detect changes.
        before = json.dumps(task)
        change(task)
        if json.dumps(task) != before:
            task["version"] = integer(task, "version") + 1
            store.run(
                "UPDATE tasks SET desired=?, status=?, stopped=?, body=? WHERE arn=?",
                text(task, "desiredStatus"),
                text(task, "lastStatus"),
                task.get("stoppedAt"),
                json.dumps(task),
                arn,
            )
        return task
