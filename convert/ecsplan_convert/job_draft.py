"""`JobDraft`: a job that a reader fills in, member by member."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Final

from ecsplan.terms.image_names import is_in_ecr
from ecsplan.terms.json_types import Json, Record
from ecsplan.terms.records import dataclass
from ecsplan_convert.images import placeholder_image
from ecsplan_convert.source import Job, Suggestion

CONTAINER: Final = "main"
"""The name of the container of a job whose task definition has only members that no other key says."""


ROLE: Final = "execution_role_arn"
"""The key of the execution role."""
_IN_ECR: Final = (
    "the image in ECR is left out: it needs an `execution_role_arn`, with which ECS pulls it;"
    " with the role, write the image in place of the placeholder"
)
_MAX_SHOWN: Final = 80


@dataclass(slots=True)
class JobDraft:
    """A job of a source that has no documents of AWS's.

    Attributes:
        name: Its name; "" where the source has none.
        keys: Keys of a manifest.
        container: Members of its container definition that no key of a manifest says.
        definition: Such members of its task definition, without the container definitions.
        suggestions: Keys that need more before they can be in the manifest.
        notes: What could not be carried over.
    """

    name: str
    keys: Record = field(default_factory=dict)
    container: Record = field(default_factory=dict)
    definition: Record = field(default_factory=dict)
    suggestions: list[Suggestion] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def note(self, members: str | Sequence[str], reason: str) -> None:
        """Add a sentence about members of the source, by their names there."""
        names = [members] if isinstance(members, str) else members
        self.notes.append(f"{', '.join(f'`{shown(each)}`' for each in names)}: {reason}")

    def suggest(self, keys: Mapping[str, Json], reason: str) -> None:
        """Add keys that need more before they can be in the manifest."""
        self.suggestions.append(Suggestion(dict(keys), reason))

    def open_image(self, member: str, reason: str) -> None:
        """Write an image that stands for one that the source does not name, and say so.

        Args:
            member: The member of the source that would name it.
            reason: Why it is not known.
        """
        image = placeholder_image(self.name)
        self.keys["image"] = image
        self.note(member, f"{reason}; replace `{image}`, which cannot be pulled")

    def hold_back_image(self) -> None:
        """Suggest an image in ECR instead of writing it, where no role is known with which ECS pulls it."""
        image = self.keys.get("image")
        if isinstance(image, str) and is_in_ecr(image) and ROLE not in self.keys:
            self.suggest({"image": image}, _IN_ECR)
            self.keys["image"] = placeholder_image(self.name)

    def job(self) -> Job:
        """Return the job."""
        keys = dict(self.keys)
        definition = dict(self.definition)
        if self.container:
            definition["containerDefinitions"] = [{"name": CONTAINER, **self.container}]
        if definition:
            keys["task_definition"] = definition
        return Job(self.name, keys=keys, suggestions=tuple(self.suggestions), notes=tuple(self.notes))


def shown(name: object) -> str:
    """Return a name of the source for a sentence: short, and on one line."""
    text = " ".join(str(name).split())
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"
