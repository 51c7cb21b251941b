"""Where the problems of `variables:` and of references are put, and the pointers that they have."""

from ecsplan.terms.diagnostic import Severity
from ecsplan.terms.pointers import child
from ecsplan.terms.records import dataclass
from ecsplan.yaml.nodes import Node, ScalarNode
from ecsplan.yaml.text import Problem, SourceText

KEY = "variables"


@dataclass(frozen=True, slots=True)
class VariableReports:
    """The problems of one document.

    Attributes:
        text: The file's text.
        problems: The list that problems are appended to.
    """

    text: SourceText
    problems: list[Problem]

    def report(
        self, rule: str, node: Node, message: str, help_text: str, *, pointer: str = "", warns: bool = False
    ) -> None:
        """Append a problem at a node."""
        start = self.text.after_properties(node.start, node.end)
        end = node.end if isinstance(node, ScalarNode) else start + 1
        severity: Severity = "warning" if warns else "error"
        self.problems.append(Problem(rule, start, end, message, help_text, pointer, severity))


def declared_at(name: str) -> str:
    """Return the pointer of a variable's declaration."""
    return child(f"/{KEY}", name)
