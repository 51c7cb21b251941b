"""Clusters: create, describe, list, delete; `default` always exists."""

import json
import re

from ecsplan_local.arns import cluster_arn
from ecsplan_local.errors import ServiceError, cluster_not_found, invalid_parameter
from ecsplan_local.json_types import Body, Json, Record, children, items, parsed, text, texts
from ecsplan_local.protocol.pages import page
from ecsplan_local.protocol.wire import Call
from ecsplan_local.tags import read_tags, tags_of, write_tags
from ecsplan_local.world import World

_PROVIDERS = ("FARGATE", "FARGATE_SPOT")
"""The existing capacity providers; none of them stands for container instances."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")


def short_name(cluster: str) -> str:
    """Return the name of a cluster given by name, by ARN, or not at all, which means `default`."""
    return (cluster or "default").rpartition("/")[2]


def require_cluster(world: World, call: Call) -> str:
    """Return the name of the cluster that a call refers to.

    Raises:
        ServiceError: ClusterNotFoundException.
    """
    wanted = text(call.parameters, "cluster")
    name = short_name(wanted)
    # An ARN of another account or region is not found, even if a cluster here has the same name.
    foreign = wanted.startswith("arn:") and wanted != cluster_arn(call.realm, name)
    if foreign or _find(world, call.realm, name) is None:
        raise cluster_not_found()
    return name


def _find(world: World, realm: str, name: str) -> Record | None:
    row = world.store.one("SELECT body FROM clusters WHERE realm=? AND name=?", realm, name)
    if row:
        body = parsed(row[0])
        return body if text(body, "status") == "ACTIVE" else None
    # Every account and region has the cluster `default`; its row is created on first use.
    return _put(world, realm, name, {}) if name == "default" else None


def _put(world: World, realm: str, name: str, given: Body) -> Record:
    body: Record = {
        "clusterArn": cluster_arn(realm, name),
        "clusterName": name,
        "status": "ACTIVE",
        "settings": given.get("settings", [{"name": "containerInsights", "value": "disabled"}]),
        "capacityProviders": given.get("capacityProviders", list(_PROVIDERS)),
        "defaultCapacityProviderStrategy": items(given, "defaultCapacityProviderStrategy"),
    }
    world.store.run("INSERT OR REPLACE INTO clusters VALUES (?, ?, ?)", realm, name, json.dumps(body))
    return body


def default_strategy(world: World, realm: str, name: str) -> list[Body]:
    """Return the capacity provider strategy that applies if a RunTask request has none."""
    return children(_find(world, realm, name) or {}, "defaultCapacityProviderStrategy")


def capacity_providers(world: World, realm: str, name: str) -> list[str]:
    """Return the capacity providers associated with a cluster."""
    return texts(_find(world, realm, name) or {}, "capacityProviders")


def active_services(world: World, realm: str, name: str) -> int:
    """Return the number of active services of a cluster."""
    row = world.store.one(
        "SELECT count(*) FROM services WHERE realm=? AND cluster=? AND status='ACTIVE'", realm, name
    )
    return int(row[0])


def _described(world: World, realm: str, body: Body, include: list[str]) -> Record:
    rows = world.store.all(
        "SELECT status, count(*) FROM tasks WHERE realm=? AND cluster=? GROUP BY status",
        realm,
        text(body, "clusterName"),
    )
    running = sum(number for status, number in rows if status == "RUNNING")
    pending = sum(number for status, number in rows if status in {"PROVISIONING", "PENDING", "ACTIVATING"})
    return {
        **body,
        "registeredContainerInstancesCount": 0,
        "runningTasksCount": running,
        "pendingTasksCount": pending,
        "activeServicesCount": active_services(world, realm, text(body, "clusterName")),
        "statistics": [],
        "tags": tags_of(world, realm, text(body, "clusterArn")) if "TAGS" in include else [],
        "settings": children(body, "settings") if "SETTINGS" in include else [],
    }


def create_cluster(world: World, call: Call) -> Body:
    """Create a cluster; an existing one is returned unchanged."""
    name = text(call.parameters, "clusterName", "default")
    if not _NAME.fullmatch(name):
        raise invalid_parameter("Identifier is not valid.")
    given = read_tags(children(call.parameters, "tags"))
    with world.store.transaction():
        body = _find(world, call.realm, name) or _put(world, call.realm, name, call.parameters)
        write_tags(world, call.realm, text(body, "clusterArn"), given)
    return {"cluster": _described(world, call.realm, body, ["TAGS", "SETTINGS"])}


def describe_clusters(world: World, call: Call) -> Body:
    """Describe clusters; a missing one is reported as a failure with reason MISSING."""
    found: list[Json] = []
    failures: list[Json] = []
    for each in texts(call.parameters, "clusters") or ["default"]:
        name = short_name(each)
        row = world.store.one("SELECT body FROM clusters WHERE realm=? AND name=?", call.realm, name)
        # Unlike other operations, this one also shows INACTIVE clusters.
        body = parsed(row[0]) if row else _find(world, call.realm, name)
        if body is None:
            failures.append({"arn": cluster_arn(call.realm, name), "reason": "MISSING"})
        else:
            found.append(_described(world, call.realm, body, texts(call.parameters, "include")))
    return {"clusters": found, "failures": failures}


def list_clusters(world: World, call: Call) -> Body:
    """List the ARNs of the active clusters."""
    _find(world, call.realm, "default")
    rows = world.store.all("SELECT body FROM clusters WHERE realm=? ORDER BY name", call.realm)
    bodies = [parsed(body) for (body,) in rows]
    arns = [text(body, "clusterArn") for body in bodies if text(body, "status") == "ACTIVE"]
    shown, more = page(arns, call.parameters)
    return {"clusterArns": shown, **more}


def delete_cluster(world: World, call: Call) -> Body:
    """Make a cluster INACTIVE, unless it has services or tasks."""
    name = require_cluster(world, call)
    with world.store.transaction():
        body = _find(world, call.realm, name)
        if body is None:
            raise cluster_not_found()
        described = _described(world, call.realm, body, [])
        if described["activeServicesCount"]:
            raise _still_used("Services")
        if described["runningTasksCount"] or described["pendingTasksCount"]:
            raise _still_used("Tasks")
        body["status"] = "INACTIVE"
        world.store.run(
            "UPDATE clusters SET body=? WHERE realm=? AND name=?", json.dumps(body), call.realm, name
        )
    return {"cluster": described | {"status": "INACTIVE"}}


def _still_used(by: str) -> Exception:
    return ServiceError(
        f"ClusterContains{by}Exception", f"The Cluster cannot be deleted while {by} are active."
    )


def put_capacity_providers(world: World, call: Call) -> Body:
    """Set the capacity providers of a cluster and its default strategy."""
    name = require_cluster(world, call)
    providers = texts(call.parameters, "capacityProviders")
    strategy = children(call.parameters, "defaultCapacityProviderStrategy")
    for each in providers:
        if each not in _PROVIDERS:
            raise invalid_parameter(
                "The specified capacity provider was not found. Specify a valid name or ARN and try again."
            )
    for item in strategy:
        if text(item, "capacityProvider") not in providers:
            raise invalid_parameter(
                "The specified capacity provider strategy cannot contain a capacity provider that is not"
                " associated with the cluster. Associate the capacity provider with the cluster and try"
                " again."
            )
    with world.store.transaction():
        body: Record = {
            **(_find(world, call.realm, name) or {}),
            "capacityProviders": providers,
            "defaultCapacityProviderStrategy": strategy,
        }
        world.store.run(
            "UPDATE clusters SET body=? WHERE realm=? AND name=?", json.dumps(body), call.realm, name
        )
    return {"cluster": _described(world, call.realm, body, ["TAGS", "SETTINGS"])}


OPERATIONS = {
    "CreateCluster": create_cluster,
    "DeleteCluster": delete_cluster,
    "DescribeClusters": describe_clusters,
    "ListClusters": list_clusters,
    "PutClusterCapacityProviders": put_capacity_providers,
}
