"""When a job of a plan starts, what counts as its success, and when it is tried again."""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, get_args

from ecsplan.terms.json_types import Json, Record
from ecsplan.terms.records import dataclass

Cause: TypeAlias = Literal["start", "interruption", "timeout", "failure"]
"""Why an attempt did not succeed, as `retry.on` names it; exit codes stand beside these."""
CAUSES: Final[tuple[Cause, ...]] = get_args(Cause)

Concurrency: TypeAlias = Literal["allow", "forbid", "wait"]
"""Whether a job may start while tasks of its family run that another run of ecsplan has started."""
CONCURRENCIES: Final[tuple[Concurrency, ...]] = get_args(Concurrency)

INDEX_VARIABLE: Final = "ECSPLAN_INDEX"
COUNT_VARIABLE: Final = "ECSPLAN_COUNT"
ATTEMPT_VARIABLE: Final = "ECSPLAN_ATTEMPT"
ARRAY_VARIABLES: Final = (INDEX_VARIABLE, COUNT_VARIABLE, ATTEMPT_VARIABLE)
"""What each copy of an array has in the environment of the job's container."""

MAX_ATTEMPTS: Final = 10
MAX_ARRAY: Final = 10_000
SUCCESS: Final = (0,)
"""The exit codes that count as success where a manifest names none."""


@dataclass(frozen=True, slots=True)
class Retry:
    """When a copy of a job gets another attempt.

    Attributes:
        attempts: Started tasks that a copy gets at most, the first included.
        causes: What is tried again.
        exit_codes: Exit codes of the job's container that are tried again, in ascending order.
        written: Whether the manifest says so: a start timeout counts as a failed start only where `start` is
            written, not by default.
    """

    attempts: int = 3
    causes: frozenset[Cause] = frozenset({"start"})
    exit_codes: tuple[int, ...] = ()
    written: bool = False

    def to_json(self) -> Record:
        """Return it as the manifest's key `retry` spells it, every member present."""
        causes: list[Json] = [each for each in CAUSES if each in self.causes]
        codes: list[Json] = [{"exit_codes": list(self.exit_codes)}] if self.exit_codes else []
        return {"attempts": self.attempts, "on": [*causes, *codes]}


DEFAULT_RETRY: Final = Retry()
"""Three attempts, where nothing ran for a cause that AWS calls transient."""
WRITTEN_CAUSES: Final[frozenset[Cause]] = frozenset({"start", "interruption"})
"""What is tried again where a manifest has `retry` without `on`."""


def retry_of(body: Mapping[str, object] | None) -> Retry:
    """Return what a `retry` says, of a manifest or a plan, whose schema has accepted it.

    Args:
        body: The value of the key; None where it is not written.
    """
    if body is None:
        return DEFAULT_RETRY
    attempts, written = body.get("attempts"), body.get("on")
    causes = frozenset(each for each in CAUSES if isinstance(written, list | tuple) and each in written)
    lists = (
        each.get("exit_codes")
        for each in (written if isinstance(written, list | tuple) else ())
        if isinstance(each, Mapping)
    )
    codes = {int(code) for each in lists if isinstance(each, list | tuple) for code in each}
    return Retry(
        attempts=int(attempts) if isinstance(attempts, int | float) else DEFAULT_RETRY.attempts,
        causes=WRITTEN_CAUSES if written is None else causes,
        exit_codes=tuple(sorted(codes)),
        written=True,
    )


@dataclass(frozen=True, slots=True)
class LogRetention:
    """How long CloudWatch keeps the events of a job's log group.

    Attributes:
        days: The days.
        always: Whether this is set on any group, not only on one that the run made.
    """

    days: int
    always: bool = False


@dataclass(frozen=True, slots=True)
class Combination:
    """Which combination of a matrix a job is.

    Attributes:
        name: The matrix's plain name, which stands for all of its jobs.
        values: The value of each of its names, as written in the job's name.
    """

    name: str
    values: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class RunPolicy:
    """When a job starts, how many of its tasks run at a time, and what becomes of their ends.

    Attributes:
        after: Names of the jobs that have to succeed first; the plain name of a matrix stands for its jobs.
        array: How many copies there are, each of which knows its number; None where it is no array.
        max_parallel: How many of its tasks may run at a time; None for all.
        succeed_on: The exit codes that count as success, in ascending order.
        retry: When a copy gets another attempt.
        concurrency: Whether it may start beside other runs of the same family.
        log_retention: How long its log is kept; None leaves that as it is.
        matrix: Which combination of a matrix it is; None where it is of none.
    """

    after: tuple[str, ...] = ()
    array: int | None = None
    max_parallel: int | None = None
    succeed_on: tuple[int, ...] = SUCCESS
    retry: Retry = DEFAULT_RETRY
    concurrency: Concurrency = "allow"
    log_retention: LogRetention | None = None
    matrix: Combination | None = None


DEFAULT_POLICY: Final = RunPolicy()


def array_environment(index: int, count: int, attempt: int) -> list[Json]:
    """Return the variables of one copy of an array, as `environment` of a container override has them.

    Args:
        index: The copy, from 0.
        count: How many copies there are.
        attempt: Which attempt of the copy it is, from 1.
    """
    values = zip(ARRAY_VARIABLES, (index, count, attempt), strict=True)
    return [{"name": name, "value": str(value)} for name, value in values]


def policy_document(policy: RunPolicy) -> Record:
    """Return the members of a plan's job that a policy makes; what is the default is left out."""
    retention, matrix = policy.log_retention, policy.matrix
    members: Record = {
        "after": list(policy.after) or None,
        "array": policy.array,
        "max_parallel": policy.max_parallel,
        "succeed_on": None if policy.succeed_on == SUCCESS else list(policy.succeed_on),
        "retry": policy.retry.to_json() if policy.retry.written else None,
        "concurrency": None if policy.concurrency == "allow" else policy.concurrency,
        "log_retention": None if retention is None else {"days": retention.days, "always": retention.always},
        "matrix": None if matrix is None else {"name": matrix.name, "values": dict(matrix.values)},
    }
    return {name: value for name, value in members.items() if value is not None}
