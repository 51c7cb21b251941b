"""AWS CLI: the two requests of a job as files, and the two commands that make them.

The commands name the files without a folder; who writes the files puts it in front of the names.
"""

import json
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from ecsplan.job.spec import DEFAULT_START_TIMEOUT_S
from ecsplan.plan.plan import PlannedJob
from ecsplan.terms.family_names import family_name
from ecsplan.terms.json_types import Record
from ecsplan.terms.records import dataclass
from ecsplan.terms.run_policy import SUCCESS
from ecsplan.terms.safe_text import escaped_json
from ecsplan_convert.exported import Exported
from ecsplan_convert.writers.planned import linked_as_it_is, run_request

MAX_JOBS: Final = None
MAX_COUNT: Final = 10
"""Tasks that a RunTask call starts at most (ECS API reference, RunTask, `count`)."""
DEFINITION: Final = "task-definition.json"
REQUEST: Final = "run-task.json"
_MAX_STEM: Final = 200
"""Characters of a job's name in a file's name, which file systems limit to 255 bytes."""
_NAMED_IN_LIST: Final = 3


def write(jobs: Sequence[PlannedJob]) -> Exported:
    """Return files for `--cli-input-json`, and a command to register and one to run for each job.

    A job that runs a linked definition as it is has a run request only. The names of the files of several
    jobs begin with the jobs' names. The files are ASCII: the AWS CLI reads text in the encoding of the locale
    (AWS CLI user guide, AWS_CLI_FILE_ENCODING).
    """
    files: dict[str, str] = {}
    commands: list[str] = []
    # A family's newest revision is what its run-task command starts, so one is registered again only where
    # another definition of the family came between.
    newest: dict[str, str] = {}
    for job, prefix in zip(jobs, _prefixes(jobs), strict=True):
        linked = linked_as_it_is(job)
        options = _options(job)
        if linked is None:
            name, body = f"{prefix}{DEFINITION}", _json(job.definition.request)
            files[name] = body
            if newest.get(job.definition.family) != body:
                commands.append(_command("register-task-definition", name, options))
            newest[job.definition.family] = body
        name = f"{prefix}{REQUEST}"
        request: Record = {**run_request(job), "taskDefinition": linked or job.definition.family}
        files[name] = _json(request)
        commands += [
            _command("run-task", name, [*count, *options]) for count in _counts(request.get("count"))
        ]
    notes = tuple(f"{job.name}: {note}" for job in jobs for note in _notes(job))
    return Exported("".join(f"{each}\n" for each in commands), files, notes)


def _prefixes(jobs: Sequence[PlannedJob]) -> list[str]:
    """Return what the names of each job's files begin with: nothing for one job."""
    if len(jobs) == 1:
        return [""]
    found: dict[str, str] = {}
    for job in jobs:
        stem = family_name(job.name)[:_MAX_STEM].strip("-") or "job"
        name, number = stem, 1
        # Without case, as file systems of macOS and Windows compare names.
        while name.lower() in found:
            number += 1
            name = f"{stem}-{number}"
        found[name.lower()] = f"{name}."
    return list(found.values())


def _json(document: Mapping[str, Any]) -> str:
    return escaped_json(json.dumps(document, indent=2)) + "\n"


def _options(job: PlannedJob) -> list[str]:
    """Return the options of the AWS CLI that lead to where a job runs."""
    given = {
        "--region": job.aws.region,
        "--profile": job.aws.profile,
        "--endpoint-url": job.aws.endpoint_url,
    }
    return [word for name, value in given.items() if value is not None for word in (name, value)]


def _command(operation: str, file: str, options: Sequence[str]) -> str:
    return shlex.join(["aws", "ecs", operation, "--cli-input-json", f"file://{file}", *options])


def _counts(count: object) -> list[list[str]]:
    """Return the options about the number of tasks for each call: none where one call starts them all."""
    if not isinstance(count, int) or count <= MAX_COUNT:
        return [[]]
    full, rest = divmod(count, MAX_COUNT)
    return [["--count", str(each)] for each in [MAX_COUNT] * full + [rest] * bool(rest)]


