"""From a job of a plan back to its `JobSpec`: `spec` is a manifest that can be compiled again."""

from dataclasses import dataclass

from ecsplan.job.bind import bind
from ecsplan.job.spec import JobSpec
from ecsplan.plan.plan import PlannedJob
from ecsplan.terms.diagnostic import Location
from ecsplan.terms.json_types import Document


def spec_of(job: PlannedJob) -> JobSpec:
    """Return the job that the plan's `spec` describes, in the region that the plan names."""
    bound, _ = bind(_PlannedSource(job), job.spec)
    return bound if job.aws.region is None else bound.in_region(job.aws.region)


@dataclass(frozen=True, slots=True)
class _PlannedSource:
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
    def data(self) -> Document:
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
