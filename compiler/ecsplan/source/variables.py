"""The variables of a document: what it declares, with their values, and whether they are used."""

from collections.abc import Mapping
from dataclasses import field

from ecsplan.source.variable_declarations import declarations_in
from ecsplan.source.variable_references import references_in
from ecsplan.source.variable_reports import KEY, VariableReports, declared_at
from ecsplan.terms.records import dataclass
from ecsplan.variables.declarations import Declaration, has_type
from ecsplan.variables.values import ReadText, Resolved, Sources, help_for, read_value, shown
from ecsplan.yaml.nodes import MappingNode, ScalarNode
from ecsplan.yaml.text import Problem, SourceText


@dataclass(frozen=True, slots=True)
class Variables:
    """The variables of one document.

    Attributes:
        values: The variables that are declared, each with its value.
    """

    values: Mapping[str, Resolved] = field(default_factory=dict)

    @property
    def declarations(self) -> tuple[Declaration, ...]:
        """What is declared."""
        return tuple(each.declaration for each in self.values.values())


def variables_of(
    root: MappingNode, text: SourceText, problems: list[Problem], sources: Sources, read: ReadText
) -> Variables | None:
    """Return the variables of a document, None where it declares none; report what is wrong with them.

    Each reference of the document is looked at, whether a job uses it or not; a scalar with one that is
    wrong becomes `reported`, so that nothing judges it further.

    Args:
        root: The document.
        text: The file's text.
        problems: The list that problems are appended to.
        sources: Where values come from.
        read: Reads the text of a value that is not a string.
    """
    if KEY not in root.entries:
        return None
    reader = _Reader(VariableReports(text, problems), sources, read)
    found = [
        (reader.resolved(declaration, key), key)
        for declaration, key in declarations_in(*root.entries[KEY], reader.reports)
    ]
    values = {each.declaration.name: each for each, _ in found}
    used = set(references_in(root, values.keys(), reader.reports))
    for each, key in found:
        name = each.declaration.name
        if name in reader.missing:
            reader.report_missing(each.declaration, key, is_used=name in used)
        elif name not in used:
            reader.report_unused(name, key)
    return Variables(values)


@dataclass(frozen=True, slots=True)
class _Reader:
    reports: VariableReports
    sources: Sources
    read: ReadText
    missing: set[str] = field(default_factory=set)

    def resolved(self, declaration: Declaration, key: ScalarNode) -> Resolved:
        """Return a variable with its value; report one that is wrong, and note one that is missing."""
        name = declaration.name
        if declaration.broken:
            return Resolved(declaration, None, "")
        given = self.sources.given(declaration)
        if given is not None:
            value, wrong = read_value(declaration, given, self.read)
            if wrong is not None:
                message = f"the variable `{name}` {wrong}"
                shows = name if given.sensitive else shown(declaration, given.value)
                help_text = f"{shows} {given.origin}"
                if not given.is_text and not has_type(given.value, declaration.type):
                    help_text = f"in that file, {help_for(declaration, given.value)}\n{help_text}"
                self.reports.report("variable-value", key, message, help_text, pointer=declared_at(name))
            return Resolved(declaration, None if declaration.sensitive else value, given.origin)
        if declaration.required and not self.sources.may_lack:
            self.missing.add(name)
        return Resolved(declaration, declaration.default, "from its default")

    def report_missing(self, declaration: Declaration, key: ScalarNode, *, is_used: bool) -> None:
        """Report a variable without a value; one that nothing uses is reported once, too."""
        name = declaration.name
        also = f" or {declaration.env}" if declaration.env else ""
        help_text = (
            f"give it with `--var {name}=…`, in a file with `--var-file`,"
            f" or in the environment variable ECSPLAN_VAR_{name}{also}"
        )
        message = f"the variable `{name}` has no value{'' if is_used else ', and is not used'}"
        help_text = help_text if is_used else f"remove it, or {help_text}"
        self.reports.report("variable-missing", key, message, help_text, pointer=declared_at(name))

    def report_unused(self, name: str, key: ScalarNode) -> None:
        """Report a variable that has a value, or needs none, and that nothing refers to."""
        message = f"the variable `{name}` is not used"
        help_text = f"write `${{{name}}}` in a value, or remove it"
        self.reports.report("variable-unused", key, message, help_text, pointer=declared_at(name), warns=True)
