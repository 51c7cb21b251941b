"""The request that a call of the AWS CLI sends: its options read as the CLI reads them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Final

from ecsplan.schema.nearest import nearest
from ecsplan.terms.json_types import Json
from ecsplan.terms.records import dataclass
from ecsplan.terms.short_texts import on_one_line
from ecsplan.yaml.values import read_mapping
from ecsplan_convert.references import has_reference, referred
from ecsplan_convert.shell.aws_command import Call
from ecsplan_convert.shell.aws_options import INPUT_JSON, INPUT_YAML, OPTIONS, REGISTER, Option, option_of
from ecsplan_convert.shell.open_values import Bare, OpenJson, bare_or_text, open_json
from ecsplan_convert.shell.shorthand import ShorthandError, parsed
from ecsplan_convert.shell.typed import Typing
from ecsplan_convert.shell.values import LOST, Value
from ecsplan_convert.source import ConversionError

DESCRIBED: Final = frozenset(
    {
        *("taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt"),
        *("registeredBy", "deregisteredAt", "deleteRequestedAt"),
    }
)
"""Members that ECS adds to a definition when it describes one."""
_URLS: Final = ("http://", "https://", "fileb://")

ReadFile = Callable[[str, int], Value]
"""Returns the text of a file that an option on a line names; raises OSError."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request, as far as it is known.

    Attributes:
        document: Its members.
        notes: What of it could not be kept, a sentence each.
        types: The types of variables that stand for something else than a text.
        definition: The number of the registered definition that it runs; None where it names one itself.
    """

    document: dict[str, Json]
    notes: tuple[str, ...]
    types: dict[str, str]
    definition: int | None = None


@dataclass(slots=True)
class _Reading:
    """A request that is being read."""

    call: Call
    read_file: ReadFile
    document: dict[str, Json] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    types: dict[str, str] = field(default_factory=dict)

    def error(self, message: str, line: int, help_text: str = "") -> ConversionError:
        where = f"`aws ecs {self.call.operation}` on line {self.call.line}"
        return ConversionError(f"{where}: {message}", help=help_text, line=line)


def request_of(call: Call, read_file: ReadFile) -> Request:
    """Return the request of a call.

    Raises:
        ConversionError: A value cannot be read: half-written JSON, a word in place of a number.
    """
    reading = _Reading(call, read_file)
    for name in INPUT_JSON, INPUT_YAML:
        if name in call.options:
            _read_input(reading, name)
    definition = None
    for name, values in call.options.items():
        option = option_of(call.operation, name)
        if option is None:
            continue
        reading.document.pop(option.member, None)
        linked = next((each.definition for each in values if each.definition is not None), None)
        if name == "--task-definition" and linked is not None:
            definition = linked
            continue
        _read_option(reading, name, option, values)
    for stray in call.strays:
        shown = stray.lost[0] if stray.lost else f"${referred(stray.text) or '…'}"
        reading.notes.append(f"the options that `{shown}` may hold are left out")
    return Request(reading.document, tuple(reading.notes), reading.types, definition)


def _read_option(reading: _Reading, name: str, option: Option, values: tuple[Value, ...]) -> None:
    if option.kind == "flag":
        reading.document[option.member] = name.startswith("--enable-")
        return
    known = [each for each in (_content(reading, name, value) for value in values) if each is not None]
    if len(known) < len(values):
        return
    found: OpenJson
    match option.kind:
        case "text":
            reading.document[option.member] = known[0].text
            return
        case "integer":
            found = _integer(reading, name, known[0])
        case "texts":
            found = _texts(reading, name, known)
        case "structure":
            found = _structure(reading, name, known[0])
        case "structures":
            found = _structures(reading, name, known)
    is_shorthand = option.kind.startswith("structure") and not any(map(_is_json, known[:1]))
    _set(reading, name, option.member, found, shorthand=is_shorthand)


def _set(reading: _Reading, name: str, member: str, found: OpenJson, *, shorthand: bool) -> None:
    """Add a member to the request, with its types."""
    typing = Typing(
        "task-definition" if reading.call.operation == REGISTER else "run-request", shorthand=shorthand
    )
    value = typing.of(found, member)
    reading.notes += [f"{name}: {each}: left out" for each in typing.notes]
    reading.types.update(typing.variables)
    if value is not None:
        reading.document[member] = value


def _content(reading: _Reading, name: str, value: Value) -> Value | None:
    """Return the value of an option, or the file that it names; None, with a note, where it is not known."""
    text = value.structured
    if value.lost and not _is_partly_known(reading, name, text):
        reading.notes.append(
            f"{name} is left out: only a running shell knows `{on_one_line(value.lost[0], 60)}`"
        )
        return None
    scheme = next((each for each in _URLS if text.startswith(each)), "")
    if scheme:
        reading.notes.append(f"{name} is left out: `{scheme}…` is not read")
        return None
    if not text.startswith("file://"):
        return value
    path = value.resolved.removeprefix("file://")
    if has_reference(path):
        reading.notes.append(f"{name} is left out: a variable is part of the name of its file")
        return None
    try:
        return reading.read_file(path, value.line)
    except OSError as error:
        why = error.strerror or type(error).__name__
        reading.notes.append(f"{name} is left out: cannot read `{on_one_line(path, 80)}`: {why}")
    except UnicodeError:
        reading.notes.append(f"{name} is left out: `{on_one_line(path, 80)}` is not UTF-8 text")
    return None


def _is_partly_known(reading: _Reading, name: str, text: str) -> bool:
    """Return whether the values within a text are kept where others within it are lost."""
    option = option_of(reading.call.operation, name)
    is_structure = option is None or option.kind.startswith("structure")
    return is_structure and not text.startswith((LOST, "file:"))


def _read_input(reading: _Reading, name: str) -> None:
    """Read a whole request that one option holds."""
    value = _content(reading, name, reading.call.options[name][0])
    if value is None:
        return
    if name == INPUT_JSON:
        found = _json(reading, name, value)
    else:
        data, problems = read_mapping(value.structured, file=name)
        errors = [each for each in problems if each.severity == "error"]
        if errors:
            raise reading.error(f"the value of {name} is not valid YAML: {errors[0].message}", value.line)
        found = _references_in(data)
    if referred(value.structured):
        reading.notes.append(f"{name} is left out: a variable cannot stand for a whole request")
    elif isinstance(found, dict):
        _read_members(reading, name, found)
    else:
        raise reading.error(f"the value of {name} is not an object", value.line)


def _read_members(reading: _Reading, name: str, members: Mapping[str, OpenJson]) -> None:
    known = {each.member for each in OPTIONS[reading.call.operation].values()}
    for member, value in members.items():
        if member in known or (member in DESCRIBED and reading.call.operation == REGISTER):
            _set(reading, name, member, value, shorthand=False)
            continue
        near = nearest(member, known)
        hint = f"; did you mean `{near}`?" if near else ""
        reading.notes.append(
            f"{name}: `{on_one_line(member, 60)}` is not a member of the request: left out{hint}"
        )


def _references_in(value: object) -> OpenJson:
    """Return plain data in which texts that are nothing but a reference are one."""
    if isinstance(value, list):
        return [_references_in(each) for each in value]
    if isinstance(value, dict):
        return {str(name): _references_in(each) for name, each in value.items()}
    if value is None or isinstance(value, bool | int | float):
        return value
    return bare_or_text(str(value))


def _integer(reading: _Reading, name: str, value: Value) -> OpenJson:
    variable = referred(value.text)
    if variable is not None:
        return Bare(variable)
    try:
        return int(value.text)
    except ValueError:
        raise reading.error(f"the value of {name} is not a whole number", value.line) from None


def _texts(reading: _Reading, name: str, values: list[Value]) -> OpenJson:
    if len(values) == 1 and values[0].structured.lstrip().startswith("["):
        return _json(reading, name, values[0])
    return [each.text for each in values]


def _is_json(value: Value) -> bool:
    return value.structured.lstrip()[:1] in {"{", "["}


def _structure(reading: _Reading, name: str, value: Value) -> OpenJson:
    variable = referred(value.structured)
    if variable is not None:
        return Bare(variable)
    return _json(reading, name, value) if _is_json(value) else _shorthand(reading, name, value)


def _structures(reading: _Reading, name: str, values: list[Value]) -> OpenJson:
    if len(values) == 1 and values[0].structured.lstrip().startswith("["):
        return _json(reading, name, values[0])
    if len(values) == 1 and referred(values[0].structured):
        return _structure(reading, name, values[0])
    # The first value decides how all are read.
    read = _json if any(map(_is_json, values[:1])) else _shorthand
    return [read(reading, name, each) for each in values]


def _shorthand(reading: _Reading, name: str, value: Value) -> OpenJson:
    text = value.structured
    try:
        return dict(parsed(text))
    except ShorthandError as error:
        raise reading.error(
            f"the value of {name} is neither JSON nor shorthand: {error}, at character {error.at + 1}",
            value.line,
            "write JSON, or shorthand such as `key=value,list=[a,b]`, and put it in quotes",
        ) from None


def _json(reading: _Reading, name: str, value: Value) -> OpenJson:
    try:
        return open_json(value.structured)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}" if error.lineno > 1 else f"column {error.colno}"
        raise reading.error(
            f"the value of {name} is not valid JSON: {error.msg.lower()}, at {place} of it",
            value.line,
            "write double quotes around names and texts, and single quotes around the whole value",
        ) from None
    except RecursionError:
        raise reading.error(f"the value of {name} is nested too deeply", value.line) from None
    except ValueError as error:
        raise reading.error(f"the value of {name} cannot be read: {error}", value.line) from None
