"""A manifest from what people have: a source is recognized, read, and written as a manifest."""

from collections.abc import Sequence
from dataclasses import replace
from posixpath import normpath
from typing import Any, Final

from ecsplan.foreign.format import Format
from ecsplan.foreign.recognize import all_recognized, recognized_text
from ecsplan.terms.diagnostic import Diagnostic
from ecsplan.terms.json_types import Document
from ecsplan.terms.manifest_keys import SPEC_ORDER
from ecsplan.terms.records import dataclass
from ecsplan_convert.documents import HALF_A_CHARACTER, Text, half_written, has_half_a_character, read_text
from ecsplan_convert.manifest.fitted import fitted
from ecsplan_convert.manifest.text import WrittenJob, manifest_text
from ecsplan_convert.named_jobs import chosen, family_of, joined, named
from ecsplan_convert.readers.registry import reader_of
from ecsplan_convert.reading import Reading
from ecsplan_convert.references import references_in
from ecsplan_convert.source import ConversionError, Source, SourceJobs, merged

_OF_A_MANIFEST: Final = frozenset(SPEC_ORDER) | {"jobs", "defaults", "variables"}
_UNREADABLE: Final = frozenset({"yaml-syntax", "yaml-too-deep", "too-large", "encoding", "alias-bomb"})
"""Rules of reading by which a text, or a document of it, is not read."""
_SOURCES: Final = (
    "name a task definition, a RunTask input, a shell script that calls `aws ecs run-task`, an ecspresso,"
    " Compose or Copilot file, a Prefect block or work pool, Airflow source, or an EventBridge target"
)


@dataclass(frozen=True, slots=True)
class Converted:
    """A manifest that was made of a source.

    Attributes:
        text: The manifest.
        notes: What was left out and why, each beginning with the job's name where there are several.
        jobs: The names of its jobs.
    """

    text: str
    notes: tuple[str, ...]
    jobs: tuple[str, ...]


def found_in(source: Source) -> SourceJobs:
    """Return the jobs of a source, whose format its content says.

    Raises:
        ConversionError: Its format is not known or cannot be converted, or it cannot be read.
    """
    text = read_text(source.text, source.name) if source.document is None else Text((source.document,))
    documents = [each for each in text.data if isinstance(each, dict | list)]
    plain = None if documents and not _unreadable(text) else recognized_text(source.text)
    if plain is not None:
        return _read(plain, source)
    if (wrong := _unreadable(text)) is not None:
        if (line := half_written(source.text)) is not None:
            raise ConversionError(
                "the text ends before its JSON does: it is half-written or cut off",
                help="get the whole file, or write it to its end",
                line=line,
            )
        raise ConversionError(wrong.message, help=wrong.help, line=wrong.line)
    if "\\u" in source.text and has_half_a_character(documents):
        raise ConversionError(HALF_A_CHARACTER)
    if not documents:
        raise ConversionError("it contains nothing that ecsplan can convert to a manifest", help=_SOURCES)
    parts, refused = _found_in_documents(documents, source)
    wrong_lines = (f"line {each.line}: {each.message}" for each in text.problems)
    found = merged(parts, (*wrong_lines, *refused.values()))
    return replace(found, unconverted={**found.unconverted, **refused})


def read_as(key: str, source: Source) -> SourceJobs:
    """Return the jobs of a source of a known format, by the key of the format.

    Raises:
        ConversionError: It cannot be converted.
    """
    reader = reader_of(key)
    if reader is None:
        raise ConversionError(f"ecsplan cannot convert {key} to a manifest")
    return reader.read(source)


def found_in_folder(sources: Sequence[Source], unread: Sequence[str] = ()) -> SourceJobs:
    """Return the jobs of a folder's files; a RunTask input there may be for a task definition beside it.

    Args:
        sources: The files.
        unread: Notes about files that could not be read.

    Raises:
        ConversionError: None of the files can be converted.
    """
    outcomes: dict[str, SourceJobs | ConversionError] = {}
    users: dict[str, str] = {}
    for each in sources:
        reading = Reading(each)
        try:
            outcomes[each.name] = found_in(replace(each, read=reading.read))
        except ConversionError as reason:
            outcomes[each.name] = reason
        else:
            users |= dict.fromkeys(reading.names, each.name)
    parts: dict[str, list[SourceJobs]] = {}
    notes = [*unread]
    for name, outcome in outcomes.items():
        if normpath(name) in users and _is_part(outcome):
            notes.append(f"{name} is not a job of its own: {users[normpath(name)]} names it")
        elif isinstance(outcome, ConversionError):
            at = "" if outcome.line is None else f":{outcome.line}"
            notes.append(f"{name}{at}: {outcome}")
        else:
            told = tuple(f"{name}: {note}" for note in outcome.notes)
            found = replace(_named_after(outcome, _prefix(name)), notes=told)
            parts.setdefault(_prefix(name), []).append(found)
    if not parts:
        raise ConversionError("no file in this folder can be converted", help=notes[0] if notes else _SOURCES)
    # Files with one name before the first dot belong together, though others may have the same family.
    of_names = [merged(each) for each in parts.values()]
    return merged([replace(each, jobs=joined(each.jobs)) for each in of_names], tuple(notes))


