"""Services as records: create, update, describe, list, delete. None of them starts a task."""

import json

from ecsplan_local.arns import ecs_arn
from ecsplan_local.ecs.clusters import capacity_providers, default_strategy, require_cluster
from ecsplan_local.ecs.service_checks import check_identifiers, check_new, check_update
from ecsplan_local.ecs.service_record import controller, ended_service, new_service, updated_service
from ecsplan_local.errors import ServiceError, invalid_parameter
from ecsplan_local.json_types import (
    Body,
    Json,
    Record,
    children,
    flag,
    integer,
    optional_text,
    parsed,
    text,
    texts,
)
from ecsplan_local.protocol.pages import page
from ecsplan_local.protocol.wire import Call
from ecsplan_local.tags import read_tags, tags_of, write_tags
from ecsplan_local.world import World

MAX_DESCRIBED = 10
"""Most services of one DescribeServices call (botocore ecs model, DescribeServices.services)."""

_USUAL_PAGE = 10
"""Services of a page where the call sets no limit (botocore ecs model, ListServices.maxResults)."""


def create(world: World, call: Call) -> Body:
    """Create a service, or return the one that the same request with the same client token has created."""
    cluster = require_cluster(world, call)
    request: Record = dict(call.parameters)
    check_identifiers(request)
    token, name = optional_text(request, "clientToken"), text(request, "serviceName")
    given = json.dumps(request, sort_keys=True)
    with world.store.transaction():
        row = world.store.one(
            "SELECT body, token, request FROM services"
            " WHERE realm=? AND cluster=? AND name=? AND status='ACTIVE'",
            call.realm,
            cluster,
            name,
        )
        if row is not None:
            if token is None or (token, given) != (row[1], row[2]):
                # hashicorp/terraform-provider-aws#2283
                raise invalid_parameter("Creation of service was not idempotent.")
            return {"service": _shown(world, call, parsed(row[0]))}
        request = _with_strategy(world, call, cluster, request)
        definition = check_new(world, call, request, capacity_providers(world, call.realm, cluster))
        service = new_service(call, cluster, request, definition, world.clock.now())
        values = (call.realm, cluster, name, "ACTIVE", token, given, json.dumps(service))
        world.store.run("INSERT OR REPLACE INTO services VALUES (?, ?, ?, ?, ?, ?, ?)", *values)
        arn = text(service, "serviceArn")
        # A service that is created again does not have the tags of the one before.
        world.store.run("DELETE FROM tags WHERE realm=? AND arn=?", call.realm, arn)
        write_tags(world, call.realm, arn, read_tags(children(request, "tags")))
    return {"service": _shown(world, call, service)}


def update(world: World, call: Call) -> Body:
    """Change a service; what concerns its tasks makes a new deployment."""
    cluster = require_cluster(world, call)
    with world.store.transaction():
        service = _require(world, call, cluster)
        if text(service, "status") != "ACTIVE":
            raise ServiceError("ServiceNotActiveException", "Service was not ACTIVE.")
        request: Record = dict(call.parameters)
        # An empty strategy stands for the cluster's default one (botocore ecs model, UpdateService).
        if request.get("capacityProviderStrategy") == []:
            request["capacityProviderStrategy"] = default_strategy(world, call.realm, cluster)
        providers = capacity_providers(world, call.realm, cluster)
        definition = check_update(world, call, service, request, providers)
        service = updated_service(service, request, definition, world.clock.now())
        _store(world, call.realm, cluster, service)
    return {"service": _shown(world, call, service)}


def describe(world: World, call: Call) -> Body:
    """Describe services, deleted ones too; an unknown one is reported as a failure with reason MISSING."""
    cluster = require_cluster(world, call)
    wanted = texts(call.parameters, "services")
    if not wanted:
        raise invalid_parameter("Services cannot be empty.")
    if len(wanted) > MAX_DESCRIBED:
        raise invalid_parameter(f"Cannot describe more than {MAX_DESCRIBED} services.")
    found: list[Json] = []
    failures: list[Json] = []
    with_tags = "TAGS" in texts(call.parameters, "include")
    for each in dict.fromkeys(wanted):
        service = _find(world, call, cluster, each)
        if service is None:
            arn = each if each.startswith("arn:") else ecs_arn(call.realm, f"service/{each}")
            failures.append({"arn": arn, "reason": "MISSING"})
        else:
            found.append(_shown(world, call, service) if with_tags else service)
    return {"services": found, "failures": failures}


