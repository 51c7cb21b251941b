"""Rules about the volumes that a job gives in short."""

from collections.abc import Iterator, Mapping

from ecsplan.decision.canonical import canonical
from ecsplan.draft.attribution import volume_pointer
from ecsplan.draft.draft import Draft
from ecsplan.draft.task_definition import container_of
from ecsplan.job.short_volumes import ShortVolume, normalized_path
from ecsplan.terms.diagnostic import Diagnostic, error
from ecsplan.terms.json_types import Document, mappings, name_of
from ecsplan.terms.records import dataclass


def volume_in_use(draft: Draft) -> Iterator[Diagnostic]:
    """A path or a name that `volumes` gives in short is not used otherwise.

    The name is made from the path. A linked definition may have the volume and its mount point already, if
    they say the same.
    Refused: by ecsplan, because it is unknown which of the two is meant.

    Example:
        image: alpine
        volumes: {/data: efs:fs-0a1b2c3d}
        task_definition:
          volumes: [{name: data}]
    """
    if not draft.job.volumes:
        return
    present = _present(draft)
    for volume in draft.job.volumes:
        message = present.conflict_with(volume)
        if message is not None:
            yield error(
                "volume-in-use",
                draft.at(volume_pointer(draft.job, volume.path), key=True),
                message,
                help="use another path, from which the name is made, or remove the one that is there",
            )


@dataclass(frozen=True, slots=True)
class _Present:
    """What a job has beside its volumes in short.

    Attributes:
        source: The definition in words.
        volumes: Its volumes by name.
        mounted: The mount points of the job's container there by path.
        configured: The names in `volume_configurations`.
        may_repeat: Whether the definition may say the same: a linked one may have been made from these keys.
    """

    source: str
    volumes: Mapping[str, Document]
    mounted: Mapping[str, Document]
    configured: frozenset[str]
    may_repeat: bool

    def conflict_with(self, volume: ShortVolume) -> str | None:
        """Return what already uses the name or path of a volume in short, in words; None if nothing does."""
        named, mount = self.volumes.get(volume.name), self.mounted.get(volume.path)
        if named is not None and not (self.may_repeat and _say_the_same(named, volume.definition)):
            return f"{self.source} already has a volume {volume.name!r}"
        if mount is not None and not (self.may_repeat and mount.get("sourceVolume") == volume.name):
            return f"{self.source} already mounts a volume at {volume.path}"
        if volume.launch is not None and volume.name in self.configured:
            return f"volume_configurations already has a volume {volume.name!r}"
        return None


def _present(draft: Draft) -> _Present:
    mounts = mappings(container_of(draft.base, draft.container), "mountPoints")
    configured = draft.job.run_options.get("volumeConfigurations", ())
    return _Present(
        source="task_definition" if draft.linked is None else draft.linked.arn,
        volumes={name_of(each): each for each in mappings(draft.base, "volumes")},
        mounted={normalized_path(str(each.get("containerPath", ""))): each for each in mounts},
        configured=frozenset(map(name_of, configured)),
        may_repeat=draft.job.linked is not None,
    )


def _say_the_same(one: Document, other: Document) -> bool:
    return canonical({"volumes": [one]}) == canonical({"volumes": [other]})
