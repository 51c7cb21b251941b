"""Terraform in its JSON syntax: an `aws_ecs_task_definition` for each job, a data source for one that exists.

Argument names are those of the provider hashicorp/aws:
https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/ecs_task_definition.
In JSON syntax every string, names in maps included, is a template, in which `${` and `%{` are written `$${`
and `%%{`: https://developer.hashicorp.com/terraform/language/syntax/json.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal, TypeAlias

from ecsplan.plan.plan import PlannedJob
from ecsplan.plan.sent_request import is_empty
from ecsplan.terms.family_names import family_name
from ecsplan.terms.json_types import Document, Json, Record
from ecsplan.terms.placeholders import placeholders_in
from ecsplan.terms.records import dataclass
from ecsplan_convert.exported import Exported
from ecsplan_convert.writers.planned import (
    definition_key,
    json_document,
    linked_as_it_is,
    unique_names,
)
from ecsplan_convert.writers.unsupported import OF_A_RUN, Unsupported, definition_notes

MAX_JOBS: Final = None

_RUNS: Final = "Terraform registers the task definition and runs nothing"
TABLE: Final = (
    *(Unsupported(key, _RUNS) for key in OF_A_RUN),
    Unsupported(
        "log_retention_days",
        "declare the log group as an `aws_cloudwatch_log_group` with `retention_in_days`",
    ),
    Unsupported(
        "auto_deregister_task_definition",
        "the revision stays registered until Terraform replaces or destroys the resource",
    ),
    Unsupported("schedule", "`--to eventbridge` writes the schedule"),
    Unsupported("aws", "the configuration of the provider says where and as whom Terraform registers"),
)
"""What a job may ask for and the resource has no argument for."""


@dataclass(frozen=True, slots=True)
class _Argument:
    """An argument that a member becomes.

    Attributes:
        name: Its name.
        form: How its value is written: as it is, as JSON text, or a list of pairs as a map.
        pair: For a map, the members of a pair that are name and value.
    """

    name: str
    form: Literal["value", "json", "map"] = "value"
    pair: tuple[str, str] = ("name", "value")


@dataclass(frozen=True, slots=True)
class _Block:
    """A block that an object becomes, or one block for each object of a list.

    Attributes:
        name: Its name; "" for an object whose members are arguments of the block around it.
        members: What its members become.
        counts_empty: Whether an object without members means something.
    """

    name: str
    members: "Mapping[str, _Target]"
    counts_empty: bool = False


_Target: TypeAlias = _Argument | _Block


def _arguments(**names: str) -> dict[str, _Target]:
    return {member: _Argument(name) for member, name in names.items()}


_EFS: Final = _Block(
    "efs_volume_configuration",
    {
        **_arguments(
            fileSystemId="file_system_id",
            rootDirectory="root_directory",
            transitEncryption="transit_encryption",
            transitEncryptionPort="transit_encryption_port",
        ),
        "authorizationConfig": _Block(
            "authorization_config", _arguments(accessPointId="access_point_id", iam="iam")
        ),
    },
)
_FSX: Final = _Block(
    "fsx_windows_file_server_volume_configuration",
    {
        **_arguments(fileSystemId="file_system_id", rootDirectory="root_directory"),
        "authorizationConfig": _Block(
            "authorization_config",
            _arguments(credentialsParameter="credentials_parameter", domain="domain"),
        ),
    },
)
_VOLUME: Final = _Block(
    "volume",
    {
        **_arguments(name="name", configuredAtLaunch="configure_at_launch"),
        "host": _Block("", _arguments(sourcePath="host_path")),
        "dockerVolumeConfiguration": _Block(
            "docker_volume_configuration",
            _arguments(
                autoprovision="autoprovision",
                driver="driver",
                driverOpts="driver_opts",
                labels="labels",
                scope="scope",
            ),
            counts_empty=True,
        ),
        "efsVolumeConfiguration": _EFS,
        "fsxWindowsFileServerVolumeConfiguration": _FSX,
        "s3filesVolumeConfiguration": _Block(
            "s3files_volume_configuration",
            _arguments(
                fileSystemArn="file_system_arn",
                rootDirectory="root_directory",
                transitEncryptionPort="transit_encryption_port",
                accessPointArn="access_point_arn",
            ),
        ),
    },
)
_DEFINITION: Final[Mapping[str, _Target]] = {
    **_arguments(
        family="family",
        requiresCompatibilities="requires_compatibilities",
        networkMode="network_mode",
        cpu="cpu",
        memory="memory",
        executionRoleArn="execution_role_arn",
        taskRoleArn="task_role_arn",
        pidMode="pid_mode",
        ipcMode="ipc_mode",
        enableFaultInjection="enable_fault_injection",
    ),
    "containerDefinitions": _Argument("container_definitions", "json"),
    "volumes": _VOLUME,
    "placementConstraints": _Block("placement_constraints", _arguments(type="type", expression="expression")),
    "proxyConfiguration": _Block(
        "proxy_configuration",
        {
            **_arguments(type="type", containerName="container_name"),
            "properties": _Argument("properties", "map"),
        },
    ),
    "ephemeralStorage": _Block("ephemeral_storage", _arguments(sizeInGiB="size_in_gib")),
    "runtimePlatform": _Block(
        "runtime_platform",
        _arguments(cpuArchitecture="cpu_architecture", operatingSystemFamily="operating_system_family"),
    ),
    "tags": _Argument("tags", "map", ("key", "value")),
}
"""The arguments of the resource, by the members of RegisterTaskDefinition. `inferenceAccelerators` has none:
version 6 of the provider removed the block with the end of Elastic Inference."""

_NOT_IN_IDENTIFIER: Final = re.compile(r"[^A-Za-z0-9_]+")
_MAX_NAME: Final = 255
_NEWER: Final = "s3files_volume_configuration"


def write(jobs: Sequence[PlannedJob]) -> Exported:
    """Return the task definitions of jobs as resources, those that they only link to as data sources.

    Jobs with the same definition share a resource. There is no `terraform` block: the configuration that the
    file is put into names the provider.
    """
    resources: Record = {}
    sources: Record = {}
    notes: list[str] = []
    written: set[tuple[str, str]] = set()
    names = unique_names([_identifier(job.name) for job in jobs], limit=_MAX_NAME, separator="_")
    for job, name in zip(jobs, names, strict=True):
        linked = linked_as_it_is(job)
        key = definition_key(job) if linked is None else ("", linked)
        if key not in written:
            written.add(key)
            if linked is not None:
                sources[name] = {"task_definition": _template(linked)}
                if placeholders_in(linked):
                    notes.append(
                        f"{job.name}: `task_definition` is marked `{linked}`: enter its family or ARN"
                    )
            else:
                resources[name], lost = _resource(job.definition.request)
                notes += (f"{job.name}: {each}" for each in lost)
        notes += definition_notes(job, TABLE, "`aws_ecs_task_definition`")
    document: Record = {
        kind: {"aws_ecs_task_definition": blocks}
        for kind, blocks in (("data", sources), ("resource", resources))
        if blocks
    }
    return Exported(json_document(document), notes=tuple(notes))


def _identifier(name: str) -> str:
    """Return a name as Terraform's identifiers allow it: letters, digits and `_`, no digit first."""
    slug = _NOT_IN_IDENTIFIER.sub("_", family_name(name)).strip("_") or "job"
    return f"_{slug}" if slug[0].isdigit() else slug


