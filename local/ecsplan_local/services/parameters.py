"""The parameter store (SSM), which provides the `secrets` of containers."""

import json
from collections.abc import Callable
from typing import Any

from ecsplan_local.errors import ServiceError
from ecsplan_local.protocol.pages import page
from ecsplan_local.protocol.wire import Call
from ecsplan_local.tags import tags_of, write_tags
from ecsplan_local.world import World

_ONLY_DESCRIBED = ("Description", "AllowedPattern", "KeyId", "Policies", "Tier")
"""Members that DescribeParameters returns and GetParameter does not (botocore ssm model)."""

_FILTER_KEYS = ("Name", "Type", "KeyId", "Tier", "DataType")


def parameter_name(given: str) -> str:
    """Return the name of a parameter given by name or ARN; ECS accepts both.

    `parameter/a/b` in an ARN stands for the name `/a/b`, and `parameter/a` for `a`.
    """
    if not given.startswith("arn:"):
        return given
    name = given.partition(":parameter/")[2]
    return f"/{name}" if "/" in name else name


def parameter_value(world: World, realm: str, name: str) -> str | None:
    """Return the value of a parameter, or None if it does not exist."""
    row = world.store.one("SELECT body FROM parameters WHERE realm=? AND name=?", realm, parameter_name(name))
    return str(json.loads(row[0])["Value"]) if row else None


def put_parameter(world: World, call: Call) -> dict[str, Any]:
    """Create a parameter, or replace it with `Overwrite`."""
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
            "ARN": _arn(call, name),
            "DataType": call.parameters.get("DataType", "text"),
            **{name: call.parameters[name] for name in _ONLY_DESCRIBED if name in call.parameters},
        }
        tags = {each["Key"]: each.get("Value", "") for each in call.parameters.get("Tags", [])}
        write_tags(world, call.realm, body["ARN"], tags)
        values = (call.realm, name, json.dumps(body))
        world.store.run("INSERT OR REPLACE INTO parameters VALUES (?, ?, ?)", *values)
    return {"Version": body["Version"], "Tier": "Standard"}


def get_parameter(world: World, call: Call) -> dict[str, Any]:
    """Return a parameter."""
    row = world.store.one(
        "SELECT body FROM parameters WHERE realm=? AND name=?",
        call.realm,
        parameter_name(call.parameters.get("Name", "")),
    )
    if not row:
        raise ServiceError("ParameterNotFound", "")
    parameter = json.loads(row[0])
    return {"Parameter": {name: parameter[name] for name in parameter if name not in _ONLY_DESCRIBED}}


def delete_parameter(world: World, call: Call) -> dict[str, Any]:
    """Delete a parameter."""
    name = call.parameters.get("Name", "")
    with world.store.transaction():
        if not world.store.run("DELETE FROM parameters WHERE realm=? AND name=?", call.realm, name):
            raise ServiceError("ParameterNotFound", "")
        world.store.run("DELETE FROM tags WHERE realm=? AND arn=?", call.realm, _arn(call, name))
    return {}


def describe_parameters(world: World, call: Call) -> dict[str, Any]:
    """Describe parameters, without their values."""
    rows = world.store.all("SELECT body FROM parameters WHERE realm=? ORDER BY name", call.realm)
    # `Filters` is the older form of `ParameterFilters`, without options.
    old = [each | {"Option": "Equals"} for each in call.parameters.get("Filters", [])]
    if old and call.parameters.get("ParameterFilters"):
        raise ServiceError(
            "ValidationException", "You can use either Filters or ParameterFilters in a request."
        )
    filters = [_filter(each) for each in [*old, *call.parameters.get("ParameterFilters", [])]]
    found = [_described(json.loads(body)) for (body,) in rows]
    found = [each for each in found if all(fits(each) for fits in filters)]
    # SSM pages like ECS, but with other names and error codes.
    try:
        given = {
            "nextToken": call.parameters.get("NextToken"),
            "MaxResults": call.parameters.get("MaxResults", 50),
        }
        items, more = page(found, given, limit="MaxResults", most=50)
    except ServiceError as error:
        raise ServiceError(
            "InvalidNextToken" if "token" in error.message else "ValidationException", error.message
        ) from error
    return {"Parameters": items} | ({"NextToken": more["nextToken"]} if more else {})


def _described(body: dict[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in body if name != "Value"} | {"Tier": body.get("Tier", "Standard")}


def _filter(given: dict[str, Any]) -> Callable[[dict[str, Any]], bool]:
    """Return a predicate for described parameters.

    Raises:
        ServiceError: The key or the option is not supported.
    """
    key, option, values = given["Key"], given.get("Option", "Equals"), tuple(given.get("Values", ()))
    if key not in _FILTER_KEYS:
        raise ServiceError(
            "InvalidFilterKey", f"The embedded ECS filters parameters by {', '.join(_FILTER_KEYS)}."
        )
    match option:
        case "Equals":
            return lambda each: str(each.get(key, "")) in values
        case "BeginsWith":
            return lambda each: str(each.get(key, "")).startswith(values)
        case "Contains" if key == "Name":
            return lambda each: any(value in each["Name"] for value in values)
        case _:
            raise ServiceError("InvalidFilterOption", f"The filter option {option} is not valid for {key}.")


def list_tags(world: World, call: Call) -> dict[str, Any]:
    """List the tags of a parameter."""
    if call.parameters["ResourceType"] != "Parameter":
        raise ServiceError("InvalidResourceType", "The embedded ECS has no resources of this type.")
    name = parameter_name(call.parameters["ResourceId"])
    if not world.store.one("SELECT 1 FROM parameters WHERE realm=? AND name=?", call.realm, name):
        raise ServiceError(
            "InvalidResourceId", "The resource ID isn't valid. Verify that you entered the correct ID."
        )
    tags = tags_of(world, call.realm, _arn(call, name))
    return {"TagList": [{"Key": each["key"], "Value": each["value"]} for each in tags]}


def _arn(call: Call, name: str) -> str:
    return f"arn:aws:ssm:{call.region}:{call.account}:parameter/{name.lstrip('/')}"


OPERATIONS = {
    "DeleteParameter": delete_parameter,
    "DescribeParameters": describe_parameters,
    "GetParameter": get_parameter,
    "ListTagsForResource": list_tags,
    "PutParameter": put_parameter,
}
