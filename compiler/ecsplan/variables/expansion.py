"""A string with references -> its value for one job."""

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, Literal

from ecsplan.terms.placeholders import around_lookups, lookup_at_apply, open_lookups, variable_at_apply
from ecsplan.terms.records import dataclass
from ecsplan.variables.declarations import Declaration
from ecsplan.variables.lookups import BadLookup, fault_of, is_lookup
from ecsplan.variables.references import MAX_KEPT, Piece, Reference, all_pieces, flat_pieces
from ecsplan.variables.references import Literal as Text
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


def variables_in(text: str) -> tuple[str, ...]:
    """Return the names that a string refers to, those within lookups included, but for lookups themselves."""
    return _kept_variables(text) if len(text) <= MAX_KEPT else _variables(text)


def _variables(text: str) -> tuple[str, ...]:
    references = (each for each in flat_pieces(text) if isinstance(each, Reference))
    return tuple(each.name for each in references if not is_lookup(each.name))


@lru_cache(maxsize=1024)
def _kept_variables(text: str) -> tuple[str, ...]:
    return _variables(text)


@dataclass(frozen=True, slots=True)
class Expanded:
    """What a string with references becomes.

    Attributes:
        value: Its value: a list for a list, and for a command that was split.
        names: The variables that it refers to, in order, each once.
        known: Whether all of its variables have a value, and may stand where they do.
        lookups: The lookups that it refers to, in order, each once; in `value` stand their placeholders.
        bad_lookup: What is wrong with one of them, or None.
    """

    value: Any
    names: tuple[str, ...]
    known: bool = True
    lookups: tuple[str, ...] = ()
    bad_lookup: BadLookup | None = None


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


def _ambiguity(value: str | list[str], count: int) -> BadLookup | None:
    """Return why a plan could not tell the lookups in a value from other text of it; None where it can."""
    texts = [value] if isinstance(value, str) else value
    if sum(len(open_lookups(each)) for each in texts) > count:
        message = "a text next to this lookup looks like the placeholder of an unresolved lookup in a plan"
        return BadLookup(message, "write another text", "lookup-text")
    if any(before.endswith("$") for each in texts for before in around_lookups(each)[:-1:2]):
        message = "a `$` right before this lookup would make it a literal `${`"
        return BadLookup(message, "put something between them, or give both in one value", "lookup-text")
    return None


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
        variables = variables_in(text)
        names = tuple(dict.fromkeys(each for each in variables if each != JOB_NAME))
        if any(self._value(each) is None for each in variables):
            return Expanded(text, names, known=False)
        listed = variables if len(pieces) > 1 else tuple(each for each in variables if each not in references)
        if any(isinstance(self._value(each), tuple) for each in listed):
            return Expanded(text, names, known=False)
        lookups = tuple(dict.fromkeys(self.lookup(each) for each in references if is_lookup(each)))
        # Variables that are not among the references stand within lookups.
        within = frozenset(variables).difference(references) if lookups else frozenset()
        bad = next(self._bad_lookups(lookups, within), None) if lookups else None
        if bad is not None:
            return Expanded(text, names, known=False, bad_lookup=bad)
        value = self._replaced(text, pieces, references, pointer)
        ambiguous = _ambiguity(value, sum(map(is_lookup, references))) if lookups else None
        if ambiguous is not None:
            return Expanded(text, names, known=False, bad_lookup=ambiguous)
        return Expanded(value, names, lookups=lookups)

    def lookup(self, name: str) -> str:
        """Return a lookup with its variables replaced; all of them have a value, and none is a list."""
        return "".join(map(self._text, all_pieces(name)))

    def misplaced(self, text: str, pointer: str) -> Iterator[Misplaced]:
        """Yield the declared variables, each once, that may not stand where a string refers to them.

        Judged by their declarations alone, so that a value which is not known yet, or wrong, hides nothing.
        """
        pieces = all_pieces(text)
        holder = pointer.rpartition("/")[0]
        is_alone = len(pieces) == 1 and not any(
            isinstance(each, Reference) and is_lookup(each.name) for each in pieces
        )
        for name in dict.fromkeys(variables_in(text)):
            if name not in self.values:
                continue
            declaration = self.values[name].declaration
            if declaration.sensitive and holder != ENV:
                yield Misplaced(name, "sensitive", declaration)
            elif declaration.type == "list" and not is_alone:
                yield Misplaced(name, "list", declaration)
            elif declaration.type in {"list", "boolean"} and is_alone and holder in _TEXTS:
                yield Misplaced(name, "not text", declaration)

    def origin(self, names: tuple[str, ...]) -> str:
        """Return variables with their values and where they came from, for diagnostics; "" for none."""
        return origin_of(self.values[each] for each in names)

    def sensitive(self, names: tuple[str, ...]) -> Iterator[str]:
        """Yield those of some variables that are sensitive."""
        return filter(self._is_sensitive, names)

    def _bad_lookups(self, lookups: tuple[str, ...], within: frozenset[str]) -> Iterator[BadLookup]:
        """Yield what is wrong with lookups that have these variables in them."""
        for name in self.sensitive(tuple(sorted(within - {JOB_NAME}))):
            message = f"the variable `{name}` is sensitive, and cannot be a part of a lookup"
            yield BadLookup(message, "write the lookup without it", "variable-sensitive")
        yield from (each for each in map(fault_of, lookups) if each is not None)

    def _replaced(
        self, text: str, pieces: tuple[Piece, ...], references: tuple[str, ...], pointer: str
    ) -> Any:
        if len(pieces) == 1 and references:
            return self._alone(references[0], pointer)
        if pointer == COMMAND:
            return self._split(pieces, text)
        in_json = pointer in PATCHES
        return "".join(self._text(each, in_json=in_json) for each in pieces)

    def _alone(self, name: str, pointer: str) -> Any:
        value = self._value(name)
        if isinstance(value, tuple):
            return list(value)
        # One reference is one word, whatever is in its value. A lookup may give a list instead.
        if is_lookup(name):
            return value
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
        text = "" if value is None or isinstance(value, tuple) else as_text(value)
        return json.dumps(text, ensure_ascii=False)[1:-1] if in_json and isinstance(value, str) else text

    def _value(self, name: str) -> Any:
        if name == JOB_NAME:
            return self.job
        if is_lookup(name):
            return lookup_at_apply(self.lookup(name))
        resolved = self.values.get(name)
        if resolved is None:
            return None
        return variable_at_apply(name) if resolved.declaration.sensitive else resolved.value

    def _is_sensitive(self, name: str) -> bool:
        return self.values[name].declaration.sensitive
