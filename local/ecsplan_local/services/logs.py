"""CloudWatch Logs: the operations on groups, streams and events."""

import itertools
import json
from typing import Any, TypeVar

from ecsplan_local.errors import ServiceError, invalid_parameter
from ecsplan_local.json_types import (
    Body,
    Json,
    Record,
    child,
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
from ecsplan_local.services.log_filter import read_pattern
from ecsplan_local.services.log_store import append, ensure_group, ensure_stream, group_exists
from ecsplan_local.tags import tags_of, write_tags
from ecsplan_local.world import World

MAX_EVENTS = 10_000
"""Most events of one GetLogEvents, FilterLogEvents or PutLogEvents call (CloudWatch Logs API reference)."""

MAX_PAGE_BYTES = 1_048_576
"""Most bytes of the events of one page (CloudWatch Logs API reference, GetLogEvents)."""


Row = TypeVar("Row", bound=tuple[Any, ...])
"""Timestamp, ID and message of an event, and whatever else."""

RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288),
    3653,
)
"""How many days events may be kept (CloudWatch Logs API reference, PutRetentionPolicy)."""


def _missing(what: str) -> ServiceError:
    return ServiceError("ResourceNotFoundException", f"The specified {what} does not exist.")


def _group(world: World, call: Call) -> str:
    name = text(call.parameters, "logGroupName") or text(call.parameters, "logGroupIdentifier")
    # `logGroupIdentifier` may be an ARN, with or without the `:*` that stands for its streams.
    name = name.partition(":log-group:")[2].removesuffix(":*") if name.startswith("arn:") else name
    if not group_exists(world, call.realm, name):
        raise _missing("log group")
    return name


def _stream(world: World, call: Call, group: str) -> str:
    name = text(call.parameters, "logStreamName")
    if not world.store.one(
        "SELECT 1 FROM log_streams WHERE realm=? AND grp=? AND name=?", call.realm, group, name
    ):
        raise _missing("log stream")
    return name


def create_log_group(world: World, call: Call) -> None:
    """Create a log group."""
    name = text(call.parameters, "logGroupName")
    if not name or len(name) > 512:
        raise invalid_parameter("1 validation error detected: Value at 'logGroupName' is not valid.")
    with world.store.transaction():
        if group_exists(world, call.realm, name):
            raise ServiceError("ResourceAlreadyExistsException", "The specified log group already exists")
        ensure_group(world, call.realm, name)
        write_tags(world, call.realm, _arn(call, name), _tags(call))


def _tags(call: Call) -> dict[str, str]:
    tags = child(call.parameters, "tags")
    return {key: text(tags, key) for key in tags}


def create_log_stream(world: World, call: Call) -> None:
    """Create a log stream."""
    group, name = _group(world, call), text(call.parameters, "logStreamName")
    if not name or len(name) > 512 or ":" in name or "*" in name:
        raise invalid_parameter("1 validation error detected: Value at 'logStreamName' is not valid.")
    with world.store.transaction():
        if world.store.one(
            "SELECT 1 FROM log_streams WHERE realm=? AND grp=? AND name=?", call.realm, group, name
        ):
            raise ServiceError("ResourceAlreadyExistsException", "The specified log stream already exists")
        ensure_stream(world, call.realm, group, name)


def delete_log_group(world: World, call: Call) -> None:
    """Delete a log group with its streams, events and tags."""
    group = _group(world, call)
    with world.store.transaction():
        world.store.run("DELETE FROM tags WHERE realm=? AND arn=?", call.realm, _arn(call, group))
        # There are no foreign keys: events and streams have to be deleted with their group.
        for table, column in (("log_events", "grp"), ("log_streams", "grp"), ("log_groups", "name")):
            world.store.run(
                f"DELETE FROM {table} WHERE realm=? AND {column}=?",  # noqa: S608 - our own names
                call.realm,
                group,
            )


def delete_log_stream(world: World, call: Call) -> None:
    """Delete a log stream with its events."""
    group = _group(world, call)
    stream = _stream(world, call, group)
    with world.store.transaction():
        for table, column in (("log_events", "stream"), ("log_streams", "name")):
            world.store.run(
                f"DELETE FROM {table} WHERE realm=? AND grp=? AND {column}=?",  # noqa: S608 - our own names
                call.realm,
                group,
                stream,
            )


