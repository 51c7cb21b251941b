"""Task definitions: register, describe, list, deregister, delete."""

import json

from ecsplan_local.arns import caller_arn, definition_arn
from ecsplan_local.ecs.definition_checks import check_request
from ecsplan_local.ecs.read_back import compatibilities, described, required_attributes
from ecsplan_local.errors import ServiceError, client_error, invalid_parameter
from ecsplan_local.json_types import Body, Record, children, integer, parsed, text, texts
from ecsplan_local.protocol.pages import page
from ecsplan_local.protocol.wire import Call
from ecsplan_local.tags import read_tags, tags_of, write_tags
from ecsplan_local.world import World

_UNKNOWN = "Unable to describe task definition."


def register(world: World, call: Call) -> Body:
    """Register a new revision of a family, even if the request equals the latest revision [M3]."""
    request = call.parameters
    check_request(request)
    tags = read_tags(children(request, "tags"))
    family = text(request, "family")
    with world.store.transaction():
        row = world.store.one(
            "SELECT max(revision) FROM definitions WHERE realm=? AND family=?", call.realm, family
        )
        # Revision numbers are never reused, even after deletion: deleted ones stay in the table.
        revision = (row[0] or 0) + 1
        shown = described(request, call.realm)
        body: Record = {
            "taskDefinitionArn": definition_arn(call.realm, family, revision),
            **shown,
            "revision": revision,
            "status": "ACTIVE",
            "requiresAttributes": required_attributes(shown),
            "compatibilities": compatibilities(request),
            "registeredAt": round(world.clock.now(), 3),
            "registeredBy": caller_arn(call),
        }
        row = (call.realm, family, revision, "ACTIVE", json.dumps(body))
        world.store.run("INSERT INTO definitions VALUES (?, ?, ?, ?, ?)", *row)
        write_tags(world, call.realm, text(body, "taskDefinitionArn"), tags)
    return {"taskDefinition": body, "tags": tags_of(world, call.realm, text(body, "taskDefinitionArn"))}


def find_definition(world: World, realm: str, reference: str) -> Record | None:
    """Return a revision by ARN or `family:revision`, or the latest ACTIVE one of a family; else None."""
    name = reference
    if reference.startswith("arn:"):
        prefix = definition_arn(realm, "", 0).rpartition("/")[0] + "/"
        if not reference.startswith(prefix):
            return None
        name = reference.removeprefix(prefix)
    family, colon, revision = name.partition(":")
    if colon:
        row = world.store.one(
            "SELECT body FROM definitions WHERE realm=? AND family=? AND revision=?", realm, family, revision
        )
    else:
        row = world.store.one(
            "SELECT body FROM definitions WHERE realm=? AND family=? AND status='ACTIVE'"
            " ORDER BY revision DESC LIMIT 1",
            realm,
            family,
        )
    return parsed(row[0]) if row else None


def describe(world: World, call: Call) -> Body:
    """Describe a revision, with its tags if the call includes them."""
    reference = text(call.parameters, "taskDefinition")
    if not reference:
        raise client_error("Task definition can not be blank.")
    body = find_definition(world, call.realm, reference)
    if body is None:
        raise client_error(_UNKNOWN)
    if "TAGS" not in texts(call.parameters, "include"):
        return {"taskDefinition": body}
    return {"taskDefinition": body, "tags": tags_of(world, call.realm, text(body, "taskDefinitionArn"))}


def _set_status(world: World, realm: str, body: Body, status: str, stamp: str) -> Record:
    changed: Record = {**body, "status": status, stamp: round(world.clock.now(), 3)}
    world.store.run(
        "UPDATE definitions SET status=?, body=? WHERE realm=? AND family=? AND revision=?",
        status,
        json.dumps(changed),
        realm,
        text(body, "family"),
        integer(body, "revision"),
    )
    return changed


def deregister(world: World, call: Call) -> Body:
    """Make a revision INACTIVE: it can still be described, but not run."""
    reference = text(call.parameters, "taskDefinition")
    if not reference:
        raise client_error("Task definition can not be blank.")
    if ":" not in reference.rpartition("/")[2]:
        raise client_error(f"Revision is missing. Task definition {reference} needs family:revision.")
    with world.store.transaction():
        body = find_definition(world, call.realm, reference)
        if body is None:
            raise client_error("The specified task definition does not exist.")
        # Deregistering again succeeds and changes nothing.
        if text(body, "status") == "ACTIVE":
            body = _set_status(world, call.realm, body, "INACTIVE", "deregisteredAt")
    return {"taskDefinition": body}


def delete(world: World, call: Call) -> Body:
    """Delete INACTIVE revisions; others are reported as failures."""
    references = texts(call.parameters, "taskDefinitions")
    if not 1 <= len(references) <= 10:
        raise invalid_parameter("Specify between 1 and 10 task definitions.")
    deleted: list[Body] = []
    failures: list[dict[str, str]] = []
    with world.store.transaction():
        for each in references:
            body = find_definition(world, call.realm, each) if ":" in each.rpartition("/")[2] else None
            if body is None:
                failures.append({"arn": each, "reason": "The specified task definition does not exist."})
            elif text(body, "status") == "ACTIVE":
                reason = "The specified task definition is still in ACTIVE status. Deregister it first."
                failures.append({"arn": text(body, "taskDefinitionArn"), "reason": reason})
            else:
                deleted.append(
                    _set_status(world, call.realm, body, "DELETE_IN_PROGRESS", "deleteRequestedAt")
                )
    return {"taskDefinitions": deleted, "failures": failures}


def list_definitions(world: World, call: Call) -> Body:
    """List the ARNs of the revisions with a status, of one family or of all."""
    status, sort = text(call.parameters, "status", "ACTIVE"), text(call.parameters, "sort", "ASC")
    if status not in {"ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS"} or sort not in {"ASC", "DESC"}:
        raise invalid_parameter("Invalid status or sort order.")
    rows = world.store.all(
        "SELECT family, revision FROM definitions WHERE realm=? AND status=? ORDER BY family, revision",
        call.realm,
        status,
    )
    family = call.parameters.get("familyPrefix")
    # Despite its name, ECS matches `familyPrefix` against the whole family.
    chosen = [row for row in rows if family is None or row[0] == family]
    if sort == "DESC":
        chosen.reverse()
    arns = [definition_arn(call.realm, name, revision) for name, revision in chosen]
    items, more = page(arns, call.parameters)
    return {"taskDefinitionArns": items, **more}


def list_families(world: World, call: Call) -> Body:
    """List families with an ACTIVE revision, without one, or all."""
    status = text(call.parameters, "status", "ALL")
    if status not in {"ACTIVE", "INACTIVE", "ALL"}:
        raise ServiceError("InvalidParameterException", "Invalid status.")
    rows = world.store.all(
        "SELECT family, max(status='ACTIVE') FROM definitions WHERE realm=? AND status!='DELETE_IN_PROGRESS'"
        " GROUP BY family ORDER BY family",
        call.realm,
    )
    prefix = text(call.parameters, "familyPrefix")
    wanted = {"ACTIVE": {1}, "INACTIVE": {0}, "ALL": {0, 1}}[status]
    families = [name for name, active in rows if active in wanted and name.startswith(prefix)]
    items, more = page(families, call.parameters)
    return {"families": items, **more}


OPERATIONS = {
    "DeleteTaskDefinitions": delete,
    "DeregisterTaskDefinition": deregister,
    "DescribeTaskDefinition": describe,
    "ListTaskDefinitionFamilies": list_families,
    "ListTaskDefinitions": list_definitions,
    "RegisterTaskDefinition": register,
}
