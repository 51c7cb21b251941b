"""The parameter store (SSM): put and get, so that containers can be given `secrets`."""

import json
from typing import Any

from .errors import ServiceError
from .wire import Call
from .world import World


def _name(given: str) -> str:
    """Return a parameter's name from a name or an ARN; ECS takes either.

    `parameter/a/b` in an ARN stands for the name `/a/b`, and `parameter/a` for `a`.
    """
    if not given.startswith("arn:"):
        return given
    name = given.partition(":parameter/")[2]
    return f"/{name}" if "/" in name else name


def parameter_value(world: World, realm: str, name: str) -> str | None:
    """Return the value of a parameter, or None."""
    row = world.store.one("SELECT body FROM parameters WHERE realm=? AND name=?", realm, _name(name))
    return str(json.loads(row[0])["Value"]) if row else None


def put_parameter(world: World, call: Call) -> dict[str, Any]:
    """Set a parameter; an existing one only with `Overwrite`."""
    name, value = call.parameters.get("Name", ""), call.parameters.get("Value", "")
    if not name or not value:
        raise ServiceError("ValidationException", "A parameter needs a Name and a Value.")
    with world.store.transaction():
        row = world.store.one("SELECT body FROM parameters WHERE realm=? AND name=?", call.realm, name)
        if row and not call.parameters.get("Overwrite"):
            text = "The parameter already exists. To overwrite this value, set the overwrite option in the "
            raise ServiceError("ParameterAlreadyExists", text + "request to true.")
        body = {
            "Name": name,
            "Type": call.parameters.get("Type", "String"),
            "Value": value,
            "Version": json.loads(row[0])["Version"] + 1 if row else 1,
            "LastModifiedDate": round(world.clock.now(), 3),
            "ARN": f"arn:aws:ssm:{call.region}:{call.account}:parameter/{name.lstrip('/')}",
            "DataType": "text",
        }
        values = (call.realm, name, json.dumps(body))
        world.store.run("INSERT OR REPLACE INTO parameters VALUES (?, ?, ?)", *values)
    return {"Version": body["Version"], "Tier": "Standard"}


def get_parameter(world: World, call: Call) -> dict[str, Any]:
    """Return a parameter."""
    row = world.store.one(
        "SELECT body FROM parameters WHERE realm=? AND name=?",
        call.realm,
        _name(call.parameters.get("Name", "")),
    )
    if not row:
        raise ServiceError("ParameterNotFound", "")
    return {"Parameter": json.loads(row[0])}


def delete_parameter(world: World, call: Call) -> dict[str, Any]:
    """Delete a parameter."""
    name = call.parameters.get("Name", "")
    if not world.store.run("DELETE FROM parameters WHERE realm=? AND name=?", call.realm, name):
        raise ServiceError("ParameterNotFound", "")
    return {}


OPERATIONS = {
    "DeleteParameter": delete_parameter,
    "GetParameter": get_parameter,
    "PutParameter": put_parameter,
}
