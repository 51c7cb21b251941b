"""Tags of ECS resources: their rules, their table and their operations."""

import re
from collections.abc import Sequence

from ecsplan_local.errors import ServiceError, client_error, invalid_parameter
from ecsplan_local.json_types import Body, children, parsed, text, texts
from ecsplan_local.protocol.wire import Call
from ecsplan_local.world import World

MAX_TAGS = 50
"""Tags of one resource (botocore ecs model, Tags)."""

_TEXT = re.compile(r"[\w\s+\-=.:/@]*")
"""Letters, digits and spaces of any script and `+ - = . _ : / @` (botocore ecs model, TagKey)."""


def read_tags(given: Sequence[Body]) -> dict[str, str]:
    """Return tags as key -> value, in the given order.

    Raises:
        ServiceError: InvalidParameterException, if ECS would refuse the tags.
    """
    tags: dict[str, str] = {}
    for each in given:
        key, value = text(each, "key"), text(each, "value")
        if not key or len(key) > 128 or len(value) > 256 or not _TEXT.fullmatch(key + value):
            raise invalid_parameter(f"Invalid tag: key {key!r}, value {value!r}.")
        if key.lower().startswith("aws:"):
            raise invalid_parameter(
                "Some tags contain invalid key prefixes. Tag keys must not start with aws:."
            )
        if key in tags:
            raise invalid_parameter(
                "Duplicate tag keys found. Please note that Tag keys are case insensitive."
            )
        tags[key] = value
    if len(tags) > MAX_TAGS:
        raise invalid_parameter(f"The number of tags exceeds the limit of {MAX_TAGS}.")
    return tags


def write_tags(world: World, realm: str, arn: str, tags: dict[str, str]) -> None:
    """Set tags of a resource; its other tags are kept."""
    rows = [(realm, arn, key, value) for key, value in tags.items()]
    world.store.run_many("INSERT OR REPLACE INTO tags VALUES (?, ?, ?, ?)", rows)


def tags_of(world: World, realm: str, arn: str) -> list[dict[str, str]]:
    """Return the tags of a resource as ECS lists them."""
    rows = world.store.all("SELECT key, value FROM tags WHERE realm=? AND arn=? ORDER BY key", realm, arn)
    return [{"key": key, "value": value} for key, value in rows]


def _require(world: World, call: Call) -> str:
    """Return the ARN of the resource that a call names.

    Raises:
        ServiceError: The resource does not exist.
    """
    arn: str = text(call.parameters, "resourceArn")
    kind, _, name = arn.partition(f":{call.account}:")[2].partition("/")
    if not arn.startswith(f"arn:aws:ecs:{call.region}:") or not name:
        raise invalid_parameter("Invalid resource arn. Check your request and try again.")
    store, realm = world.store, call.realm
    match kind:
        case "task":
            row = store.one("SELECT 1 FROM tasks WHERE realm=? AND arn=?", realm, arn)
            missing = invalid_parameter("The specified task is not found.")
        case "task-definition":
            family, _, revision = name.partition(":")
            row = store.one(
                "SELECT 1 FROM definitions WHERE realm=? AND family=? AND revision=?", realm, family, revision
            )
            missing = client_error(
                "The specified task definition does not exist. Specify a valid task definition."
            )
        case "cluster":
            row = store.one("SELECT body FROM clusters WHERE realm=? AND name=?", realm, name)
            # A deleted cluster stays in the table as INACTIVE.
            row = row if row and parsed(row[0])["status"] == "ACTIVE" else None
            missing = ServiceError("ClusterNotFoundException", "Cluster not found.")
        case "service":
            cluster, _, service = name.partition("/")
            row = store.one(
                "SELECT 1 FROM services WHERE realm=? AND cluster=? AND name=? AND status='ACTIVE'",
                realm,
                cluster,
                service,
            )
            missing = invalid_parameter("The specified service is not found.")
        case _:
            row, missing = None, invalid_parameter("Resource type is not supported.")
    if row is None:
        raise missing
    return arn


def tag_resource(world: World, call: Call) -> Body:
    """Add tags to a resource."""
    given = read_tags(children(call.parameters, "tags"))
    with world.store.transaction():
        arn = _require(world, call)
        # The limit applies to the tags that the resource has afterwards.
        read_tags(_merged(tags_of(world, call.realm, arn), given))
        write_tags(world, call.realm, arn, given)
    return {}


def _merged(present: list[dict[str, str]], given: dict[str, str]) -> list[dict[str, str]]:
    tags = {each["key"]: each["value"] for each in present} | given
    return [{"key": key, "value": value} for key, value in tags.items()]


def untag_resource(world: World, call: Call) -> Body:
    """Remove tags from a resource."""
    arn = _require(world, call)
    rows = [(call.realm, arn, key) for key in texts(call.parameters, "tagKeys")]
    world.store.run_many("DELETE FROM tags WHERE realm=? AND arn=? AND key=?", rows)
    return {}


def list_tags(world: World, call: Call) -> Body:
    """List the tags of a resource."""
    return {"tags": tags_of(world, call.realm, _require(world, call))}


OPERATIONS = {"TagResource": tag_resource, "UntagResource": untag_resource, "ListTagsForResource": list_tags}
