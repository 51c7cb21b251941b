"""A string with references -> its value for one job."""

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from ecsplan.terms.placeholders import variable_at_apply
from ecsplan.terms.records import dataclass
from ecsplan.variables.references import Literal, Piece, Reference, all_pieces
from ecsplan.variables.values import Resolved, as_text

JOB_NAME: Final = "job.name"
"""The reference that stands for the job's name."""
COMMAND: Final = "/command"
PATCHES: Final = frozenset({"/task_customizations", "/task_definition_customizations"})
"""Keys whose string is a JSON text, in which a value is escaped as JSON requires."""
_MARK = re.compile("\0([0-9]+)\0")
"""Stands for a reference while a command is split: no manifest can contain a null character."""


@dataclass(frozen=True, slots=True)
class Expanded:
    """What a string with references becomes.

    Attributes:
        value: Its value: a list for a list, and for a command that was split.
        names: The variables that it refers to, in order, each once.
        known: Whether all of its variables have a value.
        misplaced: The name of a list among them that stands inside a longer string, or None.
    """

    value: Any
    names: tuple[str, ...]
    known: bool = True
    misplaced: str | None = None


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
            text: The string; all of its references are to declared variables or to the job's name.
            pointer: Where it stands in the job.
        """
        pieces = all_pieces(text)
        references = tuple(each.name for each in pieces if isinstance(each, Reference))
        names = tuple(dict.fromkeys(each for each in references if each != JOB_NAME))
        if any(self._value(each) is None for each in references):
            return Expanded(text, names, known=False)
        if len(pieces) == 1 and references:
            return Expanded(self._alone(references[0], pointer), names)
        misplaced = next((each for each in references if isinstance(self._value(each), tuple)), None)
        if misplaced is not None:
            return Expanded(text, names, known=False, misplaced=misplaced)
        if pointer == COMMAND:
            return Expanded(self._split(pieces, text), names)
        in_json = pointer in PATCHES
        return Expanded("".join(self._text(each, in_json=in_json) for each in pieces), names)

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
        marked = "".join(
            f"\0{index}\0" if isinstance(each, Reference) else self._text(each)
            for index, each in enumerate(pieces)
        )
        try:
            words = shlex.split(marked)
        except ValueError:  # an open quote, which the pass `bind` reports
            return text
        return [_MARK.sub(lambda found: self._text(pieces[int(found[1])]), word) for word in words]

    def _text(self, piece: Piece, *, in_json: bool = False) -> str:
        if not isinstance(piece, Reference):
            return piece.text if isinstance(piece, Literal) else ""
        value = self._value(piece.name)
        text = "" if value is None else as_text(value)
        return json.dumps(text, ensure_ascii=False)[1:-1] if in_json and isinstance(value, str) else text

    def _value(self, name: str) -> Any:
        if name == JOB_NAME:
            return self.job
        resolved = self.values[name]
        return variable_at_apply(name) if resolved.declaration.sensitive else resolved.value

    def _is_sensitive(self, name: str) -> bool:
        return self.values[name].declaration.sensitive
