"""The plan: what will be registered and run, as values and as the JSON document that people review."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any, Final, NoReturn

from ecsplan.decision.decide_revision import Decision, Register, Reuse, Undecided
from ecsplan.terms.json_types import (
    Document,
    Record,
    flag,
    integer,
    integers,
    mapping,
    mappings,
    number,
    optional_text,
    text,
    texts,
)
from ecsplan.terms.observed import Aws, Body
from ecsplan.terms.placeholders import REGION_AT_APPLY
from ecsplan.terms.records import dataclass
from ecsplan.terms.run_policy import (
    CONCURRENCIES,
    DEFAULT_POLICY,
    SUCCESS,
    Combination,
    LogRetention,
    RunPolicy,
    policy_document,
    retry_of,
)
from ecsplan.terms.safe_text import escaped_json
from ecsplan.variables.declarations import Declaration, declared
from ecsplan.version import __version__

PLAN_VERSION = 1
SCHEMA_ID = "urn:ecsplan:plan:1"
MAX_PLAN_BYTES = 64 * 1024 * 1024


class PlanError(ValueError):
    """The text is not a plan that this version can carry out; the message says why."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a job is written: its file as the user named it, and the line (from 1) on which it begins."""

    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Definition:
    """The task definition of a job, and whether a revision that exists says the same.

    Attributes:
        decision: `Reuse` names the revision to run, `Register` lists the differences, `Undecided` is open.
        family: The family that the request registers into.
        latest: ARN of the family's newest ACTIVE revision when observed, or None.
        request: The RegisterTaskDefinition request.
        fingerprint: `sha256:…` of the request's canonical form.
    """

    decision: Decision
    family: str
    latest: str | None
    request: Body
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Logs:
    """Where the job's container logs to in CloudWatch: its streams are `PREFIX/CONTAINER/TASK-ID`."""

    group: str
    stream_prefix: str
    region: str


@dataclass(frozen=True, slots=True)
class Watch:
    """How to follow the job's tasks.

    Attributes:
        container: The container whose log and exit code are the job's.
        start_timeout_s: Seconds until a task that has not run is stopped.
        timeout_s: Seconds until a task that still runs is stopped, or None.
        poll_interval_s: Seconds between two looks at the tasks.
        stream_output: Whether to print the container's log.
        logs: Where that log is, or None where it is not in CloudWatch.
        deregister: Whether to deregister the revision afterwards, if this apply registered it.
    """

    container: str
    start_timeout_s: float
    timeout_s: float | None
    poll_interval_s: float
    stream_output: bool
    logs: Logs | None
    deregister: bool


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """One job: what was written, what will be registered, what will be run, how it is watched.

    Attributes:
        left_open: Pointers, into `spec`, of operations of patches that depend on what only AWS can tell.
            They are carried out when apply has asked; the requests are without them.
        account: The AWS account that was asked; None offline and where it is not known.
        variables: The value of each variable that the job used, but for sensitive ones.
        sensitive: The sensitive variables whose values apply puts into the run request.
        observed: What was looked up for it, by what the manifest calls it: a reference such as `ssm:/path`,
            or a key such as `subnets` or `service`.
        policy: When it starts, and what becomes of its ends.
    """

    name: str
    source: Source
    aws: Aws
    spec: Body
    definition: Definition
    run_request: Body
    watch: Watch
    left_open: tuple[str, ...] = ()
    account: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    sensitive: tuple[Declaration, ...] = ()
    observed: Document = field(default_factory=dict)
    policy: RunPolicy = DEFAULT_POLICY


@dataclass(frozen=True, slots=True)
class Plan:
    """What apply will do, job by job.

    Attributes:
        observed: Whether AWS was asked; otherwise the decisions are open.
        jobs: The jobs in the order of the manifests.
        compiler_version: The version of ecsplan that compiled the plan.
    """

    observed: bool
    jobs: tuple[PlannedJob, ...]
    compiler_version: str = __version__


@dataclass(frozen=True, slots=True)
class JobText:
    """One job of a plan as JSON text, so that plans of many jobs are put together without holding them twice.

    Attributes:
        indented: As it stands in a plan.
        canonical: As the digest reads it.
    """

    indented: str
    canonical: str


def write_plan(plan: Plan) -> str:
    """Return the plan as JSON: two-space indent, keys in a fixed order, its digest, a newline at the end."""
    texts = (job_text(job) for job in plan.jobs)
    return "".join(plan_text(texts, observed=plan.observed, compiler_version=plan.compiler_version))


def job_text(job: PlannedJob) -> JobText:
    """Return one job of a plan as JSON text."""
    document = job_document(job)
    indented = escaped_json(json.dumps(document, indent=2, ensure_ascii=False))
    return JobText(indented.replace("\n", "\n    "), _canonical(document))


