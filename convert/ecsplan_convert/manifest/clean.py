"""The keys of a job without those that the compiler refuses, which become comments of its manifest."""

import json
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Final

from ecsplan.compile import compile_manifest
from ecsplan.terms.bodies import as_list, as_mapping
from ecsplan.terms.diagnostic import Diagnostic
from ecsplan.terms.json_types import Document, Json, Record
from ecsplan.terms.pointers import tokens_of
from ecsplan.terms.records import dataclass
from ecsplan_convert.images import placeholder_image
from ecsplan_convert.manifest.examples import Examples, Lookups
from ecsplan_convert.manifest.removals import removable_place, remove, with_image
from ecsplan_convert.references import references_in, with_examples
from ecsplan_convert.source import Suggestion

_ELSEWHERE: Final = frozenset({"after", "env_file"})
"""Keys about other jobs and about files, which a job alone does not have."""
_DEFINITION: Final = "task_definition"
_BY_NAME: Final = frozenset({"env", "labels", "secrets", "cloudwatch_logs_options"})
"""Keys whose members stand for themselves, so that one of them can be left out."""
_PATCH: Final = "task_customizations"
_NO_IMAGE: Final = "image-missing"
_WITH_IMAGE: Final = frozenset({"image", "task_definition", "task_definition_arn", "service"})
"""Keys that say which image a job runs."""
_MAX_PASSES: Final = 20
"""How often a job is compiled again without what was refused."""


@dataclass(frozen=True, slots=True)
class Clean:
    """The keys of a job.

    Attributes:
        keys: Those that the compiler accepts.
        suggestions: Those that it refuses.
        notes: What it refuses all the same, and what is to be replaced.
    """

    keys: Record
    suggestions: tuple[Suggestion, ...] = ()
    notes: tuple[str, ...] = ()


def clean(
    name: str, keys: Document, variables: Mapping[str, Document], *, fixed: Iterable[str] = ()
) -> Clean:
    """Return the keys of a job without those that the compiler refuses.

    In place of an image that is refused stands one that cannot be pulled.

    Args:
        name: The name of the job.
        keys: Its keys.
        variables: Declarations of the variables that they refer to.
        fixed: Keys that stay, whatever the compiler says of them.
    """
    kept, staying = dict(keys), frozenset(fixed)
    suggestions: list[Suggestion] = []
    wrong: list[Diagnostic] = []
    notes: list[str] = []
    for _ in range(_MAX_PASSES):
        wrong = refused(name, kept, variables)
        missing = next((each for each in wrong if each.rule == _NO_IMAGE), None)
        if missing is not None and (note := _with_image(missing, kept, name)):
            notes.append(note)
            continue
        free = kept.keys() - staying
        within = sorted((each for each in wrong if _key(each) in free), key=_is_of_a_whole_part)
        if within and not _is_of_a_whole_part(within[0]):
            suggestions.append(Suggestion(_removed(within[0], kept, name), reason(within[0])))
        elif wrong and _PATCH in free:  # what it changes is wrong at another place
            suggestions.append(Suggestion({_PATCH: kept.pop(_PATCH)}, reason(wrong[0])))
        elif within:
            suggestions.append(Suggestion(_removed(within[0], kept, name), reason(within[0])))
        else:
            break
    notes += (f"`ecsplan check` will refuse it: {each.message}" for each in wrong)
    return Clean(kept, tuple(suggestions), tuple(dict.fromkeys(notes)))


def refused(name: str, keys: Document, variables: Mapping[str, Document]) -> list[Diagnostic]:
    """Return what the compiler finds wrong with a job."""
    own = {key: value for key, value in keys.items() if key not in _ELSEWHERE}
    wrong = _errors(name, own, Examples(variables))
    if wrong and any(references_in([name, own])):
        # An example may be none of the values that are allowed where it stands.
        return _errors(name, own, Lookups(variables))
    return wrong


def _errors(name: str, keys: Document, stand_in: Examples) -> list[Diagnostic]:
    document = {"name": with_examples(name), **stand_in.written(keys), **stand_in.declarations}
    done = compile_manifest(json.dumps(document), file=name)
    return [each for each in done.diagnostics if each.severity == "error"]


def _key(found: Diagnostic) -> str:
    return next(iter(tokens_of(found.pointer)), "")


def _is_of_a_whole_part(found: Diagnostic) -> bool:
    """Return whether nothing smaller than the definition can be left out for what is wrong."""
    return _key(found) == _DEFINITION and not removable_place([*tokens_of(found.pointer)[1:]])


def _with_image(missing: Diagnostic, keys: Record, name: str) -> str:
    """Add an image that cannot be pulled where one is missing, and return a note; "" where it cannot be."""
    key, *below = tokens_of(missing.pointer) or ("",)
    if key != _DEFINITION:
        if keys.keys() & _WITH_IMAGE:
            return ""
        keys["image"] = placeholder_image(name)
        return f"what it runs is not known: replace `{keys['image']}`, which cannot be pulled"
    definition: Json = deepcopy(keys[key])
    if below[:1] != ["containerDefinitions"] or len(below) < len(("containerDefinitions", "0")):
        return ""
    container = as_list(as_mapping(definition)["containerDefinitions"])[int(below[1])]
    keys[key] = definition
    return with_image(container) if isinstance(container, dict) else ""


def _removed(found: Diagnostic, keys: Record, name: str) -> Record:
    """Take what is wrong out of the keys, and return it."""
    key, *below = tokens_of(found.pointer)
    if key == _DEFINITION and isinstance(keys[key], Mapping) and (place := removable_place(below)):
        definition: Json = deepcopy(keys[key])
        taken = remove(definition, place)
        keys[key] = definition
        return {key: taken}
    value = keys.pop(key)
    if key == "image":
        keys[key] = placeholder_image(name)
    if key in _BY_NAME and isinstance(value, Mapping) and below and below[0] in value and len(value) > 1:
        left: Json = {each: one for each, one in value.items() if each != below[0]}
        keys[key] = left
        return {key: {below[0]: value[below[0]]}}
    return {key: value}


def reason(found: Diagnostic) -> str:
    """Return what is said above keys that are a comment because of a diagnostic."""
    help_text = f"; {found.help.splitlines()[0]}" if found.help else ""
    return f"A comment, since `ecsplan check` refuses it: {found.message}{help_text}"
