"""The passes of the compiler, in the order in which they run: from manifests to a plan.

    read        text -> jobs as written, with places              source.py
    accept      -> the data that the schema accepts                schema.py
    bind        -> JobSpec, one spelling per meaning               binding.py
    draft       -> the two requests, patched                       draft.py (taskdef, runreq, patch)
    check       -> what AWS would refuse                           checks.py
    decide      -> reuse or register                               decision.py
    plan        -> Plan                                            plan.py

`open_questions` says what a job's later passes want to know of AWS; without answers they leave it open.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ecsplan import network
from ecsplan.binding import bind
from ecsplan.canonicalize import fingerprint
from ecsplan.checks import checked
from ecsplan.decision import Decision, Reuse, Undecided, decide
from ecsplan.diagnostic import Diagnostic, Location, error, has_errors, in_order, warning
from ecsplan.draft import Defined, Draft, define, draft
from ecsplan.manifest import JobSpec, Written
from ecsplan.observed import (
    AskAccount,
    AskLatest,
    AskLinked,
    AskRegion,
    AskSubnets,
    Body,
    Observed,
    Question,
    Revision,
    Subnet,
)
from ecsplan.plan import (
    REGION_AT_APPLY,
    REGISTERED_AT_APPLY,
    Definition,
    JobText,
    Logs,
    Plan,
    PlannedJob,
    Source,
    Watch,
    job_text,
)
from ecsplan.pruning import without
from ecsplan.schema import job_violations
from ecsplan.source import read_manifest


@dataclass(frozen=True, slots=True)
class Compiled:
    """What compiling gave.

    Attributes:
        plan: The plan, or None where a manifest has an error.
        diagnostics: Errors and warnings, in the order of their places.
    """

    plan: Plan | None
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of some manifests, and what is wrong with them so far."""

    jobs: tuple[JobSpec, ...]
    diagnostics: tuple[Diagnostic, ...]

    def in_region(self, region: str) -> "Jobs":
        """Return the same jobs in this region, whatever the manifests say."""
        return replace(self, jobs=tuple(_in_region(job, region) for job in self.jobs))


def compile_manifest(
    text: str, *, file: str, observed: Observed | None = None, region: str | None = None
) -> Compiled:
    """Return the plan of one manifest, or what is wrong with it.

    Args:
        text: The manifest.
        file: Its name, for diagnostics and for the name of a job that has none.
        observed: What AWS said; None compiles offline and leaves the decisions open.
        region: The region of jobs that name none.
    """
    return compile_jobs(together((read_jobs(text, file=file, region=region),)), observed)


def read_jobs(text: str | bytes, *, file: str, region: str | None = None) -> Jobs:
    """Return the jobs of one manifest: the passes read, accept and bind."""
    manifest = read_manifest(text, file=file)
    found = list(manifest.diagnostics)
    jobs: list[JobSpec] = []
    for written in manifest.jobs:
        job, wrong = _bound(written)
        jobs.append(job if job.aws.region is not None or region is None else _in_region(job, region))
        found += wrong
    return Jobs(tuple(jobs), in_order(found))


def together(manifests: Iterable[Jobs]) -> Jobs:
    """Return the jobs of several manifests as one; a name that two jobs share is an error at the second."""
    jobs: list[JobSpec] = []
    found: list[Diagnostic] = []
    first: dict[str, JobSpec] = {}
    for manifest in manifests:
        found += manifest.diagnostics
        for job in manifest.jobs:
            if job.name in first:
                found.append(same_name(job.name, job.at("/name"), first[job.name].at("/name")))
            first.setdefault(job.name, job)
            jobs.append(job)
    return Jobs(tuple(jobs), in_order(found))


def compile_jobs(read: Jobs, observed: Observed | None) -> Compiled:
    """Return the plan of these jobs: the passes draft, check, decide and plan."""
    found = list(read.diagnostics)
    planned: list[PlannedJob] = []
    for job in read.jobs:
        result, wrong = _planned(job, observed)
        planned.append(result)
        found += wrong
    diagnostics = in_order(found)
    if has_errors(diagnostics):
        return Compiled(None, diagnostics)
    return Compiled(Plan(observed is not None, tuple(planned)), diagnostics)


@dataclass(frozen=True, slots=True)
class Part:
    """One manifest of many, compiled by itself: small enough to pass between processes.

    Attributes:
        names: The name of each job, and where it is written.
        texts: The jobs as they stand in a plan; none where the manifest has an error.
        diagnostics: What is wrong with it, in order; names that other manifests use are not looked at.
        questions: What is still to be asked about AWS.
    """

    names: tuple[tuple[str, Location], ...]
    texts: tuple[JobText, ...]
    diagnostics: tuple[Diagnostic, ...]
    questions: tuple[Question, ...] = ()


