"""The pass "look up": a job with the values of its lookups, accepted and bound like written ones."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from ecsplan.job.bound import bound
from ecsplan.job.spec import JobSpec, Written
from ecsplan.schema.check import types_at
from ecsplan.terms.diagnostic import Diagnostic, Location, error
from ecsplan.terms.observed import NotThere, Value
from ecsplan.terms.open_values import open_values, with_values
from ecsplan.terms.placeholders import around_lookups, is_one_lookup, lookup_at_apply, open_lookups
from ecsplan.terms.pointers import tokens_of
from ecsplan.terms.records import dataclass
from ecsplan.terms.run_policy import Combination
from ecsplan.variables.expansion import COMMAND, PATCHES
from ecsplan.variables.lookups import shown_value
from ecsplan.variables.values import Resolved, as_text
from ecsplan.yaml.nodes import plain_value

Answers: TypeAlias = Mapping[str, Value | NotThere]
"""What AWS said about lookups, by their names."""


def looked_up(job: JobSpec, answers: Answers) -> tuple[JobSpec, tuple[Diagnostic, ...]]:
    """Return a job with the values of its lookups, as far as AWS has answered, and what is wrong with them.

    Args:
        job: The job as written.
        answers: The answers so far; a lookup without one stays open.
    """
    if not answers:
        return job, ()
    texts = dict(open_values(job.written.data))
    problems = tuple(each for pointer, text in texts.items() for each in _unfit(job, answers, pointer, text))
    values = {pointer: _value(answers, pointer, text) for pointer, text in texts.items()}
    known, found = bound(_with(job.written, answers, texts, values))
    numbers = _numbers(texts, values, known)
    if numbers:
        known, found = bound(_with(job.written, answers, texts, {**values, **numbers}))
    # What is wrong elsewhere was said when the job was read.
    said = {_words(each) for each in bound(job.written)[1]} if found else frozenset()
    return replace(known, aws=job.aws, own_family=job.own_family), (
        *problems,
        *(each for each in found if _words(each) not in said),
    )


def _with(
    written: Written, answers: Answers, texts: Mapping[str, str], values: Mapping[str, Any]
) -> "_LookedUp":
    """Return a job as written with other values at some places."""
    # By the answers: what was found may itself look like the placeholder of a lookup.
    left = {name for text in texts.values() for name in open_lookups(text) if not _fits(answers, name, text)}
    data = with_values(written.data, values)
    return _LookedUp(written, answers, texts, data, tuple(each for each in written.lookups if each in left))


def _words(found: Diagnostic) -> tuple[str, str, str]:
    return found.rule, found.location.pointer, found.message


def _unfit(job: JobSpec, answers: Answers, pointer: str, text: str) -> Iterator[Diagnostic]:
    """Yield what keeps the lookups in a string from having a value there."""
    alone = is_one_lookup(text)
    for name in dict.fromkeys(open_lookups(text)):
        match answers.get(name):
            case NotThere(message=message, help=help_text, rule=rule):
                yield error(rule, job.written.locate_lookup(pointer, name), message, help=help_text)
            case Value(value=tuple()) if not alone:
                message = f"`{name}` is a list, and stands inside a longer string"
                help_text = "write the reference alone, or look up a string"
                yield error("lookup-list", job.written.locate_lookup(pointer, name), message, help=help_text)
            case _:
                pass


def _fits(answers: Answers, name: str, text: str) -> bool:
    """Return whether a lookup has a value that can stand in a string: a list only as the whole of it."""
    match answers.get(name):
        case Value(value=str()):
            return True
        case Value():
            return is_one_lookup(text)
        case _:
            return False


def _value(answers: Answers, pointer: str, text: str) -> Any:
    """Return what a string is with the values of its lookups; placeholders stay where there is none."""
    parts = around_lookups(text)
    if is_one_lookup(text):
        match answers.get(parts[1]):
            case Value(value=tuple() as texts):
                return list(texts)
            case Value(value=str() as value):
                # One reference is one word, whatever is in its value.
                return [value] if pointer == COMMAND else value
            case _:
                return text
    in_json = pointer in PATCHES
    return "".join(
        _inserted(answers, each, in_json=in_json) if index % 2 else each for index, each in enumerate(parts)
    )


def _inserted(answers: Answers, name: str, *, in_json: bool) -> str:
    """Return the text of a lookup within a longer one: its placeholder where it has no value that fits."""
    match answers.get(name):
        case Value(value=str() as value):
            return json.dumps(value, ensure_ascii=False)[1:-1] if in_json else value
        case _:
            return lookup_at_apply(name)


def _numbers(
    texts: Mapping[str, str], values: Mapping[str, Any], job: JobSpec
) -> dict[str, bool | int | float]:
    """Return the numbers and booleans that texts mean where the schema takes no text.

    AWS has every value as text: `count: ${ssm:/count}` means the number, as `count: 3` does. A longer text
    stays one, as with a variable.
    """
    found: dict[str, bool | int | float] = {}
    for pointer, value in values.items():
        alone = isinstance(value, str) and is_one_lookup(texts[pointer])
        if alone and job.refused.covers(pointer) and "string" not in types_at(pointer):
            plain = plain_value(value)
            if isinstance(plain, bool | int | float):
                found[pointer] = plain
    return found


@dataclass(frozen=True, slots=True)
class _LookedUp:
    """A job as written, with the values of its lookups in its data.

    Attributes:
        written: The job as written.
        answers: What AWS said about its lookups.
        texts: The strings that have lookups in them, by their pointers.
        data: The job's data with the values.
        open_lookups: The lookups that have no value, or one that does not fit.
    """

    written: Written
    answers: Answers
    texts: Mapping[str, str]
    data: Mapping[str, Any]
    open_lookups: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.written.name

    @property
    def path(self) -> str:
        return self.written.path

    @property
    def line(self) -> int:
        return self.written.line

    @property
    def unset(self) -> tuple[str, ...]:
        return self.written.unset

    @property
    def reported(self) -> tuple[str, ...]:
        return self.written.reported

    @property
    def reported_keys(self) -> tuple[str, ...]:
        return self.written.reported_keys

    @property
    def expands(self) -> bool:
        return self.written.expands

    @property
    def variables(self) -> tuple[Resolved, ...]:
        return self.written.variables

    @property
    def matrix(self) -> Combination | None:
        return self.written.matrix

    @property
    def lookups(self) -> tuple[str, ...]:
        return self.written.lookups

    def locate(self, pointer: str, *, key: bool = False) -> Location:
        location = self.written.locate(pointer, key=key)
        return location if key else self._with_origin(location, pointer)

    def locate_lookup(self, pointer: str, name: str) -> Location:
        return self.written.locate_lookup(pointer, name)

    def locate_in_string(self, pointer: str, inner_pointer: str) -> Location:
        return self._with_origin(self.written.locate_in_string(pointer, inner_pointer), pointer)

    def locate_part(self, pointer: str, start: int, end: int) -> Location:
        if pointer in self.texts:
            return self.locate(pointer)
        return self.written.locate_part(pointer, start, end)

    def text_of(self, pointer: str) -> str | None:
        around = pointer if pointer in self.texts else pointer.rpartition("/")[0]
        if around not in self.texts:
            return self.written.text_of(pointer)
        value: Any = self.data
        for token in tokens_of(pointer):
            value = value[int(token)] if isinstance(value, list) else value[token]
        return as_text(value)

    def variable_at(self, pointer: str) -> str | None:
        # No declaration changes what a lookup finds.
        return None if pointer in self.texts else self.written.variable_at(pointer)

    def command_text(self) -> str | None:
        return self.written.command_text()

    def _with_origin(self, location: Location, pointer: str) -> Location:
        """Return a place with the lookups in the value there, or in the string that it is in."""
        while pointer and pointer not in self.texts:
            pointer = pointer.rpartition("/")[0]
        names = dict.fromkeys(open_lookups(self.texts.get(pointer, "")))
        found = ((name, self.answers.get(name)) for name in names)
        words = [shown_value(name, each.value) for name, each in found if isinstance(each, Value)]
        origin = ", ".join(each for each in (location.origin, *words) if each)
        return replace(location, origin=origin)
