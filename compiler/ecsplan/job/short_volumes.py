"""`ShortVolume`: a volume of the job's container by its path, and what AWS's documents say of it."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from ecsplan.terms.json_types import Document, Record
from ecsplan.terms.records import dataclass

MAX_NAME = 255
"""Characters of a volume's name (botocore ecs model, Volume.name)."""

EFS = re.compile(r"efs:(fs-[0-9A-Za-z]+|<[^<>]+>)(?::([/<].*))?", re.DOTALL)
"""An EFS file system: its id, and the folder in it; either may be a placeholder."""

_NOT_IN_NAME = re.compile(r"[^A-Za-z0-9_-]+")
_MAX_SLUG = 240
_HASH_DIGITS = 8


@dataclass(frozen=True, slots=True)
class ShortVolume:
    """A volume that a key gives in short.

    Attributes:
        path: Its path in the container, normalized.
        name: Its name, made from the path.
        definition: The volume in the task definition.
        launch: What the run request says of it; None where it is not created at launch.
    """

    path: str
    name: str
    definition: Document
    launch: Document | None = None

    @property
    def mount_point(self) -> Record:
        """The mount point of the job's container."""
        return {"sourceVolume": self.name, "containerPath": self.path}


def normalized_path(path: str) -> str:
    """Return an absolute path without `.`, `..`, repeated slashes and a slash at its end."""
    parts: list[str] = []
    for each in path.split("/"):
        if each == "..":
            parts = parts[:-1]
        elif each not in {"", "."}:
            parts.append(each)
    return "/" + "/".join(parts)


def short_volumes(written: Mapping[str, Any]) -> tuple[ShortVolume, ...]:
    """Return the volumes of the key `volumes`, normalized, in the order of their paths."""
    names = _names(sorted(written))
    return tuple(_volume(path, names[path], written[path]) for path in sorted(written))


def _volume(path: str, name: str, value: Any) -> ShortVolume:
    if isinstance(value, str):
        return ShortVolume(path, name, {"name": name, "efsVolumeConfiguration": _efs(value)})
    ebs: Record = {"roleArn": value["role_arn"], "sizeInGiB": value["ebs_gib"]}
    return ShortVolume(
        path, name, {"name": name, "configuredAtLaunch": True}, {"name": name, "managedEBSVolume": ebs}
    )


def _efs(text: str) -> Record:
    """Return the configuration of an EFS volume; of a text that is a placeholder, nothing else is known."""
    found = EFS.fullmatch(text)
    if found is None:
        return {"fileSystemId": text}
    return {"fileSystemId": found[1]} | ({} if found[2] is None else {"rootDirectory": found[2]})


def _names(paths: list[str]) -> dict[str, str]:
    """Return a name for each path: `/var/data` is `var-data`.

    Paths whose names would be the same, empty or too long have digits of a hash of the path at the end.
    """
    slugs = {path: _NOT_IN_NAME.sub("-", path).strip("-") for path in paths}
    times = Counter(slugs.values())
    return {
        path: slug if slug and len(slug) <= MAX_NAME and times[slug] == 1 else _hashed(slug, path)
        for path, slug in slugs.items()
    }


def _hashed(slug: str, path: str) -> str:
    digits = hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_DIGITS]
    return f"{slug[:_MAX_SLUG] or 'volume'}-{digits}"
