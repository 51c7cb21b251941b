"""Templates of task definitions: what has a placeholder is left out, and what cannot do without it.

A container that logs needs the group that it logs to, one with secrets the execution role that reads them,
and a job an image. What is known of these becomes a comment of the manifest.
"""

from collections.abc import Mapping
from typing import Any, Final

from ecsplan.terms.bodies import as_mapping, as_mappings, as_text
from ecsplan.terms.json_types import Document, Record
from ecsplan_convert.aws.template_text import with_defaults
from ecsplan_convert.aws.templated import placeholder_in, without_placeholders
from ecsplan_convert.source import Suggestion

_NEEDED_TO_LOG: Final = ("awslogs-group", "awslogs-region")
"""Options without which `awslogs` of ECS does not start (ECS developer guide, the awslogs log driver)."""
_ROLE: Final = "executionRoleArn"
_WITHOUT_ROLE: Final = f"they need {_ROLE}, which is a placeholder"


def filled_in(definition: Document) -> tuple[Record, tuple[Suggestion, ...], tuple[str, ...]]:
    """Return a definition without what has a placeholder, keys for comments, and notes."""
    template = with_defaults(definition)
    body, suggestions = _with_image_suggested(template.data)
    kept, left_out = without_placeholders(body)
    notes = [*template.notes, *left_out]
    kept = _with_containers(kept, lambda each: _without_half_a_log(each, notes))
    if _ROLE in definition and _ROLE not in kept:
        kept, secrets = _without_secrets(kept, definition, notes)
        suggestions = (*suggestions, *secrets)
    return kept, suggestions, tuple(notes)


def _with_image_suggested(definition: Document) -> tuple[Document, tuple[Suggestion, ...]]:
    """Return a definition of one container without an image that has a placeholder, and that image."""
    containers = as_mappings(definition.get("containerDefinitions"))
    image = as_text(containers[0].get("image")) if len(containers) == 1 else None
    placeholder = None if image is None else placeholder_in(image)
    if image is None or placeholder is None:
        return definition, ()
    reason = f"image is left out: {placeholder} is a placeholder; a job needs the image that it runs"
    others = {name: each for name, each in containers[0].items() if name != "image"}
    return {**definition, "containerDefinitions": [others]}, (Suggestion({"image": image}, reason),)


def _with_containers(definition: Record, change: Any) -> Record:
    containers = definition.get("containerDefinitions")
    if not isinstance(containers, list):
        return definition
    changed = [change(each) if isinstance(each, Mapping) else each for each in containers]
    return {**definition, "containerDefinitions": changed}


def _without_half_a_log(container: Document, notes: list[str]) -> Document:
    log = as_mapping(container.get("logConfiguration"))
    options = log.get("options")
    if log.get("logDriver") != "awslogs" or not isinstance(options, Mapping):
        return container
    left_out = [each for each in _NEEDED_TO_LOG if each not in options]
    lacking = [each for each in left_out if any(f"options.{each} is left out" in note for note in notes)]
    if not lacking:
        return container
    notes.append(f"the logConfiguration of container {_name(container)} is left out: it needs {lacking[0]}")
    return {name: each for name, each in container.items() if name != "logConfiguration"}


def _without_secrets(
    kept: Record, definition: Document, notes: list[str]
) -> tuple[Record, tuple[Suggestion, ...]]:
    """Return a definition without secrets, which its missing role would read, and these as keys."""
    containers = as_mappings(kept.get("containerDefinitions"))
    holders = [each for each in containers if as_mappings(each.get("secrets"))]
    without = _with_containers(kept, lambda each: {name: each[name] for name in each if name != "secrets"})
    if not holders:
        return kept, ()
    if len(containers) > 1:
        names = ", ".join(_name(each) for each in holders)
        notes.append(
            f"the secrets of container {names} are left out: they need {_ROLE}, which is a placeholder"
        )
        return without, ()
    pairs = as_mappings(holders[0].get("secrets"))
    secrets = {
        str(each["name"]): str(each["valueFrom"]) for each in pairs if {"name", "valueFrom"} <= {*each}
    }
    role = as_text(definition.get(_ROLE))
    keys: Record = {"secrets": secrets} if role is None else {"execution_role_arn": role, "secrets": secrets}
    reason = f"the secrets are left out: {_WITHOUT_ROLE}"
    return without, (Suggestion(keys, reason),)


def _name(container: Document) -> str:
    return as_text(container.get("name")) or "without a name"
