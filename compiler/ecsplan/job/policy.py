"""From the keys of a normalized manifest to the `RunPolicy` of its job."""

from collections.abc import Mapping
from typing import Any

from ecsplan.terms.run_policy import SUCCESS, Combination, LogRetention, RunPolicy, retry_of


def policy_of(spec: Mapping[str, Any], matrix: Combination | None = None) -> RunPolicy:
    """Return when a job starts and what becomes of its ends.

    Args:
        spec: The normalized manifest.
        matrix: Which combination of a matrix the job is; None where it is of none.
    """
    return RunPolicy(
        after=tuple(dict.fromkeys(spec.get("after", ()))),
        array=spec.get("array"),
        max_parallel=spec.get("max_parallel"),
        succeed_on=tuple(sorted(set(spec.get("succeed_on", SUCCESS)))),
        retry=retry_of(spec.get("retry")),
        concurrency=spec.get("concurrency", "allow"),
        log_retention=_log_retention(spec),
        matrix=matrix,
    )


def _log_retention(spec: Mapping[str, Any]) -> LogRetention | None:
    if "log_retention" in spec:
        written = spec["log_retention"]
        # Without its days it is refused and reported; what the rest says then has no effect.
        return (
            LogRetention(written["days"], always=written.get("always", False)) if "days" in written else None
        )
    return LogRetention(spec["log_retention_days"]) if "log_retention_days" in spec else None
