"""Families that several jobs of one compile share: each of two definitions would displace the other."""

from collections.abc import Iterable, Iterator

from ecsplan.decision.decide_revision import Reuse
from ecsplan.draft.patched import DEFINITION_PATCH
from ecsplan.draft.task_definition import family_source
from ecsplan.job.spec import JobSpec
from ecsplan.plan.compiled_job import CompiledJob
from ecsplan.plan.decide_job import runs_linked
from ecsplan.plan.ignored import Coverage, heeded
from ecsplan.plan.plan_job import aws_of, fingerprint_of
from ecsplan.source.ignores import Ignore
from ecsplan.terms.diagnostic import Diagnostic, Location, warning
from ecsplan.terms.observed import Aws, Observed
from ecsplan.terms.records import dataclass

SHARED_FAMILY = "shared-family"
"""The rule's name."""


@dataclass(frozen=True, slots=True)
class FamilyUse:
    """A job that registers into a family, or reuses what is registered there.

    Attributes:
        job: The job's name.
        family: The family.
        aws: Where it is.
        fingerprint: That of the job's definition.
        reuses_recent: Whether older revisions may be reused.
        registers: Whether the job may make a revision: it does not where one says the same.
        location: Where the job gets the family from.
        matrix: The plain name of its matrix; None where it is of none.
    """

    job: str
    family: str
    aws: Aws
    fingerprint: str
    reuses_recent: bool
    registers: bool
    location: Location
    matrix: str | None = None


def family_use(compiled: CompiledJob, observed: Observed | None) -> FamilyUse | None:
    """Return the job's use of its family, or None where it runs a linked revision as it is.

    None, too, where a linked definition was not asked about and no key is known to change it, and where
    lookups are open or its service would have to give the family: these may be others.
    """
    made, decision = compiled.draft, compiled.decision
    job = made.job
    if job.written.open_lookups:
        return None
    if runs_linked(made.linked, decision) or (not made.known and made.definition.keys() <= {"family"}):
        return None
    if job.awaits_service and family_source(made.job, {})[0] == "service":
        return None
    return FamilyUse(
        job=job.name,
        family=str(made.definition.get("family", "")),
        aws=aws_of(job, observed or Observed()),
        fingerprint=fingerprint_of(compiled),
        reuses_recent=job.reuses_recent,
        registers=not isinstance(decision, Reuse),
        location=_place(job),
        matrix=None if job.policy.matrix is None else job.plain_name,
    )


def alone(ignores: Iterable[Ignore]) -> tuple[Ignore, ...]:
    """Return what concerns the rules that look at one job at a time."""
    return tuple(each for each in ignores if each.rule != SHARED_FAMILY)


def shared_families(
    uses: Iterable[FamilyUse], ignores: Iterable[Ignore] = (), *, complete: bool = True
) -> Iterator[Diagnostic]:
    """Yield a warning for each job that registers another definition than the family's first job.

    There is none where nothing would be registered, where both jobs look through the recent revisions, or
    where a comment silences it.

    Args:
        uses: The families that all jobs of the command use.
        ignores: What comments of all its manifests ask to ignore.
        complete: Whether `uses` has every job; a manifest with an error may have more.
    """
    asked = tuple(each for each in ignores if each.rule == SHARED_FAMILY)
    unseen = frozenset[str]() if complete else frozenset(each.location.path for each in asked)
    return heeded(_displacing(uses), asked, Coverage(complete, unseen))


def _displacing(uses: Iterable[FamilyUse]) -> Iterator[Diagnostic]:
    first: dict[tuple[Aws, str], FamilyUse] = {}
    reported: set[tuple[Location, str, str | None]] = set()
    for use in uses:
        other = first.setdefault((use.aws, use.family), use)
        # The jobs of a matrix have their family from one place: they are reported once.
        place = use.location, use.family, use.matrix
        if use.job != other.job and place not in reported and _displace(use, other):
            if use.matrix is not None:
                reported.add(place)
            yield _shared(use, other)


def _displace(use: FamilyUse, other: FamilyUse) -> bool:
    settled = use.reuses_recent and other.reuses_recent
    return use.fingerprint != other.fingerprint and not settled and (use.registers or other.registers)


def _shared(use: FamilyUse, other: FamilyUse) -> Diagnostic:
    there = f"{other.location.path}:{other.location.line}"
    return warning(
        "shared-family",
        use.location,
        f"the jobs {other.job!r} ({there}) and {use.job!r} register different task definitions into one "
        f"family, {use.family!r}: neither finds its own as the newest revision",
        help="give each a `family` of its own, or write `reuse: recent` in both",
    )


def _place(job: JobSpec) -> Location:
    key, _ = family_source(job, job.task_definition if job.linked is None else {})
    if job.definition_patch and any(each.get("path") == "/family" for each in job.definition_patch):
        return job.at(f"/{DEFINITION_PATCH}", key=True)
    return job.at("/task_definition/family" if key == "task_definition" else f"/{key}")