def compile_part(read: Jobs, observed: Observed | None) -> Part:
    """Return one manifest of many, compiled; None for `observed` is offline."""
    read = together((read,))
    names = tuple((job.name, job.at("/name")) for job in read.jobs)
    compiled = compile_jobs(read, observed)
    if compiled.plan is None:
        return Part(names, (), compiled.diagnostics)
    questions = () if observed is None else open_questions(read.jobs, observed)
    texts = () if questions else tuple(job_text(job) for job in compiled.plan.jobs)
    return Part(names, texts, compiled.diagnostics, questions)


def shared_names(parts: Iterable[Part]) -> Iterator[Diagnostic]:
    """Yield an error for each job whose name a job of an earlier manifest has."""
    first: dict[str, Location] = {}
    for part in parts:
        for name, location in part.names:
            there = first.setdefault(name, location)
            if there.path != location.path:
                yield same_name(name, location, there)


def open_questions(jobs: Iterable[JobSpec], observed: Observed) -> tuple[Question, ...]:
    """Return what is still to be asked before these jobs can be decided, each question once."""
    asked = (question for job in jobs for question in _questions(job, observed))
    return tuple(question for question in dict.fromkeys(asked) if not observed.knows(question))


def recompile(job: PlannedJob, observed: Observed) -> Compiled:
    """Return the plan of this one job, decided again from its `spec` with what AWS says."""
    return compile_jobs(Jobs((spec_of(job),), ()), observed)


def spec_of(job: PlannedJob) -> JobSpec:
    """Return the job that the plan's `spec` describes, in the region that the plan names."""
    bound, _ = bind(_FromPlan(job), job.spec)
    return bound if job.aws.region is None else _in_region(bound, job.aws.region)


def _in_region(job: JobSpec, region: str) -> JobSpec:
    return replace(job, aws=replace(job.aws, region=region))


@dataclass(frozen=True, slots=True)
class _FromPlan:
    """A job written in a plan: every place in it is the job's own."""

    job: PlannedJob

    @property
    def name(self) -> str:
        return self.job.name

    @property
    def path(self) -> str:
        return self.job.source.path

    @property
    def line(self) -> int:
        return self.job.source.line

    @property
    def data(self) -> Mapping[str, Any]:
        return self.job.spec

    def locate(self, pointer: str, *, key: bool = False) -> Location:
        del key
        return Location(self.path, self.line, 1, pointer=pointer)

    def locate_in_string(self, pointer: str, inner_pointer: str) -> Location:
        return self.locate(pointer + inner_pointer)

    def text_of(self, pointer: str) -> str | None:
        del pointer
        return None


def same_name(name: str, location: Location, first: Location) -> Diagnostic:
    """Return the error for a job whose name is taken by the one at `first`."""
    return error(
        "duplicate-job",
        location,
        f"the job name {name!r} is taken by {first.path}:{first.line}",
        help="give each job a `name` of its own",
    )


def _bound(written: Written) -> tuple[JobSpec, tuple[Diagnostic, ...]]:
    """Return the job, and what is wrong with what it says: the passes accept and bind."""
    accepted, refused, wrong = _accepted(written)
    job, unreadable = bind(written, accepted, refused)
    return job, (*wrong, *unreadable)


def _accepted(written: Written) -> tuple[Mapping[str, Any], frozenset[str], list[Diagnostic]]:
    """Return what the schema accepts of the job's data, the pointers of the rest, and why it was refused."""
    violations = list(job_violations(written.data))
    if not violations:
        return written.data, frozenset(), []
    found = [
        error(each.rule, written.locate(each.pointer, key=each.at_key), each.message, help=each.help)
        for each in violations
    ]
    accepted = without(written.data, (each.pointer for each in violations if each.rule != "missing-key"))
    return accepted, frozenset(each.pointer for each in violations), found


def _questions(job: JobSpec, observed: Observed) -> Iterator[Question]:
    if job.aws.region is None:
        yield AskRegion(job.aws)
    if job.aws.account_id is not None:
        yield AskAccount(job.aws)
    linked = _linked(job, observed)
    if job.linked is not None:
        yield AskLinked(job.aws, job.linked)
        if linked is None:
            return
    defined, decision = _decided(job, linked, observed)
    if not (linked is not None and isinstance(decision, Reuse) and decision.arn == linked.arn):
        yield AskLatest(job.aws, str(defined.body.get("family")))
    if network.is_looked_up(job, str(defined.body.get("networkMode"))):
        yield AskSubnets(job.aws, job.vpc_id)


def _linked(job: JobSpec, observed: Observed) -> Revision | None:
    return None if job.linked is None else observed.revision(AskLinked(job.aws, job.linked))


def _region(job: JobSpec, observed: Observed) -> str:
    return job.aws.region or observed.region(job.aws) or REGION_AT_APPLY


