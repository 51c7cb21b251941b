"""Read `ECSTask(…)` of Prefect in Python source."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from ecsplan.terms.json_types import Record
from ecsplan_convert.python.calls import Call, Source
from ecsplan_convert.python.settled import settled
from ecsplan_convert.python.values import Value
from ecsplan_convert.readers.prefect_block import job_of
from ecsplan_convert.source import Job, SourceJobs

_BLOCK: Final = "ECSTask"
_CREDENTIALS: Final = "aws_credentials"


def found_in(text: str) -> SourceJobs | None:
    """Return the blocks of a file as jobs; None where it has none.

    Raises:
        ConversionError: The file cannot be parsed.
    """
    if _BLOCK not in text:
        return None
    source = Source(text)
    jobs = tuple(_job(source, each) for each in source.calls(frozenset({_BLOCK})))
    return SourceJobs(jobs) if jobs else None


def _job(source: Source, call: Call) -> Job:
    notes: list[str] = []
    known: Record = {}
    for name, value in call.arguments.items():
        if name == _CREDENTIALS:
            known[name] = _credentials(source, call)
            continue
        literal, left_out = settled(value, name)
        notes += left_out
        if literal is not None or not left_out:
            known[name] = literal
    if call.positional:
        notes.append("positional arguments are left out: a block takes its fields by name only")
    job = job_of(known)
    return replace(job, name=job.name or _saved_name(source, call), notes=(*notes, *job.notes))


def _credentials(source: Source, call: Call) -> Record:
    """Return the fields of AwsCredentials that are literals, and for loaded ones a reference."""
    given = next(each.value for each in call.node.keywords if each.arg == _CREDENTIALS)
    made = source.bound_call(given)
    if made is None or source.callee(made) != "AwsCredentials":
        return {"$ref": {}}
    fields: dict[str, Value] = {**source.call(made).arguments}
    found: Record = {}
    for name, value in fields.items():
        literal, left_out = settled(value, name)
        # A key is named in a note, and never read.
        found[name] = "open" if left_out else literal
    return found


def _saved_name(source: Source, call: Call) -> str:
    """Return the name under which a block is saved, by `ECSTask(…).save("prod")` or through a variable."""
    return next(_saved_names(source, call), "")


def _saved_names(source: Source, call: Call) -> Iterator[str]:
    for each in source.parsed.calls():
        function = each.func
        if isinstance(function, ast.Attribute) and function.attr == "save":
            saved = source.call(each)
            name = saved.arguments.get("name", saved.positional[0] if saved.positional else None)
            if source.bound_call(function.value) is call.node and isinstance(name, str):
                yield name
