"""The values of variables: texts read by their type, and what keeps a value from being taken."""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, cast

from ecsplan.terms.json_types import MAX_DIGITS
from ecsplan.terms.records import dataclass
from ecsplan.terms.safe_text import escaped
from ecsplan.terms.secrecy import MASK, mask_value
from ecsplan.variables.declarations import TYPES, Declaration, Type, Value, compiled_pattern, has_type

_HALF = re.compile("[\ud800-\udfff]")
MAX_QUOTED = 60
"""Characters of a value that a message quotes."""
MAX_LISTED = 8
"""Values of an `enum` that a message lists."""

_A = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "list": "a list",
}


@dataclass(frozen=True, slots=True)
class Given:
    """A value from outside the manifest.

    Attributes:
        value: The value: text that is still to be read by the variable's type, or a typed value of a file.
        origin: Where it came from, for people: `from --var`, `from ECSPLAN_VAR_tag`, `from prod.yaml`.
        is_text: Whether it is text to be read by the type: from the command line or the environment.
        sensitive: Whether its source marks it as sensitive, so that only a sensitive variable may have it.
    """

    value: object
    origin: str
    is_text: bool = True
    sensitive: bool = False


ReadText = Callable[[str], object]
"""Reads a YAML scalar or flow sequence as plain data; None for anything else."""


class Sources(Protocol):
    """Where the values of variables come from."""

    @property
    def may_lack(self) -> bool:
        """Whether a required variable without a value is unknown, rather than an error."""

    def given(self, declaration: Declaration) -> Given | None:
        """Return the value that is given for a variable, None where there is none."""


@dataclass(frozen=True, slots=True)
class Values:
    """Values by name, as a program gives them.

    Attributes:
        by_name: Each variable's value; text is read by the variable's type.
        origin: Where they came from, for people.
        may_lack: As in `Sources`.
    """

    by_name: Mapping[str, object]
    origin: str = "from the program"
    may_lack: bool = False

    def given(self, declaration: Declaration) -> Given | None:
        """Return the value of that name; see `Sources`."""
        if declaration.name not in self.by_name:
            return None
        return Given(self.by_name[declaration.name], self.origin)


NONE_GIVEN = Values({})
"""No value comes from outside."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A variable and its value.

    Attributes:
        declaration: What the manifest says of it.
        value: Its value; None where it is not known, or wrong: what depends on it is left unjudged.
        origin: Where the value came from, for people.
    """

    declaration: Declaration
    value: Value | None
    origin: str

    @property
    def words(self) -> str:
        """The variable, its value and its origin, as a diagnostic shows them; a credential is masked."""
        return f"{shown(self.declaration, self.value)} {self.origin}"


def read_value(declaration: Declaration, given: Given, read: ReadText) -> tuple[Value | None, str | None]:
    """Return the value that a variable takes, or None and what is wrong with it (see `fault`)."""
    value = given.value
    if given.sensitive and not declaration.sensitive:
        return None, "is given a value that its source marks as sensitive; declare it `sensitive: true`"
    if given.is_text and isinstance(value, str) and declaration.type != "string":
        value = read(value)
    if isinstance(value, list):
        value = tuple(value)
    wrong = fault(declaration, value, given.value)
    return (None, wrong) if wrong is not None else (cast("Value", value), None)


def fault(declaration: Declaration, value: object, written: object = None) -> str | None:
    """Return what is wrong with a value, in words that follow its name: `is 'x', not an integer`.

    None for a value that has the type, is one of `enum`, and matches `pattern` as a whole.

    Args:
        declaration: The variable.
        value: Its value.
        written: The text that the value was read from, which is quoted where it has another type.
    """
    as_written = value if written is None else written
    if declaration.type != "string" and any(map(_is_out_of_range, _items(value))):
        return (
            f"is {_quoted_of(declaration, as_written)}, which is out of range: a number is finite, and has at"
            f" most {MAX_DIGITS} characters"
        )
    if declaration.type == "list" and isinstance(value, tuple) and not all(map(_is_scalar, value)):
        return (
            f"is {_quoted_of(declaration, as_written)}, whose items are not all strings, numbers or booleans"
        )
    if not _is_plain(value, declaration.type):
        return f"is {_quoted_of(declaration, as_written)}, not {_A[declaration.type]}"
    if declaration.enum and not any(_same(value, each) for each in declaration.enum):
        listed = ", ".join(quoted(each) for each in declaration.enum[:MAX_LISTED])
        more = ", …" if declaration.enum[MAX_LISTED:] else ""
        return f"is {_quoted_of(declaration, value)}, which is not one of {listed}{more}"
    if declaration.pattern is not None and not _matches(cast("Value", value), declaration.pattern):
        return f"is {_quoted_of(declaration, value)}, which does not match {quoted(declaration.pattern)}"
    return None


