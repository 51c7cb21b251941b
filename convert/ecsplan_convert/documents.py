"""Texts of YAML and JSON as plain data, for sources and for the files that they name."""

import json
from typing import Any

from ecsplan.terms.diagnostic import Diagnostic
from ecsplan.terms.records import dataclass
from ecsplan.yaml.values import read_documents
from ecsplan_convert.found import ConversionError


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
            return Text((json.loads(text, parse_constant=_refuse),))
        except (ValueError, RecursionError):
            pass
    read = read_documents(text, file=name)
    return Text(read.data, read.problems)


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


def _refuse(constant: str) -> None:
    raise ValueError(constant)
