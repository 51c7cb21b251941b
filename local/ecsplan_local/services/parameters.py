"""The parameter store (SSM), which provides the `secrets` of containers."""

import json
from collections.abc import Callable

from ecsplan_local.errors import ServiceError
from ecsplan_local.json_types import Body, Json, Record, children, integer, parsed, text, texts
from ecsplan_local.protocol.pages import page
from ecsplan_local.protocol.wire import Call
from ecsplan_local.tags import tags_of, write_tags
from ecsplan_local.world import World

_ONLY_DESCRIBED = ("Description", "AllowedPattern", "KeyId", "Policies", "Tier")
"""Members that DescribeParameters returns and GetParameter does not (botocore ssm model)."""

_FILTER_KEYS = ("Name", "Type", "KeyId", "Tier", "DataType", "Path")
_MAX_NAMES = 10
"""Names of one GetParameters request (botocore ssm model, ParameterNameList)."""
_CIPHERTEXT = "AQICAHencrypted"
"""What stands for the value of a SecureString that is not decrypted."""


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
    return text(parsed(row[0]), "Value") if row else None


def put_parameter(world: World, call: Call) -> Body:
    """Create a parameter, or replace it with `Overwrite`."""
    name, value = text(call.parameters, "Name"), text(call.parameters, "Value")
    if not name or not value:
        raise ServiceError("ValidationException", "A parameter needs a Name and a Value.")
    with world.store.transaction():
        row = world.store.one("SELECT body FROM parameters WHERE realm=? AND name=?", call.realm, name)
        if row and not call.parameters.get("Overwrite"):
            message = (
                "The parameter already exists. To overwrite this value, set the overwrite option in the "
            )
            raise ServiceError("ParameterAlreadyExists", message + "request to true.")
        body = {
            "Name": name,
            "Type": text(call.parameters, "Type", "String"),
            "Value": value,
            "Version": integer(parsed(row[0]), "Version") + 1 if row else 1,
            "LastModifiedDate": round(world.clock.now(), 3),
            "ARN": _arn(call, name),
            "DataType": text(call.parameters, "DataType", "text"),
            **{name: call.parameters[name] for name in _ONLY_DESCRIBED if name in call.parameters},
        }
        tags = {text(each, "Key"): text(each, "Value") for each in children(call.parameters, "Tags")}
        write_tags(world, call.realm, text(body, "ARN"), tags)
        values = (call.realm, name, json.dumps(body))
        world.store.run("INSERT OR REPLACE INTO parameters VALUES (?, ?, ?)", *values)
    return {"Version": body["Version"], "Tier": "Standard"}


def get_parameter(world: World, call: Call) -> Body:
    """Return a parameter."""
    row = world.store.one(
        "SELECT body FROM parameters WHERE realm=? AND name=?",
        call.realm,
        parameter_name(text(call.parameters, "Name")),
    )
    if not row:
        raise ServiceError("ParameterNotFound", "")
    parameter = parsed(row[0])
    return {"Parameter": {name: parameter[name] for name in parameter if name not in _ONLY_DESCRIBED}}


def get_parameters(world: World, call: Call) -> Body:
    """Return up to ten parameters, in the order of their names, and which names are not there.

    Without `WithDecryption`, the value of a SecureString is a text that says nothing of it.
    """
    names = texts(call.parameters, "Names")
    if not 1 <= len(names) <= _MAX_NAMES:
        raise ServiceError(
            "ValidationException",
            f"1 validation error detected: Value at 'names' failed to satisfy constraint: Member must have"
            f" length between 1 and {_MAX_NAMES}",
        )
    found: list[Record] = []
    missing: list[Json] = []
    for given in dict.fromkeys(names):
        query = "SELECT body FROM parameters WHERE realm=? AND name=?"
        row = world.store.one(query, call.realm, parameter_name(given))
        if row is None:
            missing.append(given)
            continue
        parameter = parsed(row[0])
        hidden = parameter.get("Type") == "SecureString" and not call.parameters.get("WithDecryption")
        shown = {name: parameter[name] for name in parameter if name not in _ONLY_DESCRIBED}
        found.append(shown | ({"Value": _CIPHERTEXT} if hidden else {}))
    found.sort(key=lambda each: text(each, "Name"))
    return {"Parameters": [*found], "InvalidParameters": missing}


