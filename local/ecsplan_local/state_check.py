"""The tables of the state, and the check that a file holds them intact; a damaged file is left unchanged."""

import sqlite3
from pathlib import Path

from ecsplan_local.errors import LocalError

VERSION = 2
"""The layout of the tables (SQLite's user_version)."""

_FIRST_TABLES = """
CREATE TABLE clusters (realm TEXT, name TEXT, body TEXT, PRIMARY KEY (realm, name));
CREATE TABLE definitions (realm TEXT, family TEXT, revision INTEGER, status TEXT, body TEXT,
    PRIMARY KEY (realm, family, revision));
CREATE TABLE tags (realm TEXT, arn TEXT, key TEXT, value TEXT, PRIMARY KEY (realm, arn, key));
CREATE TABLE tasks (number INTEGER PRIMARY KEY, realm TEXT, arn TEXT UNIQUE, cluster TEXT, family TEXT,
    started_by TEXT, desired TEXT, status TEXT, owner TEXT, stopped REAL, body TEXT);
CREATE INDEX tasks_by_status ON tasks (realm, cluster, desired);
CREATE TABLE tokens (realm TEXT, cluster TEXT, token TEXT, request TEXT, answer TEXT, created REAL,
    PRIMARY KEY (realm, cluster, token));
CREATE TABLE log_groups (realm TEXT, name TEXT, body TEXT, PRIMARY KEY (realm, name));
CREATE TABLE log_streams (realm TEXT, grp TEXT, name TEXT, created INTEGER, PRIMARY KEY (realm, grp, name));
CREATE TABLE log_events (id INTEGER PRIMARY KEY, realm TEXT, grp TEXT, stream TEXT, timestamp INTEGER,
    ingested INTEGER, message TEXT);
CREATE INDEX log_events_by_time ON log_events (realm, grp, stream, timestamp, id);
CREATE TABLE parameters (realm TEXT, name TEXT, body TEXT, PRIMARY KEY (realm, name));
CREATE TABLE secrets (realm TEXT, name TEXT, body TEXT, PRIMARY KEY (realm, name));
"""

_ADDED_TABLES = {
    2: """
CREATE TABLE services (realm TEXT, cluster TEXT, name TEXT, status TEXT, token TEXT, request TEXT, body TEXT,
    PRIMARY KEY (realm, cluster, name));
"""
}
"""Version of the layout -> the tables that it adds to those of the version before."""

_MEMBERS = {
    "clusters": ("clusterArn", "clusterName", "status"),
    "definitions": ("family", "status", "containerDefinitions"),
    "log_groups": ("logGroupName",),
    "parameters": ("Name", "Value", "Version"),
    "secrets": ("Name", "ARN", "SecretString"),
    "services": ("serviceArn", "serviceName", "clusterArn", "status"),
    "tasks": ("taskArn", "clusterArn", "lastStatus", "containers"),
}
"""Tables whose `body` is a JSON object -> members that each object must have."""

_MAX_CHECKED_BYTES = 64 * 1024 * 1024
"""Size up to which all pages of a file are checked; for larger files, this would take a second or more."""


def statements(since: int = 0, until: int = VERSION) -> tuple[str, ...]:
    """Return the statements that bring the tables of one version to those of a later one; 0 has none."""
    first = _FIRST_TABLES if since == 0 else ""
    added = (text for version, text in sorted(_ADDED_TABLES.items()) if since < version <= until)
    texts = (each.strip() for text in (first, *added) for each in text.split(";"))
    return tuple(each for each in texts if each)


def check_state(connection: sqlite3.Connection, path: Path | None, version: int = VERSION) -> None:
    """Raise unless the file has the tables of its version with readable contents.

    Raises:
        LocalError: The state is damaged or was changed by another program; it is left unchanged.
        sqlite3.DatabaseError: SQLite cannot read the file at all.
    """
    ours = _expected(version)
    wrong = (
        _wrong_tables(connection, ours) or _wrong_pages(connection, path) or _wrong_bodies(connection, ours)
    )
    if wrong:
        raise LocalError(
            f"the state file {path} is damaged: {wrong}; delete it, or use another one with --state"
        )


def _expected(version: int) -> dict[str, set[str]]:
    """Return the tables of a version with their columns."""
    # Compare with freshly created tables rather than with the text of their definitions, which SQLite
    # rewrites.
    with sqlite3.connect(":memory:") as ours:
        for each in statements(until=version):
            ours.execute(each)
        expected = _columns(ours)
    ours.close()
    return expected


def _wrong_tables(connection: sqlite3.Connection, expected: dict[str, set[str]]) -> str | None:
    found = _columns(connection)
    for table, columns in expected.items():
        if table not in found:
            return f"table {table} is missing"
        if missing := sorted(columns - found[table]):
            return f"table {table} has no column {missing[0]}"
    return None


def _columns(connection: sqlite3.Connection) -> dict[str, set[str]]:
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")]
    return {
        name: {row[0] for row in connection.execute("SELECT name FROM pragma_table_info(?)", (name,))}
        for name in names
    }


def _wrong_pages(connection: sqlite3.Connection, path: Path | None) -> str | None:
    if path is None or path.stat().st_size > _MAX_CHECKED_BYTES:
        return None
    (first,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    return None if first == "ok" else str(first).replace("\n", " ")


def _wrong_bodies(connection: sqlite3.Connection, tables: dict[str, set[str]]) -> str | None:
    for table, members in _MEMBERS.items():
        if table not in tables:
            continue
        for body, *_ in connection.execute(f"SELECT body FROM {table} WHERE NOT json_valid(body) LIMIT 1"):  # noqa: S608 - our own names
            return f"table {table} contains {str(body)[:20]!r}, which is not JSON"
        missing = " OR ".join(f"json_type(body, '$.{each}') IS NULL" for each in members)
        if connection.execute(f"SELECT 1 FROM {table} WHERE {missing} LIMIT 1").fetchone():  # noqa: S608 - as above
            return f"a row of table {table} is missing one of {', '.join(members)}"
    return None
