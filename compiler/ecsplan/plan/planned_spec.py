"""From a job to `spec` in its plan, and back: `spec` is a manifest that can be compiled again.

A spec is taken as it stands, unless it has lookups. Then it is a manifest with `variables: {}`: its
references are looked up again, and a literal `${` is written `$${`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from ecsplan.job.bind import bind
from ecsplan.job.bound import bound
from ecsplan.job.from_service import service_name
from ecsplan.job.spec import JobSpec
from ecsplan.plan.plan import PlannedJob
from ecsplan.terms.bodies import as_mapping, as_text
from ecsplan.terms.diagnostic import Location
from ecsplan.terms.family_names import family_name
from ecsplan.terms.json_types import Document, Json
from ecsplan.terms.open_values import open_values
from ecsplan.terms.placeholders import around_lookups, lookup_at_apply, of_service, open_lookups
from ecsplan.terms.pointers import child
from ecsplan.terms.records import dataclass
from ecsplan.terms.run_policy import Combination
from ecsplan.variables.declarations import Declaration
from ecsplan.variables.expansion import Expansion, variables_in
from ecsplan.variables.references import OPENING
from ecsplan.variables.values import Resolved

VARIABLES: Final = "variables"
"""The key that a spec has if it has lookups."""


def planned_spec(job: JobSpec) -> Document:
    """Return the spec of a job as its plan has it, with references where values are looked up."""
    if not job.written.lookups:
        return job.spec
    return {VARIABLES: {}, **{key: _referring(value) for key, value in job.spec.items()}}


def _referring(value: Any) -> Any:
    """Return a value with references in place of the placeholders of lookups."""
    if isinstance(value, str):
        parts = around_lookups(value)
        return "".join(
            f"{OPENING}{each}}}" if index % 2 else each.replace(OPENING, f"${OPENING}")
            for index, each in enumerate(parts)
        )
    if isinstance(value, Mapping):
        return {name: _referring(each) for name, each in value.items()}
    return [_referring(each) for each in value] if isinstance(value, list | tuple) else value


def _expanded(value: Any, pointer: str = "") -> Any:
    """Return a value of a spec with placeholders in place of its references."""
    if isinstance(value, str):
        # A name that is no lookup cannot stand in a spec that ecsplan has written.
        return value if any(variables_in(value)) else _EXPANSION.expanded(value, pointer).value
    if isinstance(value, Mapping):
        return {name: _expanded(each, child(pointer, name)) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_expanded(each, f"{pointer}/{index}") for index, each in enumerate(value)]
    return value


_EXPANSION: Final = Expansion({}, None)


def _lookups_in(data: Document) -> Iterator[str]:
    for _, text in open_values(data):
        yield from open_lookups(text)


def linked_of(job: PlannedJob) -> str | None:
    """Return the definition that a job is linked to, as far as it is known; None for a job without a link."""
    service = service_of(job)
    if service is not None:
        taken = as_text(as_mapping(job.observed.get("service")).get("task_definition_arn"))
        return taken or of_service("task definition", service_name(service).name)
    return _known(job, job.spec.get("task_definition_arn"))


def service_of(job: PlannedJob) -> str | None:
    """Return the service that a job runs like, as far as it is known; None for a job that is like none."""
    return _known(job, job.spec.get("service"))


def schedule_of(job: PlannedJob) -> Document:
    """Return what a job's `schedule` says, as far as it is known; {} for a job without one."""
    schedule = as_mapping(job.spec.get("schedule"))
    return {name: _known(job, value) if isinstance(value, str) else value for name, value in schedule.items()}


def _known(job: PlannedJob, value: Json) -> str | None:
    """Return a text of a job's spec with what was looked up for it; None where there is none."""
    if not isinstance(value, str) or VARIABLES not in job.spec:
        return value if isinstance(value, str) else None
    parts = around_lookups(str(_expanded(value)))
    return "".join(
        str(job.observed.get(each, lookup_at_apply(each))) if index % 2 else each
        for index, each in enumerate(parts)
    )


def spec_of(job: PlannedJob) -> JobSpec:
    """Return the job that the plan's `spec` describes, in the region that the plan names."""
    if VARIABLES in job.spec:
        data = {key: _expanded(each, f"/{key}") for key, each in job.spec.items() if key != VARIABLES}
        written = _PlannedSource(job, data, tuple(sorted(set(_lookups_in(data)))))
        spec, _ = bound(written)
    else:
        spec, _ = bind(_PlannedSource(job, job.spec), job.spec)
    matrix = job.policy.matrix
    if matrix is not None:
        # The other combinations decided that; what they make is not in the spec of this one.
        spec = replace(spec, own_family=job.definition.family != family_name(matrix.name))
    return spec if job.aws.region is None else spec.in_region(job.aws.region)


@dataclass(frozen=True, slots=True)
class _PlannedSource:
    """A job written in a plan: every place in it is the job's own."""

    job: PlannedJob
    data: Document
    lookups: tuple[str, ...] = ()

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
    def open_lookups(self) -> tuple[str, ...]:
        return self.lookups

    def locate(self, pointer: str, *, key: bool = False) -> Location:
        del key
        return Location(self.path, self.line, 1, pointer=pointer)

    def locate_lookup(self, pointer: str, name: str) -> Location:
        del name
        return self.locate(pointer)

    def locate_in_string(self, pointer: str, inner_pointer: str) -> Location:
        return self.locate(pointer + inner_pointer)

    def locate_part(self, pointer: str, start: int, end: int) -> Location:
        del start, end
        return self.locate(pointer)

    def text_of(self, pointer: str) -> str | None:
        del pointer
        return None

    def variable_at(self, pointer: str) -> str | None:
        del pointer
        return None

    def command_text(self) -> str | None:
        return None
