"""Jobs of a plan into the format of another tool, with what is still open in them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from ecsplan.decision.decide_revision import Undecided
from ecsplan.draft.patched import DEFINITION_PATCH, TASK_PATCH
from ecsplan.plan.plan import PlannedJob
from ecsplan.plan.planned_spec import linked_of
from ecsplan.terms.placeholders import REGISTERED_AT_APPLY, placeholders_in, variable_at_apply
from ecsplan.terms.secrecy import secrets_in
from ecsplan_convert.exported import Exported
from ecsplan_convert.writers.registry import writer_of

_ONLINE: Final = "compiled without `--offline`, the job has"


class TooManyJobsError(ValueError):
    """A document of the format holds fewer jobs than there are.

    Attributes:
        most: How many it holds.
    """

    def __init__(self, most: int) -> None:
        super().__init__(f"a document holds at most {most}")
        self.most = most


def exported(form: str, jobs: Sequence[PlannedJob]) -> Exported:
    """Return jobs, one or more, in a format of `WRITERS`; the notes begin with what is open in each job.

    Raises:
        TooManyJobsError: A document of the format holds fewer jobs.
        ConversionError: The format cannot say anything of these jobs.
    """
    writer = writer_of(form)
    if writer.MAX_JOBS is not None and len(jobs) > writer.MAX_JOBS:
        raise TooManyJobsError(writer.MAX_JOBS)
    done = writer.write(jobs)
    return replace(done, notes=tuple(dict.fromkeys((*_open_notes(jobs), *done.notes))))


def holds_credentials(job: PlannedJob) -> bool:
    """Return whether a value of a job's two requests looks like a credential."""
    requests = (job.definition.request, job.run_request)
    return any(True for each in requests for _ in secrets_in(each))


def _open_notes(jobs: Sequence[PlannedJob]) -> Iterator[str]:
    for job in jobs:
        yield from (f"{job.name}: {each}" for each in _open_in(job))


def _open_in(job: PlannedJob) -> Iterator[str]:
    sensitive = {variable_at_apply(each.name): each.name for each in job.sensitive}
    for mark, name in sensitive.items():
        yield f"the value of the sensitive variable {name} is not in a plan: write it in place of `{mark}`"
    marks = dict.fromkeys(_marks((job.definition.request, job.run_request)))
    unknown = [each for each in marks if each not in sensitive]
    if unknown:
        listed = ", ".join(f"`{each}`" for each in unknown)
        yield f"only AWS knows what belongs in place of {listed}; {_ONLINE} it"
    for key in DEFINITION_PATCH, TASK_PATCH:
        if any(each.split("/")[1] == key for each in job.left_open):
            yield f"operations of `{key}` depend on what only AWS knows and are left out; {_ONLINE} them"
    changes = job.definition.request.keys() - {"family"}
    if changes and isinstance(job.definition.decision, Undecided) and linked_of(job) is not None:
        members = ", ".join(sorted(changes))
        yield f"what it changes in the linked definition ({members}) is left out; {_ONLINE} all of it"


def _marks(value: object) -> Iterator[str]:
    """Yield the placeholders in a document; that of the revision is each format's own matter."""
    if isinstance(value, str):
        yield from (each for each in placeholders_in(value) if each != REGISTERED_AT_APPLY)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _marks(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _marks(each)
