"""Logs of runs as another machine than the one that applied them reads them, in a test's own time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from apply_stage import Stage

from ecsplan_applier.outcomes.errors import ApplierError
from ecsplan_applier.outcomes.events import Noted, Warned
from ecsplan_applier.runs.follow.read_logs import LogEvent, LogLinesBatch, LogRequest, Since, read_logs
from ecsplan_applier.runs.logs.sources import Containers, Selection
from ecsplan_applier.runs.reference import RunReference
from ecsplan_applier.runs.session import RunSession


@dataclass
class Shown:
    """What was shown of the logs of a run.

    Attributes:
        lines: The lines, with whose they are where several are shown.
        said: What was noted and warned.
        error: How it ended, if not well.
    """

    lines: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    error: ApplierError | None = None


def session_of(world: Stage, **options: Any) -> RunSession:
    """Return a session of another machine."""
    given: dict[str, Any] = {"gateway": world.gateway, "clock": world.clock, "workers": 0}
    return RunSession(world.session, **(given | options))


def log_events(
    world: Stage,
    run_id: str,
    *,
    job: str | None = None,
    containers: Containers = None,
    since: Since | None = None,
    tail: int | None = None,
    follow: bool = False,
    **options: Any,
) -> Iterator[LogEvent]:
    """Yield what is shown of the logs of a run."""
    request = LogRequest(Selection(job, containers), since or Since(), tail, follow)
    return read_logs(session_of(world, **options), RunReference(run_id), request)


def shown(world: Stage, run_id: str, **request: Any) -> Shown:
    """Return what is shown of the logs of a run, to the end."""
    found = Shown()
    try:
        for event in log_events(world, run_id, **request):
            if isinstance(event, LogLinesBatch):
                for label, messages in event.pieces:
                    before = f"{label} | " if event.several else ""
                    found.lines += [f"{before}{each}" for each in messages]
            elif isinstance(event, (Noted, Warned)):
                found.said.append(event.message)
    except ApplierError as error:
        found.error = error
    return found
