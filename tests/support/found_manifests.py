"""What a reader found as a manifest, to compile it."""

import json
from typing import Any

import pytest

from ecsplan.compile import compile_manifest
from ecsplan.plan.compilation import Compiled
from ecsplan_convert.documents import read_text
from ecsplan_convert.references import expandable
from ecsplan_convert.source import Source, SourceJobs


def source_of(text: str, files: dict[str, str] | None = None, name: str = "source.yml") -> Source:
    """Return a text, and files beside it, as the source of a reader."""
    beside = files or {}

    def read(wanted: str) -> str:
        if wanted not in beside:
            raise FileNotFoundError(2, "No such file", wanted)
        return beside[wanted]

    (document,) = read_text(text, name).data or (None,)
    return Source(name, text, document, read)


def notes_of(found: SourceJobs) -> list[str]:
    """Return all sentences about what could not be carried over."""
    return [*found.notes, *(note for job in found.jobs for note in job.notes)]


def compiled(found: SourceJobs, files: dict[str, str] | None = None) -> Compiled:
    """Compile the keys of the jobs, offline; each variable has the value `value`."""
    beside = files or {}
    return compile_manifest(
        _manifest(found),
        file="manifest.yaml",
        region="eu-west-1",
        read=lambda name: beside[name],
        variables=dict.fromkeys(found.variables, "value"),
    )


def spoiled_places(value: Any) -> list[Any]:
    """Return the places of all members of a value as parameters: the path of the holder, and the member."""
    return [pytest.param(path[:-1], path[-1], id="/".join(map(str, path))) for path in _paths(value, ())]


def _paths(value: Any, path: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [each for key, inner in members for each in ((*path, key), *_paths(inner, (*path, key)))]


def _manifest(found: SourceJobs) -> str:
    jobs = {job.name or "job": _expandable(dict(job.keys)) for job in found.jobs}
    return json.dumps({"variables": dict(found.variables), "jobs": jobs})


def _expandable(value: Any) -> Any:
    if isinstance(value, str):
        return expandable(value)
    if isinstance(value, list | tuple):
        return [_expandable(each) for each in value]
    if isinstance(value, dict):
        return {key: _expandable(each) for key, each in value.items()}
    return value