def plan_text(
    jobs: Iterable[JobText], *, observed: bool, compiler_version: str = __version__
) -> Iterator[str]:
    """Yield the text of a plan piece by piece: `write_plan` for jobs that are text already.

    The digest is over the canonical JSON of everything else, which is put together alongside.
    """
    head: Record = {
        "$schema": SCHEMA_ID,
        "plan_version": PLAN_VERSION,
        "compiler": {"name": "ecsplan", "version": compiler_version},
        "observed": observed,
    }
    before, after = _canonical({**head, "jobs": []}).split('"jobs":[]')
    digest = hashlib.sha256(f'{before}"jobs":['.encode())
    yield json.dumps(head, indent=2).removesuffix("\n}") + ',\n  "jobs": ['
    separator = ""
    for job in jobs:
        yield f"{separator}\n    {job.indented}"
        digest.update((separator + job.canonical).encode("utf-8", "surrogatepass"))
        separator = ","
    digest.update(f"]{after}".encode())
    end = "\n  ]" if separator else "]"
    yield f'{end},\n  "digest": "sha256:{digest.hexdigest()}"\n}}\n'


def read_plan(text: str) -> Plan:
    """Return the plan that `write_plan` wrote.

    Raises:
        PlanError: Not JSON, not a plan, too large or too deep, of a newer format, or with a wrong digest.
    """
    document = _parsed(text)
    if not isinstance(document, dict) or "plan_version" not in document:
        raise PlanError(
            "this is JSON, but not a plan: it has no plan_version; `ecsplan compile` writes plans"
        )
    version = document["plan_version"]
    if isinstance(version, int) and version > PLAN_VERSION:
        raise PlanError(
            f"the plan has format {version}; this ecsplan ({__version__}) reads up to {PLAN_VERSION}:"
            " a newer ecsplan compiled it, so use that one, or compile again with this one"
        )
    _refuse_violations(document)
    if _digest({name: value for name, value in document.items() if name != "digest"}) != document["digest"]:
        raise PlanError(
            "the plan was edited after it was compiled: its digest does not match; compile it again"
        )
    return _plan_from_json(document)


def _parsed(text: str) -> object:
    if len(text) > MAX_PLAN_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_PLAN_BYTES:
        raise PlanError(f"the plan is larger than {MAX_PLAN_BYTES // 1024 // 1024} MiB; split the manifests")
    if not text.strip():
        raise PlanError("the plan is empty; did `ecsplan compile` report an error?")
    try:
        parsed: object = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as reason:
        raise PlanError(
            f"this is not JSON: {_syntax_error(text, reason)}; `ecsplan compile` writes plans"
        ) from None
    except ValueError as reason:
        raise PlanError(f"this is not JSON that a plan could hold: {reason}") from None
    except RecursionError:
        raise PlanError("this is not a plan: it is nested deeper than any plan") from None
    return parsed


def _syntax_error(text: str, reason: json.JSONDecodeError) -> str:
    """Return what is wrong with a text that is no JSON: most often a file was not written to its end."""
    ends_early = reason.msg.startswith("Unterminated string") or text[reason.pos :].rstrip() in _BEGUN
    if ends_early and text.lstrip()[:1] in {"{", "["}:
        last = text.rstrip().count("\n") + 1
        return f"it ends in line {last}, before the plan does: it is half-written or cut off"
    return f"{reason.msg.removesuffix(' at')} at line {reason.lineno}, column {reason.colno}"


_BEGUN: Final = frozenset(
    (
        *(word[:end] for word in ("true", "false", "null") for end in range(len(word))),
        "-",
        ".",
        "e",
        "e-",
        "e+",
    )
)
"""What is left of a value in which a text ends, where the parser stops before it; "" for most."""


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _refuse_violations(document: Document) -> None:
    from ecsplan.schema.check import plan_violations  # noqa: PLC0415 - jsonschema is imported where it is used

    found = list(plan_violations(document))
    if found:
        worst = found[0]
        others = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise PlanError(f"this is not a plan: at {worst.pointer or '/'}: {worst.message}{others}")


def _digest(document: Document) -> str:
    """Return the SHA-256 of the document's canonical JSON."""
    return "sha256:" + hashlib.sha256(_canonical(document).encode("utf-8", "surrogatepass")).hexdigest()


