"""The keys of a job, compiled to see whether they make the requests that are meant, and patched where not."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ecsplan.compile import compile_manifest
from ecsplan.decision.compare import Change, compare
from ecsplan.plan.plan import PlannedJob
from ecsplan.terms.bodies import as_mapping
from ecsplan.terms.family_names import family_name
from ecsplan.terms.json_types import Document, Record
from ecsplan.terms.records import dataclass
from ecsplan_convert.aws.templated import words
from ecsplan_convert.manifest.clean import clean
from ecsplan_convert.manifest.examples import Examples, Lookups
from ecsplan_convert.manifest.incomplete_definitions import completed
from ecsplan_convert.manifest.keys import container_of, keys_of
from ecsplan_convert.manifest.open_members import without_open_members
from ecsplan_convert.manifest.refused import Accepted, Compile, Outcome, accepted, accepted_patch
from ecsplan_convert.manifest.wanted import differences, plain_request
from ecsplan_convert.references import references_in, with_examples
from ecsplan_convert.source import Job, Suggestion

_COMPATIBILITIES: Final = "requiresCompatibilities"
_DEFINITION_PATCH: Final = "task_definition_customizations"
_LEADING: Final = ("image", "family", "container_name", "task_definition", "task_definition_arn", "service")
"""Keys that a reader gives and without which what the requests say cannot be compiled."""
_FAMILIES: Final = frozenset({"family", "task_definition_arn", "service"})
"""Keys that say which family a job has, where it is not named after the job."""
_LEFT_TO_ECSPLAN: Final = ("/networkConfiguration", "/launchType", "/platformVersion")
"""What is not removed: where a request does not say it, AWS refuses the request or a service gives it."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """The keys of a job.

    Attributes:
        keys: The keys, those that are a job's alone.
        notes: What the manifest does not say as the source says it.
        suggestions: What the compiler refuses.
        compiles: Whether the keys that say the requests are known to compile.
    """

    keys: Record
    notes: tuple[str, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    compiles: bool = True


def fitted(job: Job, variables: Mapping[str, Document]) -> Fitted:
    """Return the keys that compile to the requests of a job, with a patch for what no key says.

    What is refused is suggested.

    Args:
        job: The job, with a name.
        variables: Declarations of the variables that it refers to.
    """
    told = without_open_members(job)
    if job.is_partial and job.definition is not None:
        told = completed(told, variables)
    made = _of_requests(told, variables)
    notes = (*told.notes[len(job.notes) :], *made.notes)
    suggested = (*told.suggestions[len(job.suggestions) :], *made.suggestions)
    if made.compiles and not told.keys:
        return Fitted(made.keys, notes, suggested)
    asked = job.definition is not None or bool(job.request)
    done = clean(job.name, made.keys, variables, fixed=made.keys.keys() - told.keys.keys() if asked else ())
    return Fitted(done.keys, tuple(dict.fromkeys((*notes, *done.notes))), (*suggested, *done.suggestions))


def _of_requests(job: Job, variables: Mapping[str, Document]) -> Fitted:
    """Return the keys that say a job's definition and request, and those that its reader gives."""
    plain = replace(job, keys={name: job.keys[name] for name in _LEADING if name in job.keys})
    keys = keys_of(plain)
    if job.definition is None and not job.request:
        keys |= job.keys
        if (family := _family(job.name, keys)) not in {"", job.name}:
            keys["family"] = family
        return Fitted(keys)
    made, is_whole = _fitted(job, plain, keys, Examples(variables))
    if not is_whole and any(references_in([job.name, plain.definition, plain.request, keys])):
        # An example may be none of the values that are allowed where it stands.
        made, _ = _fitted(job, plain, keys, Lookups(variables))
    return replace(made, keys={**made.keys, **job.keys}, notes=(*_choice(plain), *made.notes))


