"""`Jobs`: the bound jobs of some manifests, and what is wrong with them so far."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ecsplan.job.spec import JobSpec
from ecsplan.source.ignores import Ignore
from ecsplan.terms.diagnostic import Diagnostic, Location, error, in_order
from ecsplan.terms.records import dataclass
from ecsplan.variables.declarations import Declaration


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of some manifests, and what is wrong with them so far.

    Attributes:
        jobs: The jobs.
        diagnostics: What is wrong with them.
        ignores: What comments of the manifests ask to ignore.
        files: The paths of the definition files that were read for them.
        unnamed: Where jobs are that have no name.
        declared: The variables that the manifests declare.
        complete: Whether these are all jobs that are written; others could not be read, or have no name.
        called: The names by which a command sets something in a job; see `JobSource`.
    """

    jobs: tuple[JobSpec, ...]
    diagnostics: tuple[Diagnostic, ...]
    ignores: tuple[Ignore, ...] = ()
    files: tuple[str, ...] = ()
    unnamed: tuple[Location, ...] = ()
    declared: tuple[Declaration, ...] = ()
    complete: bool = True
    called: tuple[str, ...] = ()

    def in_region(self, region: str) -> "Jobs":
        """Return the same jobs in this region, whatever the manifests say."""
        return replace(self, jobs=tuple(job.in_region(region) for job in self.jobs))

    def named(self) -> Iterator[JobSpec]:
        """Yield the jobs whose names can be compared: a name that was refused is reported already."""
        return (job for job in self.jobs if not job.spoiled("/name"))

    def names(self) -> Iterator[tuple[str, JobSpec]]:
        """Yield each name that stands for jobs, with the first of them; a matrix's plain name comes first."""
        plain: set[tuple[str, int, str]] = set()
        for job in self.named():
            matrix = (job.written.path, job.written.line, job.plain_name)
            if job.policy.matrix is not None and matrix not in plain:
                plain.add(matrix)
                yield job.plain_name, job
            yield job.name, job


def together(manifests: Iterable[Jobs]) -> Jobs:
    """Return the jobs of several manifests as one; a name that two jobs share is an error at the second."""
    parts = tuple(manifests)
    first: dict[str, JobSpec] = {}
    clashes: dict[Location, Diagnostic] = {}
    for name, job in (each for part in parts for each in part.names()):
        other = first.setdefault(name, job)
        if other is not job:
            # The jobs of a matrix share their place, and the plain name comes first.
            place = job.at("/name")
            clashes.setdefault(place, same_name(name, place, other.at("/name")))
    found = (each for part in parts for each in part.diagnostics)
    return Jobs(
        jobs=tuple(each for part in parts for each in part.jobs),
        diagnostics=in_order((*found, *clashes.values())),
        ignores=tuple(each for part in parts for each in part.ignores),
        files=tuple(each for part in parts for each in part.files),
        unnamed=tuple(each for part in parts for each in part.unnamed),
        declared=tuple(each for part in parts for each in part.declared),
        complete=all(part.complete for part in parts),
        called=tuple(each for part in parts for each in part.called),
    )


def same_name(name: str, location: Location, first: Location) -> Diagnostic:
    """Return the error for a job whose name is taken by the one at `first`."""
    # One text names several jobs: `defaults:`, or an option of the command.
    is_shared = (location.path, location.line, location.column) == (first.path, first.line, first.column)
    taken = "is given to more than one job" if is_shared else f"is already used at {first.path}:{first.line}"
    return error(
        "duplicate-job", location, f"the job name {name!r} {taken}", help="give each job a `name` of its own"
    )
