"""`JobDraft`: a job that a reader fills in, member by member."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Final

from ecsplan.terms.json_types import Document, Json, Record
from ecsplan.terms.records import dataclass
from ecsplan_convert.found import Job, Suggestion
from ecsplan_convert.references import reference

CONTAINER: Final = "main"
"""The name of the container of a job whose task definition has only members that no other key says."""


ROLE: Final = "execution_role_arn"
"""The key of the execution role, and the variable for one that a source does not name."""
_ROLE_VARIABLE: Final[Document] = {"description": "IAM role with which ECS pulls the image"}


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
        variables: Declarations of the variables that the keys refer to.
    """

    name: str
    keys: Record = field(default_factory=dict)
    container: Record = field(default_factory=dict)
    definition: Record = field(default_factory=dict)
    suggestions: list[Suggestion] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    variables: dict[str, Document] = field(default_factory=dict)

    def note(self, members: str | Sequence[str], reason: str) -> None:
        """Add a sentence about members of the source, by their names there."""
        names = [members] if isinstance(members, str) else members
        self.notes.append(f"{', '.join(f'`{shown(each)}`' for each in names)}: {reason}")

    def suggest(self, keys: Mapping[str, Json], reason: str) -> None:
        """Add keys that need more before they can be in the manifest."""
        self.suggestions.append(Suggestion(dict(keys), reason))

    def ask_for_role(self, member: str) -> None:
        """Refer to a variable for the execution role, which an image in ECR needs.

        Args:
            member: The member of the source that has the image.
        """
        if ROLE not in self.keys:
            self.keys[ROLE] = reference(ROLE)
            self.variables[ROLE] = _ROLE_VARIABLE
            self.note(member, f"in ECR, for which ECS needs an execution role: name it with `--var {ROLE}=…`")

    def job(self) -> Job:
        """Return the job."""
        keys = dict(self.keys)
        definition = dict(self.definition)
        if self.container:
            definition["containerDefinitions"] = [{"name": CONTAINER, **self.container}]
        if definition:
            keys["task_definition"] = definition
        return Job(self.name, keys=keys, suggestions=tuple(self.suggestions), notes=tuple(self.notes))


def is_in_ecr(image: str) -> bool:
    """Return whether an image is in a private repository of ECR."""
    return _ECR.match(image) is not None


def is_image(text: object) -> bool:
    """Return whether a value is the name of an image, as ECS takes it."""
    return isinstance(text, str) and _IMAGE.fullmatch(text.strip()) is not None


def shown(name: object) -> str:
    """Return a name of the source for a sentence: short, and on one line."""
    text = " ".join(str(name).split())
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"


_ECR: Final = re.compile(r"[0-9]{12}\.dkr[.-]ecr[.-]")
_MAX_SHOWN: Final = 80
_IMAGE: Final = re.compile(r"[A-Za-z0-9_\-:./#@]+")
"""The characters of an image's name (botocore ecs model, ContainerDefinition.image)."""
