"""The passes of the compiler, in the order in which they run: from manifests to a plan.

read        text -> jobs as written, with places              source/
accept      -> the data that the schema accepts                schema/
bind        -> JobSpec, one spelling per meaning               job/
draft       -> the two requests, patched                       draft/ (patch/)
check       -> what AWS would refuse                           rules/
decide      -> reuse or register                               decision/
plan        -> Plan                                            plan/

`open_questions` says what a job's later passes want to know of AWS; without answers they leave it open.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ecsplan.draft.overridden import overridden
from ecsplan.job.bind import bind
from ecsplan.job.empty_texts import without_empty_texts
from ecsplan.job.prune import PATCHES, with_nulls, without
from ecsplan.job.spec import JobSpec, Written
from ecsplan.plan.ignored import Coverage, heeded
from ecsplan.plan.plan import JobText, Plan, PlannedJob, job_text
from ecsplan.plan.plan_job import planned
from ecsplan.plan.questions import account_questions, open_questions
from ecsplan.plan.shared_families import FamilyUse, alone, family_use, shared_families
from ecsplan.schema.check import Violation, job_violations, knows, with_integers
from ecsplan.source.definition_files import Read
from ecsplan.source.ignores import Ignore
from ecsplan.source.read import MAX_PROBLEMS, read_manifest
from ecsplan.terms.diagnostic import Diagnostic, Location, error, has_errors, in_order
from ecsplan.terms.observed import Observed, Question
from ecsplan.terms.pointers import tokens_of

__all__ = [
    "Compiled",
    "Jobs",
    "Part",
    "account_questions",
    "compile_jobs",
    "compile_manifest",
    "compile_part",
    "open_questions",
    "read_jobs",
    "recompile",
    "same_name",
    "shared_families",
    "shared_names",
    "spec_of",
    "together",
]

_DEFINITION = "task_definition"


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
    """The jobs of some manifests, and what is wrong with them so far.

    Attributes:
        jobs: The jobs.
        diagnostics: What is wrong with them.
        ignores: What comments of the manifests ask to ignore.
        files: The paths of the definition files that were read for them.
        unnamed: Where jobs are that have no name.
    """

    jobs: tuple[JobSpec, ...]
    diagnostics: tuple[Diagnostic, ...]
    ignores: tuple[Ignore, ...] = ()
    files: tuple[str, ...] = ()
    unnamed: tuple[Location, ...] = ()

    def in_region(self, region: str) -> "Jobs":
        """Return the same jobs in this region, whatever the manifests say."""
        return replace(self, jobs=tuple(_in_region(job, region) for job in self.jobs))


def compile_manifest(
    text: str,
    *,
    file: str,
    observed: Observed | None = None,
    region: str | None = None,
    read: Read | None = None,
) -> Compiled:
    """Return the plan of one manifest, or what is wrong with it.

    Args:
        text: The manifest.
        file: Its name, for diagnostics and for the name of a job that has none.
        observed: What AWS said; None compiles offline and leaves the decisions open.
        region: The region of jobs that name none.
        read: Returns the text of a file that a `task_definition` names, called with the name as written,
            which is relative to the manifest; an OSError becomes a diagnostic. Without it a name is an error.
    """
    return compile_jobs(together((read_jobs(text, file=file, region=region, read=read),)), observed)


def read_jobs(
    text: str | bytes,
    *,
    file: str,
    region: str | None = None,
    name: str | None = None,
    read: Read | None = None,
) -> Jobs:
    """Return the jobs of one manifest: the passes read, accept and bind.

    Args:
        text: The manifest.
        file: Its name.
        region: The region of jobs that name none.
        name: The name of jobs that the manifest does not name; None names them after the file.
        read: Returns the text of a file that a `task_definition` names; see `compile_manifest`.
    """
    manifest = read_manifest(text, file=file, read=read)
    found = list(manifest.diagnostics)
    jobs: list[JobSpec] = []
    for each in manifest.jobs:
        written = each if name is None or each.named else replace(each, name=name)
        job, wrong = _bound(written)
        jobs.append(job if job.aws.region is not None or region is None else _in_region(job, region))
        found += wrong
    unnamed = tuple(each.locate("") for each in manifest.jobs if not each.named)
    return Jobs(tuple(jobs), in_order(found), manifest.ignores, manifest.files, unnamed)


def together(manifests: Iterable[Jobs]) -> Jobs:
    """Return the jobs of several manifests as one; a name that two jobs share is an error at the second."""
    jobs: list[JobSpec] = []
    found: list[Diagnostic] = []
    ignores: list[Ignore] = []
    files: list[str] = []
    unnamed: list[Location] = []
    first: dict[str, JobSpec] = {}
    for manifest in manifests:
        unnamed += manifest.unnamed
        found += manifest.diagnostics
        jobs += manifest.jobs
        ignores += manifest.ignores
        files += manifest.files
        for job in _named(manifest.jobs):
            if job.name in first:
                found.append(same_name(job.name, job.at("/name"), first[job.name].at("/name")))
            first.setdefault(job.name, job)
    return Jobs(tuple(jobs), in_order(found), tuple(ignores), tuple(files), tuple(unnamed))


def _named(jobs: Iterable[JobSpec]) -> Iterator[JobSpec]:
    """Yield the jobs whose names can be compared: a refused name has already been reported."""
    return (job for job in jobs if not job.spoiled("/name"))


def compile_jobs(read: Jobs, observed: Observed | None) -> Compiled:
    """Return the plan of these jobs: the passes draft, check, decide and plan."""
    compiled, uses = _compiled(read, observed)
    shared = shared_families(uses, read.ignores, complete=compiled.plan is not None)
    return replace(compiled, diagnostics=in_order((*compiled.diagnostics, *shared)))


def _compiled(read: Jobs, observed: Observed | None) -> tuple[Compiled, tuple[FamilyUse, ...]]:
    """Return the plan of these jobs, and which families they use."""
    found = list(read.diagnostics)
    done: list[PlannedJob] = []
    uses: list[FamilyUse] = []
    for job in read.jobs:
        result, wrong = planned(job, observed)
        done.append(result)
        found += wrong
        use = family_use(job, result, observed)
        uses += [use] if use is not None else []
    diagnostics = in_order(heeded(found, alone(read.ignores), _coverage(read, observed)))
    if has_errors(diagnostics):
        return Compiled(None, diagnostics), tuple(uses)
    return Compiled(Plan(observed is not None, tuple(done)), diagnostics), tuple(uses)


def _coverage(read: Jobs, observed: Observed | None) -> Coverage:
    """Return which rules have run; only where a comment asks to ignore some does anybody want to know."""
    if not read.ignores:
        return Coverage(online=False)
    if observed is not None and not open_questions(read.jobs, observed):
        return Coverage(online=True)
    return Coverage(False, frozenset(job.written.path for job in read.jobs if job.linked is not None))


@dataclass(frozen=True, slots=True)
class Part:
    """One manifest of many, compiled by itself: small enough to pass between processes.

    Attributes:
        names: The name of each job, and where it is written; none that was refused.
        texts: The jobs as they stand in a plan; none where the manifest has an error.
        diagnostics: What is wrong with it, in order; names that other manifests use are not looked at.
        questions: What is still to be asked about AWS.
        families: Which families its jobs use; that they share some is not reported in `diagnostics`.
        ignores: What comments of the manifest ask to ignore.
        files: The paths of the definition files that were read for it.
        unnamed: Where jobs are that the manifest does not name.
    """

    names: tuple[tuple[str, Location], ...]
    texts: tuple[JobText, ...]
    diagnostics: tuple[Diagnostic, ...]
    questions: tuple[Question, ...] = ()
    families: tuple[FamilyUse, ...] = ()
    ignores: tuple[Ignore, ...] = ()
    files: tuple[str, ...] = ()
    unnamed: tuple[Location, ...] = ()


def compile_part(read: Jobs, observed: Observed | None) -> Part:
    """Return one manifest of many, compiled; None for `observed` is offline."""
    read = together((read,))
    names = tuple((job.name, job.at("/name")) for job in _named(read.jobs))
    compiled, uses = _compiled(read, observed)
    if compiled.plan is None:
        return Part(
            names,
            (),
            compiled.diagnostics,
            families=uses,
            ignores=read.ignores,
            files=read.files,
            unnamed=read.unnamed,
        )
    questions: tuple[Question, ...] = ()
    if observed is not None:
        questions = (*open_questions(read.jobs, observed), *account_questions(read.jobs, observed))
        questions = tuple(dict.fromkeys(questions))
    texts = () if questions else tuple(job_text(job) for job in compiled.plan.jobs)
    return Part(names, texts, compiled.diagnostics, questions, uses, read.ignores, read.files, read.unnamed)


def shared_names(parts: Iterable[Part]) -> Iterator[Diagnostic]:
    """Yield an error for each job whose name a job of an earlier manifest has."""
    first: dict[str, Location] = {}
    for part in parts:
        for name, location in part.names:
            there = first.setdefault(name, location)
            if there.path != location.path:
                yield same_name(name, location, there)


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

    @property
    def unset(self) -> tuple[str, ...]:
        return ()

    @property
    def reported(self) -> tuple[str, ...]:
        return ()

    @property
    def reported_keys(self) -> tuple[str, ...]:
        return ()

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
    data = _meant(written)
    violations = _violations(written, data)
    accepted, refused, wrong = _accepted(written, data, violations)
    job, unreadable = bind(written, accepted, refused)
    wrong_values = [each.pointer for each in violations if not each.at_key]
    replaced = overridden(job).intersection(wrong_values) if wrong_values else frozenset()
    if replaced:
        data = without(data, replaced)
        accepted, refused, wrong = _accepted(written, data, _violations(written, data))
        job, unreadable = bind(written, accepted, refused)
    return job, (*wrong, *unreadable)


def _violations(written: Written, data: Mapping[str, Any]) -> list[Violation]:
    """Return what the schema refuses in the data of a job, and reading it has not reported."""
    reported_keys = frozenset(written.reported_keys)
    reported = reported_keys.union(written.reported)
    found = (*job_violations({"name": written.name, **data}), *_unknown_unset(written))
    return [each for each in found if each.pointer not in (reported_keys if each.at_key else reported)]


def _accepted(
    written: Written, data: Mapping[str, Any], violations: list[Violation]
) -> tuple[Mapping[str, Any], frozenset[str], list[Diagnostic]]:
    """Return what the schema accepts of the job's data, the pointers of the rest, and why it was refused."""
    reported = frozenset((*written.reported_keys, *written.reported))
    if not violations and not reported:
        return with_integers(data, part="job"), frozenset(), []
    found = [
        error(each.rule, written.locate(each.pointer, key=each.at_key), each.message, help=each.help)
        for each in violations[:MAX_PROBLEMS]
    ]
    if violations[MAX_PROBLEMS:]:
        message = f"{len(violations) - MAX_PROBLEMS:,} more problems are not shown"
        help_text = "fix these first, then run the check again"
        found.append(error("too-many-problems", found[-1].location, message, help=help_text))
    wrong = (each.pointer for each in violations if _has_to_go(each))
    meant = (each.meant for each in violations if each.meant)
    refused = reported.union((each.pointer for each in violations), meant)
    return with_integers(without(data, (*reported, *wrong)), part="job"), refused, found


def _meant(written: Written) -> Mapping[str, Any]:
    """Return the job's data without the empty texts that ECS treats as absent."""
    definition = written.data.get(_DEFINITION)
    if not isinstance(definition, dict):
        return written.data
    prefix = f"/{_DEFINITION}"
    within = (each.removeprefix(prefix) for each in written.unset if each.startswith(f"{prefix}/"))
    emptied = frozenset(each.rpartition("/")[0] for each in within)
    return {**written.data, _DEFINITION: without_empty_texts(definition, emptied)}


def _has_to_go(violation: Violation) -> bool:
    """Return whether a value is left out: what lacks a key stays, but for an operation of a patch."""
    return violation.rule != "missing-key" or not PATCHES.isdisjoint(tokens_of(violation.pointer)[:1])


def _unknown_unset(written: Written) -> Iterator[Violation]:
    """Yield what is wrong with keys that have no value: null is "not set", also for a mistyped key."""
    unknown = frozenset(each for each in written.unset if not knows(each))
    if unknown:
        found = job_violations(with_nulls(written.data, sorted(unknown)))
        yield from (each for each in found if each.rule == "unknown-key" and each.pointer in unknown)
