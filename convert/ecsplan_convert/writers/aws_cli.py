"""AWS CLI: the two requests of a job as files, and the two commands that make them.

The commands name the files without a folder; who writes the files puts it in front of the names.
"""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from ecsplan.plan.plan import Logs, PlannedJob
from ecsplan.terms.family_names import family_name
from ecsplan.terms.json_types import Record
from ecsplan.terms.placeholders import REGION_AT_APPLY, placeholders_in
from ecsplan.terms.safe_text import escaped_json
from ecsplan_convert.exported import Exported
from ecsplan_convert.writers.job_sequence import in_order
from ecsplan_convert.writers.planned import linked_as_it_is, quoted, run_request
from ecsplan_convert.writers.unsupported import Unsupported, unsupported_notes

MAX_JOBS: Final = None
MAX_COUNT: Final = 10
"""Tasks that a RunTask call starts at most (ECS API reference, RunTask, `count`)."""
DEFINITION: Final = "task-definition.json"
REQUEST: Final = "run-task.json"
_MAX_STEM: Final = 200
"""Characters of a job's name in a file's name, which file systems limit to 255 bytes."""


def write(jobs: Sequence[PlannedJob]) -> Exported:
    """Return files for `--cli-input-json`, and a command to register and one to run for each job.

    A job that runs a linked definition as it is has a run request only. The names of the files of several
    jobs begin with the jobs' names, and the commands of a job stand behind those of jobs that it is after.
    The files are ASCII: the AWS CLI reads text in the encoding of the locale (AWS CLI user guide,
    AWS_CLI_FILE_ENCODING).
    """
    jobs = in_order(jobs)
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
    notes = tuple(note for job in jobs for note in _notes(job))
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


def _tail(job: PlannedJob, logs: Logs) -> str:
    """Return the command that shows a job's log, which may be in another region than its tasks."""
    region = None if logs.region == REGION_AT_APPLY else logs.region
    options = _options(replace(job, aws=replace(job.aws, region=region)))
    return shlex.join(["aws", "logs", "tail", logs.group, "--follow", *options])


def _command(operation: str, file: str, options: Sequence[str]) -> str:
    return shlex.join(["aws", "ecs", operation, "--cli-input-json", f"file://{file}", *options])


def _counts(count: object) -> list[list[str]]:
    """Return the options about the number of tasks for each call: none where one call starts them all."""
    if not isinstance(count, int) or count <= MAX_COUNT:
        return [[]]
    full, rest = divmod(count, MAX_COUNT)
    return [["--count", str(each)] for each in [MAX_COUNT] * full + [rest] * bool(rest)]


_NO_WAIT: Final = "`run-task` starts the task and does not wait for it"
_UNSUPPORTED: Final = (
    Unsupported("array", "the command starts one task, without ECSPLAN_INDEX: run it once for each index"),
    Unsupported("max_parallel", "the AWS CLI does not limit how many tasks run at a time"),
    Unsupported("succeed_on", _NO_WAIT),
    Unsupported("retry", _NO_WAIT),
    Unsupported("concurrency", "the AWS CLI starts the task whatever else runs"),
    Unsupported("task_start_timeout_seconds", "nothing stops the task; the AWS CLI's `stop-task` does"),
    Unsupported("task_timeout_seconds", "nothing stops the task; the AWS CLI's `stop-task` does"),
    Unsupported("log_retention_days", "the AWS CLI's `put-retention-policy` sets it"),
    Unsupported("auto_deregister_task_definition", "the AWS CLI's `deregister-task-definition` does that"),
    Unsupported("schedule", "the commands run the job once; `--to eventbridge` writes the schedule"),
)
"""What apply does beyond the two requests, and what is to be done instead."""


def _notes(job: PlannedJob) -> Iterator[str]:
    if job.policy.after:
        yield f"{job.name}: `after`: run its command once {quoted(job.policy.after)} succeeded: {_NO_WAIT}"
    calls = len(_counts(job.run_request.get("count")))
    if calls > 1:
        yield (
            f"{job.name}: `count`: one call starts at most {MAX_COUNT} tasks, so there are {calls} run-task "
            "commands, each with its own `--count`"
        )
    linked = linked_as_it_is(job)
    if linked is not None and placeholders_in(linked):
        yield f"{job.name}: `taskDefinition` is marked `{linked}`: enter its family or ARN"
    if job.aws.assume_role_arn is not None:
        yield f"{job.name}: `aws.assume_role_arn`: assume the role first"
    if job.watch.logs is not None:
        tail = _tail(job, job.watch.logs)
        yield f"{job.name}: `run-task` does not show the log; version 2 of the AWS CLI does: `{tail}`"
    yield from unsupported_notes(job, _UNSUPPORTED)