def _canonical(document: Document) -> str:
    """Return canonical JSON: sorted keys, no white space."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def job_document(job: PlannedJob) -> dict[str, Any]:
    """Return a job as it stands in the JSON of a plan."""
    return {
        "name": job.name,
        "source": {"path": job.source.path, "line": job.source.line},
        "aws": {"region": REGION_AT_APPLY, **job.aws.to_json()},
        **({} if job.account is None else {"account": job.account}),
        **({"variables": dict(job.variables)} if job.variables else {}),
        **({"sensitive": {each.name: _declared(each) for each in job.sensitive}} if job.sensitive else {}),
        **({"observed": dict(job.observed)} if job.observed else {}),
        **policy_document(job.policy),
        "spec": job.spec,
        "task_definition": _definition_to_json(job.definition),
        "run_request": job.run_request,
        "watch": _watch_to_json(job.watch),
        **({"open": list(job.left_open)} if job.left_open else {}),
    }


def _declared(declaration: Declaration) -> dict[str, Any]:
    """Return what apply has to know of a sensitive variable to read and check its value."""
    members = {
        "env": declaration.env,
        "type": declaration.type,
        "pattern": declaration.pattern,
        "enum": list(declaration.enum) or None,
    }
    return {name: value for name, value in members.items() if value is not None}


def _definition_to_json(definition: Definition) -> Record:
    match definition.decision:
        case Reuse(arn=arn):
            revision = arn
        case Register() | Undecided():
            revision = None
    return {
        "action": definition.decision.action,
        "family": definition.family,
        "arn": revision,
        "latest": definition.latest,
        "request": definition.request,
        "fingerprint": definition.fingerprint,
        "changes": [change.to_json() for change in definition.decision.changes],
    }


def _watch_to_json(watch: Watch) -> Record:
    logs = watch.logs
    return {
        "container": watch.container,
        "start_timeout_seconds": watch.start_timeout_s,
        "timeout_seconds": watch.timeout_s,
        "poll_interval_seconds": watch.poll_interval_s,
        "stream_output": watch.stream_output,
        "logs": None
        if logs is None
        else {"group": logs.group, "stream_prefix": logs.stream_prefix, "region": logs.region},
        "deregister": watch.deregister,
    }


def _plan_from_json(document: Document) -> Plan:
    """Return the plan of a document that the schema accepted."""
    jobs = tuple(_job_from_json(each) for each in mappings(document, "jobs"))
    names = [job.name for job in jobs]
    if len(set(names)) < len(names):
        raise PlanError("this is not a plan: two of its jobs have the same name")
    return Plan(flag(document, "observed"), jobs, text(mapping(document, "compiler"), "version"))


def _job_from_json(job: Document) -> PlannedJob:
    return PlannedJob(
        name=text(job, "name"),
        source=_source_from_json(mapping(job, "source")),
        aws=_aws_from_json(mapping(job, "aws")),
        spec=mapping(job, "spec"),
        definition=_definition_from_json(mapping(job, "task_definition")),
        run_request=mapping(job, "run_request"),
        watch=_watch_from_json(mapping(job, "watch")),
        left_open=tuple(texts(job, "open")),
        account=optional_text(job, "account"),
        variables=mapping(job, "variables") if "variables" in job else {},
        sensitive=tuple(
            declared(name, {**each, "sensitive": True})
            for name, each in (mapping(job, "sensitive") if "sensitive" in job else {}).items()
            if isinstance(each, Mapping)
        ),
        observed=mapping(job, "observed"),
        policy=_policy_from_json(job),
    )


def _policy_from_json(job: Document) -> RunPolicy:
    retention, matrix = job.get("log_retention"), job.get("matrix")
    concurrency = text(job, "concurrency", "allow")
    return RunPolicy(
        after=tuple(texts(job, "after")),
        array=integer(job, "array") if "array" in job else None,
        max_parallel=integer(job, "max_parallel") if "max_parallel" in job else None,
        succeed_on=tuple(integers(job, "succeed_on")) or SUCCESS,
        retry=retry_of(mapping(job, "retry") if "retry" in job else None),
        concurrency=next(each for each in CONCURRENCIES if each == concurrency),
        log_retention=None if retention is None else _retention_from_json(mapping(job, "log_retention")),
        matrix=None if matrix is None else _combination_from_json(mapping(job, "matrix")),
    )


def _retention_from_json(retention: Document) -> LogRetention:
    return LogRetention(integer(retention, "days"), always=flag(retention, "always"))


def _combination_from_json(matrix: Document) -> Combination:
    return Combination(text(matrix, "name"), mapping(matrix, "values"))


def _source_from_json(source: Document) -> Source:
    return Source(text(source, "path"), integer(source, "line"))


def _aws_from_json(aws: Document) -> Aws:
    return Aws(**{name: text(aws, name) for name, value in aws.items() if value != REGION_AT_APPLY})


def _definition_from_json(definition: Document) -> Definition:
    from ecsplan.decision.compare import Change  # noqa: PLC0415 - reading a plan needs it, compiling one does not

    decision: Decision
    match definition["action"], definition["arn"]:
        case "reuse", str() as arn:
            decision = Reuse(arn)
        case "register", _:
            decision = Register(tuple(Change.from_json(each) for each in mappings(definition, "changes")))
        case "undecided", _:
            decision = Undecided()
        case _:
            raise PlanError("this is not a plan: a definition is to be reused, but its arn is null")
    return Definition(
        decision,
        text(definition, "family"),
        optional_text(definition, "latest"),
        mapping(definition, "request"),
        text(definition, "fingerprint"),
    )


def _watch_from_json(watch: Document) -> Watch:
    return Watch(
        container=text(watch, "container"),
        start_timeout_s=number(watch, "start_timeout_seconds"),
        timeout_s=None if watch["timeout_seconds"] is None else number(watch, "timeout_seconds"),
        poll_interval_s=number(watch, "poll_interval_seconds"),
        stream_output=flag(watch, "stream_output"),
        logs=None if watch["logs"] is None else _logs_from_json(mapping(watch, "logs")),
        deregister=flag(watch, "deregister"),
    )


def _logs_from_json(logs: Document) -> Logs:
    return Logs(text(logs, "group"), text(logs, "stream_prefix"), text(logs, "region"))
