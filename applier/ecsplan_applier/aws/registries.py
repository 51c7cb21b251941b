"""`Registries`: the way to registries of container images, and how requests to them are repeated."""

from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from ecsplan.terms.records import dataclass
from ecsplan_applier.outcomes.errors import RegistryError
from ecsplan_applier.scheduling.scheduler import Event, Loop

T = TypeVar("T")

_MAX_ELAPSED_S: Final = 20.0
"""Seconds from the first failure after which one that may pass is final: somebody waits for an answer."""
_PAUSES_S: Final = (0.5, 1.0, 2.0, 4.0)
"""The pauses between tries, where the registry asks for none."""
_MAX_UNREACHABLE: Final = 2
"""Tries where no connection can be made at all; each may take until its timeout."""


@dataclass(frozen=True, slots=True)
class ManifestAnswer:
    """What a registry answers to a request for a manifest.

    Attributes:
        digest: `sha256:` and 64 hex digits.
        media_type: The type of the manifest.
        text: The manifest; "" where only its head was asked for.
    """

    digest: str
    media_type: str
    text: str = ""


class Registries(Protocol):
    """What is needed of registries: one request at a time, without retries.

    Every method raises RegistryError where the registry cannot be asked or its answer cannot be used.
    """

    def head(self, registry: str, repository: str, reference: str) -> ManifestAnswer | None:
        """Return the head of a manifest, which counts towards no limit; None where there is no such image."""
        ...

    def manifest(self, registry: str, repository: str, reference: str) -> ManifestAnswer | None:
        """Return a manifest with its text; None where there is no such image."""
        ...

    def blob(self, registry: str, repository: str, digest: str) -> str:
        """Return the text of a blob, such as an image's configuration."""
        ...

    def download(self, url: str, digest: str) -> str:
        """Return the text of a blob at a URL that carries its own authorization."""
        ...


async def asked(
    loop: Loop, registries: Registries, ask: Callable[[Registries], T], *, about: str, cancel: Event | None
) -> T:
    """Return what a registry answers; a failure that may pass is tried again for a short while.

    Args:
        loop: Runs the waiting.
        registries: The way to the registries.
        ask: Makes one request.
        about: The image, for the message.
        cancel: Once it is set, a failure is final.

    Raises:
        RegistryError: It could not be asked.
    """
    begun = loop.clock.elapsed()
    tries = 0
    while True:
        try:
            return await loop.to_thread(lambda: ask(registries))
        except RegistryError as error:
            error.name_subject(about)
            tries += 1
            pause = _pause_s(error, tries)
            over = pause is None or loop.clock.elapsed() - begun + pause > _MAX_ELAPSED_S
            if pause is None or over or (cancel is not None and cancel.is_set()):
                raise
        await loop.sleep(pause, *(() if cancel is None else (cancel,)))


def _pause_s(error: RegistryError, tries: int) -> float | None:
    """Return how long to wait before the next try, in seconds; None where there is none."""
    may_pass = error.kind in {RegistryError.THROTTLED, RegistryError.TROUBLE, RegistryError.NOT_REACHED}
    limit = _MAX_UNREACHABLE if error.kind == RegistryError.NOT_REACHED else len(_PAUSES_S) + 1
    if not may_pass or tries >= limit:
        return None
    return _PAUSES_S[tries - 1] if error.retry_after_s is None else error.retry_after_s
