"""`Document`: one document of a manifest, and what a command sets in its jobs."""

from collections.abc import Set as AbstractSet
from dataclasses import field, replace
from typing import Protocol

from ecsplan.source.defaults import Texts, span_of
from ecsplan.source.definition_files import DefinitionFiles
from ecsplan.source.env_files import EnvFiles
from ecsplan.source.matrix import Matrices
from ecsplan.source.variables import Variables
from ecsplan.terms.diagnostic import Diagnostic
from ecsplan.terms.records import dataclass
from ecsplan.yaml.nodes import MappingNode, Node
from ecsplan.yaml.text import Problem, SourceText


@dataclass(frozen=True, slots=True)
class Laid:
    """The layers of a job with what a command sets in it.

    Attributes:
        layers: The layers.
        texts: The texts of the nodes that are in others than the manifest.
        as_written: The scalars that are set: nothing in them is expanded.
    """

    layers: tuple[MappingNode, ...]
    texts: Texts
    as_written: AbstractSet[Node]


class Overlay(Protocol):
    """What a command sets in the jobs of a manifest."""

    def laid_over(
        self,
        names: tuple[str, ...],
        layers: tuple[MappingNode, ...],
        texts: Texts,
        *,
        definition: bool,
        text: SourceText,
    ) -> tuple[Laid, tuple[Diagnostic, ...]]:
        """Return the layers of a job with what is set in it, and what is wrong with the settings.

        Args:
            names: The name of the job, as the manifest gives it; of a matrix the plain name, then that of the
                combination, whose settings win.
            layers: Its mapping, then that of `defaults:` if there is one.
            texts: The texts of the nodes that are in others than the manifest.
            definition: Whether to set what is inside the task definition, or everything else.
            text: The text of the manifest.
        """


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a manifest.

    Attributes:
        root: Its root node.
        text: The file's text.
        problems: The list that its problems are appended to.
        allowance: How many values `defaults:` may add to the jobs.
        variables: Its variables; None where it declares none.
        name: The name of jobs that it does not name; None: the file's.
        overlay: What is set in its jobs; None for nothing.
        found: The list that what is wrong with that is appended to.
        definitions: The task definitions that the jobs take from other files.
        matrices: What the matrices of the manifest have made so far.
        env_files: The files from which they take variables.
    """

    root: Node
    text: SourceText
    problems: list[Problem]
    allowance: int
    definitions: DefinitionFiles
    env_files: EnvFiles
    variables: Variables | None = None
    name: str | None = None
    overlay: Overlay | None = None
    found: list[Diagnostic] = field(default_factory=list)
    matrices: Matrices = field(default_factory=Matrices)

    def report(self, rule: str, node: Node, message: str, hint: str, *, pointer: str = "") -> None:
        """Append a problem at a node."""
        start, end = span_of(self.text, node)
        self.problems.append(Problem(rule, start, end, message, hint, pointer))

    def laid(self, names: tuple[str, ...], laid: Laid, *, definition: bool) -> Laid:
        """Return the layers of a job with what is set in it; report what is wrong with the settings."""
        if self.overlay is None:
            return laid
        made, wrong = self.overlay.laid_over(
            names, laid.layers, laid.texts, definition=definition, text=self.text
        )
        self.found.extend(wrong)
        return replace(made, as_written=laid.as_written | made.as_written)
