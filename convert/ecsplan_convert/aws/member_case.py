"""The two cases of member names: ECS's API writes `launchType`, other AWS services write `LaunchType`.

Only names of members change. The keys of maps that are a user's own, such as `dockerLabels` and the options
of a log driver, and all values stay as they are.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ecsplan.terms.json_types import Json

Spellings = Mapping[str, str]
"""Member names of ECS's API, and how a service writes those that it does not merely capitalize."""

STEP_FUNCTIONS: Final[Spellings] = MappingProxyType({})
"""https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html: parameters are in PascalCase."""

CLOUDFORMATION: Final[Spellings] = MappingProxyType(
    {
        "awsvpcConfiguration": "AwsVpcConfiguration",
        "efsVolumeConfiguration": "EFSVolumeConfiguration",
        "fsxWindowsFileServerVolumeConfiguration": "FSxWindowsFileServerVolumeConfiguration",
        "s3filesVolumeConfiguration": "S3FilesVolumeConfiguration",
        "iam": "IAM",
    }
)
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-taskdefinition.html.
The `fileSystemId` of an EFS volume, and of no other, is `FilesystemId` besides; see `pascal_case`."""

_OTHER_NAMES: Final[Spellings] = MappingProxyType(
    {theirs: ours for ours, theirs in CLOUDFORMATION.items()}
    | {"FilesystemId": "fileSystemId", "AwsVpcConfiguration": "awsvpcConfiguration"}
)
_MAPS: Final = frozenset({"dockerLabels", "options", "driverOpts", "labels"})
"""Members whose value is a map from names to values (the service model of ECS in botocore)."""


def camel_case(value: Json) -> Json:
    """Return a value with the names of members as ECS's API writes them, whichever service wrote them."""
    if isinstance(value, Mapping):
        named = ((_camel(each), below) for each, below in value.items())
        return {name: below if _is_map(name, below) else camel_case(below) for name, below in named}
    if isinstance(value, list | tuple):
        return [camel_case(each) for each in value]
    return value


def pascal_case(value: Json, spellings: Spellings = STEP_FUNCTIONS) -> Json:
    """Return a value of ECS's API with the names of members as another service writes them.

    Args:
        value: A request, a task definition, or a part of one.
        spellings: The names that the service does not merely capitalize.
    """
    if isinstance(value, Mapping):
        return {
            _pascal(name, spellings): below if _is_map(name, below) else _below(name, below, spellings)
            for name, below in value.items()
        }
    if isinstance(value, list | tuple):
        return [pascal_case(each, spellings) for each in value]
    return value


def _below(name: str, value: Json, spellings: Spellings) -> Json:
    if spellings is CLOUDFORMATION and name == "efsVolumeConfiguration":
        spellings = {**spellings, "fileSystemId": "FilesystemId"}
    return pascal_case(value, spellings)


def _is_map(name: str, value: Json) -> bool:
    # The options of a mount are a list of texts, which stays as it is either way.
    return name in _MAPS and isinstance(value, Mapping)


def _camel(name: str) -> str:
    return _OTHER_NAMES.get(name, name[:1].lower() + name[1:])


def _pascal(name: str, spellings: Spellings) -> str:
    return spellings.get(name, name[:1].upper() + name[1:])