def delete_parameter(world: World, call: Call) -> Body:
    """Delete a parameter."""
    name = text(call.parameters, "Name")
    with world.store.transaction():
        if not world.store.run("DELETE FROM parameters WHERE realm=? AND name=?", call.realm, name):
            raise ServiceError("ParameterNotFound", "")
        world.store.run("DELETE FROM tags WHERE realm=? AND arn=?", call.realm, _arn(call, name))
    return {}


def describe_parameters(world: World, call: Call) -> Body:
    """Describe parameters, without their values."""
    rows = world.store.all("SELECT body FROM parameters WHERE realm=? ORDER BY name", call.realm)
    # `Filters` is the older form of `ParameterFilters`, without options.
    old = [{**each, "Option": "Equals"} for each in children(call.parameters, "Filters")]
    if old and call.parameters.get("ParameterFilters"):
        raise ServiceError(
            "ValidationException", "You can use either Filters or ParameterFilters in a request."
        )
    filters = [_filter(each) for each in [*old, *children(call.parameters, "ParameterFilters")]]
    found = [_described(parsed(body)) for (body,) in rows]
    found = [each for each in found if all(fits(each) for fits in filters)]
    # SSM pages like ECS, but with other names and error codes.
    try:
        given = {
            "nextToken": call.parameters.get("NextToken"),
            "MaxResults": integer(call.parameters, "MaxResults", 50),
        }
        items, more = page(found, given, limit="MaxResults", most=50)
    except ServiceError as error:
        raise ServiceError(
            "InvalidNextToken" if "token" in error.message else "ValidationException", error.message
        ) from error
    return {"Parameters": items} | ({"NextToken": more["nextToken"]} if more else {})


def _described(body: Body) -> Record:
    return {name: body[name] for name in body if name != "Value"} | {"Tier": text(body, "Tier", "Standard")}


def _filter(given: Body) -> Callable[[Body], bool]:
    """Return a predicate for described parameters.

    Raises:
        ServiceError: The key or the option is not supported.
    """
    key, option, values = text(given, "Key"), text(given, "Option", "Equals"), tuple(texts(given, "Values"))
    if key not in _FILTER_KEYS:
        raise ServiceError(
            "InvalidFilterKey", f"The embedded ECS filters parameters by {', '.join(_FILTER_KEYS)}."
        )
    match option:
        case "OneLevel" if key == "Path":
            return lambda each: text(each, "Name").rpartition("/")[0] in {path.rstrip("/") for path in values}
        case "Recursive" if key == "Path":
            roots = tuple(f"{path.rstrip('/')}/" for path in values)
            return lambda each: text(each, "Name").startswith(roots)
        case "Equals" if key != "Path":
            return lambda each: str(each.get(key, "")) in values
        case "BeginsWith" if key != "Path":
            return lambda each: str(each.get(key, "")).startswith(values)
        case "Contains" if key == "Name":
            return lambda each: any(value in text(each, "Name") for value in values)
        case _:
            raise ServiceError("InvalidFilterOption", f"The filter option {option} is not valid for {key}.")


def list_tags(world: World, call: Call) -> Body:
    """List the tags of a parameter."""
    if call.parameters["ResourceType"] != "Parameter":
        raise ServiceError("InvalidResourceType", "The embedded ECS has no resources of this type.")
    name = parameter_name(text(call.parameters, "ResourceId"))
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
    "GetParameters": get_parameters,
    "ListTagsForResource": list_tags,
    "PutParameter": put_parameter,
}
