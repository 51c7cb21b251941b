"""The network of a job as the ECS worker of prefect-aws takes it: what an `awsvpcConfiguration` holds."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ecsplan.job.spec import JobSpec
from ecsplan.patch.apply import PatchError, applied
from ecsplan.plan.plan import PlannedJob
from ecsplan.terms.bodies import as_mapping
from ecsplan.terms.json_types import Document
from ecsplan.terms.pointers import tokens_of
from ecsplan.terms.records import dataclass

NETWORK: Final = "networkConfiguration"
INNER: Final = "awsvpcConfiguration"
_KEYS: Final = ("network_configuration", "subnets", "security_groups", "assign_public_ip")

_LOST: Final = (
    "the network of the template is without {}, and Prefect's worker adds nothing to it: add it to the "
    "variable `network_configuration`"
)

_NOTHING: Final = (
    "the patch of the network gives nothing to put into the variable `network_configuration`, so Prefect's "
    "worker looks the network up, with public addresses"
)


@dataclass(frozen=True, slots=True)
class Network:
    """What a job says of its network.

    Attributes:
        inner: The `awsvpcConfiguration`; None where the worker is to look the VPC up.
        vpc_id: The VPC that is looked up, or that has the subnets.
        notes: What could not be kept, without the name of the job.
    """

    inner: Document | None
    vpc_id: str | None
    notes: tuple[str, ...] = ()


def is_of_network(operation: Mapping[str, Any]) -> bool:
    """Return whether an operation of a patch concerns the network."""
    return next(iter(tokens_of(str(operation["path"]))), "") == NETWORK


def network_of(job: PlannedJob, spec: JobSpec) -> Network:
    """Return the network of a job: as its keys have it, or as its patch makes it of a minimal request."""
    vpc = spec.spec.get("vpc_id")
    vpc_id = vpc if isinstance(vpc, str) else None
    compiled = as_mapping(as_mapping(job.run_request.get(NETWORK)).get(INNER))
    if compiled and (any(map(spec.says, _KEYS)) or isinstance(vpc, Mapping)):
        return Network(compiled, vpc_id)
    patch = [each for each in spec.task_patch if is_of_network(each)]
    if compiled and spec.says("service") and not (patch and job.left_open):
        return Network(compiled, vpc_id)
    if not patch:
        return Network(None, vpc_id)
    inner, notes = _patched(patch)
    if inner is None and not notes and any(each["op"] != "test" for each in patch):
        notes = (_NOTHING,)
    lost = [f"`{each}`" for each, value in compiled.items() if value and each not in (inner or {})]
    if inner is not None and lost:
        notes = (*notes, _LOST.format(", ".join(lost)))
    return Network(inner, vpc_id, notes)


def _patched(patch: Sequence[Mapping[str, Any]]) -> tuple[Document | None, tuple[str, ...]]:
    """Return the network that a patch makes of a request with just the members that it needs."""
    document: object = {}
    notes: list[str] = []
    for each in patch:
        if each["op"] == "test":
            continue
        try:
            document = applied(_with_parents(document, each), [each])
        except PatchError:
            notes.append(f"the patch of `{each['path']}` does not fit a minimal request and is left out")
    inner = as_mapping(as_mapping(as_mapping(document).get(NETWORK)).get(INNER))
    return (inner or None), tuple(notes)


def _with_parents(document: object, operation: Mapping[str, Any]) -> object:
    """Return a document in which an operation finds what it needs, lists where its path has indices."""
    tokens = tokens_of(str(operation["path"]))
    if operation["op"] in {"remove", "replace"}:
        return _grown(document, tokens)
    return _grown(document, tokens[:-1], tokens[-1:])


def _grown(value: object, tokens: Sequence[str], after: Sequence[str] = ()) -> object:
    """Return a value with the members that a pointer leads through; `after` is what follows the pointer."""
    if not tokens:
        return value if value is not None else ([] if _is_index(after) else {})
    first, rest = tokens[0], tokens[1:]
    below = (*rest, *after)
    if isinstance(value, list) or (value is None and first.isdecimal()):
        items = list(value) if isinstance(value, list) else []
        if first.isdecimal() and int(first) <= len(items):
            items[int(first) : int(first) + 1] = [
                _grown(items[int(first)] if int(first) < len(items) else None, rest, after)
            ]
        return items
    members = dict(as_mapping(value))
    found = members.get(first)
    members[first] = _grown([] if found is None and _is_index(below) else found, rest, after)
    return members


def _is_index(tokens: Sequence[str]) -> bool:
    return bool(tokens) and (tokens[0] == "-" or tokens[0].isdecimal())
