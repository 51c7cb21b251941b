"""Task definitions of which a source does not tell everything: without what cannot do without the rest.

Secrets need the role that reads them, a mount its volume, a container its image. Where what they need is a
placeholder in the source, they become comments of the manifest.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any, Final

from ecsplan.terms.bodies import as_list, as_mapping, as_text
from ecsplan.terms.diagnostic import Diagnostic
from ecsplan.terms.json_types import Document, Json, Record
from ecsplan.terms.pointers import tokens_of
from ecsplan_convert.found import Job, Suggestion
from ecsplan_convert.images import placeholder_image
from ecsplan_convert.manifest.clean import reason, refused
from ecsplan_convert.manifest.keys import keys_of

_DEFINITION: Final = "task_definition"
_CONTAINERS: Final = "containerDefinitions"
_IMAGE: Final = "image"
_SIZES: Final = frozenset({"cpu", "memory"})
"""Members of the task that only fit together."""
_STAYING: Final = frozenset({_CONTAINERS, "requiresCompatibilities"})
_MAX_PASSES: Final = 40
"""How often a definition is compiled again without what was refused."""


def whole(job: Job, variables: Mapping[str, Document]) -> Job:
    """Return a job whose definition has what its other members need, as far as some can be left out.

    Args:
        job: The job, with a name and a definition.
        variables: Declarations of the variables that it refers to.
    """
    definition: Record = deepcopy(dict(job.definition or {}))
    notes = [*_with_images(definition)]
    if "FARGATE" in as_list(definition.get("requiresCompatibilities")):
        definition.setdefault("networkMode", "awsvpc")  # the only one of Fargate
    suggestions: list[Suggestion] = []
    for _ in range(_MAX_PASSES):
        made = replace(job, definition=definition)
        found = ((each, _place(each)) for each in refused(job.name, keys_of(made), variables))
        wrong = next(((each, place) for each, place in found if place), None)
        if wrong is None:
            break
        suggestions.append(Suggestion({_DEFINITION: _taken_out(definition, wrong[1])}, reason(wrong[0])))
    return replace(
        job,
        definition=definition,
        notes=(*job.notes, *notes),
        suggestions=(*job.suggestions, *suggestions),
    )


def _with_images(definition: Record) -> list[str]:
    """Add an image that cannot be pulled to each container without one, and return a note for it."""
    notes = []
    for container in as_list(definition.get(_CONTAINERS)):
        if isinstance(container, dict) and not container.get(_IMAGE):
            name = as_text(container.get("name")) or ""
            container[_IMAGE] = placeholder_image(name)
            notes.append(
                f"the image of container {name} is not known: replace `{container[_IMAGE]}`, which cannot be"
                " pulled"
            )
    return notes


def _place(found: Diagnostic) -> tuple[str, ...]:
    """Return where in a definition what can be left out stands; () where that is nowhere."""
    key, *tokens = tokens_of(found.pointer) or ("",)
    if key != _DEFINITION or not tokens:
        return ()
    if tokens[0] == _CONTAINERS:
        # A member of a container, or an item of a list there.
        depth = 4 if tokens[3:] and tokens[3].isdigit() and tokens[2] not in {"command", "entryPoint"} else 3
        return tuple(tokens[:depth]) if len(tokens) >= depth else ()
    if tokens[0] in _STAYING:
        return ()
    return tuple(tokens[:2] if tokens[1:] and tokens[1].isdigit() else tokens[:1])


def _taken_out(definition: Record, place: tuple[str, ...]) -> Record:
    """Take a member or an item out of a definition, and return a definition of nothing but this."""
    holder: Any = definition
    for token in place[:-1]:
        holder = holder[int(token)] if isinstance(holder, list) else holder[token]
    value: Json = holder.pop(int(place[-1]) if isinstance(holder, list) else place[-1])
    if place[0] != _CONTAINERS:
        others = {name: definition.pop(name) for name in _SIZES if place[0] in _SIZES and name in definition}
        return {place[0]: [value] if len(place) > 1 else value, **others}
    container = as_mapping(as_list(definition[_CONTAINERS])[int(place[1])])
    name = as_text(container.get("name")) or ""
    if place[2] == _IMAGE:
        holder[_IMAGE] = placeholder_image(name)
    return {_CONTAINERS: [{"name": name, place[2]: [value] if len(place) > 3 else value}]}
