"""`JobDraft`: a job that a reader fills in, member by member."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Final

from ecsplan.terms.json_types import Json, Record
from ecsplan.terms.records import dataclass
from ecsplan_convert.found import Job, Suggestion

CONTAINER: Final = "main"
"""The name of the container of a job whose task definition has only members that no other key says."""


@dataclass(slots=True)
class JobDraft:
    """A job of a source that has no documents of AWS's.

    Attributes:
        name: Its name; "" where the source has none.
        keys: Keys of a manifest.
        container: Members of its container definition that no key of a manifest says.
        suggestions: Keys that need more before they can be in the manifest.
        notes: What could not be carried over.
    """

    name: str
    keys: Record = field(default_factory=dict)
    container: Record = field(default_factory=dict)
    suggestions: list[Suggestion] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def note(self, members: str | Sequence[str], reason: str) -> None:
        """Add a sentence about members of the source, by their names there."""
        names = [members] if isinstance(members, str) else members
        self.notes.append(f"{', '.join(f'`{shown(each)}`' for each in names)}: {reason}")

    def suggest(self, keys: Mapping[str, Json], reason: str) -> None:
        """Add keys that need more before they can be in the manifest."""
        self.suggestions.append(Suggestion(dict(keys), reason))

    def job(self) -> Job:
        """Return the job."""
        keys = dict(self.keys)
        if self.container:
            definition: Record = {"containerDefinitions": [{"name": CONTAINER, **self.container}]}
            keys["task_definition"] = definition
        return Job(self.name, keys=keys, suggestions=tuple(self.suggestions), notes=tuple(self.notes))


def is_image(text: object) -> bool:
    """Return whether a value is the name of an image, as ECS takes it."""
    return isinstance(text, str) and _IMAGE.fullmatch(text.strip()) is not None


def shown(name: object) -> str:
    """Return a name of the source for a sentence: short, and on one line."""
    text = " ".join(str(name).split())
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"


_MAX_SHOWN: Final = 80
_IMAGE: Final = re.compile(r"[A-Za-z0-9_\-:./#@]+")
"""The characters of an image's name (botocore ecs model, ContainerDefinition.image)."""
