"""Patch the two requests of a job, and report problems of the patches and of their results."""

import dataclasses
from bisect import bisect_left
from collections.abc import Sequence
from types import MappingProxyType

from ecsplan.draft.newer_members import is_newer, model_version, set_by_ecsplan
from ecsplan.job.empty_texts import without_empty_texts
from ecsplan.job.prune import without
from ecsplan.job.spec import JobSpec
from ecsplan.patch.apply import BadOperation, PatchError, applied, carried_out, malformed
from ecsplan.patch.origins import Origins
from ecsplan.patch.unknown import KNOWN, Unknown, carried_out_as_known
from ecsplan.schema.check import RequestName, request_violations, with_integers
from ecsplan.schema.violation import Violation
from ecsplan.terms.diagnostic import Diagnostic, Location, error, warning
from ecsplan.terms.json_types import Document, Record, mappings, text
from ecsplan.terms.member_order import ordered
from ecsplan.terms.placeholders import is_open
from ecsplan.terms.records import dataclass

TASK_PATCH = "task_customizations"
DEFINITION_PATCH = "task_definition_customizations"

MAX_TRACED = 20
"""Violations whose causing operation is searched for, which applies the patch again several times."""

MAX_REPORTED = 100
"""Malformed operations in a string of JSON that are reported; the schema reports those in a list."""

MAX_TRIED = 500
"""Operations of the longest patch in which a causing operation is searched for."""

_NOTHING: Document = MappingProxyType({"op": "test", "path": ""})
"""Replaces an operation that is left open, so that the others keep their positions."""

_PATCH_OF: dict[RequestName, str] = {"task-definition": DEFINITION_PATCH, "run-request": TASK_PATCH}


@dataclass(frozen=True, slots=True)
class Patched:
    """A document after its patch.

    Attributes:
        body: The document, unpatched if the patch is wrong or its document is not known yet.
        origins: The origins of the values of `body`.
        diagnostics: Problems of the patch and of its result.
        refused: Pointers of values made by the patch that the schema refuses; `body` is without them.
        left_open: Pointers of the operations that wait for AWS's answers.
    """

    body: Record
    origins: Origins
    diagnostics: tuple[Diagnostic, ...] = ()
    refused: frozenset[str] = frozenset()
    left_open: tuple[str, ...] = ()


def patch_of(
    job: JobSpec,
    body: Record,
    name: RequestName,
    *,
    must_fit: bool = True,
    unknown: Unknown = KNOWN,
) -> Patched:
    """Return the document patched with the job's operations for it.

    Args:
        job: The job.
        body: The document.
        name: Which of the two requests it is.
        must_fit: Whether an operation that does not fit the document is an error.
        unknown: The parts of the document that only AWS knows; operations that depend on them are left open.
    """
    key, patch = _PATCH_OF[name], job.task_patch if name == "run-request" else job.definition_patch
    if job.written.open_lookups and (_shape_is_open(job, key) or any(map(_is_open_at, patch))):
        return dataclasses.replace(unpatched(body), left_open=left_open_whole(job, key))
    bad = malformed(patch)
    if bad or not patch:
        return unpatched(body, *(_bad_operation(job, key, each) for each in bad[:MAX_REPORTED]))
    open_: frozenset[int] = frozenset()
    if unknown:
        done = carried_out_as_known(body, patch, unknown)
        result, bad_one, open_ = done.document, done.bad, done.left_open
    else:
        result, bad_one = carried_out(body, patch)
    if bad_one is not None:
        return unpatched(body, *((_bad_operation(job, key, bad_one),) if must_fit else ()))
    if not isinstance(result, dict):
        message = "the patch replaces the document with something that is not an object"
        whole = BadOperation(f"/{len(patch) - 1}", message, "keep the document an object")
        return unpatched(body, _bad_operation(job, key, whole))
    done_patch = tuple(_NOTHING if index in open_ else each for index, each in enumerate(patch))
    left = tuple(f"/{key}/{index}" for index in sorted(open_))
    meant = without_empty_texts(result) if name == "task-definition" else result
    patched = Patched(ordered(meant), Origins(body, done_patch, f"/{key}"), left_open=left)
    return _accepted(job, body, patched, name, done_patch)