def list_services(world: World, call: Call) -> Body:
    """List the ARNs of the active services of a cluster."""
    cluster = require_cluster(world, call)
    wanted = {name: call.parameters.get(name) for name in ("launchType", "schedulingStrategy")}
    rows = world.store.all(
        "SELECT body FROM services WHERE realm=? AND cluster=? AND status='ACTIVE' ORDER BY name",
        call.realm,
        cluster,
    )
    bodies = [parsed(body) for (body,) in rows]
    arns = [
        text(body, "serviceArn")
        for body in bodies
        if all(value in {None, body.get(name)} for name, value in wanted.items())
    ]
    # Every service here is the caller's own, none is managed by ECS.
    if call.parameters.get("resourceManagementType") == "ECS":
        arns = []
    shown, more = page(arns, call.parameters, usual=_USUAL_PAGE)
    return {"serviceArns": shown, **more}


def delete(world: World, call: Call) -> Body:
    """Make a service INACTIVE; one that is scaled above 0 only by force."""
    cluster = require_cluster(world, call)
    with world.store.transaction():
        service = _require(world, call, cluster)
        if text(service, "status") != "ACTIVE":
            raise _not_found()
        replica = text(service, "schedulingStrategy") == "REPLICA"
        if replica and integer(service, "desiredCount") and not flag(call.parameters, "force"):
            raise invalid_parameter("The service cannot be stopped while it is scaled above 0.")
        service = ended_service(service)
        _store(world, call.realm, cluster, service)
    return {"service": _shown(world, call, service)}


def _with_strategy(world: World, call: Call, cluster: str, request: Record) -> Record:
    """Return a request of CreateService with the launch type or the strategy that applies."""
    if "launchType" in request or request.get("capacityProviderStrategy"):
        return request
    if controller(request) == "EXTERNAL":
        return request
    strategy = default_strategy(world, call.realm, cluster)
    return request | ({"capacityProviderStrategy": strategy} if strategy else {"launchType": "EC2"})


def _find(world: World, call: Call, cluster: str, reference: str) -> Record | None:
    """Return a service, active or not, by its name or ARN; None where there is none.

    Raises:
        ServiceError: The ARN is one of another cluster than the call's.
    """
    name = reference
    if reference.startswith("arn:"):
        prefix = ecs_arn(call.realm, "service/")
        if not reference.startswith(prefix):
            return None
        named, _, name = reference.removeprefix(prefix).rpartition("/")
        # ARNs in the old format have no cluster.
        if named not in {"", cluster}:
            raise invalid_parameter(f"Identifier is for {named}. Your cluster is {cluster}")
    row = world.store.one(
        "SELECT body FROM services WHERE realm=? AND cluster=? AND name=?", call.realm, cluster, name
    )
    return parsed(row[0]) if row else None


def _require(world: World, call: Call, cluster: str) -> Record:
    service = _find(world, call, cluster, text(call.parameters, "service"))
    if service is None:
        raise _not_found()
    return service


def _not_found() -> ServiceError:
    return ServiceError("ServiceNotFoundException", "Service not found.")


def _store(world: World, realm: str, cluster: str, service: Record) -> None:
    world.store.run(
        "UPDATE services SET status=?, body=? WHERE realm=? AND cluster=? AND name=?",
        text(service, "status"),
        json.dumps(service),
        realm,
        cluster,
        text(service, "serviceName"),
    )


def _shown(world: World, call: Call, service: Record) -> Record:
    """Return a service with its tags."""
    return {**service, "tags": tags_of(world, call.realm, text(service, "serviceArn"))}


OPERATIONS = {
    "CreateService": create,
    "DeleteService": delete,
    "DescribeServices": describe,
    "ListServices": list_services,
    "UpdateService": update,
}
