"""Names short enough to read: what an ARN says beyond them stands beside them, or in the JSON forms."""


def short_name(arn: str | None) -> str:
    """Return what comes after the last slash of an ARN: `family:revision`, a task id; "" for None."""
    return (arn or "").rpartition("/")[2]