def left_open_whole(job: JobSpec, key: str) -> tuple[str, ...]:
    """Return the pointers of all operations of a patch, or of the patch where it is not known itself."""
    patch = job.task_patch if key == TASK_PATCH else job.definition_patch
    if is_open(job.spec.get(key)):
        return (f"/{key}",)
    return tuple(f"/{key}/{index}" for index in range(len(patch)))


_SHAPING = ("container_name", "launch_type", "configure_cloudwatch_logs", "stream_output")
"""Keys on which it depends which members the requests have, and which container is the job's."""


def _shape_is_open(job: JobSpec, key: str) -> bool:
    """Return whether lookups decide what a patch is, or which members its document has."""
    definition = job.task_definition
    return (
        any(is_open(job.spec.get(each)) for each in (key, *_SHAPING))
        or is_open(definition.get("networkMode"))
        or any(is_open(each.get("name")) for each in mappings(definition, "containerDefinitions"))
    )


def _is_open_at(operation: Document) -> bool:
    """Return whether it is not known yet what an operation does, or where."""
    return any(is_open(operation.get(each)) for each in ("op", "path", "from"))


def patched_body(body: Document, patch: Sequence[Document]) -> Document | None:
    """Return the task definition after a patch; None where there is no patch or it does not fit.

    Values that the schema refuses are removed; `patch_of` reports them.
    """
    if not patch or malformed(patch):
        return None
    try:
        result = applied(body, patch)
    except PatchError:
        return None
    if not isinstance(result, dict):
        return None
    found = request_violations("task-definition", result)
    accepted: Document = without(result, (each.pointer for each in found if each.rule != "missing-key"))
    return accepted


def unpatched(body: Record, *diagnostics: Diagnostic) -> Patched:
    """Return the document unchanged, with these diagnostics."""
    return Patched(body, Origins(body, (), ""), diagnostics)


def _accepted(
    job: JobSpec, before: Document, result: Patched, name: RequestName, patch: Sequence[Document]
) -> Patched:
    """Return the patched document without values that the schema refuses since the patch, and report them.

    Where operations that are left open may still correct a value, the whole patch is left open instead.
    """
    # What was wrong before the patch is reported elsewhere, at the key that it comes from.
    found = tuple(request_violations(name, result.body))
    if not found:
        return dataclasses.replace(result, body=with_integers(result.body, part=name))
    known = frozenset(request_violations(name, before))
    wrong: list[Diagnostic] = []
    pointers: list[str] = []
    unsettled = False
    newer = [each for each in found if is_newer(name, each) and not _was_there(result, each, known)]
    if newer:
        kept = without(result.body, (each.pointer for each in newer))
        found = (*newer, *request_violations(name, kept))
    for each in found:
        origin = result.origins.find(each.pointer)
        if _was_there(result, each, known):
            continue
        if result.left_open and (not origin.in_patch or each.rule == "missing-key"):
            unsettled = True
            continue
        traced = len(wrong) < MAX_TRACED
        cause = origin.pointer if origin.in_patch else _breaking(name, patch, before, each, traced=traced)
        place = in_patch(job, cause, key=each.at_key)
        if each in newer:
            wrong.append(_newer(place, each))
            continue
        message, help_text = _in_words(name, each)
        wrong.append(error(each.rule, place, message, help=help_text))
        pointers += [each.pointer] if each.rule != "missing-key" else []
    if unsettled:
        left = tuple(f"/{_PATCH_OF[name]}/{index}" for index in range(len(patch)))
        return dataclasses.replace(unpatched(dict(before), *wrong), left_open=left)
    pruned: Record = with_integers(ordered(without(result.body, pointers)), part=name)
    return dataclasses.replace(result, body=pruned, diagnostics=tuple(wrong), refused=frozenset(pointers))


