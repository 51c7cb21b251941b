"""The default families of a matrix: one for all combinations, or one each where their definitions differ."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ecsplan.draft.draft import define
from ecsplan.job.spec import JobSpec
from ecsplan.terms.json_types import Document
from ecsplan.terms.placeholders import REGION_AT_APPLY


def with_families(jobs: Iterable[JobSpec]) -> tuple[JobSpec, ...]:
    """Return the jobs, those of a matrix with the default family that they have together or alone.

    Nothing is asked for it, so a matrix has the same families whether AWS was asked or not: regions and
    values that only AWS knows are the same where they are written alike.
    """
    kept = tuple(jobs)
    apart = {name: _differ(group) for name, group in _matrices(kept)}
    return tuple(
        each if (matrix := _matrix_of(each)) is None else replace(each, own_family=apart[matrix])
        for each in kept
    )


def _matrices(jobs: tuple[JobSpec, ...]) -> Iterator[tuple[tuple[str, int, str], list[JobSpec]]]:
    groups: dict[tuple[str, int, str], list[JobSpec]] = {}
    for each in jobs:
        if (matrix := _matrix_of(each)) is not None:
            groups.setdefault(matrix, []).append(each)
    yield from groups.items()


def _matrix_of(job: JobSpec) -> tuple[str, int, str] | None:
    """Return what the jobs of a matrix have in common: where it is, and its plain name."""
    matrix = job.policy.matrix
    return None if matrix is None else (job.written.path, job.written.line, matrix.name)


def _differ(jobs: list[JobSpec]) -> bool:
    """Return whether the jobs of a matrix make more than one definition."""
    first = _definition(jobs[0])
    return any(_definition(each) != first for each in jobs[1:])


def _definition(job: JobSpec) -> Document:
    return define(replace(job, own_family=False), None, region=job.aws.region or REGION_AT_APPLY).body
