"""The two requests after a job's patches, and what is wrong with the patches and with what they make."""

from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from ecsplan.diagnostic import Diagnostic, Location, error
from ecsplan.manifest import JobSpec
from ecsplan.observed import Body
from ecsplan.ordering import ordered
from ecsplan.origins import Origins
from ecsplan.patch import BadOperation, PatchError, applied, malformed
from ecsplan.pruning import without
from ecsplan.schema import request_violations

TASK_PATCH = "task_customizations"
DEFINITION_PATCH = "task_definition_customizations"

RequestName: TypeAlias = Literal["task-definition", "run-request"]

_PATCH_OF: dict[RequestName, str] = {"task-definition": DEFINITION_PATCH, "run-request": TASK_PATCH}


@dataclass(frozen=True, slots=True)
class Patched:
    """A document after its patch.

    Attributes:
        body: The document; as it was where the patch is wrong, or what it is for is not known.
        operations: The operations that were carried out: all or none.
        diagnostics: What is wrong with the patch, and with what it makes of the document.
        refused: Pointers of what the patch made and the schema refuses; it is left out.
    """

    body: dict[str, Any]
    operations: tuple[Body, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    refused: frozenset[str] = frozenset()


def patch_of(job: JobSpec, body: dict[str, Any], name: RequestName, *, must_fit: bool = True) -> Patched:
    """Return the document patched with the job's operations for it."""
    key, patch = _PATCH_OF[name], job.task_patch if name == "run-request" else job.definition_patch
    bad = malformed(patch)
    if bad or not patch:
        return Patched(body, (), tuple(_bad_operation(job, key, each) for each in bad))
    try:
        result = applied(body, patch)
    except PatchError as reason:
        return Patched(body, (), (_bad_operation(job, key, reason.bad),) if must_fit else ())
    if not isinstance(result, dict):
        whole = BadOperation(f"/{len(patch) - 1}", "the patch leaves no document", "keep it an object")
        return Patched(body, (), (_bad_operation(job, key, whole),))
    return _accepted(job, body, Patched(ordered(result), tuple(patch)), name)


def _accepted(job: JobSpec, before: Body, result: Patched, name: RequestName) -> Patched:
    """Return the patched document without what its schema refuses since the patch, and why."""
    found = tuple(request_violations(name, result.body))
    if not found:
        return result
    known = frozenset(request_violations(name, before))
    broken = [each for each in found if each not in known]
    key = _PATCH_OF[name]
    origins = Origins(before, result.operations, f"/{key}")
    wrong: list[Diagnostic] = []
    for each in broken:
        origin, inside = origins.find(each.pointer)
        place = in_patch(job, origin) if inside else job.at(f"/{key}", key=True)
        wrong.append(error(each.rule, place, each.message, help=each.help))
    pointers = [each.pointer for each in broken if each.rule != "missing-key"]
    pruned: dict[str, Any] = ordered(without(result.body, pointers))
    return replace(result, body=pruned, diagnostics=tuple(wrong), refused=frozenset(pointers))


def in_patch(job: JobSpec, pointer: str) -> Location:
    """Return the place of a value within one of the job's patches, also where that is JSON in a string."""
    key, _, inner = pointer.removeprefix("/").partition("/")
    if isinstance(job.written.data.get(key), str):
        return job.written.locate_in_string(f"/{key}", f"/{inner}")
    return job.at(pointer)


def badly_formed(job: JobSpec, key: str) -> tuple[Diagnostic, ...]:
    """Return what is wrong with the operations on a task definition that nobody asked about."""
    return tuple(_bad_operation(job, key, each) for each in malformed(job.definition_patch))


def _bad_operation(job: JobSpec, key: str, bad: BadOperation) -> Diagnostic:
    return error("patch", in_patch(job, f"/{key}{bad.pointer}"), bad.message, help=bad.help)
