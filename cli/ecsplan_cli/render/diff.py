"""What a plan would do, as text for people and as JSON for programs."""

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from functools import partial

from ecsplan.terms.bodies import as_mapping, as_text
from ecsplan.terms.placeholders import is_open
from ecsplan.terms.run_policy import RunPolicy
from ecsplan.terms.safe_text import escaped, escaped_json, without_commands
from ecsplan_cli.output import counted
from ecsplan_cli.render.change_lines import Line, change_lines, value_lines
from ecsplan_cli.render.order import policy_lines, shown_steps, steps
from ecsplan_cli.render.paint import paint
from ecsplan_cli.render.review import JobReview, Run, counted_only, counts
from ecsplan_cli.render.schedule_review import schedule_json, schedule_lines
from ecsplan_cli.render.short_names import short_name

DIFF_VERSION = 1
"""The number of the JSON form; raised when a reader of an older form would misread it."""

_COLOURS = {"+": "green", "-": "red", "~": "yellow"}
_SIGNS = {"first": "+", "changed": "~", "unchanged": "=", "linked": "=", "open": "?"}
_PLAIN = re.compile(r"[^\s'\"\\]+")
"""Values of variables that need no quotes to be distinguished from the next one."""


def render_text(jobs: Sequence[JobReview], *, colour: bool = False, all_jobs: bool = False) -> str:
    """Return, job by job, what would happen, why, and what will run; the count at the end.

    Of several jobs, those that reuse their definition are counted, unless `all_jobs` or something about them
    deserves a look (`counted_only`).
    """
    order = list(_order(jobs))
    counted_jobs = frozenset() if all_jobs else counted_only(jobs)
    shown = (each for number, each in enumerate(jobs) if number not in counted_jobs)
    blocks = ["\n".join(_block(each, colour=colour)) for each in shown]
    if counted_jobs:
        blocks.append(left_out(len(counted_jobs)))
    if order:
        blocks.append("\n".join(["Order:", *order]))
    blocks.append(summary(jobs))
    return without_commands("\n\n".join(blocks) + "\n")