def _resource(definition: Document) -> tuple[Record, list[str]]:
    lost: list[str] = []
    resource = dict(_block(definition, _DEFINITION, "", lost))
    volumes = resource.get("volume")
    if isinstance(volumes, list) and any(isinstance(each, Mapping) and _NEWER in each for each in volumes):
        lost.append(f"`{_NEWER}` needs a version 6 of the provider that has this block")
    return resource, lost


def _block(
    document: Document, members: Mapping[str, _Target], path: str, lost: list[str]
) -> Iterator[tuple[str, Json]]:
    """Yield the arguments and blocks of an object; add a sentence to `lost` for each member without one."""
    for member, value in document.items():
        target = members.get(member)
        if is_empty(value) and not (isinstance(target, _Block) and target.counts_empty and value is not None):
            continue
        place = f"{path}{member}"
        match target:
            case _Argument():
                yield target.name, _value(target, value, place, lost)
            case _Block(name="") if isinstance(value, Mapping):
                yield from _block(value, target.members, f"{place}.", lost)
            case _Block() if _is_objects(value):
                yield target.name, _blocks(target, value, place, lost)
            case _:
                lost.append(f"`{place}` is left out: the resource has no argument for it")


def _is_objects(value: Json) -> bool:
    each = value if isinstance(value, list | tuple) else (value,)
    return all(isinstance(item, Mapping) for item in each)


def _blocks(target: _Block, value: Json, place: str, lost: list[str]) -> Json:
    if isinstance(value, Mapping):
        return dict(_block(value, target.members, f"{place}.", lost))
    items = value if isinstance(value, list | tuple) else ()
    return [
        dict(_block(each, target.members, f"{place}[{index}].", lost))
        for index, each in enumerate(items)
        if isinstance(each, Mapping)
    ]


def _value(target: _Argument, value: Json, place: str, lost: list[str]) -> Json:
    match target.form:
        case "value":
            return _templates(value)
        case "map" if isinstance(value, str):  # a placeholder of what is still open
            return _template(value)
        case "json":
            return _template(json.dumps(value, ensure_ascii=False))
        case "map":
            name, content = target.pair
            pairs = [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []
            found: Record = {str(each.get(name)): _templates(each.get(content, "")) for each in pairs}
            if len(found) < len(pairs):
                lost.append(f"`{place}` has a {name} twice; a map holds the last one")
            return {_template(each): below for each, below in found.items()}


def _templates(value: Json) -> Json:
    """Return a value with every text in it as a template that gives this text."""
    if isinstance(value, str):
        return _template(value)
    if isinstance(value, Mapping):
        return {_template(name): _templates(each) for name, each in value.items()}
    return [_templates(each) for each in value] if isinstance(value, list | tuple) else value


def _template(text: str) -> str:
    return text.replace("${", "$${").replace("%{", "%%{")
