"""AWS documents as people have them, made to fit the service model; what does not fit becomes a note.

The compiler's schemas judge the documents, so that a manifest with them passes `ecsplan check`. Notes name
members and never values, which may be secrets.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal, TypeAlias

from ecsplan.decision.members import OUTPUT_ONLY
from ecsplan.schema.check import Violation, job_violations, request_violations
from ecsplan.terms.json_types import Document, Record
from ecsplan.terms.pointers import child, tokens_of
from ecsplan_convert.aws.templated import words
from ecsplan_convert.references import has_reference
from ecsplan_convert.source import ConversionError

MAX_DEPTH: Final = 60
"""Levels of a document; the service model of ECS has ten."""
_MAX_PASSES: Final = 8
"""How often a document is judged again after something was left out of it."""
_OPERATION: Final = {"task-definition": "RegisterTaskDefinition", "run-request": "RunTask"}

Kind: TypeAlias = Literal["task-definition", "run-request"]


def conformed(document: Document, kind: Kind) -> tuple[Record, tuple[str, ...]]:
    """Return a document without null and without what AWS would refuse, and a note for each such member.

    Texts that are numbers, and numbers where AWS takes texts, get the right type; nothing else is changed.
    What refers to a variable fits anywhere.

    Raises:
        ConversionError: The document is nested more deeply than any document of AWS.
    """
    refuse_deep(document)
    kept: Record = without_nulls(document)
    notes: list[str] = []
    for _ in range(_MAX_PASSES):
        found = tuple(each for each in _violations(kept, kind) if not _is_variable(each, kept))
        if not found:
            break
        changes = dict(_change(each, kept, kind) for each in found)
        notes += [note for _, note in changes.values() if note]
        kept = _changed(kept, "", {at: value for at, (value, _) in changes.items()})
    return kept, tuple(dict.fromkeys(notes))


def is_like_a_placeholder(text: str) -> bool:
    """Return whether a text has something in it that templates have in place of a value."""
    return _LIKE_A_PLACEHOLDER.search(text) is not None


def without_output(definition: Document) -> Record:
    """Return a definition without the members that only a description of it has."""
    return {name: value for name, value in definition.items() if name not in OUTPUT_ONLY}


def without_nulls(value: Any) -> Any:
    """Return a value without members that are null, which consoles and tools export for what is not set."""
    if isinstance(value, Mapping):
        return {str(name): without_nulls(each) for name, each in value.items() if each is not None}
    if isinstance(value, list | tuple):
        return [without_nulls(each) for each in value]
    return value


def refuse_deep(document: Any) -> None:
    """Raise ConversionError for a document that is nested more deeply than any document of AWS."""
    level: list[Any] = [document]
    for _ in range(MAX_DEPTH):
        level = [below for each in level for below in _below(each)]
        if not level:
            return
    raise ConversionError(f"the document is nested more than {MAX_DEPTH} levels deep")


def _below(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()


def _violations(document: Document, kind: Kind) -> Iterator[Violation]:
    if kind == "run-request":
        yield from (each for each in request_violations(kind, document) if each.pointer or each.at_key)
        return
    # As a manifest embeds it: nothing is required of the task and its containers, since keys of the job may
    # say it. What is within them has to be whole.
    yield from job_violations({"task_definition": document})
    for each in request_violations(kind, document):
        if each.rule == "missing-key" and not _MAY_LACK.fullmatch(each.pointer):
            yield each


_MAY_LACK: Final = re.compile(r"(?:/containerDefinitions/[0-9]+)?")
"""Pointers of what may lack a member that AWS requires: the task, and its containers."""
_LIKE_A_PLACEHOLDER: Final = re.compile(r"\$\{|\{\{|<[^>]+>|%[^%]+%|@@?[^@]+@@?|__[A-Z_]+__|:[A-Z][A-Z_]+:")
"""What templates have in place of a value, or of the account in an ARN."""
_MEMBER: Final = re.compile(r"[A-Za-z]{1,40}|[0-9]+")
_REMOVED: Final = object()


def _is_variable(found: Violation, document: Document) -> bool:
    pointer = found.pointer.removeprefix("/task_definition")
    value = _at(document, pointer)
    return isinstance(value, str) and has_reference(value) and found.rule != "unknown-key"


def _change(found: Violation, document: Document, kind: Kind) -> tuple[str, tuple[Any, str]]:
    """Return the pointer of what changes, and its new value with a note; `_REMOVED` where it is left out."""
    pointer = found.pointer.removeprefix("/task_definition") if kind == "task-definition" else found.pointer
    value = _at(document, pointer)
    fitting = _fitting(value, found.as_type)
    if found.rule == "wrong-type" and fitting is not None:
        return pointer, (fitting, "")
    at = _whole(document, pointer)
    # Tools that write what the SDK returns, such as `ecspresso init`, have "" for what is not set.
    if value == "":
        return at, (_REMOVED, "")
    return at, (_REMOVED, f"{_named(at)} is left out: {_reason(found, pointer, at, kind, value)}")


def _named(pointer: str) -> str:
    """Return a member's name, where it can be one; what stands there by mistake may be a secret."""
    above, _, last = pointer.rpartition("/")
    if above and not _MEMBER.fullmatch(last):
        return f"a member of {words(above)}"
    return words(pointer) or "the document"


def _reason(found: Violation, pointer: str, at: str, kind: Kind, value: Any) -> str:
    if isinstance(value, str) and is_like_a_placeholder(value):
        return "its value is a placeholder"
    match found.rule:
        case "unknown-key":
            return f"{_OPERATION[kind]} has no such member"
        case "missing-key":
            return "it lacks a member that AWS requires"
        case "wrong-type":
            return (
                "its value is of the wrong type" if at == pointer else f"{words(pointer)} has the wrong type"
            )
        case _:
            return "AWS refuses its value"


def _fitting(value: Any, as_type: str) -> Any:
    """Return a number as text or a text as number, as AWS takes it; None where it is not merely that."""
    if as_type == "string" and isinstance(value, bool):
        return "true" if value else "false"
    if as_type == "string" and isinstance(value, int | float):
        return str(value)
    if as_type == "integer" and isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return None


def _at(document: Any, pointer: str) -> Any:
    value = document
    for token in tokens_of(pointer):
        if isinstance(value, Mapping):
            value = value.get(token)
        elif isinstance(value, list) and token.isdigit() and int(token) < len(value):
            value = value[int(token)]
        else:
            return None
    return value


def _whole(document: Document, pointer: str) -> str:
    """Return the pointer of what is left out with a value: of a list of texts all of it, else the value."""
    above, _, token = pointer.rpartition("/")
    items = _at(document, above)
    if token.isdigit() and isinstance(items, list) and any(isinstance(each, str) for each in items):
        return above
    return pointer


def _changed(value: Any, pointer: str, changes: Mapping[str, Any]) -> Any:
    """Return a value with the changes below its pointer."""
    if isinstance(value, Mapping):
        below = ((name, each, child(pointer, name)) for name, each in value.items())
        return {name: new for name, each, at in below if (new := _new(each, at, changes)) is not _REMOVED}
    if isinstance(value, list):
        items = (_new(each, child(pointer, index), changes) for index, each in enumerate(value))
        return [each for each in items if each is not _REMOVED]
    return value


def _new(value: Any, pointer: str, changes: Mapping[str, Any]) -> Any:
    return changes[pointer] if pointer in changes else _changed(value, pointer, changes)
