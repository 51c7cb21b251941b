"""The keys of a job, compiled to see whether they make the requests that are meant, and patched where not."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ecsplan.compile import compile_manifest
from ecsplan.decision.canonical import canonical, json_text
from ecsplan.plan.plan import PlannedJob
from ecsplan.terms.json_types import Document, Record
from ecsplan.terms.records import dataclass
from ecsplan_convert.found import Job, Suggestion
from ecsplan_convert.manifest.clean import clean
from ecsplan_convert.manifest.examples import with_example_values, without_example_values
from ecsplan_convert.manifest.keys import container_of, keys_of
from ecsplan_convert.manifest.wanted import differences, plain_request
from ecsplan_convert.manifest.whole import whole

_PATCH: Final = "task_customizations"
_LEADING: Final = ("image", "family", "container_name", "task_definition", "task_definition_arn", "service")
"""Keys that a reader gives and without which what the requests say cannot be compiled."""
_LEFT_TO_ECSPLAN: Final = ("/networkConfiguration", "/launchType", "/platformVersion")
"""What is not removed: where a request does not say it, AWS refuses the request or a service gives it."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """The keys of a job.

    Attributes:
        keys: The keys, those that are a job's alone.
        notes: What the manifest does not say as the source says it.
        suggestions: Keys that the compiler refuses.
    """

    keys: Record
    notes: tuple[str, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()


def fitted(job: Job, variables: Mapping[str, Document]) -> Fitted:
    """Return the keys that compile to the requests of a job, with a patch for what no key says.

    A key that is refused, and of which the requests say nothing, is suggested.

    Args:
        job: The job, with a name.
        variables: Declarations of the variables that it refers to.
    """
    completed = whole(job, variables) if job.is_partial and job.definition is not None else job
    made = _of_requests(completed, variables)
    known = len(job.notes)
    notes, suggested = (*completed.notes[known:], *made.notes), completed.suggestions[len(job.suggestions) :]
    if not job.keys:
        return Fitted(made.keys, notes, suggested)
    asked = job.definition is not None or bool(job.request)
    done = clean(job.name, made.keys, variables, fixed=made.keys.keys() - job.keys.keys() if asked else ())
    return Fitted(done.keys, tuple(dict.fromkeys((*notes, *done.notes))), (*suggested, *done.suggestions))


def _of_requests(job: Job, variables: Mapping[str, Document]) -> Fitted:
    plain = replace(job, keys={name: job.keys[name] for name in _LEADING if name in job.keys})
    keys = keys_of(plain)
    if job.definition is None and not job.request:
        return Fitted({**keys, **job.keys})
    unsaid = _choice(plain)
    compiled, notes = _compiled(job, keys, variables)
    notes = (*unsaid, *notes)
    if compiled is None:
        return Fitted({**keys, **job.keys}, notes)
    if patch := _patch(plain, compiled, variables):
        patched = {**keys, _PATCH: [*patch]}
        compiled, _ = _compiled(job, patched, variables)
        if compiled is None:
            named = ", ".join(str(each["path"])[1:] for each in patch)
            return Fitted({**keys, **job.keys}, (f"left out of the RunTask request: {named}",))
        keys[_PATCH] = without_example_values(patch)
    if job.definition is not None and not _is_same(compiled, with_example_values(job.definition, variables)):
        notes = (*notes, "the task definition differs from that of the source: compare `ecsplan preview`")
    return Fitted({**keys, **job.keys}, notes)


def _choice(job: Job) -> tuple[str, ...]:
    """Return what is to be said of the container that was chosen, where it could be another one."""
    meant = container_of(job)
    if not meant.others or "container_name" in job.keys:
        return ()
    others = ", ".join(meant.others)
    return (
        f"container_name: {meant.name} was chosen as the container whose exit code counts; others: {others}",
    )


def _patch(job: Job, compiled: PlannedJob, variables: Mapping[str, Document]) -> tuple[Record, ...]:
    """Return the operations that make the compiled request what the job's means."""
    if not job.request:
        return ()
    wanted = plain_request(with_example_values(job.request, variables))
    changes = differences(compiled.run_request, wanted)
    return tuple(each for each in changes if each["op"] != "remove" or each["path"] not in _LEFT_TO_ECSPLAN)


def _compiled(
    job: Job, keys: Document, variables: Mapping[str, Document]
) -> tuple[PlannedJob | None, tuple[str, ...]]:
    """Return the job that keys compile to, or what the compiler says is wrong with it."""
    document = {"name": job.name, **with_example_values(keys, variables)}
    done = compile_manifest(json.dumps(document), file=job.name)
    if done.plan is not None:
        return done.plan.jobs[0], ()
    wrong = [each for each in done.diagnostics if each.severity == "error"]
    return None, tuple(f"`ecsplan check` will refuse it: {each.message}" for each in wrong)


def _is_same(compiled: PlannedJob, definition: Document) -> bool:
    return json_text(canonical(compiled.definition.request)) == json_text(
        canonical({"family": compiled.definition.family, **definition})
    )