def render_json(jobs: Sequence[JobReview]) -> str:
    """Return the form that `docs/diff.md` describes, a newline at the end."""
    number = counts(jobs)
    in_steps = steps(policies(jobs))
    document = {
        "diff_version": DIFF_VERSION,
        "summary": {
            "jobs": len(jobs),
            "register": number["register"],
            "reuse": number["reuse"],
        },
        **({"order": [list(each) for each in in_steps]} if in_steps else {}),
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


def left_out(number: int) -> str:
    """Return the line in place of jobs that are counted only."""
    verb = "reuses its definition and is" if number == 1 else "reuse their definitions and are"
    return f"= {counted(number, 'job')} {verb} not shown; --all shows everything."


def what(job: JobReview) -> str:
    """Return what would happen to the job's task definition, and why, in one line."""
    arn, latest = short_name(job.arn), short_name(job.latest)
    match job.reason:
        case "first":
            return f"register the first revision of {job.family}: it has no ACTIVE one{_made_of(job)}"
        case "changed":
            changes = counted(len(job.changes), "change")
            return f"register a revision of {job.family}: {changes} from {latest}{_made_of(job)}"
        case "unchanged":
            # Only with `reuse: recent`: otherwise the newest revision alone is compared.
            if job.latest not in {None, job.arn}:
                return f"reuse {arn}: it matches, and the newest revision, {latest}, does not"
            return f"reuse {arn}: the newest revision matches"
        case "linked":
            return f"reuse {arn}: the linked revision runs as it is"
        case "open":
            return f"undecided: AWS was not asked about {job.family}"


def lines_of(job: JobReview, *, split: bool = False) -> Iterator[Line]:
    """Yield the lines about the definition: its changes, or all of a first one (`split`: `change_lines`)."""
    if job.reason == "first":
        for name, value in job.request.items():
            yield from value_lines("+", f"/{name}", value)
    for change in job.changes:
        yield from change_lines(change, split=split)


def where_and_how(job: JobReview) -> str:
    """Return what will run, in one line: copies, cluster, region, launch type, size, network."""
    run = job.run
    cluster = "the default cluster" if run.cluster is None else f"cluster {run.cluster}"
    region = "" if run.region is None else f" in {run.region}"
    number = run.account_id or job.account
    account = "" if number is None else f" of account {number}"
    return escaped(f"{_tasks(job)} on {cluster}{region}{account}: {', '.join((how(run), *_network(run)))}")


def _tasks(job: JobReview) -> str:
    count = as_mapping(job.document.get("run_request")).get("count")
    tasks = f"{count} tasks" if is_open(count) else counted(job.run.count, "task")
    return tasks if job.policy.array is None else f"an array of {tasks}"


def how(run: Run) -> str:
    """Return launch type and size."""
    return ", ".join((run.launch, *_size(run)))


def details(job: JobReview) -> Iterator[tuple[str, str]]:
    """Yield what else will run, name and text: container, command, environment, roles, log, all settings."""
    run = job.run
    yield from ((label, escaped(text)) for label, text in policy_lines(job.policy))
    if job.schedule is not None:
        yield from schedule_lines(job.schedule)
    if job.taken:
        yield f"like service {escaped(short_name(as_text(job.taken.get('arn'))))}", escaped(_taken(job))
    yield "container", escaped(run.container)
    if run.command is not None:
        yield "command", escaped(shlex.join(run.command))
    if run.environment:
        yield "environment", escaped(" ".join(_assignment(*each) for each in run.environment.items()))
    for name, role in ("task role", run.task_role_arn), ("execution role", run.execution_role_arn):
        if role is not None:
            yield name, escaped(role)
    logs = as_mapping(as_mapping(job.document.get("watch")).get("logs"))
    if logs:
        where = f"group {logs['group']}, streams {logs['stream_prefix']}/…, in {logs['region']}"
        yield "log", escaped(where)
    if values := as_mapping(job.document.get("variables")):
        yield "variables", escaped(" ".join(_assignment(name, _text(each)) for name, each in values.items()))
    if sensitive := as_mapping(job.document.get("sensitive")):
        yield "variables given to apply", escaped(" ".join(sensitive))
    for fact, found in as_mapping(job.document.get("observed")).items():
        if fact != "service":
            yield "looked up", escaped(f"{fact} = {json.dumps(found, ensure_ascii=False)}")
    for path, value in job.settings:
        yield escaped(path), escaped(json.dumps(value, ensure_ascii=False))


def policies(jobs: Sequence[JobReview]) -> dict[str, RunPolicy]:
    """Return the policy of each job by its name."""
    return {each.name: each.policy for each in jobs}


def _order(jobs: Sequence[JobReview]) -> Iterator[str]:
    for number, names, more in shown_steps(policies(jobs)):
        label = f"{number}. " if number else ""
        yield f"  {label}{escaped(', '.join(names))}{more}"


def _taken(job: JobReview) -> str:
    """Return what a job takes from its service: the keys that would override it, and their values."""
    values = ((name, each) for name, each in job.taken.items() if name != "arn")
    return ", ".join(
        f"{name} {short_name(each) if isinstance(each, str) else json.dumps(each, ensure_ascii=False)}"
        for name, each in values
    )


def _assignment(name: str, value: str) -> str:
    return f"{name}={value if _PLAIN.fullmatch(value) else shlex.quote(value)}"


def _text(value: object) -> str:
    """Return the value of a variable: a string as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _made_of(job: JobReview) -> str:
    return f"; made of {short_name(job.linked)}" if job.linked is not None else ""


def _size(run: Run) -> Iterator[str]:
    if run.cpu is not None:
        # A placeholder or a size that ECS would refuse is shown as it is written.
        yield f"{int(run.cpu) / 1024:g} vCPU" if run.cpu.isdecimal() else run.cpu
    if run.memory is not None:
        yield f"{run.memory} MiB" if run.memory.isdecimal() else run.memory


def _network(run: Run) -> Iterator[str]:
    if run.public_ip is None and not run.subnets:
        return
    if any(map(is_open, run.subnets)):
        yield f"subnets {' '.join(run.subnets)}"
    else:
        yield f"{counted(len(run.subnets), 'subnet')} ({', '.join(run.subnets)})"
    if run.security_groups:
        yield f"security groups {' '.join(run.security_groups)}"
    if run.public_ip is not None:
        yield "public IP" if run.public_ip else "no public IP"


def _block(job: JobReview, *, colour: bool) -> Iterator[str]:
    sign = _SIGNS[job.reason]
    painted = partial(paint, colour=colour)
    name = painted(escaped(job.name), bold=True)
    yield f"{painted(sign, fg=_COLOURS.get(sign), bold=True)} {name}: {escaped(what(job))}"
    for line in lines_of(job):
        yield f"    {painted(f'{line.sign} {line.text}', fg=_COLOURS.get(line.sign))}".rstrip()
    yield f"  run {where_and_how(job)}"
    for label, text in details(job):
        yield f"    {label}: {text}"


def _to_json(job: JobReview) -> dict[str, object]:
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
        "account": job.account,
        **({} if job.schedule is None else {"schedule": schedule_json(job.schedule)}),
        **job.document,
    }
