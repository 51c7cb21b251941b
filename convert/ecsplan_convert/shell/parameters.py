"""The parameters of a shell script: what is assigned to them, and what stands for each in a manifest."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from ecsplan.terms.records import dataclass
from ecsplan_convert.references import has_reference, reference
from ecsplan_convert.shell.syntax import Assignment, Command, Opaque, Output, Parameter, Part, Text, Word
from ecsplan_convert.shell.values import Value, joined, literal, lost, registered

_COMPLEX: Final = frozenset('{["=')
"""Characters of values that are JSON or shorthand: such a value is read, not kept as a variable's default."""


@dataclass(frozen=True, slots=True)
class _Binding:
    """What a parameter stands for.

    Attributes:
        value: Its value; None where the script computes it.
        reason: Why the value is not known, or not certain; "" where it is.
    """

    value: Value | None
    reason: str = ""


class Parameters:
    """The parameters at one place of a script.

    Attributes:
        defaults: The default that each variable has; None for a variable without one.
        reasons: What to know about a variable, by its name.
    """

    def __init__(self, commands: Iterable[Command], output: Callable[[Output], Value]) -> None:
        self.defaults: dict[str, str | None] = {}
        self.reasons: dict[str, str] = {}
        self._output = output
        self._bound: dict[str, _Binding] = {}
        self._arrays: dict[str, list[Word]] = {}
        self._inlined = _assigned_differently(commands)

    def define(self, name: str, text: str) -> None:
        """Bind a parameter to a text that stands in its place, and is no variable's default."""
        self._bound[name] = _Binding(literal(text, 0))
        self._inlined |= {name}

    def bind(self, name: str, value: Value) -> None:
        """Bind a parameter to a value."""
        self._bound[name] = _Binding(value)

    def compute(self, name: str, reason: str) -> None:
        """Bind a parameter to what only a running script knows."""
        self._bound[name] = _Binding(None, reason)

    def assign(self, assignment: Assignment, within: tuple[str, ...], line: int) -> None:
        """Bind a parameter as an assignment does."""
        name = assignment.name
        if assignment.value is None:
            before = self._arrays.get(name, []) if assignment.appends else []
            self._arrays[name] = [*before, *assignment.items]
            return
        value = self.value(assignment.value)
        known = self._bound.get(name)
        if assignment.appends:
            if known is None or known.value is None:
                self.compute(name, "it is put together by the script")
                return
            value = joined([known.value, value], line)
        if value.text == reference(name) and not value.lost:
            return
        around = [each for each in within if not each.startswith("function ")]
        if around:
            article = "an" if around[-1] == "if" else "a"
            why = f"it is assigned within {article} `{around[-1]}`" if around[-1] != "loop" else _IN_LOOP
            default = known.value if known is not None and known.value and known.value.text else None
            self._bound[name] = _Binding(default, why)
        elif value.lost:
            self.compute(name, f"the script computes it: `{value.lost[0]}`")
            if value.definition is not None:
                self._bound[name] = _Binding(registered(value.definition, line))
        else:
            self._bound[name] = _Binding(value)

    def exported(self, name: str) -> Value | None:
        """Return the value that the script gives a parameter of the AWS CLI; None where it gives none."""
        bound = self._bound.get(name)
        return bound.value if bound is not None and bound.value is not None and bound.value.text else None

    def words(self, words: Iterable[Word]) -> Iterator[Value]:
        """Yield the values of a command's words: an array is as many as it has items."""
        for word in words:
            yield from self._fields(word)

    def _fields(self, word: Word) -> Iterator[Value]:
        parts = [each for each in word.parts if each != Text("", quoted=True)]
        if len(parts) == 1 and isinstance(parts[0], Parameter):
            parameter = parts[0]
            if parameter.every_item and parameter.name in self._arrays:
                # Taken out while its items are read: an array may have been made of itself.
                items = self._arrays.pop(parameter.name)
                yield from self.words(items)
                self._arrays[parameter.name] = items
                return
            bound = self._bound.get(parameter.name)
            value = None if bound is None or bound.reason else bound.value
            if not parameter.quoted and value is not None and value.definition is None:
                text = value.resolved
                if not text or (any(each.isspace() for each in text) and not value.lost):
                    yield from (literal(each, word.line) for each in text.split())
                    return
        yield self.value(word)

    def value(self, word: Word) -> Value:
        """Return the value of a word that is not split."""
        return joined((self._part(each, word.line) for each in word.parts), word.line)

    def _part(self, part: Part, line: int) -> Value:
        match part:
            case Text(text):
                return literal(text, line)
            case Parameter():
                return self._parameter(part, line)
            case Output():
                return self._output(part)
            case Opaque(shown):
                return lost(shown, line)

    def _parameter(self, parameter: Parameter, line: int) -> Value:
        name = parameter.name
        if not name.isidentifier() or not name.isascii():
            return lost(f"${name}", line)
        if parameter.every_item or (name in self._arrays and name not in self._bound):
            return lost(f"${{{name}[@]}}", line)
        bound = self._bound.get(name)
        if bound is None:
            return self._unbound(parameter, line)
        if bound.value is not None and not bound.reason:
            return self._bound_value(name, bound.value, line)
        self.reasons[name] = bound.reason
        return self._variable(name, None if bound.value is None else _literal_of(bound.value), line)

    def _bound_value(self, name: str, value: Value, line: int) -> Value:
        if value.definition is not None or value.lost:
            return value
        plain = _literal_of(value)
        if not plain or name in self._inlined:
            # Nothing, or a text with references of its own, is no default: the text itself stands here.
            return value
        return self._variable(name, plain, line)

    def _unbound(self, parameter: Parameter, line: int) -> Value:
        name, default = parameter.name, None
        if parameter.default is not None:
            given = self.value(parameter.default)
            default = _literal_of(given)
            if default is None:
                self.reasons[name] = "its default in the script is not a literal"
        if parameter.assigns and default:
            self._bound[name] = _Binding(literal(default, line))
        return self._variable(name, default, line)

    def _variable(self, name: str, default: str | None, line: int) -> Value:
        if default is not None or name not in self.defaults:
            self.defaults[name] = default
        stands = reference(name)
        if default is None:
            return literal(stands, line)
        return Value(stands, line, stands if _COMPLEX.isdisjoint(default) else default, default)


_IN_LOOP: Final = "it is assigned within a loop"


def _literal_of(value: Value) -> str | None:
    """Return the text of a value that consists of nothing else; None for any other value."""
    is_literal = not value.lost and value.definition is None and not has_reference(value.text)
    return value.text if is_literal else None


def _assigned_differently(commands: Iterable[Command]) -> frozenset[str]:
    """Return the parameters to which several literals are assigned: none of these is their default."""
    literals: dict[str, set[str]] = defaultdict(set)
    for command in commands:
        for each in command.assignments:
            if each.value is not None and not command.within and (each.value.plain or not each.value.parts):
                literals[each.name].add(each.value.plain or "")
    return frozenset(name for name, values in literals.items() if len(values - {""}) > 1)
