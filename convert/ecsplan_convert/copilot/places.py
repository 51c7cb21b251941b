"""Network and storage of a Copilot job, as keys of a manifest and as AWS has them."""

import re
from collections.abc import Mapping
from typing import Any, Final

from ecsplan.terms.bodies import as_mapping
from ecsplan.terms.json_types import Json, Record
from ecsplan_convert.compose import container
from ecsplan_convert.compose.container import WRONG_TYPE
from ecsplan_convert.copilot.task import whole
from ecsplan_convert.job_draft import CONTAINER, JobDraft

_MAX_GROUPS: Final = 5
_MAX_SUBNETS: Final = 16
_STORAGE_GIB: Final = range(21, 200 + 1)
_SUBNET: Final = re.compile(r"subnet-[0-9a-f]{8,17}")
_GROUP: Final = re.compile(r"sg-[0-9a-f]{8,17}")
_FILE_SYSTEM: Final = re.compile(r"fs-[0-9a-f]{8,40}")
_ACCESS_POINT: Final = re.compile(r"fsap-[0-9a-f]{8,40}")


def network(draft: JobDraft, value: Any) -> None:
    """Add subnets and security groups that are given by their ids."""
    vpc = as_mapping(as_mapping(value).get("vpc"))
    placement = vpc.get("placement")
    if isinstance(placement, Mapping):
        _subnets(draft, placement.get("subnets"))
    elif placement == "private":
        draft.note("network.vpc.placement", "set `subnets` to private ones, by their ids or tags")
    elif placement not in (None, "public"):
        draft.note("network.vpc.placement", WRONG_TYPE)
    groups = vpc.get("security_groups")
    if isinstance(groups, Mapping):
        groups = groups.get("groups")
    listed = groups if isinstance(groups, list) else []
    ids = [each for each in listed if isinstance(each, str) and _GROUP.fullmatch(each)]
    if ids:
        draft.keys["security_groups"] = [*dict.fromkeys(ids)][:_MAX_GROUPS]
    if groups is not None and (len(ids) < len(listed) or not listed or len(ids) > _MAX_GROUPS):
        draft.note(
            "network.vpc.security_groups", "up to five ids of groups are taken; the others were left out"
        )
    for member in as_mapping(value).keys() - {"vpc"}:
        draft.note(f"network.{member}", "only for services")


def _subnets(draft: JobDraft, value: Any) -> None:
    member = "network.vpc.placement.subnets"
    tags = as_mapping(as_mapping(value).get("from_tags"))
    listed = value if isinstance(value, list) else []
    ids = [each for each in listed if isinstance(each, str) and _SUBNET.fullmatch(each)]
    if ids and len(ids) == len(listed) and len(ids) <= _MAX_SUBNETS:
        draft.keys["subnets"] = [*dict.fromkeys(ids)]
    elif tags and all(isinstance(each, str) and container.is_tag(key, each) for key, each in tags.items()):
        draft.keys["subnets"] = {"tags": dict(tags)}
    else:
        draft.note(member, "neither ids of subnets nor tags with one value each; set `subnets`")


def storage(draft: JobDraft, value: Any) -> None:
    """Add ephemeral storage and volumes."""
    members = as_mapping(value)
    gib = members.get("ephemeral")
    if whole(gib) in _STORAGE_GIB:
        draft.keys["ephemeral_storage_gib"] = whole(gib)
    elif gib is not None and whole(gib) != _STORAGE_GIB[0] - 1:
        draft.note("storage.ephemeral", "Fargate has 20 to 200 GiB; it was left out")
    if members.get("readonly_fs") is True:
        draft.container["readonlyRootFilesystem"] = True
    volumes: list[Json] = []
    mounts: list[Json] = []
    for name, volume in as_mapping(members.get("volumes")).items():
        found = _volume(draft, str(name), as_mapping(volume))
        if found is not None:
            volumes.append(found)
            path, read_only = as_mapping(volume).get("path"), as_mapping(volume).get("read_only") is not False
            mounts.append({"sourceVolume": str(name), "containerPath": path, "readOnly": read_only})
    if not volumes:
        return
    if any(_needs_role(each) for each in volumes) and "task_role_arn" not in draft.keys:
        definition: Record = {
            "volumes": volumes,
            "containerDefinitions": [{"name": CONTAINER, "mountPoints": mounts}],
        }
        draft.suggest(
            {"task_definition": definition},
            "IAM authorization of EFS is left out: it needs a `task_role_arn`",
        )
    else:
        draft.definition["volumes"] = volumes
        draft.container["mountPoints"] = mounts


def _needs_role(volume: Any) -> bool:
    return bool(as_mapping(as_mapping(volume).get("efsVolumeConfiguration")).get("authorizationConfig"))


def _volume(draft: JobDraft, name: str, volume: Mapping[str, Any]) -> Record | None:
    """Return a volume of the task definition; None, with a note, where the file does not say which."""
    member = f"storage.volumes.{name}"
    path = volume.get("path")
    if (
        not isinstance(path, str)
        or not path.startswith("/")
        or not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", name)
    ):
        draft.note(member, "it has no `path` in the container, or no name for a volume; it was left out")
        return None
    efs = volume.get("efs")
    if efs in (None, False):
        return {"name": name}
    file_system, auth = as_mapping(efs).get("id"), as_mapping(as_mapping(efs).get("auth"))
    if not isinstance(file_system, str) or not _FILE_SYSTEM.fullmatch(file_system):
        draft.note(member, "its file system is one that Copilot manages; write it as `volumes` with its id")
        return None
    settings: Record = {"fileSystemId": file_system, "transitEncryption": "ENABLED"}
    point, root = auth.get("access_point_id"), as_mapping(efs).get("root_dir")
    by_role: Record = {} if auth.get("iam") is False else {"iam": "ENABLED"}
    if isinstance(point, str) and _ACCESS_POINT.fullmatch(point):
        by_role["accessPointId"] = point
    elif isinstance(root, str) and root.startswith("/") and root != "/":
        settings["rootDirectory"] = root
    if by_role:
        settings["authorizationConfig"] = by_role
    return {"name": name, "efsVolumeConfiguration": settings}
