"""Points in time, for people and for programs, both in UTC."""

from datetime import UTC, datetime


def time_text(seconds: float | None) -> str:
    """Return a time, in seconds since 1970, as a person reads it: `2026-01-31 12:00:01 UTC`; "" for None."""
    return "" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


def time_json(seconds: float | None) -> str | None:
    """Return a time as ISO 8601 has it, `2026-01-31T12:00:01.012Z`; None for None."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