def help_for(declaration: Declaration, value: object) -> str:
    """Return what to write for a typed value that `fault` refuses."""
    if has_type(value, declaration.type):
        return "write a value that the declaration allows, or change what it allows"
    # As an integer, `007` would be 7.
    loses = isinstance(value, WrittenInt | WrittenFloat) and value.text != json.dumps(value.plain)
    kind = None if loses else next((each for each in TYPES if has_type(value, each)), None)
    spell = "put it in quotes" if declaration.type == "string" else f"write {_A[declaration.type]}"
    return f"{spell}, or declare `{declaration.name}` with `type: {kind}`" if kind else spell


def shown(declaration: Declaration, value: object) -> str:
    """Return a variable and its value as diagnostics show them: `tag='1.2'`; a credential is masked."""
    return (
        declaration.name if declaration.sensitive else f"{declaration.name}={_quoted_of(declaration, value)}"
    )


def _quoted_of(declaration: Declaration, value: object) -> str:
    if declaration.sensitive:
        return MASK
    return quoted(mask_value((declaration.name,), value))


def _matches(value: Value, pattern: str) -> bool:
    """Return whether a pattern matches a whole value, or each item of a list; a wrong one matches all."""
    compiled = compiled_pattern(pattern)
    items = value if isinstance(value, tuple) else (value,)
    return isinstance(compiled, str) or all(compiled.fullmatch(as_text(each)) for each in items)


def number_as_written(value: Any, text: str) -> Value:
    """Return a value that remembers how it is written where that is a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return WrittenInt.of(value, text)
    return WrittenFloat.of(value, text) if isinstance(value, float) else cast("Value", value)


class WrittenInt(int):
    """A whole number that remembers how it is written, such as `007`."""

    text: str

    @classmethod
    def of(cls, value: int, text: str) -> "WrittenInt":
        """Return the number that this text is."""
        made = cls(value)
        made.text = text
        return made

    @property
    def plain(self) -> int:
        """The number alone."""
        return int(self)


class WrittenFloat(float):
    """A number that remembers how it is written, such as `1.10`."""

    text: str

    @classmethod
    def of(cls, value: float, text: str) -> "WrittenFloat":
        """Return the number that this text is."""
        made = cls(value)
        made.text = text
        return made

    @property
    def plain(self) -> float:
        """The number alone."""
        return float(self)


def as_text(value: Value) -> str:
    """Return a value within a longer string: a boolean is `true` or `false`, a number as JSON has it.

    A number that remembers how it is written stays so.

    Raises:
        TypeError: It is a list.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        raise TypeError("a list has no place within a string")
    if isinstance(value, WrittenInt | WrittenFloat):
        return value.text
    return json.dumps(value)


def quoted(value: object) -> str:
    """Return a value in quotes as a message shows it, short and on one line."""
    if isinstance(value, tuple | list):
        inner = ", ".join(quoted(each) for each in value[:4])
        return f"[{inner}{', …' if value[4:] else ''}]"
    if isinstance(value, str):
        text = escaped(value[:MAX_QUOTED])
        return f"'{text}…'" if value[MAX_QUOTED:] else f"'{text}'"
    if _is_out_of_range(value):
        # What was read from digits is infinite, too, where they are too many.
        return "a number that is too long or infinite"
    if isinstance(value, WrittenInt | WrittenFloat):
        return value.text[:MAX_QUOTED]
    return "a mapping" if isinstance(value, dict) else json.dumps(value, default=str)


def _is_plain(value: object, kind: Type) -> bool:
    """Return whether a value has a type, and JSON can represent it; the items of a list are scalars."""
    return has_type(value, kind) and all(_is_scalar(each) for each in _items(value))


def _items(value: object) -> Sequence[object]:
    return value if isinstance(value, tuple | list) else (value,)


def _is_out_of_range(value: object) -> bool:
    """Return whether a value is a number that is not finite, or has too many digits to be written."""
    if isinstance(value, float):
        return not math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**MAX_DIGITS


def _is_scalar(value: object) -> bool:
    if isinstance(value, str):
        # An unpaired surrogate is no character: a plan, which is UTF-8, cannot contain it.
        return value.isascii() or _HALF.search(value) is None
    return isinstance(value, bool | int | float) and not _is_out_of_range(value)


def _same(one: object, other: object) -> bool:
    """Return whether two values are the same; `true` and 1 are not, 1 and 1.0 are."""
    return isinstance(one, bool) == isinstance(other, bool) and one == other
