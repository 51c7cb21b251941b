"""A command line of the AWS CLI: its operation, and its options before their values are read.

The CLI's parser is Python's argparse: options may be abbreviated as long as they are unambiguous, and stand
with `=`. Global options are recognized first, wherever they stand, so that an abbreviation that fits one of
these is one of these.
"""

import re
from collections.abc import Sequence
from dataclasses import field
from typing import Final

from ecsplan.schema.nearest import nearest
from ecsplan.terms.records import dataclass
from ecsplan.terms.short_texts import on_one_line
from ecsplan_convert.references import has_reference
from ecsplan_convert.shell.aws_options import (
    GLOBAL_FLAGS,
    GLOBAL_WITH_VALUE,
    INPUTS,
    OPTIONS,
    names_of,
    option_of,
)
from ecsplan_convert.shell.values import Value
from ecsplan_convert.source import ConversionError

_GLOBAL: Final = (*GLOBAL_WITH_VALUE, *GLOBAL_FLAGS)


@dataclass(frozen=True, slots=True)
class Call:
    """A call of an operation of `aws ecs`.

    Attributes:
        operation: Its name: `run-task`.
        line: The line that it begins on.
        options: The values of each option, by its full name; the last one counts, as in the CLI.
        global_options: The same for options that do not belong to the request.
        strays: Words in place of options that only a running shell knows.
    """

    operation: str
    line: int
    options: dict[str, tuple[Value, ...]] = field(default_factory=dict)
    global_options: dict[str, tuple[Value, ...]] = field(default_factory=dict)
    strays: list[Value] = field(default_factory=list)


def call_of(arguments: Sequence[Value], line: int) -> Call | tuple[str, ...]:
    """Return the call that the arguments of `aws` make.

    Returns:
        A call where it is one of `OPTIONS`; otherwise the names of the service and of the operation, as far
        as there are some.

    Raises:
        ConversionError: An option is unknown, ambiguous, or has no value.
    """
    service, operation, rest, given = _positions(arguments)
    if service != "ecs" or operation not in OPTIONS:
        return tuple(each for each in (service, operation) if each)
    return _Options(operation, line, given).read(rest)


def _positions(
    arguments: Sequence[Value],
) -> tuple[str, str, list[Value], dict[str, tuple[Value, ...]]]:
    """Return service, operation, the arguments after these, and the global options before these."""
    names: list[str] = []
    given: dict[str, tuple[Value, ...]] = {}
    at = 0
    while at < len(arguments) and len(names) < 2:
        text = arguments[at].resolved
        at += 1
        if not text.startswith("-"):
            names.append(text)
            continue
        name, equals, _ = text.partition("=")
        found = _matching(name, _GLOBAL)
        if len(found) != 1 or found[0] in GLOBAL_FLAGS:
            continue
        if equals:
            given[found[0]] = (_after_equals(arguments[at - 1]),)
        elif at < len(arguments):
            given[found[0]] = (arguments[at],)
            at += 1
    names += ["", ""]
    return names[0], names[1], list(arguments[at:]), given


def _matching(name: str, known: Sequence[str]) -> tuple[str, ...]:
    """Return the options that a name may be: itself, or those that it abbreviates."""
    if name in known:
        return (name,)
    if not name.startswith("--") or name == "--":
        return ()
    return tuple(each for each in known if each.startswith(name))


def _after_equals(value: Value) -> Value:
    return value.mapped(lambda text: text.partition("=")[2])


class _Options:
    """Reads the options of one call."""

    def __init__(self, operation: str, line: int, given: dict[str, tuple[Value, ...]]) -> None:
        self._operation = operation
        self._line = line
        self._call = Call(operation, line, {}, given)

    def read(self, arguments: list[Value]) -> Call:
        at = 0
        while at < len(arguments):
            argument = arguments[at]
            at += 1
            if not argument.text.startswith("--") or argument.text == "--":
                self._stray(argument)
                continue
            name = self._name(argument)
            values: list[Value] = []
            least, most = self._takes(name)
            if "=" in argument.text:
                if most == 0:
                    raise self._error(f"{name} takes no value", argument)
                values, least, most = [_after_equals(argument)], 0, 0
            while len(values) < most and at < len(arguments) and not _is_option(arguments[at]):
                values.append(arguments[at])
                at += 1
            if len(values) < least:
                raise self._error(f"{name} has no value", argument)
            place = self._call.global_options if name in _GLOBAL else self._call.options
            place[name] = tuple(values)
        return self._call

    def _takes(self, name: str) -> tuple[int, int]:
        """Return how many values an option has at least and at most."""
        if name in INPUTS:
            return (0, 1) if name == INPUTS[-1] else (1, 1)
        if name in _GLOBAL:
            return (0, 0) if name in GLOBAL_FLAGS else (1, 1)
        option = option_of(self._operation, name)
        if option is None or option.kind == "flag":
            return 0, 0
        return (0, _ANY_NUMBER) if option.kind in {"texts", "structures"} else (1, 1)

    def _name(self, argument: Value) -> str:
        name = argument.text.partition("=")[0]
        if option_of(self._operation, name) is not None:
            return name
        known = names_of(self._operation)
        found = _matching(name, _GLOBAL) if name not in INPUTS else (name,)
        found = found or _matching(name, known)
        if len(found) == 1:
            return found[0]
        shown = on_one_line(name, 60)
        if found:
            listed = ", ".join(f"`{each}`" for each in sorted(found))
            raise self._error(f"`{shown}` is ambiguous: it may be {listed}", argument)
        near = nearest(name, (*known, *_GLOBAL))
        hint = f"did you mean `{near}`?" if near else ""
        raise self._error(f"`{shown}` is not an option of `aws ecs {self._operation}`", argument, hint)

    def _stray(self, argument: Value) -> None:
        if argument.text == "^" or (argument.lost[:1] and argument.lost[0].startswith("$(-")):
            raise self._error(
                "its lines go on as in cmd.exe or PowerShell",
                argument,
                "end each of them but the last with a backslash in place of `^` or a backquote",
            )
        if argument.text and argument.text.isspace():
            raise self._error("a blank stands after a backslash at the end of a line", argument, "remove it")
        if argument.lost or has_reference(argument.text):
            self._call.strays.append(argument)
            return
        if argument.text in {"", "--"}:
            return
        raise self._error("a word belongs to no option", argument, "put a value that has blanks in quotes")

    def _error(self, message: str, argument: Value, help_text: str = "") -> ConversionError:
        where = f"`aws ecs {self._operation}` on line {self._line}"
        return ConversionError(f"{where}: {message}", help=help_text, line=argument.line)


_ANY_NUMBER: Final = 1_000_000


_NEGATIVE: Final = re.compile(r"-\d+|-\d*\.\d+")


def _is_option(value: Value) -> bool:
    """Return whether a word is an option, as argparse decides it, and no value of the option before it."""
    text = value.text
    is_number = _NEGATIVE.fullmatch(text) is not None
    return text.startswith("-") and len(text) > 1 and " " not in text and not is_number
