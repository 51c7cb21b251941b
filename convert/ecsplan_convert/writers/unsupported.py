"""The keys of a job that are not part of its two requests, and notes about those a format cannot express."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from ecsplan.job.spec import DEFAULT_START_TIMEOUT_S
from ecsplan.plan.plan import PlannedJob
from ecsplan.terms.records import dataclass
from ecsplan.terms.run_policy import SUCCESS
from ecsplan_convert.writers.planned import members_of, quoted, run_request


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A key of a manifest that a format cannot express.

    Attributes:
        key: The key, one of `ASKED`.
        why: What the other tool does instead, and what to do about it: the part of a sentence after `key:`.
    """

    key: str
    why: str


ASKED: Final[Mapping[str, Callable[[PlannedJob], bool]]] = {
    "after": lambda job: bool(job.policy.after),
    "array": lambda job: job.policy.array is not None,
    "max_parallel": lambda job: job.policy.max_parallel is not None,
    "succeed_on": lambda job: job.policy.succeed_on != SUCCESS,
    "retry": lambda job: job.policy.retry.written,
    "concurrency": lambda job: job.policy.concurrency != "allow",
    "task_start_timeout_seconds": lambda job: job.watch.start_timeout_s != DEFAULT_START_TIMEOUT_S,
    "task_timeout_seconds": lambda job: job.watch.timeout_s is not None,
    "log_retention_days": lambda job: job.policy.log_retention is not None,
    "stream_output": lambda job: job.spec.get("stream_output") is True,
    "auto_deregister_task_definition": lambda job: job.watch.deregister,
    "schedule": lambda job: "schedule" in job.spec,
    "aws": lambda job: "aws" in job.spec,
}
"""The keys whose effect is not in the requests for AWS, and whether a job uses each."""
OF_A_RUN: Final = (
    *("after", "array", "max_parallel", "succeed_on", "retry", "concurrency", "stream_output"),
    *("task_start_timeout_seconds", "task_timeout_seconds"),
)
"""Those about how tasks run, of which a format that only describes task definitions says nothing."""


def unsupported_notes(job: PlannedJob, table: Sequence[Unsupported]) -> Iterator[str]:
    """Yield a note for the keys of a table that a job uses; keys with the same reason share one."""
    asked = [each for each in table if ASKED[each.key](job)]
    for why in dict.fromkeys(each.why for each in asked):
        yield f"{job.name}: {quoted(_written(job, each.key) for each in asked if each.why == why)}: {why}"


def _written(job: PlannedJob, key: str) -> str:
    """Return a key as the manifest has it, which may say the same with another one."""
    return "log_retention" if key == "log_retention_days" and "log_retention" in job.spec else key


def definition_notes(job: PlannedJob, table: Sequence[Unsupported], what: str) -> Iterator[str]:
    """Yield the notes of a job in a format that describes task definitions only.

    Args:
        job: The job.
        table: The keys that the format cannot say.
        what: What holds the definition, in the format's own word.
    """
    members = tuple(members_of(run_request(job)))
    if members:
        yield (
            f"{job.name}: the RunTask request ({quoted(members)}) has no place in {what}; "
            "`--to aws-cli` writes it"
        )
    yield from unsupported_notes(job, table)
