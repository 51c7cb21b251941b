"""What names a run on the command line: a run id, or a result file that `apply --result` has written."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NoReturn

from ecsplan.terms.records import dataclass
from ecsplan_applier.arns import account_of, region_of
from ecsplan_applier.ledger.entry import RecordedCopy
from ecsplan_applier.ledger.recorded import read_task_result
from ecsplan_applier.outcomes.errors import UsageError
from ecsplan_applier.outcomes.result import TaskResult
from ecsplan_applier.tasks.run_id import STANDARD_INPUT, checked_run_id

MAX_RESULT_BYTES: Final = 512 * 1024 * 1024
"""Bytes of a result file that are read; 100,000 tasks take about a fifth of that."""
_MEMBERS: Final = frozenset({"run_id", "exit_status", "jobs", "left_running"})
"""What every result has, and no other JSON document of ecsplan."""
_EVENTS: Final = "it is written by `apply --events`"
_WANTED: Final = "RUN is a run id, or a file written by `apply --result`"


@dataclass(frozen=True, slots=True)
class ResultJob:
    """A job as a result file has it.

    Attributes:
        name: Its name.
        revision: ARN of the revision that it ran, or None.
        copies: Its copies.
    """

    name: str
    revision: str | None
    copies: tuple[RecordedCopy, ...]

    @property
    def arns(self) -> frozenset[str]:
        """The tasks that were started for it."""
        return frozenset(arn for each in self.copies for arn in arns_of(each))

    @property
    def region(self) -> str | None:
        """The region of its tasks, or None where it has none."""
        return next(filter(None, map(region_of, sorted(self.arns))), None)


@dataclass(frozen=True, slots=True)
class RunReference:
    """The run that a command is about.

    Attributes:
        run_id: Its id.
        jobs: What a result file says of its jobs; () where a run id was given.
        named: The result file, or None.
        error: Why the apply was refused that wrote the file, or None.
    """

    run_id: str
    jobs: tuple[ResultJob, ...] = ()
    named: str | None = None
    error: str | None = None

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions in which the tasks of the result file are."""
        return tuple(dict.fromkeys(filter(None, map(region_of, self._arns()))))

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts in which the tasks of the result file are."""
        return tuple(dict.fromkeys(filter(None, map(account_of, self._arns()))))

    def jobs_in(self, region: str) -> tuple[ResultJob, ...]:
        """Return the jobs whose tasks are in a region; those without tasks are in the first one."""
        regions = self.regions
        if len(regions) <= 1:
            return self.jobs
        return tuple(each for each in self.jobs if (each.region or regions[0]) == region)

    def _arns(self) -> Iterator[str]:
        for job in self.jobs:
            yield from sorted(job.arns)


def arns_of(copy: RecordedCopy) -> Iterator[str]:
    """Yield the ARNs of the tasks that are known of a copy, the first attempt's first."""
    ended = copy.earlier if copy.result is None else copy.result.attempts
    yield from (each.arn for each in ended if each.arn is not None)
    if copy.task_arn is not None:
        yield copy.task_arn


def read_reference(named: str) -> RunReference:
    """Return the run that a user has named: by a file that exists, else by its id; `-` is standard input.

    Raises:
        UsageError: It is neither a run id nor a result file, or the result is that of no run.
    """
    if not named:
        raise UsageError(f"RUN is empty; is a variable unset? {_WANTED}")
    if named == STANDARD_INPUT:
        return result_reference(sys.stdin.buffer.read(MAX_RESULT_BYTES + 1), "<stdin>")
    path = Path(named)
    try:
        # A folder does not stand in the way of a run id: `nightly` may be both.
        if path.exists() and not path.is_dir():
            with path.open("rb") as file:
                return result_reference(file.read(MAX_RESULT_BYTES + 1), named)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"cannot read {named}: {reason}") from error
    return RunReference(_run_id(named, is_folder=path.is_dir()))


def _run_id(named: str, *, is_folder: bool) -> str:
    # `ci/7` may be a run id although there is a folder of that name.
    if is_folder and (named.startswith(("/", ".")) or named.endswith("/")):
        raise UsageError(f"{named} is a folder; {_WANTED}")
    if ":task/" in named and "arn:" in named:
        raise UsageError(
            f"{named} is a task, not a run; {_WANTED}\n"
            "  help: its startedBy is `ecsplan/` and the run id; `ecsplan runs` lists all runs"
        )
    try:
        return checked_run_id(named)
    except UsageError as error:
        what = f"{named!r} is neither a file that exists nor a run id"
        raise UsageError(f"{what}: {error}\n  help: {_WANTED}") from error


def result_reference(content: bytes, named: str) -> RunReference:
    """Return the run of a result that was read.

    Args:
        content: The file.
        named: What it is called in messages.

    Raises:
        UsageError: It is not a result of `apply`, or that of an apply which began no run.
    """
    document = _document(content, named)
    try:
        run_id, error = document["run_id"], document.get("error")
        if run_id is None:
            reason = str(error or "").partition("\n")[0]
            raise UsageError(f"{named}: the apply was refused before it began a run: {reason}")
        jobs = tuple(_job(each) for each in document["jobs"])
        return RunReference(_checked(run_id, named), jobs, named, error)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        _refuse(named, f"a member is missing or malformed: {error}", error)


def _checked(run_id: str, named: str) -> str:
    try:
        return checked_run_id(run_id)
    except UsageError as error:
        _refuse(named, str(error), error)


def _document(content: bytes, named: str) -> Mapping[str, Any]:
    if len(content) > MAX_RESULT_BYTES:
        _refuse(named, f"it is larger than {MAX_RESULT_BYTES // 2**20} MiB")
    if not content.strip():
        _refuse(named, "it is empty; an apply writes its result when it ends")
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        reason = "it is not JSON, or was cut off"
        if _is_event(content.partition(b"\n")[0]):
            _refuse(named, _EVENTS, error)
        _refuse(named, f"{reason} ({error})" if isinstance(error, json.JSONDecodeError) else reason, error)
    if not isinstance(document, dict):
        _refuse(named, "it is not a JSON object")
    if not document.keys() >= _MEMBERS:
        _refuse(named, _other(document))
    return document


def _is_event(line: bytes) -> bool:
    with suppress(ValueError, RecursionError):
        document = json.loads(line)
        return isinstance(document, dict) and {"event", "time"} <= document.keys()
    return False


def _other(document: Mapping[str, Any]) -> str:
    """Return what a JSON document is that is not a result."""
    if {"compiler", "jobs"} <= document.keys():
        return "it is a plan"
    if {"event", "time"} <= document.keys():
        return _EVENTS
    if "ledger_format" in document:
        return f"it is a ledger document; the run id in it is {document.get('run_id')}"
    missing = ", ".join(sorted(_MEMBERS - document.keys()))
    return f"it has no {missing}"


def _job(document: Mapping[str, Any]) -> ResultJob:
    name = document["name"]
    copies = tuple(_copy(read_task_result(each, name)) for each in document["tasks"])
    return ResultJob(name, document["task_definition"]["arn"], copies)


def _copy(result: TaskResult) -> RecordedCopy:
    """Return a copy as recorded; what was left running, or was lost sight of, has not ended."""
    return RecordedCopy(
        copy=result.copy,
        attempt=result.attempt,
        task_arn=result.arn,
        cluster=result.cluster,
        log=result.log,
        earlier=result.earlier,
        result=result if result.over else None,
    )


def _refuse(named: str, why: str, cause: Exception | None = None) -> NoReturn:
    raise UsageError(f"{named} is not a result of `apply --result`: {why}\n  help: {_WANTED}") from cause
