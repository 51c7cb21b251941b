"""Registries whose answers a test writes down, without a network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ecsplan_applier.aws.registries import ManifestAnswer
from ecsplan_applier.outcomes.errors import RegistryError

Told = ManifestAnswer | RegistryError | None


@dataclass
class ScriptedRegistries:
    """Registries that answer as `says` has it.

    Attributes:
        says: `REGISTRY/REPOSITORY:TAG`, or with `@DIGEST` -> what is answered, or a function that returns it;
            what is not in it is not there.
        blobs: Digest -> text.
        asked: The requests so far.
    """

    says: Mapping[str, Told | Callable[[], Told]] = field(default_factory=dict)
    blobs: Mapping[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def head(self, registry: str, repository: str, reference: str) -> ManifestAnswer | None:
        answer = self._answer("head", registry, repository, reference)
        return None if answer is None else ManifestAnswer(answer.digest, answer.media_type)

    def manifest(self, registry: str, repository: str, reference: str) -> ManifestAnswer | None:
        return self._answer("manifest", registry, repository, reference)

    def blob(self, registry: str, repository: str, digest: str) -> str:
        self.asked.append(f"blob {registry}/{repository}@{digest}")
        return self.blobs[digest]

    def download(self, url: str, digest: str) -> str:
        self.asked.append(f"download {url}")
        return self.blobs[digest]

    def _answer(self, what: str, registry: str, repository: str, reference: str) -> ManifestAnswer | None:
        name = f"{registry}/{repository}{'@' if reference.startswith('sha256:') else ':'}{reference}"
        self.asked.append(f"{what} {name}")
        said = self.says.get(name)
        told = said() if callable(said) else said
        if isinstance(told, RegistryError):
            # A new one each time: whoever raises an error may complete it.
            raise RegistryError(
                told.registry, told.kind, told.text, help=told.help, retry_after_s=told.retry_after_s
            )
        return told
