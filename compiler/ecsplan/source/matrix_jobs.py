"""The jobs that the layers of one make: one job, or one for each combination of its matrix."""

from collections.abc import Iterator

from ecsplan.source.documents import Document, Laid
from ecsplan.source.job_source import JobSource
from ecsplan.source.matrix import MAX_JOBS, MAX_VALUES, Matrix, matrix_of
from ecsplan.source.matrix_values import KEY as MATRIX
from ecsplan.source.merged_job import merged_job, named_by
from ecsplan.yaml.nodes import MappingNode, ScalarNode


def matrix_jobs(
    document: Document, name: str, layers: tuple[MappingNode, ...], key: ScalarNode | None
) -> Iterator[JobSource]:
    """Yield a job, or the jobs of its matrix."""
    if document.overlay is None and not any(MATRIX in each.entries for each in layers):
        yield merged_job(document, name, layers, key)
        return
    plain, expansion = named_by(document, name, layers)
    laid = document.laid((plain,), Laid(layers, {}, frozenset()), definition=False)
    matrix = matrix_of(document, laid.layers, laid.texts, expansion, laid.as_written)
    if matrix is None or matrix.combinations is None or not _has_place_for(document, matrix, layers):
        document.matrices.are_known &= matrix is None
        yield merged_job(document, name, layers, key, matrix=matrix)
        return
    for end, cells in matrix.combinations:
        yield merged_job(document, name, layers, key, matrix=matrix, combination=(end, cells))


def _has_place_for(document: Document, matrix: Matrix, layers: tuple[MappingNode, ...]) -> bool:
    """Return whether a manifest with the jobs of this matrix stays within its bound; report where not."""
    # Each job is merged from the layers without the matrix itself.
    entries = [each.entries[MATRIX] for each in layers if MATRIX in each.entries]
    size = sum(each.size for each in layers) - sum(node.size for _, node in entries)
    count, made = len(matrix.combinations or ()), document.matrices
    made.jobs, made.values = made.jobs + count, made.values + count * size
    if made.jobs <= MAX_JOBS and made.values <= MAX_VALUES:
        return True
    what = f"{MAX_JOBS:,} jobs" if made.jobs > MAX_JOBS else f"jobs of {MAX_VALUES:,} values"
    message = f"the matrices of this manifest make more than {what}"
    hint = "split it into several manifests, or give a job an `array`"
    document.report(
        "alias-bomb", entries[0][0] if entries else layers[0], message, hint, pointer=f"/{MATRIX}"
    )
    return False
