"""Storage of log groups, streams and events, written by operations and by log drivers."""

import json

from ecsplan_local.world import World


def group_exists(world: World, realm: str, name: str) -> bool:
    """Return whether a log group exists."""
    return bool(world.store.one("SELECT 1 FROM log_groups WHERE realm=? AND name=?", realm, name))


def ensure_group(world: World, realm: str, name: str) -> None:
    """Create a log group unless it exists."""
    account, _, region = realm.partition("/")
    arn = f"arn:aws:logs:{region}:{account}:log-group:{name}"
    body = {
        "logGroupName": name,
        "creationTime": _now_ms(world),
        "metricFilterCount": 0,
        "arn": f"{arn}:*",
        "storedBytes": 0,
        "logGroupClass": "STANDARD",
        "logGroupArn": arn,
    }
    world.store.run("INSERT OR IGNORE INTO log_groups VALUES (?, ?, ?)", realm, name, json.dumps(body))


def ensure_stream(world: World, realm: str, group: str, stream: str) -> None:
    """Create a log stream unless it exists."""
    world.store.run(
        "INSERT OR IGNORE INTO log_streams VALUES (?, ?, ?, ?)", realm, group, stream, _now_ms(world)
    )


def append(world: World, realm: str, group: str, stream: str, events: list[tuple[int, str]]) -> None:
    """Append events (milliseconds since 1970, text) to a stream."""
    now = _now_ms(world)
    rows = [(realm, group, stream, timestamp, now, text) for timestamp, text in events]
    world.store.run_many(
        "INSERT INTO log_events (realm, grp, stream, timestamp, ingested, message) VALUES (?, ?, ?, ?, ?, ?)",
        rows,
    )


def _now_ms(world: World) -> int:
    return round(world.clock.now() * 1000)