def _arn(call: Call, group: str) -> str:
    return f"arn:aws:logs:{call.region}:{call.account}:log-group:{group}"


def list_tags(world: World, call: Call) -> Body:
    """List the tags of a log group given by ARN."""
    arn = text(call.parameters, "resourceArn").removesuffix(":*")
    group = arn.removeprefix(_arn(call, ""))
    if group == arn or not group:
        raise invalid_parameter("The specified resourceArn is not the ARN of a log group of this account.")
    return _group_tags(world, call, group)


def list_tags_log_group(world: World, call: Call) -> Body:
    """List the tags of a log group given by name."""
    return _group_tags(world, call, text(call.parameters, "logGroupName"))


def _group_tags(world: World, call: Call, group: str) -> Record:
    if not group_exists(world, call.realm, group):
        raise _missing("log group")
    return {"tags": {each["key"]: each["value"] for each in tags_of(world, call.realm, _arn(call, group))}}


def put_retention_policy(world: World, call: Call) -> None:
    """Record the retention of a group; the embedded ECS never expires events."""
    days = call.parameters.get("retentionInDays")
    if days not in RETENTION_DAYS or isinstance(days, bool):
        known = ", ".join(map(str, RETENTION_DAYS))
        raise invalid_parameter(
            f"1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint:"
            f" Member must satisfy enum value set: [{known}]"
        )
    # Unlike other operations, it takes the name alone.
    group = text(call.parameters, "logGroupName")
    if not group_exists(world, call.realm, group):
        raise _missing("log group")
    row = world.store.one("SELECT body FROM log_groups WHERE realm=? AND name=?", call.realm, group)
    # Recorded, since Terraform compares it with its configuration.
    body = parsed(row[0]) | {"retentionInDays": days}
    world.store.run(
        "UPDATE log_groups SET body=? WHERE realm=? AND name=?", json.dumps(body), call.realm, group
    )


def describe_log_groups(world: World, call: Call) -> Body:
    """Describe log groups whose name has a prefix or contains a pattern."""
    rows = world.store.all("SELECT body FROM log_groups WHERE realm=? ORDER BY name", call.realm)
    prefix = text(call.parameters, "logGroupNamePrefix")
    part = text(call.parameters, "logGroupNamePattern")
    if prefix and part:
        raise invalid_parameter("logGroupNamePrefix and logGroupNamePattern cannot be used together.")
    groups = [parsed(body) for (body,) in rows]
    found = [
        each
        for each in groups
        if text(each, "logGroupName").startswith(prefix) and part in text(each, "logGroupName")
    ]
    items, more = page(found, call.parameters, limit="limit", most=50)
    return {"logGroups": items, **more}


def describe_log_streams(world: World, call: Call) -> Body:
    """Describe the streams of a group, ordered by name or by time of the last event."""
    group = _group(world, call)
    rows = world.store.all(
        "SELECT s.name, s.created, min(e.timestamp), max(e.timestamp), max(e.ingested) FROM log_streams s"
        " LEFT JOIN log_events e ON e.realm=s.realm AND e.grp=s.grp AND e.stream=s.name"
        " WHERE s.realm=? AND s.grp=? GROUP BY s.name ORDER BY s.name",
        call.realm,
        group,
    )
    # The times are derived from the events, so that they always agree with what can be read.
    prefix = text(call.parameters, "logStreamNamePrefix")
    streams = [_described_stream(call, group, row) for row in rows if row[0].startswith(prefix)]
    if call.parameters.get("orderBy") == "LastEventTime":
        if prefix:
            raise invalid_parameter("Cannot order by LastEventTime with a logStreamNamePrefix.")
        streams.sort(key=lambda each: integer(each, "lastEventTimestamp"))
    if call.parameters.get("descending"):
        streams.reverse()
    items, more = page(streams, call.parameters, limit="limit", most=50)
    return {"logStreams": items, **more}


