"""Secrets Manager, which provides the `secrets` of containers."""

import json
import uuid
import zlib

from ecsplan_local.errors import ServiceError
from ecsplan_local.json_types import Body, Record, parsed, text
from ecsplan_local.protocol.wire import Call
from ecsplan_local.world import World

_MISSING = "Secrets Manager can't find the specified secret."


class NoSecret(Exception):  # noqa: N818 - named for what it says
    """A secret, or a key of one, does not exist; the message is worded like that of the ECS agent."""


def _find(world: World, realm: str, given: str) -> Record | None:
    """Return a secret by name, by ARN, or by ARN without the random suffix."""
    for (document,) in world.store.all("SELECT body FROM secrets WHERE realm=?", realm):
        body = parsed(document)
        # The suffix is a hyphen and six characters.
        if given in {text(body, "Name"), text(body, "ARN"), text(body, "ARN")[:-7]}:
            return body
    return None


def _require(world: World, call: Call) -> Body:
    body = _find(world, call.realm, text(call.parameters, "SecretId"))
    if body is None:
        raise ServiceError("ResourceNotFoundException", _MISSING)
    return body


def secret_value(world: World, realm: str, reference: str) -> str:
    """Return the value for a container's `valueFrom`: `ARN`, or `ARN:json-key:version-stage:version-id`.

    Raises:
        NoSecret: It does not exist, or other parts follow the ARN; the message is that of the agent
            (amazon-ecs-agent, asm.go and asmsecret.go).
    """
    parts = reference.split(":")
    if len(parts) not in {7, 10}:
        raise NoSecret("unexpected ARN format with parameters when trying to retrieve ASM secret")
    arn = ":".join(parts[:7])
    body = _find(world, realm, arn)
    if body is None:
        raise NoSecret(
            f"failed to fetch secret {arn} from secrets manager: ResourceNotFoundException: {_MISSING}"
        )
    value = text(body, "SecretString")
    key = parts[7] if len(parts) > 7 else ""
    return _member(value, key) if key else value


def _member(value: str, key: str) -> str:
    try:
        values = json.loads(value)
    except ValueError as error:
        first = value[:1] or "end of input"
        raise NoSecret(f"invalid character {first!r} looking for beginning of value") from error
    if not isinstance(values, dict) or key not in values:
        raise NoSecret(f"retrieved secret from Secrets Manager did not contain json key {key}")
    found = values[key]
    return found if isinstance(found, str) else json.dumps(found)


def _save(world: World, call: Call, body: Body) -> Record:
    version = text(call.parameters, "ClientRequestToken") or str(uuid.uuid4())
    saved: Record = {**body, "VersionId": version}
    values = (call.realm, text(body, "Name"), json.dumps(saved))
    world.store.run("INSERT OR REPLACE INTO secrets VALUES (?, ?, ?)", *values)
    return {name: saved[name] for name in ("ARN", "Name", "VersionId")}


def create_secret(world: World, call: Call) -> Body:
    """Create a secret with a string value."""
    name, value = text(call.parameters, "Name"), call.parameters.get("SecretString")
    if not name or value is None:
        raise ServiceError("InvalidRequestException", "A secret needs a Name and a SecretString here.")
    with world.store.transaction():
        if _find(world, call.realm, name):
            message = f"The operation failed because the secret {name} already exists."
            raise ServiceError("ResourceExistsException", message)
        # Derived from the name, so that the ARN is the same on every machine.
        suffix = f"{zlib.crc32(name.encode()):08x}"[:6]
        arn = f"arn:aws:secretsmanager:{call.region}:{call.account}:secret:{name}-{suffix}"
        created = round(world.clock.now(), 3)
        body = {"ARN": arn, "Name": name, "SecretString": value, "CreatedDate": created}
        return _save(world, call, body)


def put_secret_value(world: World, call: Call) -> Body:
    """Replace the value of a secret."""
    value = call.parameters.get("SecretString")
    if value is None:
        raise ServiceError("InvalidRequestException", "You must provide a SecretString here.")
    with world.store.transaction():
        saved = _save(world, call, {**_require(world, call), "SecretString": value})
    return {**saved, "VersionStages": ["AWSCURRENT"]}


def get_secret_value(world: World, call: Call) -> Body:
    """Return the value of a secret."""
    return {**_require(world, call), "VersionStages": ["AWSCURRENT"]}


def delete_secret(world: World, call: Call) -> Body:
    """Delete a secret immediately; it cannot be recovered."""
    body = _require(world, call)
    world.store.run("DELETE FROM secrets WHERE realm=? AND name=?", call.realm, text(body, "Name"))
    return {"ARN": text(body, "ARN"), "Name": text(body, "Name"), "DeletionDate": round(world.clock.now(), 3)}


OPERATIONS = {
    "CreateSecret": create_secret,
    "DeleteSecret": delete_secret,
    "GetSecretValue": get_secret_value,
    "PutSecretValue": put_secret_value,
}
