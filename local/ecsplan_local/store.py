"""The endpoint's state: one SQLite file, which several processes may open at the same time."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ecsplan_local.errors import LocalError
from ecsplan_local.state_check import VERSION, check_state, statements

APPLICATION_ID = 0x65637370
"""`ecsp` in ASCII: distinguishes a state file from other databases (SQLite's application_id)."""

_BUSY_S = 30.0
"""How long a process waits for another process to finish writing."""

_TRANSIENT = ("locked", "busy", "full", "I/O")
"""Parts of SQLite messages about errors that do not concern the content of the file."""


def is_corruption(error: sqlite3.DatabaseError) -> bool:
    """Return whether the content of the state is damaged, so that later calls will fail as well."""
    return not any(part in str(error) for part in _TRANSIENT)


def state_error_message(path: Path | None, error: sqlite3.DatabaseError) -> str:
    """Return the message for a state that cannot be used: the cause and the remedy."""
    use_other = "use another one with --state"
    remedy = f"delete it, or {use_other}" if is_corruption(error) else use_other
    return f"the state file {path} cannot be used: {error}; {remedy}"


class Store:
    """A connection to the state, shared by the threads of one process.

    Args:
        path: The SQLite file, created with its directories if missing; None keeps the state in memory.

    Raises:
        LocalError: The file is not a database, is damaged, belongs to another program, or has a newer format;
            it is left unchanged.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._lock = threading.RLock()
        try:
            self._connection = _connect(path)
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise
        except sqlite3.DatabaseError as error:
            raise LocalError(state_error_message(path, error)) from error

    def _prepare(self) -> None:
        application_id = self.one("PRAGMA application_id")[0]
        version = self.one("PRAGMA user_version")[0]
        occupied = self.one("SELECT count(*) FROM sqlite_master")[0]
        if occupied and application_id != APPLICATION_ID:
            raise LocalError(
                f"{self.path} is a database, but not a state file of the embedded ECS; use another one with"
                " --state"
            )
        if version > VERSION:
            raise LocalError(
                f"{self.path} was written by a newer version (format {version}, this one reads {VERSION}); "
                "use that version, or another file with --state"
            )
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        # Checked before it is upgraded: a damaged file stays as it is.
        if occupied:
            check_state(self._connection, self.path, max(version, 1))
        # Asked again inside the transaction: another process may have created the tables meanwhile.
        with self.transaction():
            has_tables = bool(self.one("SELECT count(*) FROM sqlite_master")[0])
            since = max(self.one("PRAGMA user_version")[0], int(has_tables))
            if since < VERSION:
                self._create(since=since)

    def _create(self, *, since: int) -> None:
        """Create the tables that the layout `since` lacks; 0 is an empty file."""
        for statement in statements(since=since):
            self.run(statement)
        self.run(f"PRAGMA application_id={APPLICATION_ID}")
        self.run(f"PRAGMA user_version={VERSION}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the statements inside atomically, isolated from other threads and processes; may be nested."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            # IMMEDIATE takes the write lock now; an upgrade later could fail with SQLITE_BUSY halfway.
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def run(self, statement: str, *values: Any) -> int:
        """Run a statement and return the number of rows that it changed."""
        with self._lock:
            return self._connection.execute(statement, values).rowcount

    def run_many(self, statement: str, rows: list[tuple[Any, ...]]) -> None:
        """Run a statement once for each row, in one transaction."""
        with self.transaction():
            self._connection.executemany(statement, rows)

    def all(self, statement: str, *values: Any) -> list[Any]:
        """Return all rows."""
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def one(self, statement: str, *values: Any) -> Any:
        """Return the first row, or None."""
        with self._lock:
            return self._connection.execute(statement, values).fetchone()

    def clear(self) -> None:
        """Delete everything."""
        names = [name for (name,) in self.all("SELECT name FROM sqlite_master WHERE type='table'")]
        with self.transaction():
            for name in names:
                self.run(f"DELETE FROM {name}")  # noqa: S608 - our own table names

    def close(self) -> None:
        """Close the connection; the state is kept."""
        with self._lock:
            self._connection.close()


def _connect(path: Path | None) -> sqlite3.Connection:
    if path is not None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # The file contains secrets and environments: other users must not be able to read it.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise LocalError(f"the state file {path} cannot be opened: {error.strerror}") from error
    return sqlite3.connect(
        ":memory:" if path is None else path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
    )
