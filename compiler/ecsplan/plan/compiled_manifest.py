"""`CompiledManifest`: one manifest of many, compiled by itself; small enough to pass between processes."""

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from ecsplan.job.jobs import same_name
from ecsplan.plan.job_order import JobOrder
from ecsplan.plan.shared_families import FamilyUse
from ecsplan.source.ignores import Ignore
from ecsplan.terms.diagnostic import Diagnostic, Location
from ecsplan.terms.observed import Question
from ecsplan.terms.records import dataclass
from ecsplan.variables.declarations import Declaration

Output = TypeVar("Output")


@dataclass(frozen=True, slots=True)
class CompiledManifest(Generic[Output]):
    """One manifest of many, compiled by itself.

    Attributes:
        names: The name of each job and the plain name of each matrix, and where it is written; none that
            was refused.
        jobs: What was made of the jobs; none where the manifest has an error or AWS is still to be asked.
        diagnostics: What is wrong with it, in order; names that other manifests use are not looked at.
        questions: What is still to be asked about AWS.
        families: Which families its jobs use; that they share some is not reported in `diagnostics`.
        ignores: What comments of the manifest ask to ignore.
        files: The paths of the definition files that were read for it.
        unnamed: Where jobs are that the manifest does not name.
        declared: The variables that the manifest declares.
        called: The names by which a command sets something in a job; see `JobSource`.
        count: How many jobs could be read.
        orders: What the jobs wait for; this is not judged in `diagnostics`.
        complete: Whether no job was lost because it could not be read.
    """

    names: tuple[tuple[str, Location], ...]
    jobs: tuple[Output, ...]
    diagnostics: tuple[Diagnostic, ...]
    questions: tuple[Question, ...] = ()
    families: tuple[FamilyUse, ...] = ()
    ignores: tuple[Ignore, ...] = ()
    files: tuple[str, ...] = ()
    unnamed: tuple[Location, ...] = ()
    declared: tuple[Declaration, ...] = ()
    called: tuple[str, ...] = ()
    count: int = 0
    orders: tuple[JobOrder, ...] = ()
    complete: bool = True


def shared_names(manifests: Iterable[CompiledManifest[Output]]) -> Iterator[Diagnostic]:
    """Yield an error for each job whose name an earlier job has."""
    first: dict[str, Location] = {}
    reported: set[Location] = set()
    for manifest in manifests:
        for name, location in manifest.names:
            there = first.setdefault(name, location)
            if there is not location and location not in reported:
                # The jobs of a matrix share their place, and the plain name comes first.
                reported.add(location)
                yield same_name(name, location, there)