def _was_there(result: Patched, violation: Violation, known: frozenset[Violation]) -> bool:
    """Return whether the document had this violation before its patch."""
    origin = result.origins.find(violation.pointer)
    return not origin.in_patch and dataclasses.replace(violation, pointer=origin.pointer) in known


def _in_words(name: RequestName, violation: Violation) -> tuple[str, str]:
    """Return message and help of a violation; of a member that ecsplan sets, whose it is."""
    if violation.rule == "unknown-key" and (owned := set_by_ecsplan(name, violation.pointer)):
        return owned
    if violation.rule == "missing-key" and violation.pointer == "" and _REVISION in violation.message:
        return violation.message, "keep it: the plan says what runs; `task_definition_arn` links another"
    return violation.message, violation.help


_REVISION = "'taskDefinition'"
"""The member of the run request that names what runs, as messages quote it."""


def _newer(place: Location, violation: Violation) -> Diagnostic:
    return warning(
        "newer-member",
        place,
        f"{violation.message}: the ECS model of botocore {model_version()} does not have it",
        help=violation.help
        or "check its spelling; it is sent as written if the installed botocore has the member",
    )


def _breaking(
    name: RequestName, patch: Sequence[Document], before: Document, broken: Violation, *, traced: bool
) -> str:
    """Return the pointer of the operation that causes a violation, or of the patch if it is not searched."""
    key = _PATCH_OF[name]
    if not traced or len(patch) > MAX_TRIED:
        return f"/{key}"

    def has_it(operations: int) -> bool:
        done = [each for each in patch[:operations] if each is not _NOTHING]
        return _kind(broken) in map(_kind, request_violations(name, applied(before, done)))

    # Bisection finds an operation after which the document has the violation and before which it has not,
    # also where several operations cause and undo it.
    return f"/{key}/{bisect_left(range(1, len(patch)), True, key=has_it)}"


def _kind(violation: Violation) -> tuple[str, str, str]:
    missing = violation.message if violation.rule == "missing-key" else ""
    return violation.rule, violation.pointer, missing


def in_patch(job: JobSpec, pointer: str, *, key: bool = False) -> Location:
    """Return the place of a value within one of the job's patches, which may be a string of JSON.

    Args:
        job: The job.
        pointer: RFC 6901 pointer from the root of the job.
        key: Whether to return the place of its key, if it is deeper than an operation's own members.
    """
    name, _, inner = pointer.removeprefix("/").partition("/")
    if isinstance(job.written.data.get(name), str):
        return job.written.locate_in_string(f"/{name}", f"/{inner}")
    return job.at(pointer, key=key and inner.count("/") > 1)


def badly_formed(job: JobSpec, key: str) -> tuple[Diagnostic, ...]:
    """Return the malformed operations on a linked task definition that AWS was not asked about."""
    return tuple(_bad_operation(job, key, each) for each in malformed(job.definition_patch)[:MAX_REPORTED])


def _bad_operation(job: JobSpec, key: str, bad: BadOperation) -> Diagnostic:
    owned = _owned_target(job, key, bad)
    return error("patch", in_patch(job, f"/{key}{bad.pointer}"), bad.message, help=owned or bad.help)


def _owned_target(job: JobSpec, key: str, bad: BadOperation) -> str:
    """Return the help about a member that ecsplan sets, where a bad operation is about one; else ""."""
    index, _, member = bad.pointer.removeprefix("/").partition("/")
    patch = job.task_patch if key == TASK_PATCH else job.definition_patch
    if member not in {"path", "from"} or not index.isdecimal():
        return ""
    name: RequestName = "run-request" if key == TASK_PATCH else "task-definition"
    owned = set_by_ecsplan(name, text(patch[int(index)], member))
    return owned[1] if owned else ""
