"""The wire formats of AWS's APIs: HTTP request -> call, response or error -> bytes."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import parse_qsl

from ecsplan_local.errors import ServiceError
from ecsplan_local.json_types import Body, Json, Record

JSON_SERVICES = {
    "AmazonEC2ContainerServiceV20141113": "ecs",
    "Logs_20140328": "logs",
    "AmazonSSM": "ssm",
    "secretsmanager": "secretsmanager",
}
"""The prefix of `X-Amz-Target` -> service (`targetPrefix` in botocore's service models)."""

QUERY_SERVICES = {"2016-11-15": "ec2", "2011-06-15": "sts"}
"""The parameter `Version` of the query protocols -> service (`apiVersion` in botocore's service models)."""

_CREDENTIAL = re.compile(r"Credential=([^/,]+)/\d{8}/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request")
_ROLE_KEY = re.compile(r"ASIALOCL(\d{12})")

_MAX_DIGITS = 18
"""Most digits of a number in a request: more than any length or position needs, within SQLite's integers."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an API.

    Args:
        service: `ecs`, `logs`, `ec2`, `sts`, `ssm`, `secretsmanager`, or an unsupported one.
        operation: Such as `RunTask`; empty if the request does not name one.
        parameters: The input, in the shape of the service model.
        account: 12 digits.
        region: Such as `us-east-1`.
        protocol: `json`, `query`, `ec2` or `rest`.
    """

    service: str
    operation: str
    parameters: Body
    account: str
    region: str
    protocol: str

    @property
    def realm(self) -> str:
        """The account and region whose resources the call refers to."""
        return f"{self.account}/{self.region}"


@dataclass(frozen=True, slots=True)
class Identity:
    """The caller of a request, read from the scope of its signature; signatures are not verified."""

    account: str
    region: str
    service: str


def role_access_key_id(account: str) -> str:
    """Return the access key ID of an assumed role in `account`."""
    return f"ASIALOCL{account}"


def identify(authorization: str, *, account: str, region: str) -> Identity:
    """Return the caller named in a Signature Version 4 header; `account` and `region` are the defaults."""
    found = _CREDENTIAL.search(authorization)
    if not found:
        return Identity(account, region, "")
    key, scope_region, service = found.groups()
    # The key of an assumed role contains its account, so that no session has to be stored.
    role = _ROLE_KEY.fullmatch(key)
    return Identity(role.group(1) if role else account, scope_region, service)


def read_call(target: str, content_type: str, path: str, body: bytes, identity: Identity) -> Call:
    """Return the call that an HTTP request stands for.

    Raises:
        ServiceError: SerializationException, if the body is not a JSON object.
    """
    account, region = identity.account, identity.region
    # The JSON services name the operation in a header, the query services in the form or the URL.
    if target:
        prefix, _, operation = target.rpartition(".")
        service = JSON_SERVICES.get(prefix, prefix.lower())
        return Call(service, operation, _json_object(body), account, region, "json")
    query = path.partition("?")[2]
    if content_type.startswith("application/x-www-form-urlencoded") or "Action=" in query:
        # Parameters of the body win over those of the URL.
        fields = dict(parse_qsl(query, keep_blank_values=True))
        fields |= dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        operation, version = fields.pop("Action", ""), fields.pop("Version", "")
        # The version identifies the service even where an unsigned request has no scope.
        service = QUERY_SERVICES.get(version, identity.service or "query")
        protocol = "ec2" if service == "ec2" else "query"
        return Call(service, operation, _unflatten(fields), account, region, protocol)
    return Call(identity.service or "unknown", path, {}, account, region, "rest")


def _json_object(body: bytes) -> Record:
    try:
        value = json.loads(body or b"{}")
    except ValueError as error:
        raise ServiceError("SerializationException", "The request body is not valid JSON.") from error
    # A few kilobytes of brackets exhaust the stack of the parser: the client's fault, not a crash.
    except RecursionError as error:
        raise ServiceError("SerializationException", "The request body is nested too deeply.") from error
    if not isinstance(value, dict):
        raise ServiceError("SerializationException", "Start of structure or map found where not expected.")
    return value


def _unflatten(fields: dict[str, str]) -> Record:
    """Turn `{"Filter.1.Value.2": "x"}` into `{"Filter": {"1": {"Value": {"2": "x"}}}}`."""
    tree: Record = {}
    for name, value in fields.items():
        *path, last = name.split(".")
        node = tree
        for step in path:
            # `A=x&A.1=y` gives a value and members to the same name: the members are dropped.
            inner = node.setdefault(step, {})
            node = inner if isinstance(inner, dict) else {}
        node[last] = value
    return tree


def parse_number(text: str) -> int | None:
    """Return the number written in ASCII digits, or None for anything else and for absurdly long ones."""
    if not text.isascii() or not text.isdecimal() or len(text) > _MAX_DIGITS:
        return None
    return int(text)


def query_list(node: Json) -> list[Json]:
    """Return the values of a query protocol list (`{"1": …, "2": …}`, perhaps below `member`) in order."""
    if not isinstance(node, Mapping):
        return []
    node = node.get("member", node)
    if not isinstance(node, Mapping):
        return []
    # Sorted as numbers: as text, 10 would come before 2.
    places = ((parse_number(key), value) for key, value in node.items())
    return [value for _, value in sorted((each for each in places if each[0] is not None), key=_place)]


def _place(item: tuple[int | None, Json]) -> int:
    return item[0] or 0


def query_text(parameters: Body, name: str) -> str:
    """Return a parameter of a query protocol, or "" if it is missing or has members of its own."""
    value = parameters.get(name, "")
    return value if isinstance(value, str) else ""


def json_answer(value: Body | None) -> bytes:
    """Return the response body of a JSON service; None is an operation without output."""
    return b"" if value is None else json.dumps(value).encode()


def json_error(error: ServiceError) -> bytes:
    """Return the error body of a JSON service."""
    # Services spell the member `message` or `Message`; SDKs read both.
    return json.dumps({"__type": error.code, "message": error.message} | error.members).encode()


def query_answer(call: Call, value: Body, request_id: str) -> bytes:
    """Return the response body of the query protocol (STS) or of EC2's dialect of it."""
    if call.protocol == "ec2":
        inner = f"<requestId>{request_id}</requestId>{_xml_members(value, 'item')}"
        return _document(f"{call.operation}Response", "http://ec2.amazonaws.com/doc/2016-11-15/", inner)
    result = f"<{call.operation}Result>{_xml_members(value, 'member')}</{call.operation}Result>"
    inner = f"{result}<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
    return _document(f"{call.operation}Response", "https://sts.amazonaws.com/doc/2011-06-15/", inner)


def query_error(call: Call, error: ServiceError, request_id: str) -> bytes:
    """Return the error body of the query protocol (STS) or of EC2's dialect of it."""
    text = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    if call.protocol == "ec2":
        inner = f"<Errors><Error>{text}</Error></Errors><RequestID>{request_id}</RequestID>"
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<Response>{inner}</Response>'.encode()
    # SDKs retry faults of the receiver only.
    kind = "Receiver" if error.status >= 500 else "Sender"
    inner = f"<Error><Type>{kind}</Type>{text}</Error><RequestId>{request_id}</RequestId>"
    return _document("ErrorResponse", "https://sts.amazonaws.com/doc/2011-06-15/", inner)


def _document(name: str, namespace: str, inner: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} xmlns="{namespace}">{inner}</{name}>'.encode()


def _xml_members(value: Body, item: str) -> str:
    return "".join(f"<{name}>{_xml_value(each, item)}</{name}>" for name, each in value.items())


def _xml_value(value: Json, item: str) -> str:
    if isinstance(value, Mapping):
        return _xml_members(value, item)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "".join(f"<{item}>{_xml_value(each, item)}</{item}>" for each in value)
    # Python writes True, and XML Schema's boolean is lower case.
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(str(value))
