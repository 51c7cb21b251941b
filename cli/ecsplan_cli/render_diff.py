"""What a plan would do, as text for people and as JSON for programs."""

import json
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

import click

from ecsplan.safe_text import escaped, escaped_json, without_commands
from ecsplan_cli.change_lines import Line, change_lines, value_lines
from ecsplan_cli.review import JobReview, Run, counts

DIFF_VERSION = 1
"""The number of the JSON form; raised when a reader of an older form would misread it."""

_COLOURS = {"+": "green", "-": "red", "~": "yellow"}
_SIGNS = {"first": "+", "changed": "~", "unchanged": "=", "linked": "=", "open": "?"}
_SUBNETS_SHOWN = 3
_COMMAND_SHOWN = 160
"""Characters of a command or of the environment that are shown."""


def render_text(jobs: Sequence[JobReview], *, colour: bool = False) -> str:
    """Return, job by job, what would happen, why, and what will run; the count at the end."""
    blocks = [*("\n".join(_block(each, colour=colour)) for each in jobs), summary(jobs)]
    return without_commands("\n\n".join(blocks) + "\n")


def render_json(jobs: Sequence[JobReview]) -> str:
    """Return the form that `docs/diff.md` describes, a newline at the end."""
    number = counts(jobs)
    document = {
        "diff_version": DIFF_VERSION,
        "summary": {
            "jobs": len(jobs),
            "register": number["register"],
            "reuse": number["reuse"],
        },
        "jobs": [_to_json(each) for each in jobs],
    }
    return escaped_json(json.dumps(document, ensure_ascii=False, indent=2)) + "\n"


def summary(jobs: Sequence[JobReview]) -> str:
    """Return the count: how many jobs would register a revision, and how many reuse one."""
    if not jobs:
        return "No jobs."
    number = counts(jobs)
    parts = [f"{number['register']:,} to register", f"{number['reuse']:,} to reuse"]
    if number["undecided"]:
        parts.append(f"{number['undecided']:,} undecided")
    return f"{counted(len(jobs), 'job')}: {', '.join(parts)}."


def counted(number: int, noun: str) -> str:
    """Return a number and its noun: `1 job`, `2 jobs`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def what(job: JobReview) -> str:
    """Return what would happen to the job's task definition, and why, in one line."""
    match job.reason:
        case "first":
            return f"register the first revision of {job.family}: it has no ACTIVE one{_made_of(job)}"
        case "changed":
            changes = counted(len(job.changes), "change")
            return f"register a revision of {job.family}: {changes} from {job.latest}{_made_of(job)}"
        case "unchanged":
            if job.latest not in {None, job.arn}:
                return f"reuse {job.arn}: it says the same, and the newest revision, {job.latest}, does not"
            return f"reuse {job.arn}: the newest revision says the same"
        case "linked":
            return f"reuse {job.arn}: the linked revision runs as it is"
        case "open":
            return f"undecided: AWS was not asked about {job.family}"


def lines_of(job: JobReview, *, split: bool = False) -> Iterator[Line]:
    """Yield the lines about the definition: its changes, or all of a first one (`split`: `change_lines`)."""
    if job.reason == "first":
        for name, value in job.request.items():
            yield from value_lines("+", f"/{name}", value)
    for change in job.changes:
        yield from change_lines(change, split=split)


def where_and_how(run: Run) -> str:
    """Return what will run, in one line: copies, cluster, region, launch type, size, network."""
    cluster = "the default cluster" if run.cluster is None else f"cluster {run.cluster}"
    region = "" if run.region is None else f" in {run.region}"
    account = "" if run.account_id is None else f" of account {run.account_id}"
    return escaped(
        f"{counted(run.count, 'task')} on {cluster}{region}{account}: {', '.join((how(run), *_network(run)))}"
    )


def how(run: Run) -> str:
    """Return launch type and size."""
    return ", ".join((run.launch, *_size(run)))


def details(run: Run) -> Iterator[tuple[str, str]]:
    """Yield what else will run, name and text: the container, the command, the environment, the roles."""
    yield "container", escaped(run.container)
    if run.command is not None:
        yield "command", _clipped(shlex.join(run.command))
    if run.environment:
        yield "environment", _clipped(" ".join(f"{name}={value}" for name, value in run.environment.items()))
    if run.task_role_arn is not None:
        yield "task role", escaped(run.task_role_arn)


def _made_of(job: JobReview) -> str:
    return f"; made of {job.linked}" if job.linked is not None else ""


def _size(run: Run) -> Iterator[str]:
    if run.cpu is not None:
        yield f"{int(run.cpu) / 1024:g} vCPU" if run.cpu.isdecimal() else run.cpu
    if run.memory is not None:
        yield f"{run.memory} MiB" if run.memory.isdecimal() else run.memory


def _network(run: Run) -> Iterator[str]:
    if run.public_ip is None:
        return
    shown = ", ".join(run.subnets[:_SUBNETS_SHOWN]) + (", …" if len(run.subnets) > _SUBNETS_SHOWN else "")
    yield f"{counted(len(run.subnets), 'subnet')} ({shown})"
    if run.security_groups:
        yield f"security groups {' '.join(run.security_groups)}"
    yield "public IP" if run.public_ip else "no public IP"


def _clipped(text: str) -> str:
    shown = escaped(text.replace("\n", "\\n"))
    return shown if len(shown) <= _COMMAND_SHOWN else f"{shown[:_COMMAND_SHOWN]}…"


def _block(job: JobReview, *, colour: bool) -> Iterator[str]:
    sign = _SIGNS[job.reason]

    def paint(text: str, **styles: bool | str | None) -> str:
        return click.style(text, **styles) if colour else text  # type: ignore[arg-type] # one of style's keywords

    name = paint(escaped(job.name), bold=True)
    yield f"{paint(sign, fg=_COLOURS.get(sign), bold=True)} {name}: {escaped(what(job))}"
    for line in lines_of(job):
        yield f"    {paint(f'{line.sign} {line.text}', fg=_COLOURS.get(line.sign))}".rstrip()
    yield f"  run {where_and_how(job.run)}"
    for label, text in details(job.run):
        yield f"    {label}: {text}"


def _to_json(job: JobReview) -> dict[str, Any]:
    run = job.run
    return {
        "name": job.name,
        "source": {"path": job.path, "line": job.line},
        "action": job.action,
        "reason": job.reason,
        "message": what(job),
        "family": job.family,
        "arn": job.arn,
        "latest": job.latest,
        "linked": job.linked,
        "changes": [each.to_json() for each in job.changes],
        "request": job.request,
        "run": {
            "count": run.count,
            "cluster": run.cluster,
            "region": run.region,
            "account_id": run.account_id,
            "launch": run.launch,
            "cpu": run.cpu,
            "memory": run.memory,
            "subnets": list(run.subnets),
            "security_groups": list(run.security_groups),
            "public_ip": run.public_ip,
            "container": run.container,
            "image": run.image,
            "command": None if run.command is None else list(run.command),
            "environment": dict(run.environment),
            "task_role_arn": run.task_role_arn,
            "execution_role_arn": run.execution_role_arn,
        },
    }