def _decided(job: JobSpec, linked: Revision | None, observed: Observed) -> tuple[Defined, Decision]:
    """Return the job's task definition, and whether a revision of it exists: the pass decide.

    A linked revision runs as it is unless a key must change it; then the linked one with all of the job's
    keys over it is compared with the newest revision of the family.
    """
    region = _region(job, observed)
    if linked is not None:
        needed = define(job, linked, region=region, sizes=False)
        if isinstance(decide(needed.body, linked.definition), Reuse):
            return needed, Reuse(linked.arn)
    defined = define(job, linked, region=region)
    question = AskLatest(job.aws, str(defined.body.get("family")))
    if (job.linked is not None and linked is None) or not observed.knows(question):
        return defined, Undecided()
    latest = observed.revision(question)
    return defined, decide(defined.body, None if latest is None else latest.definition)


def _planned(job: JobSpec, observed: Observed | None) -> tuple[PlannedJob, tuple[Diagnostic, ...]]:
    """Return one job of the plan and what is wrong with it: the passes draft, check, decide and plan."""
    seen = observed or Observed()
    linked = _linked(job, seen)
    defined, decision = _decided(job, linked, seen)
    revision = decision.arn if isinstance(decision, Reuse) else None
    subnets = seen.subnets(AskSubnets(job.aws, job.vpc_id))
    made, wrong = draft(defined, subnets, revision=revision or REGISTERED_AT_APPLY)
    region = _region(job, seen)
    watch = _watch(made, region)
    planned = PlannedJob(
        name=job.name,
        source=Source(job.written.path, job.written.line),
        aws=replace(job.aws, region=None if region == REGION_AT_APPLY else region),
        spec=job.spec,
        definition=_definition(made, decision, linked, seen),
        run_request=made.run,
        watch=watch,
    )
    return planned, (*wrong, *checked(made), *_remarks(made, decision, linked, subnets))


def _definition(made: Draft, decision: Decision, linked: Revision | None, observed: Observed) -> Definition:
    family = str(made.definition.get("family", ""))
    latest = observed.revision(AskLatest(made.job.aws, family))
    if latest is None and linked is not None and made.job.linked == family:
        latest = linked
    return Definition(
        decision=decision,
        family=family,
        latest=None if latest is None else latest.arn,
        request=made.definition,
        fingerprint=fingerprint(made.definition),
    )


def _watch(made: Draft, region: str) -> Watch:
    job = made.job
    logs = log_streams(made.own_container, region)
    return Watch(
        container=made.container,
        start_timeout_s=job.start_timeout_s,
        timeout_s=job.timeout_s,
        poll_interval_s=job.poll_interval_s,
        stream_output=logs is not None if job.stream_output is None else job.stream_output,
        logs=logs,
        deregister=job.deregister,
    )


def log_streams(container: Body, region: str) -> Logs | None:
    """Return where a container's log streams are, or None where nothing tells.

    Without a stream prefix a stream is named after the container's id on its instance, which ECS does not
    tell in advance (ECS developer guide, awslogs-stream-prefix).
    """
    logging = container.get("logConfiguration", {})
    options = logging.get("options", {})
    if (
        logging.get("logDriver") != "awslogs"
        or not {"awslogs-group", "awslogs-stream-prefix"} <= options.keys()
    ):
        return None
    return Logs(
        options["awslogs-group"], options["awslogs-stream-prefix"], options.get("awslogs-region", region)
    )


def _remarks(
    made: Draft, decision: Decision, linked: Revision | None, subnets: Sequence[Subnet] | None
) -> Iterator[Diagnostic]:
    """Yield the warnings that follow from what AWS said."""
    job = made.job
    if linked is not None and not (isinstance(decision, Reuse) and decision.arn == linked.arn):
        yield _forced_revision(made, linked)
    if (
        subnets is not None
        and len(subnets) > network.MAX_SUBNETS
        and "networkConfiguration" in made.unpatched_run
    ):
        at = job.at("/vpc_id") if job.says("vpc_id") else job.at("")
        yield warning(
            "subnets-left-out",
            at,
            f"{job.vpc_id or 'the default VPC'} has {len(subnets)} subnets; "
            f"a task takes {network.MAX_SUBNETS}, so some are left out",
            help="name the subnets in network_configuration",
        )


def _forced_revision(made: Draft, linked: Revision) -> Diagnostic:
    """Return the warning that a key makes a revision of its own, with the difference to the linked one."""
    difference = decide(made.definition, linked.definition)
    lines = [f"{change.op} {change.path}" for change in difference.changes]
    return warning(
        "linked-changed",
        made.at("/task_definition_arn"),
        f"{linked.arn} cannot run as it is; a revision of {made.definition.get('family')!r} is made of it: "
        + (", ".join(lines) or "another family"),
        help="remove the keys that change it, or link a definition that already says so",
    )
