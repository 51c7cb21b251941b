"""An entry of the ledger: one job of one run, its tasks and what became of them; as JSON, and back."""

from collections.abc import Container, Mapping
from dataclasses import field, replace
from typing import Any, Final

from ecsplan.terms.records import dataclass
from ecsplan.terms.run_policy import SUCCESS
from ecsplan_applier.ledger.recorded import read_log_place, read_task_result
from ecsplan_applier.outcomes.result import LogPlace, TaskResult

FORMAT: Final = 1
"""Number of the format in which entries are written."""
KEPT_BY_ECS_S: Final = 3600.0
"""For how long after its last task stopped ECS knows a client token, and shows a stopped task (ECS developer
guide, ensuring idempotency; ECS API reference, DescribeTasks)."""


@dataclass(frozen=True, slots=True)
class EntryKey:
    """Which job of which run an entry is about; the account and region are those that the tasks run in."""

    account: str
    region: str
    run_id: str
    job: str


@dataclass(frozen=True, slots=True)
class RecordedCopy:
    """What is recorded of one copy of a job.

    Attributes:
        copy: Which copy, from 1.
        attempt: The attempt that it has reached, from 1.
        asked_at: When a task for that attempt was first asked for, by AWS's clock, in seconds since 1970;
            None where none was. It is recorded before the call is made, so that a task need not exist.
        task_arn: The task of that attempt, where it is known.
        cluster: The task's cluster, as `TaskResult.cluster`.
        log: Where that task writes its log, where it is known and it has one.
        earlier: The attempts before it that have ended, the first one first.
        result: What became of the copy in the end, with its earlier attempts; None while it is not over for
            good.
        first_asked_at: As `asked_at`, of its first attempt. Copies that were asked for together have the same
            time: by it, an apply that resumes the run knows which of them one call was for.
        stopped_at: When its last task stopped, as ECS shows it, in seconds since 1970; None while it is not
            over, and where that was not seen.
    """

    copy: int
    attempt: int = 1
    asked_at: float | None = None
    task_arn: str | None = None
    cluster: str = ""
    log: LogPlace | None = None
    earlier: tuple[TaskResult, ...] = ()
    result: TaskResult | None = None
    first_asked_at: float | None = None
    stopped_at: float | None = None

    @property
    def has_ended(self) -> bool:
        """Whether a task of it has stopped, and no further one is due: it is never started again.

        Not where a further attempt was due that was not started, as after a signal: that one may still be.
        """
        result = self.result
        return result is not None and result.over and result.arn is not None and not result.unstarted

    @property
    def stopped(self) -> tuple[str, ...]:
        """The ARNs of its tasks that are known to have stopped, the first attempt's first."""
        ended = self.result.attempts if self.result is not None and self.has_ended else ()
        return tuple(each.arn for each in (ended or self.earlier) if each.arn is not None)

    @property
    def is_open(self) -> bool:
        """Whether a task was asked for of which no end is recorded: it may run, or have ended unseen."""
        return self.asked_at is not None and not self.has_ended

    @property
    def was_started(self) -> bool:
        """Whether a task of it was asked for, which need not exist."""
        return self.has_ended or self.is_open or bool(self.earlier)

    def is_forgotten(self, now: float) -> bool:
        """Return whether ECS may have forgotten what was asked for; `now` is AWS's time since 1970."""
        return self.is_open and self.asked_at is not None and now - self.asked_at >= KEPT_BY_ECS_S

    def to_json(self) -> dict[str, Any]:
        """Return the copy as its job's entry holds it."""
        log = self.log
        return {
            "copy": self.copy,
            "attempt": self.attempt,
            "asked_at": self.asked_at,
            "first_asked_at": self.first_asked_at,
            **({} if self.stopped_at is None else {"stopped_at": self.stopped_at}),
            "task_arn": self.task_arn,
            "cluster": self.cluster or None,
            "log": None if log is None else log.to_json(),
            "earlier": [each.to_json() for each in self.earlier],
            "result": None if self.result is None else self.result.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger knows of one job of one run.

    Attributes:
        key: Which job of which run.
        family: The family of its task definition.
        cluster: The cluster as its request names it; None is the account's default.
        container: The job's container.
        request_digest: SHA-256 of what the job asks for, without the values of sensitive variables.
        copies: Its copies, by their numbers.
        jobs: The names of all jobs that this apply of the run was to carry out.
        succeed_on: The exit codes of the job's container that count as success.
        attempts: How many attempts each copy has at most.
        written_at: When the entry was written last, by AWS's clock, in seconds since 1970.
        shown: Digest of the overrides that its tasks show, by which they are told from those of other jobs
            with the same family; "" where it is not recorded.
        hidden: The environment variables that this digest leaves out: their values are sensitive.
        elsewhere: The jobs among them whose tasks run in other regions, each with its region, or in another
            account, with None.
    """

    key: EntryKey
    family: str
    cluster: str | None
    container: str
    request_digest: str
    copies: tuple[RecordedCopy, ...]
    jobs: tuple[str, ...] = ()
    succeed_on: tuple[int, ...] = SUCCESS
    attempts: int = 1
    written_at: float = 0.0
    shown: str = ""
    hidden: tuple[str, ...] = ()
    elsewhere: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def has_ended(self) -> bool:
        """Whether every copy has ended: nothing of the job is ever started again under its run id."""
        return all(each.has_ended for each in self.copies)

    @property
    def has_begun(self) -> bool:
        """Whether tasks of it were asked for: only then does its run id belong to this request."""
        return any(each.was_started for each in self.copies)

    def jobs_in(self, regions: Container[str]) -> tuple[str, ...]:
        """Return the names of those jobs of the apply that run in these regions, in the entry's account."""
        return tuple(each for each in self.jobs if self.elsewhere.get(each, self.key.region) in regions)

    def with_copy(self, copy: RecordedCopy) -> "Entry":
        """Return the entry with what is known of one of its copies now."""
        return replace(self, copies=tuple(copy if each.copy == copy.copy else each for each in self.copies))

    def to_json(self) -> dict[str, Any]:
        """Return the entry as the ledger holds it; `schemas/ledger-entry.schema.json` describes it."""
        return {**self.facts(), "copies": [each.to_json() for each in self.copies]}

    def facts(self) -> dict[str, Any]:
        """Return what the ledger holds of the entry besides its copies."""
        return {
            "ledger_format": FORMAT,
            "account": self.key.account,
            "region": self.key.region,
            "run_id": self.key.run_id,
            "job": self.key.job,
            "jobs": list(self.jobs),
            **({"elsewhere": dict(self.elsewhere)} if self.elsewhere else {}),
            "family": self.family,
            "cluster": self.cluster,
            "container": self.container,
            "succeed_on": list(self.succeed_on),
            "attempts": self.attempts,
            "request_digest": self.request_digest,
            "shown_digest": self.shown,
            "hidden_variables": list(self.hidden),
            "written_at": self.written_at,
        }


def read_entry(document: Mapping[str, Any]) -> Entry:
    """Return the entry that a document of this format holds; it has passed its schema.

    Raises:
        KeyError, TypeError, ValueError: It has not the form of an entry.
    """
    key = EntryKey(document["account"], document["region"], document["run_id"], document["job"])
    succeed_on = tuple(document["succeed_on"])
    return Entry(
        key=key,
        family=document["family"],
        cluster=document["cluster"],
        container=document["container"],
        request_digest=document["request_digest"],
        copies=tuple(_read_copy(each, key.job, succeed_on) for each in document["copies"]),
        jobs=tuple(document["jobs"]),
        succeed_on=succeed_on,
        attempts=document["attempts"],
        written_at=document["written_at"],
        shown=document.get("shown_digest", ""),
        hidden=tuple(document.get("hidden_variables", ())),
        elsewhere=dict(document.get("elsewhere", {})),
    )


def _read_copy(document: Mapping[str, Any], job: str, succeed_on: tuple[int, ...]) -> RecordedCopy:
    result, log = document["result"], document["log"]
    return RecordedCopy(
        copy=document["copy"],
        attempt=document["attempt"],
        asked_at=document["asked_at"],
        first_asked_at=document.get("first_asked_at"),
        stopped_at=document.get("stopped_at"),
        task_arn=document["task_arn"],
        cluster=document["cluster"] or "",
        log=None if log is None else read_log_place(log),
        earlier=tuple(read_task_result(each, job, succeed_on) for each in document["earlier"]),
        result=None if result is None else read_task_result(result, job, succeed_on, document["attempt"]),
    )
