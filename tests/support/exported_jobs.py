"""Jobs for the writers of `ecsplan export`: those of the repository, and ones with every member there is."""

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from compiled_jobs import compiled
from hypothesis import strategies as st
from places import ROOT, TESTS

from ecsplan.compile import compile_manifest
from ecsplan.decision.decide_revision import Register
from ecsplan.decision.member_kinds import Data, Leaf, Member, Sequence, Struct, Unordered
from ecsplan.decision.members import TASK_DEFINITION
from ecsplan.plan.plan import PlannedJob, read_plan
from ecsplan.terms.placeholders import REGISTERED_AT_APPLY

Jobs = tuple[PlannedJob, ...]

ODD_TEXTS = (
    "${var.secret} %{ if true } $${kept} %%{kept}",
    "$",
    "$$",
    '"quoted" \\ and\nbroken',
    "größe ☃ \u202e",
    "{{ mustache }}",
    "$.path States.Format('{}')",
)
"""Texts that mean something in a format, or look as if they did."""


def jobs_of(*manifests: Mapping[str, Any]) -> Jobs:
    """Return the jobs of manifests, compiled without AWS in the region eu-west-1."""
    named = {each["name"]: {key: value for key, value in each.items() if key != "name"} for each in manifests}
    result = compiled({"jobs": named})
    assert result.plan is not None, result.diagnostics
    return result.plan.jobs


def job(**keys: Any) -> PlannedJob:
    """Return the job `etl` with these keys, compiled as by `jobs_of`."""
    written = {"name": "etl", "image": "alpine:3", **keys}
    (only,) = jobs_of({key: value for key, value in written.items() if value is not None})
    return only


def with_definition(request: Mapping[str, Any], *, name: str = "etl") -> PlannedJob:
    """Return a job that registers exactly this definition, and whose run request says no more than that."""
    made = job(name=name)
    fingerprint = f"sha256:{hash(json.dumps(request))}"
    definition = replace(
        made.definition, decision=Register(), family=name, request=request, fingerprint=fingerprint
    )
    return replace(made, definition=definition, run_request={"taskDefinition": REGISTERED_AT_APPLY})


def repository_jobs() -> Iterator[tuple[str, Jobs]]:
    """Yield the jobs of each manifest in manifests/ and of each case that has a plan, by a name."""
    for path in sorted((ROOT / "manifests").glob("*.yaml")):
        yield path.stem, jobs_of_manifest(path)
    for path in sorted((TESTS / "cases").glob("*/plan.json")):
        yield path.parent.name, jobs_of_plan(path)


@cache
def jobs_of_plan(path: Path) -> Jobs:
    """Return the jobs of the plan in a file of the repository."""
    return read_plan(path.read_text(encoding="utf-8")).jobs


@cache
def jobs_of_manifest(path: Path) -> Jobs:
    """Return the jobs that a manifest of the repository compiles to without AWS in the region eu-west-1."""
    result = compile_manifest(
        path.read_text(encoding="utf-8"),
        file=str(path),
        region="eu-west-1",
        read=lambda name: (path.parent / name).read_text(encoding="utf-8"),
    )
    assert result.plan is not None, result.diagnostics
    return result.plan.jobs


def full_definition() -> dict[str, Any]:
    """Return a definition with every member that ecsplan knows, each value another one."""
    numbers = itertools.count(1)

    def filled(member: Member, name: str) -> Any:
        number = next(numbers)
        match member:
            case Leaf(kind="whole"):
                return number
            case Leaf(kind="flag"):
                return True
            case Leaf():
                return f"{name}-{number}"
            case Data():
                return {f"{name}.{number}": f"of {number}", f"lower{number}": f"too {number}"}
            case Sequence(item=item) | Unordered(item=item):
                return [filled(item, name), filled(item, name)]
            case Struct(members=members):
                return {each: filled(below, each) for each, below in members.items()}

    tags = Struct({"key": Leaf(), "value": Leaf()})
    made: dict[str, Any] = filled(Struct({**TASK_DEFINITION.members, "tags": Sequence(tags)}), "")
    return made


def full_run_request() -> dict[str, Any]:
    """Return a RunTask request with every member that its schema has, each value another one."""
    schema = json.loads((ROOT / "schemas" / "run-request.schema.json").read_text(encoding="utf-8"))
    numbers = itertools.count(1)

    def filled(part: Mapping[str, Any], name: str) -> Any:
        if "$ref" in part:
            part = schema["$defs"][part["$ref"].rpartition("/")[2]]
        if "items" in part:
            return [filled(part["items"], name), filled(part["items"], name)]
        if "properties" in part:
            return {each: filled(below, each) for each, below in part["properties"].items()}
        number = next(numbers)
        return {"integer": number, "number": number, "boolean": True}.get(part["type"], f"{name}-{number}")

    made: dict[str, Any] = filled(schema, "")
    return made


def with_run_request(request: Mapping[str, Any], *, name: str = "etl") -> PlannedJob:
    """Return a job whose RunTask request is exactly this."""
    return replace(job(name=name), run_request=request)


def definitions() -> st.SearchStrategy[dict[str, Any]]:
    """Return definitions with any of the members that ecsplan knows, and odd texts in them."""
    made: st.SearchStrategy[dict[str, Any]] = _values(TASK_DEFINITION)
    return made.map(lambda each: {"family": "etl", "containerDefinitions": [], **each})


def _values(member: Member) -> st.SearchStrategy[Any]:
    match member:
        case Leaf(kind="whole"):
            return st.integers(0, 9999)
        case Leaf(kind="flag"):
            return st.booleans()
        case Leaf():
            return st.sampled_from(ODD_TEXTS) | st.text(max_size=4)
        case Data():
            keys = st.sampled_from(["a.b", "Name", "lower", "${key}", "%{key}"])
            return st.dictionaries(keys, st.sampled_from(ODD_TEXTS), max_size=2)
        case Sequence(item=item) | Unordered(item=item):
            return st.lists(_values(item), max_size=2)
        case Struct(members=members):
            return st.fixed_dictionaries(
                {}, optional={each: _values(below) for each, below in members.items()}
            )


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each value in a document that is no list or object, with its members from the top, with dots."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from leaves(each, f"{path}.{name}" if path else name)
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from leaves(each, f"{path}[{index}]")
    elif value is not None:
        yield path, value


def without_empty(value: Any) -> Any:
    """Return a document without members that are null, or are or become empty lists and objects."""
    if isinstance(value, Mapping):
        kept = {name: without_empty(each) for name, each in value.items()}
        return {name: each for name, each in kept.items() if each not in (None, [], {})}
    return [without_empty(each) for each in value] if isinstance(value, list | tuple) else value
