"""The record of a task: its initial form, its state transitions, and its storage."""

import json
import platform
import zlib
from collections.abc import Callable
from typing import Any

from ecsplan_local.arns import cluster_arn, ecs_arn, new_id, task_arn
from ecsplan_local.ecs.sizes import cpu_units, memory_mib
from ecsplan_local.services.network import subnets
from ecsplan_local.store import Store
from ecsplan_local.world import World

Task = dict[str, Any]
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


def new_task(
    realm: str, cluster: str, definition: dict[str, Any], request: dict[str, Any], now: float
) -> Task:
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
    overrides = request.get("overrides", {})
    given = {each.get("name"): each for each in overrides.get("containerOverrides", [])}
    names = [each["name"] for each in definition["containerDefinitions"]]
    task = {
        "attachments": [],
        "attributes": [{"name": "ecs.cpu-architecture", "value": architecture()}],
        "clusterArn": cluster_arn(realm, cluster),
        "containers": [_container(realm, cluster, arn, each) for each in definition["containerDefinitions"]],
        "cpu": str(cpu_units(overrides.get("cpu", definition.get("cpu", "0")))),
        "createdAt": stamp(now),
        "desiredStatus": "RUNNING",
        "enableExecuteCommand": request.get("enableExecuteCommand", False),
        "group": request.get("group", f"family:{definition['family']}"),
        "healthStatus": "UNKNOWN",
        "lastStatus": "PROVISIONING",
        "memory": str(memory_mib(overrides.get("memory", definition.get("memory", "0")))),
        "overrides": overrides
        | {
            "containerOverrides": [given.get(name, {"name": name}) for name in names],
            "inferenceAcceleratorOverrides": overrides.get("inferenceAcceleratorOverrides", []),
        },
        "tags": [],
        "taskArn": arn,
        "taskDefinitionArn": definition["taskDefinitionArn"],
        "version": 1,
    }
    if "startedBy" in request:
        task["startedBy"] = request["startedBy"]
    _place(task, definition, request, realm)
    return task


def architecture() -> str:
    """Return the CPU architecture of this machine in the spelling of ECS."""
    return "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"


def _container(realm: str, cluster: str, arn: str, container: dict[str, Any]) -> dict[str, Any]:
    task_id = arn.rpartition("/")[2]
    shown = {
        "containerArn": ecs_arn(realm, f"container/{cluster}/{task_id}/{new_id()}"),
        "taskArn": arn,
        "name": container["name"],
        "image": container["image"],
        "lastStatus": "PENDING",
        "networkInterfaces": [],
        "healthStatus": "UNKNOWN",
        "cpu": str(container.get("cpu", 0)),
    }
    for size in ("memory", "memoryReservation"):
        if size in container:
            shown[size] = str(container[size])
    return shown


def _place(task: Task, definition: dict[str, Any], request: dict[str, Any], realm: str) -> None:
    """Set where the task runs: launch type or capacity provider, platform, network interface."""
    strategy = request.get("capacityProviderStrategy")
    # The provider with the base gets the first tasks; without one, the order of the strategy decides.
    if strategy:
        task["capacityProviderName"] = max(strategy, key=lambda each: each.get("base", 0))["capacityProvider"]
    launch_type = request.get("launchType") or ("FARGATE" if strategy else "EC2")
    task["launchType"] = launch_type
    if launch_type == "FARGATE":
        version = request.get("platformVersion", "LATEST")
        task["platformVersion"] = "1.4.0" if version == "LATEST" else version
        family = definition.get("runtimePlatform", {}).get("operatingSystemFamily", "LINUX")
        task["platformFamily"] = "Linux" if family == "LINUX" else family
        storage = request.get("overrides", {}).get("ephemeralStorage") or definition.get("ephemeralStorage")
        task["ephemeralStorage"] = storage or {"sizeInGiB": 20}
        task["fargateEphemeralStorage"] = task["ephemeralStorage"]
    configuration = request.get("networkConfiguration", {}).get("awsvpcConfiguration")
    if definition.get("networkMode") == "awsvpc" and configuration:
        _attach(task, configuration["subnets"], realm)


