"""What `compile` and `check` say of what they did: counts, where the jobs will run, and what comes next."""

import os
import shlex
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress

from ecsplan.draft.draft import Draft
from ecsplan.plan.plan import JobText, PlannedJob, job_text
from ecsplan.terms.diagnostic import Diagnostic
from ecsplan.terms.records import dataclass
from ecsplan.terms.safe_text import escaped
from ecsplan_cli.output import counted
from ecsplan_cli.plan_files import DEFAULT_PLAN

_ACTIONS = {"register": "to register", "reuse": "to reuse", "undecided": "undecided until AWS is asked"}


@dataclass(frozen=True, slots=True)
class WrittenJob:
    """A job of a plan as text, and what the summary counts of it.

    Attributes:
        text: The job in the plan.
        action: `reuse`, `register` or `undecided`.
        account: The account that was asked, or None.
        region: Its region, or None where apply's configuration decides.
        tasks: How many copies of its task there are.
    """

    text: JobText
    action: str
    account: str | None
    region: str | None
    tasks: int = 1


def written_job(job: PlannedJob, made: Draft) -> WrittenJob:
    """Return a job of a plan as `compile` writes and counts it."""
    del made
    count = job.run_request.get("count", 1)
    tasks = job.policy.array or (count if isinstance(count, int) else 1)
    return WrittenJob(job_text(job), job.definition.decision.action, job.account, job.aws.region, tasks)


def plan_summary(jobs: Sequence[WrittenJob]) -> str:
    """Return how many jobs a plan has, what will happen to their definitions, and where they run."""
    number = Counter(each.action for each in jobs)
    actions = [f"{number[action]:,} {words}" for action, words in _ACTIONS.items() if number[action]]
    places = [
        _place("account", (each.account for each in jobs)),
        _place("region", (each.region for each in jobs)),
    ]
    where = ", ".join(each for each in places if each)
    tasks = sum(each.tasks for each in jobs)
    copies = f" with {counted(tasks, 'task')}" if tasks != len(jobs) else ""
    return f"{counted(len(jobs), 'job')}{copies}: {', '.join(actions)}{f' ({where})' if where else ''}"


def next_command(plan: str | None, options: Iterable[str]) -> str:
    """Return the line that names the next command: the one that shows the plan.

    Args:
        plan: The plan's file; None where it went to standard output.
        options: Options that lead `diff` to the same AWS, where it has to ask.
    """
    file = file_written(plan)
    words = shlex.join(["ecsplan", "diff", file or "-", *options])
    return f"next: {words}" if file else f"next: pipe the plan to `{words}`"


def file_written(plan: str | None) -> str | None:
    """Return the name of the file that a result was written to: that of `-o`, or what `> plan.json` names."""
    if plan is not None and plan != "-":
        return plan
    with suppress(OSError, ValueError, AttributeError):
        if os.path.samestat(os.fstat(sys.stdout.fileno()), os.stat(DEFAULT_PLAN)):  # noqa: PTH116 - samestat's pair
            return DEFAULT_PLAN
    return None


def check_summary(files: int, jobs: int, diagnostics: Iterable[Diagnostic]) -> str:
    """Return the last line of `check`."""
    number = Counter(each.severity for each in diagnostics)
    found = f"{counted(number['error'], 'error')}, {counted(number['warning'], 'warning')}"
    return f"{counted(files, 'file')}, {counted(jobs, 'job')}: {found}"


def _place(name: str, values: Iterable[str | None]) -> str:
    """Return the account or the region of all jobs; of several only their number, "" where none is known."""
    known = sorted({each for each in values if each is not None})
    if len(known) > 1:
        return counted(len(known), name)
    return f"{name} {escaped(known[0])}" if known else ""
