"""Incomplete task definitions: remove the members whose requirements the source leaves open.

Secrets need the role that reads them, a mount its volume, a container its image. Where what they need is a
placeholder in the source, they become comments of the manifest.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Final

from ecsplan.terms.bodies import as_list
from ecsplan.terms.diagnostic import Diagnostic
from ecsplan.terms.json_types import Document, Record
from ecsplan.terms.pointers import tokens_of
from ecsplan_convert.manifest.clean import reason, refused
from ecsplan_convert.manifest.keys import keys_of
from ecsplan_convert.manifest.removals import removable_place, remove, with_image
from ecsplan_convert.source import Job, Suggestion

_DEFINITION: Final = "task_definition"
_CONTAINERS: Final = "containerDefinitions"
_IMAGE: Final = "image"
_MAX_PASSES: Final = 40
"""How often a definition is compiled again without what was refused."""


def completed(job: Job, variables: Mapping[str, Document]) -> Job:
    """Return a job without the members of its definition that need something it does not have.

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
        suggestions.append(Suggestion({_DEFINITION: remove(definition, wrong[1])}, reason(wrong[0])))
    return replace(
        job,
        definition=definition,
        notes=(*job.notes, *notes),
        suggestions=(*job.suggestions, *suggestions),
    )


def _with_images(definition: Record) -> list[str]:
    """Add an image that cannot be pulled to each container without one, and return notes for them."""
    containers = as_list(definition.get(_CONTAINERS))
    return [with_image(each) for each in containers if isinstance(each, dict) and not each.get(_IMAGE)]


def _place(found: Diagnostic) -> tuple[str, ...]:
    """Return where in a definition what can be left out stands; () where that is nowhere."""
    key, *tokens = tokens_of(found.pointer) or ("",)
    return removable_place(tokens) if key == _DEFINITION else ()
