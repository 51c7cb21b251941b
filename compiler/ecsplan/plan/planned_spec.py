"""From a job of a plan back to its `JobSpec`: `spec` is a manifest that can be compiled again."""

from dataclasses import replace

from ecsplan.job.bind import bind
from ecsplan.job.spec import JobSpec
from ecsplan.plan.plan import PlannedJob
from ecsplan.terms.diagnostic import Location
from ecsplan.terms.family_names import family_name
from ecsplan.terms.json_types import Document
from ecsplan.terms.records import dataclass
from ecsplan.terms.run_policy import Combination
from ecsplan.variables.declarations import Declaration
from ecsplan.variables.values import Resolved


def spec_of(job: PlannedJob) -> JobSpec:
    """Return the job that the plan's `spec` describes, in the region that the plan names."""
    bound, _ = bind(_PlannedSource(job), job.spec)
    matrix = job.policy.matrix
    if matrix is not None:
        # The other combinations decided that; what they make is not in the spec of this one.
        bound = replace(bound, own_family=job.definition.family != family_name(matrix.name))
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

    @property
    def expands(self) -> bool:
        # A spec is taken as it stands. What looks like a reference in it was reported with the manifest.
        return True

    @property
    def variables(self) -> tuple[Resolved, ...]:
        given = (
            Resolved(Declaration(name), tuple(value) if isinstance(value, list) else value, "from the plan")
            for name, value in self.job.variables.items()
        )
        return (*given, *(Resolved(each, None, "") for each in self.job.sensitive))

    @property
    def matrix(self) -> Combination | None:
        return self.job.policy.matrix

    @property
    def lookups(self) -> tuple[str, ...]:
        return ()

    def locate(self, pointer: str, *, key: bool = False) -> Location:
        del key
        return Location(self.path, self.line, 1, pointer=pointer)

    def locate_in_string(self, pointer: str, inner_pointer: str) -> Location:
        return self.locate(pointer + inner_pointer)

    def text_of(self, pointer: str) -> str | None:
        del pointer
        return None

    def variable_at(self, pointer: str) -> str | None:
        del pointer
        return None

    def command_text(self) -> str | None:
        return None
