"""`Format`: the name of another tool's format, how to recognize it, and what to do with such a file."""

from collections.abc import Callable, Mapping
from posixpath import basename
from shlex import quote
from typing import Any, Final

from ecsplan.terms.records import dataclass

LEAVE_OUT: Final = "name the manifests themselves, or keep this file out of the folder that is checked"
"""What to do with a file that nothing of a manifest can be made of."""

_AS_DEFINITION: Final[Mapping[str, str]] = {
    "task-definitions": "keep the definition of this job in a file of its own",
    "container-definitions": "put the list below `containerDefinitions`, beside a `family`",
    "run-task": "its taskDefinition belongs under `task_definition_arn:` of the manifest",
    "describe-services": "name the service under `service:`, which runs its task definition",
    "describe-tasks": "name the task's definition under `task_definition_arn:`",
    "ecs-service": "name the service under `service:`, which runs its task definition",
    "ecspresso": "use the definition file that it names",
}


@dataclass(frozen=True, slots=True)
class Format:
    """A format of files that are not manifests.

    Attributes:
        key: A short, stable name: `docker-compose`.
        name: Its name in messages, with an article: "a Docker Compose file".
        telltale_keys: Top-level keys that give it away; messages point at the first one present.
        fits: Returns whether a document, as plain data or text, has this format.
        advice: What to do with such a file; `{file}` is replaced by its name, and in commands
            `{path}` by its path.
        is_definition: Whether such a file contains one task definition.
    """

    key: str
    name: str
    telltale_keys: tuple[str, ...]
    fits: Callable[[Any], bool]
    advice: str = LEAVE_OUT
    is_definition: bool = False

    @property
    def as_definition(self) -> str:
        """What to do where such a document is used as a task definition."""
        return _AS_DEFINITION.get(self.key, "name a file with one RegisterTaskDefinition document")

    def advice_for(self, path: str) -> str:
        """Return the advice for the file of this path, with commands that run where the path leads to it."""
        if path == "<stdin>":
            return self.advice.replace("{file}", "FILE").replace("{path}", "FILE")
        return self.advice.replace("{file}", basename(path)).replace("{path}", quote(path))