@dataclass(frozen=True, slots=True)
class _NotDone:
    """Something that apply does for a job and the AWS CLI does not.

    Attributes:
        applies: Returns whether the job asks for it.
        note: Returns the key and what is to be done instead.
    """

    applies: Callable[[PlannedJob], bool]
    note: Callable[[PlannedJob], str]


def _says(job: PlannedJob, *keys: str) -> bool:
    return any(each in job.spec for each in keys)


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED_IN_LIST
    return ", ".join(names[:_NAMED_IN_LIST]) + (f" and {more} more" if more > 0 else "")


def _log_note(job: PlannedJob) -> str:
    group = "" if job.watch.logs is None else job.watch.logs.group
    tail = shlex.join(["aws", "logs", "tail", group, "--follow"])
    return f"`aws ecs run-task` does not show the log; version 2 of the AWS CLI does: `{tail}`"


_NOT_DONE: Final = (
    _NotDone(
        lambda job: bool(job.policy.after),
        lambda job: (
            f"`after`: run its command once {_listed(job.policy.after)} succeeded: `aws ecs run-task` does "
            "not wait for other tasks"
        ),
    ),
    _NotDone(
        lambda job: job.policy.array is not None,
        lambda job: (
            f"`array`: the command starts one task, not {job.policy.array}, and sets no ECSPLAN_INDEX: "
            "run it once for each index with the variable among the overrides"
        ),
    ),
    _NotDone(
        lambda job: job.policy.max_parallel is not None,
        lambda _: "`max_parallel`: the AWS CLI does not limit how many tasks run at a time",
    ),
    _NotDone(
        lambda job: _counts(job.run_request.get("count")) != [[]],
        lambda job: (
            f"`count`: one call starts at most {MAX_COUNT} tasks, so there are "
            f"{len(_counts(job.run_request.get('count')))} run-task commands, each with its own `--count`"
        ),
    ),
    _NotDone(
        lambda job: job.policy.retry.written,
        lambda _: "`retry`: `aws ecs run-task` makes one attempt",
    ),
    _NotDone(
        lambda job: job.policy.succeed_on != SUCCESS,
        lambda _: "`succeed_on`: `aws ecs run-task` does not wait for the task's exit code",
    ),
    _NotDone(
        lambda job: job.policy.concurrency != "allow",
        lambda job: (
            f"`concurrency: {job.policy.concurrency}`: the AWS CLI starts the task whatever else runs"
        ),
    ),
    _NotDone(
        lambda job: job.watch.timeout_s is not None,
        lambda _: "`task_timeout_seconds`: nothing stops the task; `aws ecs stop-task` does",
    ),
    _NotDone(
        lambda job: job.watch.start_timeout_s != DEFAULT_START_TIMEOUT_S,
        lambda _: "`task_start_timeout_seconds`: nothing stops a task that does not start",
    ),
    _NotDone(lambda job: job.watch.logs is not None, _log_note),
    _NotDone(
        lambda job: job.policy.log_retention is not None,
        lambda _: "`log_retention_days`: set it with `aws logs put-retention-policy`",
    ),
    _NotDone(
        lambda job: job.watch.deregister,
        lambda _: (
            "`auto_deregister_task_definition`: the revision stays registered; "
            "`aws ecs deregister-task-definition` deregisters it"
        ),
    ),
    _NotDone(
        lambda job: job.aws.assume_role_arn is not None,
        lambda _: (
            "`aws.assume_role_arn`: the commands use the credentials that they find: assume the role first"
        ),
    ),
    _NotDone(
        lambda job: _says(job, "schedule"),
        lambda _: "`schedule`: the commands run the job once, now",
    ),
)
"""What apply does beyond the two requests, in the order of the keys in docs/manifest.md."""


def _notes(job: PlannedJob) -> Iterator[str]:
    return (each.note(job) for each in _NOT_DONE if each.applies(job))
