"""The pass accept: what of a job's data the schema accepts, and why it refuses the rest."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ecsplan.job.empty_texts import without_empty_texts
from ecsplan.job.prune import PATCHES, with_nulls, without
from ecsplan.job.spec import Written
from ecsplan.schema.check import Violation, job_violations, knows, types_at, with_integers
from ecsplan.settings.setting import OPTION
from ecsplan.terms.diagnostic import Diagnostic, error
from ecsplan.terms.open_values import open_values
from ecsplan.terms.placeholders import as_references, is_one_lookup, is_open
from ecsplan.terms.pointers import tokens_of
from ecsplan.terms.records import dataclass
from ecsplan.variables.references import MATRIX
from ecsplan.yaml.file_problems import MAX_PROBLEMS

_DEFINITION = "task_definition"


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the schema says of a job.

    Attributes:
        data: The job's data without what was refused; whole numbers are integers.
        refused: Pointers of what was refused, here or while the manifest was read, and of values that are not
            known before lookups are.
        wrong_values: Pointers of the values, not keys, that the schema refused.
        diagnostics: Why they were refused.
    """

    data: Mapping[str, Any]
    refused: frozenset[str] = frozenset()
    wrong_values: frozenset[str] = frozenset()
    diagnostics: tuple[Diagnostic, ...] = ()


def accept(written: Written, *, ignoring: Collection[str] = ()) -> Accepted:
    """Return what the schema accepts of a job.

    Args:
        written: The job as written.
        ignoring: Pointers of values that are not judged and count as not written.
    """
    data = _meant(written)
    if ignoring:
        data = without(data, ignoring)
    reported = frozenset((*written.reported_keys, *written.reported))
    violations = _violations(written, data)
    # Values that are not known yet stay where they are, but nothing that they say is judged.
    texts = dict(open_values(data)) if written.open_lookups else {}
    left_open = frozenset(texts)
    violations = [
        each for each in violations if each.pointer not in texts or _is_hopeless(each, texts[each.pointer])
    ]
    # Most jobs end here, with the data as it was written.
    if not violations and not reported and not left_open:
        return Accepted(with_integers(data, part="job"))
    left_out = (each.pointer for each in violations if _is_left_out(each))
    meant = (each.meant for each in violations if each.meant)
    return Accepted(
        data=with_integers(without(data, (*reported, *left_out)), part="job"),
        # `meant` as well: a mistyped key is refused, and the key that it was meant for is not missing.
        refused=reported.union(left_open, (each.pointer for each in violations), meant),
        wrong_values=frozenset(each.pointer for each in violations if not each.at_key),
        diagnostics=tuple(_errors(written, violations)),
    )


def _is_hopeless(violation: Violation, text: str) -> bool:
    """Return whether nothing that lookups find makes the value of a text with them one that is accepted.

    A lookup alone may give a text, a number or a list of texts; one within a longer text gives a text.
    """
    types = types_at(violation.pointer)
    if not is_one_lookup(text):
        return bool(types) and "string" not in types
    return types <= {"object", "objects", "null"}


def _meant(written: Written) -> Mapping[str, Any]:
    """Return the job's data without the texts that ECS treats as left out."""
    definition = written.data.get(_DEFINITION)
    if not isinstance(definition, dict):
        return written.data
    prefix = f"/{_DEFINITION}"
    within = (each.removeprefix(prefix) for each in written.unset if each.startswith(f"{prefix}/"))
    emptied = frozenset(each.rpartition("/")[0] for each in within)
    return {**written.data, _DEFINITION: without_empty_texts(definition, emptied)}


def _violations(written: Written, data: Mapping[str, Any]) -> list[Violation]:
    """Return what the schema refuses in the data of a job, except what reading it has reported."""
    reported_keys = frozenset(written.reported_keys)
    reported = reported_keys.union(written.reported)
    found = (*job_violations({"name": written.name, **data}, written.text_of), *_unknown_unset(written))
    return [each for each in found if each.pointer not in (reported_keys if each.at_key else reported)]


def _unknown_unset(written: Written) -> Iterator[Violation]:
    """Yield what is wrong with keys that have no value: null is "not set", also for a mistyped key."""
    # Nulls are taken out before the schema sees the data, and a mistyped key with a null along with them.
    unknown = frozenset(each for each in written.unset if not knows(each))
    if unknown:
        found = job_violations(with_nulls(written.data, sorted(unknown)))
        yield from (each for each in found if each.rule == "unknown-key" and each.pointer in unknown)


def _is_left_out(violation: Violation) -> bool:
    """Return whether a value is left out: what lacks a key stays, except for an operation of a patch."""
    return violation.rule != "missing-key" or not PATCHES.isdisjoint(tokens_of(violation.pointer)[:1])


def _errors(written: Written, violations: list[Violation]) -> Iterator[Diagnostic]:
    """Yield an error for each violation, and one that counts those that are too many to show."""
    last = None
    for each in violations[:MAX_PROBLEMS]:
        last = written.locate(each.pointer, key=each.at_key)
        message = each.message if not written.open_lookups else as_references(each.message)
        of_option = last.path == OPTION and each.as_type == "string"
        yield error(each.rule, last, message, help=_QUOTED_TWICE if of_option else _help(written, each))
    if last is not None and violations[MAX_PROBLEMS:]:
        message = f"{len(violations) - MAX_PROBLEMS:,} more problems are not shown"
        yield error("too-many-problems", last, message, help="fix these first, then run the check again")


_QUOTED_TWICE = f"put it in quotes, and these in quotes for the shell: {OPTION} 'KEY=\"VALUE\"'"
"""How a text that reads like a number or a boolean is set: the shell removes the quotes that it sees."""


def _help(written: Written, violation: Violation) -> str:
    """Return the help of a violation; of a value that a variable gives, the declaration is to be changed."""
    if written.open_lookups and is_open(violation.message):
        if not types_at(violation.pointer) <= {"object", "objects", "null"}:
            return "write one lookup on its own: within a longer text, it is text"
        return "a lookup gives a text or a list of texts: write the rest, with lookups where it has texts"
    if not violation.as_type:
        return violation.help
    if (name := written.variable_at(violation.pointer)) is None:
        of_list = written.variable_at(violation.pointer.rpartition("/")[0])
        return f"{violation.help} where `{of_list}` gets its value" if of_list else violation.help
    if name.startswith(MATRIX):
        quotes = "in quotes" if violation.as_type == "string" else "without quotes"
        return f"write the values of `{name.removeprefix(MATRIX)}` under `matrix` {quotes}"
    if name:
        return f"declare `{name}` with `type: {violation.as_type}`"
    # Text with a reference in it stays text, whatever the type of its variables.
    return "write one reference alone: only that has the type of its variable"
