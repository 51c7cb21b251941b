"""A string with references -> its value for one job."""

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal

from ecsplan.terms.placeholders import variable_at_apply
from ecsplan.terms.records import dataclass
from ecsplan.variables.declarations import Declaration
from ecsplan.variables.references import Literal as Text
from ecsplan.variables.references import Piece, Reference, all_pieces
from ecsplan.variables.values import Resolved, as_text

JOB_NAME: Final = "job.name"
"""The reference that stands for the job's name."""
COMMAND: Final = "/command"
PATCHES: Final = frozenset({"/task_customizations", "/task_definition_customizations"})
"""Keys whose string is a JSON text, in which a value is escaped as JSON requires."""
ENV: Final = "/env"
"""The pointer of `env`, the one mapping whose values may refer to sensitive variables."""
_TEXTS: Final = frozenset({ENV, "/labels"})
"""Mappings of texts: a boolean could be spelled in several ways there, and a list has no spelling."""
_MARKS: Final = range(0xE000, 0x110000)
"""Characters of which one stands around the number of a reference while a command is split."""


@dataclass(frozen=True, slots=True)
class Expanded:
    """What a string with references becomes.

    Attributes:
        value: Its value: a list for a list, and for a command that was split.
        names: The variables that it refers to, in order, each once.
        known: Whether all of its variables have a value, and may stand where they do.
    """

    value: Any
    names: tuple[str, ...]
    known: bool = True


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A variable that may not stand where a string refers to it, whatever its value.

    Attributes:
        name: Its name.
        why: It is sensitive and not in `env`; it is a list inside a longer string; or it is a list or a
            boolean that is the whole of a value which has to be text.
        declaration: What the manifest says of it.
    """

    name: str
    why: Literal["sensitive", "list", "not text"]
    declaration: Declaration


def origin_of(variables: Iterable[Resolved]) -> str:
    """Return variables with their values and where they came from; sensitive ones are left out."""
    return ", ".join(each.words for each in variables if not each.declaration.sensitive)


@dataclass(frozen=True, slots=True)
class Expansion:
    """The variables of a document as one job sees them.

    Attributes:
        values: The declared variables with their values.
        job: The job's name; None where it is not known.
    """

    values: Mapping[str, Resolved]
    job: str | None

    def expanded(self, text: str, pointer: str) -> Expanded:
        """Return what a string becomes.

        Args:
            text: The string.
            pointer: Where it stands in the job.
        """
        pieces = all_pieces(text)
        references = tuple(each.name for each in pieces if isinstance(each, Reference))
        names = tuple(dict.fromkeys(each for each in references if each != JOB_NAME))
        if any(self._value(each) is None for each in references):
            return Expanded(text, names, known=False)
        if len(pieces) == 1 and references:
            return Expanded(self._alone(references[0], pointer), names)
        if any(isinstance(self._value(each), tuple) for each in references):
            return Expanded(text, names, known=False)
        if pointer == COMMAND:
            return Expanded(self._split(pieces, text), names)
        in_json = pointer in PATCHES
        return Expanded("".join(self._text(each, in_json=in_json) for each in pieces), names)

    def misplaced(self, text: str, pointer: str) -> Iterator[Misplaced]:
        """Yield the declared variables, each once, that may not stand where a string refers to them.

        Judged by their declarations alone, so that a value which is not known yet, or wrong, hides nothing.
        """
        pieces = all_pieces(text)
        holder = pointer.rpartition("/")[0]
        for name in dict.fromkeys(each.name for each in pieces if isinstance(each, Reference)):
            if name not in self.values:
                continue
            declaration = self.values[name].declaration
            if declaration.sensitive and holder != ENV:
                yield Misplaced(name, "sensitive", declaration)
            elif declaration.type == "list" and len(pieces) > 1:
                yield Misplaced(name, "list", declaration)
            elif declaration.type in {"list", "boolean"} and len(pieces) == 1 and holder in _TEXTS:
                yield Misplaced(name, "not text", declaration)

    def origin(self, names: tuple[str, ...]) -> str:
        """Return variables with their values and where they came from, for diagnostics; "" for none."""
        return origin_of(self.values[each] for each in names)

    def sensitive(self, names: tuple[str, ...]) -> Iterator[str]:
        """Yield those of some variables that are sensitive."""
        return filter(self._is_sensitive, names)

    def _alone(self, name: str, pointer: str) -> Any:
        value = self._value(name)
        if isinstance(value, tuple):
            return list(value)
        # One reference is one word, whatever is in its value.
        return [value] if pointer == COMMAND and isinstance(value, str) else value

    def _split(self, pieces: tuple[Piece, ...], text: str) -> str | list[str]:
        """Return the words of a command, which is split before references are replaced in it."""
        # A string has fewer characters than these are, so that one of them is not in it.
        mark = next(filter(lambda each: each not in text, map(chr, _MARKS)))
        marked = "".join(
            f"{mark}{index}{mark}" if isinstance(each, Reference) else self._text(each)
            for index, each in enumerate(pieces)
        )
        try:
            words = shlex.split(marked)
        except ValueError:  # an open quote, which the pass `bind` reports
            return text
        marks = re.compile(f"{mark}([0-9]+){mark}")
        return [marks.sub(lambda found: self._text(pieces[int(found[1])]), word) for word in words]

    def _text(self, piece: Piece, *, in_json: bool = False) -> str:
        if not isinstance(piece, Reference):
            return piece.text if isinstance(piece, Text) else ""
        value = self._value(piece.name)
        text = "" if value is None else as_text(value)
        return json.dumps(text, ensure_ascii=False)[1:-1] if in_json and isinstance(value, str) else text

    def _value(self, name: str) -> Any:
        if name == JOB_NAME:
            return self.job
        resolved = self.values.get(name)
        if resolved is None:
            return None
        return variable_at_apply(name) if resolved.declaration.sensitive else resolved.value

    def _is_sensitive(self, name: str) -> bool:
        return self.values[name].declaration.sensitive
