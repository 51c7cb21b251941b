"""YAML documents -> jobs: split `jobs:`, and report why a document or a job is none."""

import re
from collections.abc import Iterator
from posixpath import basename, splitext
from typing import TYPE_CHECKING

from ecsplan.schema.nearest import nearest
from ecsplan.source.defaults import span_of
from ecsplan.source.documents import Document
from ecsplan.source.job_source import JobSource
from ecsplan.source.matrix_jobs import matrix_jobs
from ecsplan.source.variable_reports import KEY as VARIABLES
from ecsplan.terms.manifest_keys import SPEC_ORDER
from ecsplan.terms.pointers import child
from ecsplan.yaml.json_comments import COMMENT, begins_with_comment
from ecsplan.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode, data_of, scalar_value
from ecsplan.yaml.text import Problem, SourceText

if TYPE_CHECKING:
    from ecsplan.foreign.format import Format

_KEY_WITHOUT_SPACE = re.compile(r"([A-Za-z_][\w-]{0,40}):(?=\S)")
_FILE_KEYS = ("defaults", "jobs")
MANIFEST_KEYS = frozenset((*SPEC_ORDER, *_FILE_KEYS, VARIABLES))
"""Top-level keys of a manifest."""

_WRITE_JOBS = "write `jobs:` with a mapping below it: each job's name, then its keys"
_WRITE_BELOW = "put it below `defaults:` for all jobs, or below the name of one job"


def jobs_of(document: Document) -> Iterator[JobSource]:
    """Yield the jobs of a document that can be checked further; report why the others cannot."""
    foreign = foreign_of(document.root)
    if foreign is not None:
        # Its YAML problems are dropped: fixing them would not make it a manifest.
        problems, root = document.problems, document.root
        problems[:] = [each for each in problems if not root.start <= each.start <= root.end]
        problems.append(foreign_problem(foreign, root, document.text))
        return
    match document.root:
        case MappingNode(entries=entries) as root if "jobs" in entries or "defaults" in entries:
            yield from _jobs_of_file(document, root)
        case MappingNode() as root:
            # The problem that broke it is reported; checking the rest against the schema would report
            # consequences of it, such as a required key lost with a merge key.
            if not root.broken:
                name = document.name or stem(document.text.path)
                yield from matrix_jobs(document, name, (_without_variables(root),), None)
        case ScalarNode(text=text) as root if begins_with_comment(text):
            document.report("yaml-syntax", root, *COMMENT)
        case ScalarNode(text=text) as root:
            key = _KEY_WITHOUT_SPACE.match(text)
            hint = f"write `{key[1]}: ` with a space" if key else "write `image: …` and `command: […]`"
            document.report(
                "not-a-mapping", root, "a manifest is a mapping of keys, not a single value", hint
            )
        case SequenceNode() as root:
            document.report(
                "not-a-mapping",
                root,
                "a manifest is a mapping of keys, not a list",
                "for several jobs, write `jobs:`",
            )


def foreign_of(root: Node) -> "Format | None":
    """Return the format of a document that belongs to another tool; None for a manifest."""
    # Nearly every document has only keys of a manifest; those skip the search through all formats.
    if isinstance(root, ScalarNode) or (
        isinstance(root, MappingNode) and root.entries.keys() <= MANIFEST_KEYS
    ):
        return None
    from ecsplan.foreign.recognize import recognized  # noqa: PLC0415 - manifests do without it

    return recognized(data_of(root))


def foreign_problem(foreign: "Format", root: Node, text: SourceText) -> Problem:
    """Return the problem of a document of another tool, at the key that gives it away."""
    entries = root.entries if isinstance(root, MappingNode) else {}
    # Text formats and lists have no telltale key, and neither has what an unfinished document lost.
    key = next((entries[each][0] for each in foreign.telltale_keys if each in entries), None)
    start, end = span_of(text, key or root)
    advice = foreign.advice_for(text.path)
    return Problem("not-a-manifest", start, end, f"this is {foreign.name}, not a manifest", advice)


def stem(path: str) -> str:
    """Return the job name that a file gives; bytes that are not UTF-8 are written as escapes."""
    name = "stdin" if path == "<stdin>" else splitext(basename(path))[0]
    return name.encode("utf-8", "backslashreplace").decode()


