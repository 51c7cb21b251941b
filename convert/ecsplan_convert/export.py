"""Jobs of a plan into the format of another tool, with what is still open in them."""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from ecsplan.decision.decide_revision import Undecided
from ecsplan.draft.patched import DEFINITION_PATCH, TASK_PATCH
from ecsplan.plan.plan import PlannedJob
from ecsplan.plan.planned_spec import linked_of, schedule_of
from ecsplan.terms.placeholders import REGISTERED_AT_APPLY, placeholders_in, variable_at_apply
from ecsplan.terms.pointers import tokens_of
from ecsplan.terms.secrecy import secrets_in
from ecsplan_convert.exported import Exported
from ecsplan_convert.prefect.network import is_of_network
from ecsplan_convert.writers.registry import OF_DEFINITIONS, writer_of

SHELL_QUOTE: Final = shlex.quote("'")[1:-1]
"""A single quote within a quoted word of a shell."""
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
    written = _written(done)
    found = tuple(f"{job.name}: {each}" for job in jobs for each in _open_in(job, form, written))
    return replace(done, notes=tuple(dict.fromkeys((*found, *done.notes))))


def revealed(jobs: Sequence[PlannedJob], done: Exported) -> tuple[str, ...]:
    """Return the names of the jobs of which an export has a value in clear that looks like a credential."""
    written = _written(done)
    return tuple(
        job.name
        for job in jobs
        if any(
            _is_in(each, written)
            for request in (job.definition.request, job.run_request)
            for each in secrets_in(request)
        )
    )


def _written(done: Exported) -> str:
    return "\n".join((done.text, *done.files.values()))


def _is_in(text: str, written: str) -> bool:
    """Return whether a text is in an export, spelled as JSON, JSON within JSON or Terraform spell it."""
    # A command is a line of a shell in Prefect, where a quote within a word has quotes around it.
    quoted = {text, text.replace("'", SHELL_QUOTE)}
    spelled = quoted | {each.replace("${", "$${").replace("%{", "%%{") for each in quoted}
    for _ in range(2):
        spelled |= {json.dumps(each, ensure_ascii=plain)[1:-1] for each in spelled for plain in (True, False)}
    return any(each in written for each in spelled)


def _open_in(job: PlannedJob, form: str, written: str) -> Iterator[str]:
    sensitive = {variable_at_apply(each.name): each.name for each in job.sensitive}
    marks = dict.fromkeys(_marks((job.definition.request, job.run_request, schedule_of(job))))
    stand = [each for each in marks if _is_in(each, written)]
    for mark in (each for each in stand if each in sensitive):
        name = sensitive[mark]
        yield f"the value of the sensitive variable {name} is not in a plan: write it in place of `{mark}`"
    unknown = [each for each in stand if each not in sensitive]
    if unknown:
        listed = ", ".join(f"`{each}`" for each in unknown)
        yield f"only AWS knows what belongs in place of {listed}; {_ONLINE} it"
    for key in DEFINITION_PATCH, TASK_PATCH:
        if any(_is_left_out(job, each, form) for each in job.left_open if tokens_of(each)[0] == key):
            yield f"operations of `{key}` depend on what only AWS knows and are left out; {_ONLINE} them"
    changes = job.definition.request.keys() - {"family"}
    if changes and isinstance(job.definition.decision, Undecided) and linked_of(job) is not None:
        members = ", ".join(sorted(changes))
        yield f"what it changes in the linked definition ({members}) is left out; {_ONLINE} all of it"


def _is_left_out(job: PlannedJob, pointer: str, form: str) -> bool:
    """Return whether an export lacks what an open operation, or a whole open patch, would change."""
    key, *indexes = tokens_of(pointer)
    if key == DEFINITION_PATCH:
        return True
    # A work pool has the operations on the network applied, to a request with just what they need.
    applied = form == "prefect-work-pool" and bool(indexes)
    return form not in OF_DEFINITIONS and not (applied and is_of_network(job.spec[key][int(indexes[0])]))


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