def _described_stream(call: Call, group: str, row: Any) -> Record:
    name, created, first, last, ingested = row
    times = {"firstEventTimestamp": first, "lastEventTimestamp": last, "lastIngestionTime": ingested}
    return {
        "logStreamName": name,
        "creationTime": created,
        **({} if first is None else times),
        "arn": f"arn:aws:logs:{call.region}:{call.account}:log-group:{group}:log-stream:{name}",
        "storedBytes": 0,
    }


def put_log_events(world: World, call: Call) -> Body:
    """Append events to a stream; they must be in chronological order."""
    group = _group(world, call)
    stream = _stream(world, call, group)
    events = [
        (integer(each, "timestamp"), text(each, "message")) for each in children(call.parameters, "logEvents")
    ]
    if not events or len(events) > MAX_EVENTS:
        raise invalid_parameter(f"A call takes between 1 and {MAX_EVENTS} log events.")
    # Equal timestamps are allowed; the IDs keep the order of such events.
    if any(later[0] < earlier[0] for earlier, later in itertools.pairwise(events)):
        raise invalid_parameter("Log events in a single PutLogEvents request must be in chronological order.")
    append(world, call.realm, group, stream, events)
    # Sequence tokens are obsolete, but old SDKs expect one.
    return {"nextSequenceToken": "0"}


def get_log_events(world: World, call: Call) -> Body:
    """Return a page of the events of a stream and the tokens for the next page in each direction.

    A token is a position in the order of timestamps. At the end of the stream, the forward token is returned
    unchanged, and more events may follow it later.
    """
    group = _group(world, call)
    stream = _stream(world, call, group)
    forward, position = _position(call)
    rows = _events_from(world, call, (group, stream), (forward, position))
    # Read backwards from the position, but a page always lists its events in chronological order.
    if not forward:
        rows.reverse()
    given = text(call.parameters, "nextToken")
    # 14 digits of milliseconds and 12 of the event ID; timestamps alone are ambiguous. An empty page returns
    # the given token, which is how clients recognize the end of the stream.
    first = f"b/{rows[0][0]:014d}{rows[0][1]:012d}/s" if rows else given or f"b/{0:026d}/s"
    last = f"f/{rows[-1][0]:014d}{rows[-1][1]:012d}/s" if rows else given or f"f/{0:026d}/s"
    return {
        "events": [
            {"timestamp": timestamp, "message": message, "ingestionTime": ingested}
            for timestamp, _, message, ingested in rows
        ],
        "nextForwardToken": "f" + last[1:],
        "nextBackwardToken": "b" + first[1:],
    }


def _position(call: Call) -> tuple[bool, tuple[int, int] | None]:
    """Return the direction (whether forward) and the event after which to start (timestamp, ID)."""
    token = optional_text(call.parameters, "nextToken")
    if token is None:
        return flag(call.parameters, "startFromHead"), None
    # `f/…/s` or `b/…/s`: the same form as on AWS, with a position of our own in the middle.
    direction, _, rest = token.partition("/")
    digits = rest.removesuffix("/s")
    if direction not in {"f", "b"} or len(digits) != 26 or not digits.isdecimal():
        raise invalid_parameter("The specified nextToken is invalid.")
    return direction == "f", (int(digits[:14]), int(digits[14:]))


def _events_from(
    world: World, call: Call, where: tuple[str, str], start: tuple[bool, tuple[int, int] | None]
) -> list[tuple[int, int, str, int]]:
    forward, position = start
    clause, values = "", list[int]()
    if position is not None:
        clause = f" AND (timestamp, id) {'>' if forward else '<'} (?, ?)"
        values = list(position)
    rows = world.store.all(
        "SELECT timestamp, id, message, ingested FROM log_events WHERE realm=? AND grp=? AND stream=?"  # noqa: S608
        f" AND timestamp>=? AND timestamp<?{clause}"
        f" ORDER BY timestamp {'ASC' if forward else 'DESC'}, id {'ASC' if forward else 'DESC'} LIMIT ?",
        call.realm,
        *where,
        integer(call.parameters, "startTime"),
        integer(call.parameters, "endTime", 2**62),
        *values,
        _limit(call),
    )
    return _within_bytes(rows)


