"""YAML text -> jobs as written, with the place of every value."""

from typing import Final

from ecsplan.source.definition_files import DefinitionFiles, Read
from ecsplan.source.documents import Document, Overlay
from ecsplan.source.env_files import EnvFiles
from ecsplan.source.ignores import Ignore, ignores_in
from ecsplan.source.job_source import JobSource
from ecsplan.source.jobs import foreign_of, foreign_problem, jobs_of
from ecsplan.source.matrix import Matrices
from ecsplan.source.variables import Variables, variables_of
from ecsplan.terms.diagnostic import Diagnostic, in_order
from ecsplan.terms.records import dataclass
from ecsplan.variables.declarations import Declaration
from ecsplan.variables.values import NONE_GIVEN, Sources
from ecsplan.yaml.file_problems import bounded, diagnostic, keep_one_of_a_kind
from ecsplan.yaml.nodes import MappingNode, Node, ScalarNode
from ecsplan.yaml.parse import Parsed, parse
from ecsplan.yaml.text import Problem
from ecsplan.yaml.values import read_text

_LOSING_NO_JOB = frozenset({"definition-file", "number-out-of-range"})
"""Rules of reading whose errors leave every job with its name; so do those about variables."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The content of one file.

    Attributes:
        jobs: The jobs that could be read, in the order of the file.
        diagnostics: Problems of the YAML, `jobs:` and `defaults:`, sorted by place.
        ignores: The rules that its comments ask to ignore.
        files: The paths of the definition and env files that were read for them.
        declared: The variables that its documents declare.
        complete: Whether no job was lost because it could not be read.
    """

    jobs: tuple[JobSource, ...]
    diagnostics: tuple[Diagnostic, ...]
    ignores: tuple[Ignore, ...] = ()
    files: tuple[str, ...] = ()
    declared: tuple[Declaration, ...] = ()
    complete: bool = True


_OF_YAML: Final = frozenset({"duplicate-key", "control-character", "number-out-of-range"})
"""Rules that texts break that are YAML."""


def read_manifest(
    text: str | bytes,
    *,
    file: str,
    read: Read | None = None,
    name: str | None = None,
    sources: Sources = NONE_GIVEN,
    overlay: Overlay | None = None,
) -> Manifest:
    """Return the jobs of a YAML 1.2 text and its problems; no text makes it raise.

    Args:
        text: The manifest; bytes are UTF-8 unless a byte order mark says otherwise.
        file: The file as the user named it; `-` or `<stdin>` for standard input.
        read: Reads the file that a `task_definition` or an `env_file` names, relative to the manifest. With
            None, naming a file is an error.
        name: The name of jobs that the manifest does not name; None names them after the file.
        sources: Where the values of its variables come from.
        overlay: What is set in its jobs; None for nothing.
    """
    parsed = parse(text, "<stdin>" if file == "-" else file)
    # What the variables add to the problems is no sign of another tool.
    foreign = _foreign_text(parsed)
    if foreign is not None:
        return Manifest((), (diagnostic(parsed.source, foreign),), complete=False)
    definitions = DefinitionFiles(parsed.source.path, read, parse)
    env_files = EnvFiles(definitions)
    wrong_settings: list[Diagnostic] = []
    matrices = Matrices()
    documents = [
        Document(
            root=root,
            text=parsed.source,
            problems=parsed.problems,
            allowance=parsed.allowance,
            definitions=definitions,
            env_files=env_files,
            variables=_variables(parsed, root, sources),
            name=name,
            overlay=overlay,
            found=wrong_settings,
            matrices=matrices,
        )
        for root in parsed.roots
    ]
    # `jobs_of` appends to the problems and reads files, so both are complete only after this line.
    jobs = tuple(job for document in documents for job in jobs_of(document))
    if not documents and not parsed.problems:
        hint = "write at least `image:` and `command:`"
        parsed.problems.append(Problem("empty-manifest", 0, 0, "the manifest is empty", hint))
    keep_one_of_a_kind(parsed.problems)
    found = _diagnostics(parsed, definitions, env_files)
    texts = (parsed, *definitions.parsed.values())
    return Manifest(
        jobs,
        in_order((*found, *wrong_settings)),
        ignores=tuple(ignore for each in texts for ignore in ignores_in(each.source)),
        files=(*definitions.paths, *env_files.paths),
        declared=tuple(each for one in documents if one.variables for each in one.variables.declarations),
        complete=matrices.are_known and not any(map(_loses_a_job, found)),
    )


def _variables(parsed: Parsed, root: Node, sources: Sources) -> Variables | None:
    if not isinstance(root, MappingNode):
        return None
    return variables_of(root, parsed.source, parsed.problems, sources, read_text)


def _diagnostics(parsed: Parsed, definitions: DefinitionFiles, env_files: EnvFiles) -> list[Diagnostic]:
    """Return what is wrong with a manifest and with the files that were read for it."""
    texts = [(each.source, each.problems) for each in (parsed, *definitions.parsed.values())]
    texts += [(each.source, each.problems) for each in env_files.parsed.values()]
    return [diagnostic(text, problem) for text, problems in texts for problem in bounded(problems)]


def _loses_a_job(found: Diagnostic) -> bool:
    return (
        found.severity == "error"
        and found.rule not in _LOSING_NO_JOB
        and not found.rule.startswith("variable-")
    )


def _foreign_text(parsed: Parsed) -> Problem | None:
    """Return the problem of a text that is not YAML because it belongs to another tool; else None."""
    # Recognizing other tools' text costs a dozen searches, so it waits for a sign that this is not YAML:
    # a syntax error, or a document that is one long scalar.
    is_yaml = all(each.rule in _OF_YAML for each in parsed.problems)
    if is_yaml and not any(isinstance(each, ScalarNode) for each in parsed.roots):
        return None
    from ecsplan.foreign.recognize import recognized_text  # noqa: PLC0415 - YAML does without it

    text, unfinished = parsed.source.text, parsed.unfinished
    found = recognized_text(text)
    if found is None and unfinished is not None and not parsed.roots:
        found = foreign_of(unfinished)
    if found is None:
        return None
    return foreign_problem(found, unfinished or ScalarNode(0, 1, "", plain=True), parsed.source)