def _jobs_of_file(document: Document, root: MappingNode) -> Iterator[JobSource]:
    """Yield the jobs under `jobs:`, each merged with `defaults:`."""
    _check_neighbours(document, root)
    if "jobs" not in root.entries:
        key, _ = root.entries["defaults"]
        document.report(
            "defaults-without-jobs", key, "`defaults:` without `jobs:`", _WRITE_JOBS, pointer="/defaults"
        )
        return
    key, jobs = root.entries["jobs"]
    # Read also where `jobs:` turns out to be wrong, so that both are reported at once.
    defaults = _defaults(document, root)
    if not isinstance(jobs, MappingNode):
        document.report(
            "jobs-not-a-mapping", _or_key(jobs, key), "`jobs:` is not a mapping", _WRITE_JOBS, pointer="/jobs"
        )
    elif not jobs.entries:
        document.report("jobs-empty", _or_key(jobs, key), "`jobs:` is empty", _WRITE_JOBS, pointer="/jobs")
    elif defaults is not None and _affordable(document, jobs, defaults):
        for name, (job_key, job) in jobs.entries.items():
            yield from _named_job(document, name, job_key, job, defaults)


def _check_neighbours(document: Document, root: MappingNode) -> None:
    """Report the keys beside `jobs:` and `defaults:`."""
    for name, (key, _) in root.entries.items():
        if name not in (*_FILE_KEYS, VARIABLES):
            near = nearest(name, (*_FILE_KEYS, VARIABLES))
            hint = f"did you mean `{near}`?" if near else _WRITE_BELOW
            message = f"`{name[:80]}` is not allowed beside `jobs:`; only `defaults` and `variables` are"
            document.report("jobs-unknown-key", key, message, hint, pointer=child("", name))


def _defaults(document: Document, root: MappingNode) -> tuple[MappingNode, ...] | None:
    """Return `defaults:` as a layer, () without one; None where it is wrong, so that no job can be read."""
    if "defaults" not in root.entries:
        return ()
    key, defaults = root.entries["defaults"]
    if isinstance(defaults, MappingNode):
        return None if defaults.broken else (defaults,)
    # `defaults:` with everything below it commented out is null, and means what it says: none.
    if isinstance(defaults, ScalarNode) and scalar_value(defaults) is None:
        return ()
    document.report(
        "defaults-not-a-mapping",
        _or_key(defaults, key),
        "`defaults:` is not a mapping",
        "write the keys that all jobs share below it",
        pointer="/defaults",
    )
    return None


def _affordable(document: Document, jobs: MappingNode, defaults: tuple[MappingNode, ...]) -> bool:
    """Return whether merging `defaults:` into every job stays within the allowance; report where not."""
    # Checked before the first merge, which copies: this is the one expansion that the composer cannot see.
    added = len(jobs.entries) * sum(each.size for each in defaults)
    if added <= document.allowance:
        return True
    message = f"`defaults:` under {len(jobs.entries):,} jobs adds {added:,} values"
    document.report(
        "alias-bomb", defaults[0], message, "split the jobs over several files", pointer="/defaults"
    )
    return False


def _named_job(
    document: Document, name: str, key: ScalarNode, job: Node, defaults: tuple[MappingNode, ...]
) -> Iterator[JobSource]:
    """Yield a job of `jobs:`; report one that is not a mapping."""
    if isinstance(job, MappingNode):
        if not job.broken:
            yield from matrix_jobs(document, name, (job, *defaults), key)
        return
    written = (
        "empty" if job.start == job.end else "a list" if isinstance(job, SequenceNode) else "a single value"
    )
    document.report(
        "job-not-a-mapping",
        # An empty value has no width and stands behind its line; the key is what the reader looks for.
        _or_key(job, key),
        f"the job `{name}` is {written}, not a mapping of keys",
        "write at least `image:` below it, or {} if `defaults:` has all its keys",
        pointer=child("/jobs", name),
    )


def _or_key(node: Node, key: ScalarNode) -> Node:
    """Return the node to point at: the value, or its key where the value is empty."""
    return key if node.start == node.end else node


def _without_variables(root: MappingNode) -> MappingNode:
    """Return a document that is a job, without its variables."""
    if VARIABLES not in root.entries:
        return root
    entries = {name: entry for name, entry in root.entries.items() if name != VARIABLES}
    return MappingNode(root.start, root.end, root.flow, entries, root.size, root.depth, root.broken)