def _fitted(job: Job, plain: Job, keys: Record, stand_in: Examples) -> tuple[Fitted, bool]:
    """Return the keys with the patch that they need, and whether they say all that the requests say."""

    def compiled(document: Document) -> Outcome:
        return _compiled(job, document, stand_in)

    have = accepted(keys, compiled)
    if have.job is None:
        return Fitted(keys, compiles=False), False
    if not have.suggestions:
        have = _with_definition(have, job, stand_in, compiled)
    have, left_out = _with_patch(have, plain, stand_in, compiled)
    changed = () if have.suggestions else _changed(have.job, job, stand_in)
    is_whole = not (have.notes or have.suggestions or left_out)
    return Fitted(have.keys, (*have.notes, *left_out, *changed), have.suggestions), is_whole


def _with_patch(
    have: Accepted, job: Job, stand_in: Examples, compiled: Compile
) -> tuple[Accepted, tuple[str, ...]]:
    """Return keys with a patch for what they do not say of the request, and what it cannot say either."""
    if have.job is None or not (patch := _patch(job, have.job, stand_in)):
        return have, ()
    patched = accepted_patch(patch, have.keys, have.job, compiled)
    told = {_why(each.reason) for each in have.suggestions}
    notes = tuple(each for each in patched.notes if _why(each) not in told)
    return replace(have, keys=patched.keys, job=patched.job), notes


def _with_definition(have: Accepted, job: Job, stand_in: Examples, compiled: Compile) -> Accepted:
    """Return keys with a patch where all they change of the definition is to say that it is for Fargate.

    ECS runs a definition on Fargate that does not say so but fits.
    """
    paths = [each.path for each in _differences(have.job, job, stand_in)]
    if job.definition is None or job.definition.get(_COMPATIBILITIES) or not paths:
        return have
    if not all(each.startswith(f"/{_COMPATIBILITIES}/") for each in paths):
        return have
    keys: Record = {**have.keys, _DEFINITION_PATCH: [{"op": "remove", "path": f"/{_COMPATIBILITIES}"}]}
    patched, _ = compiled(keys)
    return have if patched is None else replace(have, keys=keys, job=patched)


def _why(note: str) -> str:
    """Return the reason that a note gives."""
    return note.partition(" is left out: ")[2]


def _family(name: str, keys: Document) -> str:
    """Return the family that a job has after its name; "" where something else names it."""
    if _FAMILIES & keys.keys() or "family" in as_mapping(keys.get("task_definition")):
        return ""
    return family_name(name)


def _choice(job: Job) -> tuple[str, ...]:
    """Return what is to be said of the container that was chosen, where it could be another one."""
    meant = container_of(job)
    if not meant.others or "container_name" in job.keys:
        return ()
    others = ", ".join(meant.others)
    return (
        f"container_name: {meant.name} was chosen as the container whose exit code counts; others: {others}",
    )


def _patch(job: Job, compiled: PlannedJob, stand_in: Examples) -> tuple[Record, ...]:
    """Return the operations that make the compiled request what the job's means."""
    if not job.request:
        return ()
    wanted = plain_request(stand_in.compiled(job.request))
    changes = differences(compiled.run_request, wanted, plain_request(job.request))
    return tuple(each for each in changes if each["op"] != "remove" or each["path"] not in _LEFT_TO_ECSPLAN)


def _compiled(job: Job, keys: Document, stand_in: Examples) -> Outcome:
    """Return the job that keys compile to, or what the compiler says is wrong with it."""
    document = {"name": with_examples(job.name), **stand_in.written(keys), **stand_in.declarations}
    done = compile_manifest(json.dumps(document), file=job.name)
    if done.plan is not None:
        return done.plan.jobs[0], ()
    return None, tuple(each for each in done.diagnostics if each.severity == "error")


def _differences(compiled: PlannedJob | None, job: Job, stand_in: Examples) -> tuple[Change, ...]:
    """Return what is compiled otherwise than a job's definition has it, if it has one."""
    if compiled is None or job.definition is None:
        return ()
    definition = {"family": compiled.definition.family, **stand_in.compiled(job.definition)}
    return compare(compiled.definition.request, definition)


def _changed(compiled: PlannedJob | None, job: Job, stand_in: Examples) -> tuple[str, ...]:
    """Return what is to be said of a definition that is compiled otherwise than the source has it."""
    paths = [words(each.path) for each in _differences(compiled, job, stand_in)]
    return (
        (f"the manifest sets {', '.join(paths)} of the task definition: ECS runs no task without",)
        if paths
        else ()
    )
