"""Rules about volumes: mount points, and the requirements of each kind of volume."""

from collections.abc import Iterator

from ecsplan.draft.draft import Draft
from ecsplan.draft.view import View
from ecsplan.rules.already_reported import are_all_named, is_reported
from ecsplan.rules.views import (
    container_items,
    containers_of,
    listed,
    named,
    names_of,
    repeated,
    volumes_of,
)
from ecsplan.terms.diagnostic import Diagnostic, error, error_if_refused, warning

DOCKER = "dockerVolumeConfiguration"

KINDS = (
    "configuredAtLaunch",
    DOCKER,
    "efsVolumeConfiguration",
    "fsxWindowsFileServerVolumeConfiguration",
    "host",
    "s3filesVolumeConfiguration",
)
"""The members of a volume of which it can have one (botocore ecs model, Volume)."""

NAMED_KINDS = ("configuredAtLaunch", "efsVolumeConfiguration", "s3filesVolumeConfiguration")
"""The kinds of volumes that require a name (botocore ecs model, Volume.name)."""


def mount_without_volume(draft: Draft) -> Iterator[Diagnostic]:
    """A mount point names a volume of the task.

    Refused: RegisterTaskDefinition ("Unknown volume 'root-RO'."; ansible/ansible#35751).
    Source: botocore ecs model, MountPoint.sourceVolume.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main, mountPoints: [{sourceVolume: data, containerPath: /data}]}
    """
    volumes = names_of(volumes_of(draft))
    if not draft.known or not are_all_named(draft, "volumes"):
        return
    help_text = listed("volumes", volumes) or "add it to `volumes`"
    for each, mount in container_items(draft, "mountPoints"):
        name = mount.text("sourceVolume")
        if name is not None and name not in volumes:
            yield error(
                "mount-without-volume",
                draft.in_definition(mount.at("sourceVolume")),
                f"{named(each)} mounts {name!r}, but the task has no volume of that name",
                help=help_text,
            )


def duplicate_mount(draft: Draft) -> Iterator[Diagnostic]:
    """No two volumes are mounted at the same path of a container; Docker does not start such a container.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - name: main
              mountPoints:
                - {sourceVolume: data, containerPath: /data}
                - {sourceVolume: more, containerPath: /data}
          volumes: [{name: data}, {name: more}]
    """
    for each in containers_of(draft):
        for mount in repeated(each.mappings("mountPoints"), "containerPath"):
            yield warning(
                "duplicate-mount",
                draft.in_definition(mount.at("containerPath")),
                f"{named(each)} mounts two volumes at {mount.text('containerPath')}",
                help="mount one of them elsewhere",
            )


def volume_name_missing(draft: Draft) -> Iterator[Diagnostic]:
    """A volume that is configured at launch, EFS or S3 Files has a name.

    Source: botocore ecs model, Volume.name.

    Example:
        image: alpine
        task_definition:
          volumes: [{efsVolumeConfiguration: {fileSystemId: fs-0a1b2c3d}}]
    """
    for volume in volumes_of(draft):
        needs = any(volume.has(each) for each in NAMED_KINDS)
        if needs and not volume.has("name") and not is_reported(draft, volume, "name"):
            place = draft.in_definition(volume.at("name"))
            yield warning("volume-name-missing", place, "this volume has no name", help="add a `name`")


def volume_kinds(draft: Draft) -> Iterator[Diagnostic]:
    """A volume is of one kind.

    Refused: RegisterTaskDefinition ("When the volume parameter is specified, only one volume configuration
    type should be used."; cloudposse/terraform-aws-ecs-alb-service-task#185).
    Source: botocore ecs model, Volume.

    Example:
        image: alpine
        launch_type: EC2
        task_definition:
          volumes:
            - {name: data, host: {sourcePath: /srv}, efsVolumeConfiguration: {fileSystemId: fs-0a1b2c3d}}
    """
    for volume in volumes_of(draft):
        given = kinds_of(volume)
        if len(given) > 1:
            yield error(
                "volume-kinds",
                draft.in_definition(volume.at(given[1])),
                f"this volume has {' and '.join(given)}; it can only have one of them",
                help="remove the others",
            )


