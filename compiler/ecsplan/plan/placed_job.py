"""`PlacedJob`: a job of a plan, and where its manifest says what its requests have."""

from collections.abc import Callable, Iterator, Mapping

from ecsplan.draft.draft import Draft
from ecsplan.plan.plan import PlannedJob
from ecsplan.terms.diagnostic import Location
from ecsplan.terms.json_types import Json
from ecsplan.terms.pointers import child
from ecsplan.terms.records import dataclass


@dataclass(frozen=True, slots=True)
class PlacedJob:
    """A job of a plan, with the place of each value of its task definition, its run request and its spec.

    Places are found by RFC 6901 pointers. A pointer to what is not there has the place of the nearest value
    around it that is; in a job that was read from a plan, every place is the line on which the job begins.

    Attributes:
        job: The job.
        whole: The place of the job.
        definition: Pointers into its RegisterTaskDefinition request -> places in the manifest.
        run: Pointers into its RunTask request -> places in the manifest.
        spec: Pointers into the manifest, as its `spec` has it -> places there.
    """

    job: PlannedJob
    whole: Location
    definition: Mapping[str, Location]
    run: Mapping[str, Location]
    spec: Mapping[str, Location]

    def in_definition(self, pointer: str) -> Location:
        """Return the place of a value of the task definition."""
        return _nearest(self.definition, pointer, self.whole)

    def in_run(self, pointer: str) -> Location:
        """Return the place of a value of the run request."""
        return _nearest(self.run, pointer, self.whole)

    def at(self, pointer: str) -> Location:
        """Return the place of a value of the manifest, such as `/schedule/role_arn`."""
        return _nearest(self.spec, pointer, self.whole)


def placed_job(job: PlannedJob, made: Draft) -> PlacedJob:
    """Return a job with the places of its values, independent of the draft that knows them."""
    return PlacedJob(
        job,
        made.at(""),
        _places(job.definition.request, made.in_definition),
        _places(job.run_request, made.in_run),
        _places(job.spec, made.at),
    )


def unplaced_job(job: PlannedJob) -> PlacedJob:
    """Return a job that was read from a plan: every place is the line on which it begins."""
    return PlacedJob(job, Location(job.source.path, job.source.line, 1), {}, {}, {})


def _places(document: Json, locate: Callable[[str], Location]) -> dict[str, Location]:
    return {pointer: locate(pointer) for pointer in _pointers(document)}


def _pointers(value: Json, pointer: str = "") -> Iterator[str]:
    """Yield the pointers of all values within a document."""
    members: Iterator[tuple[str | int, Json]] = iter(())
    if isinstance(value, Mapping):
        members = iter(value.items())
    elif isinstance(value, list | tuple):
        members = iter(enumerate(value))
    for name, each in members:
        below = child(pointer, name)
        yield below
        yield from _pointers(each, below)


def _nearest(places: Mapping[str, Location], pointer: str, whole: Location) -> Location:
    while pointer and pointer not in places:
        pointer = pointer.rpartition("/")[0]
    return places.get(pointer, whole)
