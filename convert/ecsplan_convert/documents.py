"""Texts of YAML and JSON as plain data, for sources and for the files that they name."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from ecsplan.terms.diagnostic import Diagnostic
from ecsplan.terms.records import dataclass
from ecsplan.yaml.values import read_documents
from ecsplan_convert.source import ConversionError

HALF_A_CHARACTER: Final = "a text has half of a surrogate pair in it, which is not a character"


@dataclass(frozen=True, slots=True)
class Text:
    """What a text holds.

    Attributes:
        data: Its documents, in order; () where it is no YAML.
        problems: What is wrong with it, at its place.
    """

    data: tuple[Any, ...]
    problems: tuple[Diagnostic, ...] = ()


def read_text(text: str, name: str) -> Text:
    """Return the documents of a text; no text makes it raise."""
    if text.lstrip()[:1] in {"{", "["}:
        # Most sources are JSON as a program wrote it, which Python reads in a tenth of the time.
        try:
            return Text(tuple(_json_documents(text)))
        except (ValueError, RecursionError):
            pass
    read = read_documents(text, file=name)
    return Text(read.data, read.problems)


def half_written(text: str) -> int | None:
    """Return the line in which a JSON text ends before its value does; None for any other text."""
    if text.lstrip()[:1] not in {"{", "["}:
        return None
    try:
        json.loads(text)
    except json.JSONDecodeError as wrong:
        ends_early = wrong.pos >= len(text.rstrip()) or wrong.msg.startswith("Unterminated string")
        return text.rstrip().count("\n") + 1 if ends_early else None
    except (ValueError, RecursionError):
        pass
    return None


def read_document(text: str, name: str) -> Any:
    """Return the one document of a text.

    Raises:
        ConversionError: It is neither YAML nor JSON, or holds none or several documents.
    """
    read = read_text(text, name)
    wrong = next((each for each in read.problems if each.severity == "error"), None)
    if wrong is not None:
        raise ConversionError(f"{name}: {wrong.message}", help=wrong.help, line=wrong.line)
    if len(read.data) != 1:
        raise ConversionError(f"{name} holds {len(read.data) or 'no'} documents; one is expected")
    return read.data[0]


def has_half_a_character(value: Any) -> bool:
    """Return whether a text in a value has half of a surrogate pair in it, as an escape of JSON may write."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _json_documents(text: str) -> Iterator[Any]:
    """Yield the values of a JSON text, several where programs wrote one after the other.

    Raises:
        ValueError: It is not JSON, or an object has a name twice, which the reader of YAML says where.
    """
    at = _after_blanks(text, 0)
    while at < len(text):
        if text[at] not in "{[":
            raise ValueError("neither an object nor a list")
        value, end = _JSON.raw_decode(text, at)
        yield value
        at = _after_blanks(text, end)


def _after_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return at if found is None else found.end()


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    named = dict(members)
    if len(named) < len(members):
        raise ValueError("a name twice")
    return named


_BLANKS: Final = re.compile(r"[ \t\r\n]*")
_JSON: Final = json.JSONDecoder(parse_constant=_refuse, object_pairs_hook=_once)