def efs_transit_encryption(draft: Draft) -> Iterator[Diagnostic]:
    """An EFS volume with an access point or IAM authorization is encrypted in transit.

    Refused: RegisterTaskDefinition ("EFS IAM authorization requires TransitEncryption to be enabled";
    badmintoncryer/cdk-preflight pf-ecs-efs-iam-without-transit-encryption, deployed on AWS; of access points
    aws/aws-cdk#10683).
    Source: botocore ecs model, EFSVolumeConfiguration.transitEncryption and EFSAuthorizationConfig.

    Example:
        image: alpine
        task_role_arn: data
        task_definition:
          volumes:
            - name: data
              efsVolumeConfiguration: {fileSystemId: fs-0a1b2c3d, authorizationConfig: {iam: ENABLED}}
    """
    for volume in volumes_of(draft):
        efs = volume.mapping("efsVolumeConfiguration")
        authorization = efs.mapping("authorizationConfig")
        needs = "iam" if authorization.text("iam") == "ENABLED" else "accessPointId"
        wanted = authorization.text("iam") == "ENABLED" or authorization.has("accessPointId")
        # ECS's default is no encryption, so a missing member counts like DISABLED.
        encrypted = efs.text("transitEncryption") == "ENABLED"
        if wanted and not encrypted and not is_reported(draft, efs, "transitEncryption"):
            yield error(
                "efs-transit-encryption",
                draft.in_definition(efs.at("transitEncryption")),
                f"an EFS volume with {needs} must be encrypted in transit",
                help="add `transitEncryption: ENABLED`",
            )


def access_point_root(draft: Draft) -> Iterator[Diagnostic]:
    """A volume with an access point has no root directory of its own, since the access point sets it.

    Refused: RegisterTaskDefinition ("When using an EFS access point, the root directory must either be set to
    "/" or be omitted"; aws/aws-cdk#10683). For S3 Files it is a warning.
    Source: botocore ecs model, EFSVolumeConfiguration.rootDirectory and
    S3FilesVolumeConfiguration.rootDirectory.

    Example:
        image: alpine
        task_definition:
          volumes:
            - name: data
              efsVolumeConfiguration:
                fileSystemId: fs-0a1b2c3d
                rootDirectory: /srv
                transitEncryption: ENABLED
                authorizationConfig: {accessPointId: fsap-0a1b2c3d}
    """
    for volume in volumes_of(draft):
        efs, s3 = volume.mapping("efsVolumeConfiguration"), volume.mapping("s3filesVolumeConfiguration")
        for files, point in (
            (efs, efs.mapping("authorizationConfig").has("accessPointId")),
            (s3, s3.has("accessPointArn")),
        ):
            root = files.text("rootDirectory")
            if point and root not in {None, "", "/"}:
                yield error_if_refused(
                    "access-point-root",
                    draft.in_definition(files.at("rootDirectory")),
                    f"the root directory {root!r} conflicts with the access point, which has its own",
                    refused=files.pointer == efs.pointer,
                    help="remove it, or write /",
                )


def docker_volume_autoprovision(draft: Draft) -> Iterator[Diagnostic]:
    """`autoprovision` is only for Docker volumes with the scope `shared`.

    Source: botocore ecs model, DockerVolumeConfiguration.autoprovision.

    Example:
        image: alpine
        launch_type: EC2
        task_definition:
          volumes:
            - {name: data, dockerVolumeConfiguration: {scope: task, autoprovision: true}}
    """
    for volume in volumes_of(draft):
        docker = volume.mapping("dockerVolumeConfiguration")
        is_shared = docker.text("scope") == "shared" or is_reported(draft, docker, "scope")
        if "autoprovision" in docker.members and not is_shared:
            yield warning(
                "docker-volume-autoprovision",
                draft.in_definition(docker.at("autoprovision")),
                "autoprovision is only for volumes with the scope shared",
                help="remove it, or use `scope: shared`",
            )


def launch_volume_count(draft: Draft) -> Iterator[Diagnostic]:
    """At most one volume is configured at launch.

    Source: botocore ecs model, Volume.configuredAtLaunch.

    Example:
        image: alpine
        volume_configurations:
          - {name: a, managedEBSVolume: {roleArn: "arn:aws:iam::111122223333:role/ebs", sizeInGiB: 10}}
          - {name: b, managedEBSVolume: {roleArn: "arn:aws:iam::111122223333:role/ebs", sizeInGiB: 10}}
        task_definition:
          volumes: [{name: a, configuredAtLaunch: true}, {name: b, configuredAtLaunch: true}]
    """
    for volume in at_launch(draft)[1:]:
        yield warning(
            "launch-volume-count",
            draft.in_definition(volume.at("configuredAtLaunch")),
            "a second volume is configured at launch; a task can only have one",
        )


def kinds_of(volume: View) -> tuple[str, ...]:
    """Return the members that determine the kind of a volume; more than one is an error."""
    # ECS counts an empty `dockerVolumeConfiguration` as well.
    return tuple(each for each in KINDS if volume.has(each) or (each == DOCKER and each in volume.members))


def at_launch(draft: Draft) -> tuple[View, ...]:
    """Return the volumes that are configured at launch."""
    return tuple(each for each in volumes_of(draft) if each.members.get("configuredAtLaunch") is True)