def _is_part(outcome: SourceJobs | ConversionError) -> bool:
    """Return whether a file that another one names has nothing beyond what that one takes from it."""
    if isinstance(outcome, ConversionError):
        return True
    # Services of a Compose file are jobs of their own, whether or not others extend them.
    return not any(each.keys for each in outcome.jobs)


def _named_after(found: SourceJobs, name: str) -> SourceJobs:
    """Return jobs with the name of their file where nothing else names them."""
    jobs = (each if each.name or family_of(each) else replace(each, name=name) for each in found.jobs)
    return replace(found, jobs=tuple(jobs))


def _prefix(name: str) -> str:
    """Return what comes before the first dot in the name of a file: `etl` of `etl.run-task.json`."""
    return name.rpartition("/")[2].partition(".")[0]


def converted(found: SourceJobs, *, title: str, name: str = "", only: str | None = None) -> Converted:
    """Return the manifest of what was found.

    Args:
        found: The jobs.
        title: What the source is, for the first line: `task-def.json`.
        name: The name of a job that has none.
        only: The one job to convert of several, or the name to give to the job where the source has one.

    Raises:
        NoJobError: There is no job `only`.
        ConversionError: A value cannot be written as YAML.
    """
    jobs = chosen(named(joined(found.jobs), name or "job"), only, found.unconverted)
    written, notes = [], [*found.notes]
    for job in jobs:
        made = fitted(job, found.variables)
        said = (*job.notes, *made.notes)
        suggested = (*job.suggestions, *made.suggestions)
        written.append(WrittenJob(job.name, made.keys, said, suggested))
        prefix = f"{job.name}: " if len(jobs) > 1 else ""
        notes += [f"{prefix}{each}" for each in (*said, *(each.reason for each in suggested))]
    text = manifest_text(
        written, _used(found, written), (f"Made by `ecsplan init` of {title}.", *found.notes)
    )
    return Converted(text, tuple(dict.fromkeys(notes)), tuple(each.name for each in jobs))


def _unreadable(text: Text) -> Diagnostic | None:
    """Return the error for which a text, or a part of it, is not data."""
    wrong = (each for each in text.problems if each.rule in _UNREADABLE)
    return next(wrong, None)


def _found_in_documents(documents: Sequence[Any], source: Source) -> tuple[list[SourceJobs], dict[str, str]]:
    """Return what is in the documents of a text, and for each that cannot be converted, why.

    Raises:
        ConversionError: None of them can be converted.
    """
    parts, notes, refused = [], {}, []
    for number, each in enumerate(documents, 1):
        try:
            parts.append(_found_in_document(each, source))
        except ConversionError as reason:
            refused.append(reason)
            notes[f"document {number}"] = f"document {number} was left out: {reason}"
    if not parts:
        raise refused[0]
    return parts, notes


def _found_in_document(document: Any, source: Source) -> SourceJobs:
    fitting = all_recognized(document)
    if not fitting:
        if isinstance(document, dict) and _is_manifest(document):
            raise ConversionError("this is a manifest already", help="`ecsplan check` checks it")
        raise ConversionError("ecsplan cannot convert this file to a manifest", help=_SOURCES)
    form, *others = fitting
    found = _read(form, replace(source, document=document))
    others = [each for each in others if reader_of(each.key) not in {None, reader_of(form.key)}]
    if not others:
        return found
    also = ", ".join(each.name for each in others)
    return replace(found, notes=(*found.notes, f"read as {form.name}; it could also be {also}"))


def _is_manifest(document: Document) -> bool:
    """Return whether most of the members are keys of a manifest: some have the names of other tools', too."""
    return len(_OF_A_MANIFEST.intersection(document)) * 2 > len(document)


def _read(form: Format, source: Source) -> SourceJobs:
    reader = reader_of(form.key)
    if reader is None:
        raise ConversionError(
            f"this is {form.name}, which ecsplan cannot convert to a manifest",
            help=form.advice_for(source.name),
        )
    return reader.read(source)


def _used(found: SourceJobs, jobs: Sequence[WrittenJob]) -> dict[str, Document]:
    """Return the declarations of the variables that these jobs refer to."""
    mentioned = {
        name
        for job in jobs
        for each in (job.keys, *(one.keys for one in job.suggestions))
        for name in references_in(each)
    }
    return {name: value for name, value in found.variables.items() if name in mentioned}