def _limit(call: Call) -> int:
    limit = integer(call.parameters, "limit", MAX_EVENTS)
    if not 1 <= limit <= MAX_EVENTS:
        raise invalid_parameter(f"limit must be between 1 and {MAX_EVENTS}.")
    return limit


def _within_bytes(rows: list[Row]) -> list[Row]:
    # 26 bytes of overhead per event (PutLogEvents). The first event is always returned, so that every page
    # makes progress.
    size = 0
    for index, row in enumerate(rows):
        size += len(row[2].encode()) + 26
        if size > MAX_PAGE_BYTES and index:
            return rows[:index]
    return rows


def filter_log_events(world: World, call: Call) -> Body:
    """Return a page of the events of a group that match a pattern, of all streams or of some."""
    group = _group(world, call)
    parameters = call.parameters
    if "logStreamNames" in parameters and "logStreamNamePrefix" in parameters:
        raise invalid_parameter("logStreamNames and logStreamNamePrefix cannot be used together.")
    # Filtered here and not in SQL: patterns match words and phrases case-sensitively, unlike LIKE.
    matches = read_pattern(text(parameters, "filterPattern"))
    limit, position = _limit(call), _filter_position(call)
    found: list[tuple[int, int, str, int, str]] = []
    more = True
    while more and len(found) < limit:
        rows = _filtered_rows(world, call, group, position)
        more = len(rows) == MAX_EVENTS
        found += [each for each in rows if matches(each[2])]
        position = rows[-1][:2] if rows else position
    shown = _within_bytes(found[:limit])
    if len(shown) < len(found):
        more, position = True, shown[-1][:2]
    events: list[Json] = [
        {
            "logStreamName": stream,
            "timestamp": at,
            "message": message,
            "ingestionTime": ingested,
            # Event IDs sort like the events themselves.
            "eventId": f"{at:014d}{number:042d}",
        }
        for at, number, message, ingested, stream in shown
    ]
    # `searchedLogStreams` is deprecated, but SDKs of old clients expect it.
    token: Body = {"nextToken": f"{position[0]:014d}{position[1]:012d}"} if more else {}
    return {"events": events, "searchedLogStreams": [], **token}


def _filter_position(call: Call) -> tuple[int, int]:
    """Return the event after which to go on (timestamp, ID)."""
    token = optional_text(call.parameters, "nextToken")
    if token is None:
        return -1, 0
    if len(token) != 26 or not token.isdecimal():
        raise invalid_parameter("The specified nextToken is invalid.")
    return int(token[:14]), int(token[14:])


def _filtered_rows(
    world: World, call: Call, group: str, position: tuple[int, int]
) -> list[tuple[int, int, str, int, str]]:
    """Return the next events of a group, of the streams that the call names, matching or not."""
    names, prefix = texts(call.parameters, "logStreamNames"), text(call.parameters, "logStreamNamePrefix")
    where, values = " AND substr(stream, 1, ?) = ?", [len(prefix), prefix]
    if "logStreamNames" in call.parameters:
        where, values = f" AND stream IN ({', '.join('?' * len(names))})", list(names)
    return world.store.all(
        "SELECT timestamp, id, message, ingested, stream FROM log_events WHERE realm=? AND grp=?"  # noqa: S608
        f" AND timestamp>=? AND timestamp<=? AND (timestamp, id) > (?, ?){where}"
        " ORDER BY timestamp, id LIMIT ?",
        call.realm,
        group,
        integer(call.parameters, "startTime"),
        integer(call.parameters, "endTime", 2**62),
        *position,
        *values,
        MAX_EVENTS,
    )


OPERATIONS = {
    "CreateLogGroup": create_log_group,
    "CreateLogStream": create_log_stream,
    "DeleteLogGroup": delete_log_group,
    "DeleteLogStream": delete_log_stream,
    "DescribeLogGroups": describe_log_groups,
    "DescribeLogStreams": describe_log_streams,
    "FilterLogEvents": filter_log_events,
    "GetLogEvents": get_log_events,
    "ListTagsForResource": list_tags,
    "ListTagsLogGroup": list_tags_log_group,
    "PutLogEvents": put_log_events,
    "PutRetentionPolicy": put_retention_policy,
}