def _attach(task: Task, chosen: list[str], realm: str) -> None:
    task_id = task["taskArn"].rpartition("/")[2]
    # Derived from the task ID: spread over the subnets, and stable for a given task.
    number = zlib.crc32(task_id.encode())
    subnet = chosen[number % len(chosen)]
    zones = {each["subnetId"]: each["availabilityZone"] for each in subnets(realm)}
    task["availabilityZone"] = zones.get(subnet, "")
    details = {
        "subnetId": subnet,
        "networkInterfaceId": f"eni-0{task_id[:16]}",
        "macAddress": "0a:" + ":".join(task_id[index : index + 2] for index in range(0, 10, 2)),
        "privateIPv4Address": f"172.31.{number % 256}.{4 + number // 256 % 250}",
    }
    task["attachments"] = [
        {
            "id": new_id(),
            "type": "ElasticNetworkInterface",
            "status": "PRECREATED",
            "details": [{"name": name, "value": value} for name, value in details.items()],
        }
    ]
    for container in task["containers"]:
        container["networkInterfaces"] = [
            {
                "attachmentId": task["attachments"][0]["id"],
                "privateIpv4Address": details["privateIPv4Address"],
            }
        ]


def reach(task: Task, status: str, now: float) -> None:
    """Advance a task to a state, with the timestamps that belong to it; never backwards."""
    # Events may arrive late, such as RUNNING after a stop was requested; the record only moves forward.
    if _ORDER.index(status) <= _ORDER.index(task["lastStatus"]) and status != "PROVISIONING":
        return
    at = stamp(now)
    task["lastStatus"] = status
    if status == "PENDING":
        task |= {"connectivity": "CONNECTED", "connectivityAt": at, "pullStartedAt": at}
        _attachment_status(task, "ATTACHED")
    if status == "RUNNING":
        task["pullStoppedAt"] = task.get("pullStoppedAt", at)
        task["startedAt"] = at
        for each in task["containers"]:
            if each["lastStatus"] == "PENDING":
                each["lastStatus"] = "RUNNING"
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
    for each in task["containers"]:
        each["lastStatus"] = ENDED


def _attachment_status(task: Task, status: str) -> None:
    for each in task["attachments"]:
        each["status"] = status


def set_stop_reason(task: Task, code: str, reason: str, now: float) -> None:
    """Record why a task stops; the first reason is kept."""
    if "stopCode" not in task:
        task |= {"stopCode": code, "stoppedReason": reason, "desiredStatus": ENDED, "stoppingAt": stamp(now)}


def container_of(task: Task, name: str) -> dict[str, Any]:
    """Return the record of one container of a task."""
    return next(each for each in task["containers"] if each["name"] == name)


def record_exit(
    task: Task, name: str, exit_code: int | None, now: float, *, reason: str | None = None
) -> None:
    """Record that a container has ended, with its exit code if it has one."""
    container = container_of(task, name)
    container["lastStatus"] = ENDED
    if exit_code is not None:
        container["exitCode"] = exit_code
    if reason:
        container["reason"] = reason
    if all(each["lastStatus"] == ENDED for each in task["containers"]):
        task["executionStoppedAt"] = stamp(now)


def insert(world: World, realm: str, task: Task) -> None:
    """Store a new task, owned by this endpoint."""
    family = task["taskDefinitionArn"].rpartition("/")[2].partition(":")[0]
    cluster = task["clusterArn"].rpartition("/")[2]
    world.store.run(
        "INSERT INTO tasks (realm, arn, cluster, family, started_by, desired, status, owner, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        realm,
        task["taskArn"],
        cluster,
        family,
        task.get("startedBy"),
        task["desiredStatus"],
        task["lastStatus"],
        world.owner,
        json.dumps(task),
    )


def load(store: Store, arn: str) -> Task | None:
    """Return the record of a task by ARN, or None."""
    row = store.one("SELECT body FROM tasks WHERE arn=?", arn)
    task: Task | None = json.loads(row[0]) if row else None
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
            task["version"] += 1
            store.run(
                "UPDATE tasks SET desired=?, status=?, stopped=?, body=? WHERE arn=?",
                task["desiredStatus"],
                task["lastStatus"],
                task.get("stoppedAt"),
                json.dumps(task),
                arn,
            )
        return task
