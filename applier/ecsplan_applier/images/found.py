"""`FoundImage` and `NoImage`: what a registry says of an image."""

from ecsplan.terms.records import dataclass
from ecsplan_applier.images.manifests import Manifest


@dataclass(frozen=True, slots=True)
class FoundImage:
    """An image that is there.

    Attributes:
        digest: Its digest; of an index, that of the index.
        manifest: What its manifest says; None where only its head was read, which is that of a single image.
    """

    digest: str
    manifest: Manifest | None = None

    @property
    def platforms(self) -> tuple[str, ...] | None:
        """The platforms of an index; None where its manifest names none, as that of a single image."""
        return None if self.manifest is None else self.manifest.platforms


@dataclass(frozen=True, slots=True)
class NoImage:
    """There is no such image.

    Attributes:
        message: What is not there, as the message of a diagnostic.
        help: What to do.
    """

    message: str
    help: str
