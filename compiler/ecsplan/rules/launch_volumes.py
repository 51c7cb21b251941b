"""Rules about EBS volumes, which ECS creates when it launches a task."""

from collections.abc import Iterator
from types import MappingProxyType

from ecsplan.draft.draft import Draft
from ecsplan.draft.view import View
from ecsplan.rules.already_reported import are_all_named, is_key_reported, is_reported_in_run
from ecsplan.rules.capacity import runs_on_fargate
from ecsplan.rules.storage import at_launch
from ecsplan.rules.views import names_of, run_of, volumes_of
from ecsplan.terms.diagnostic import Diagnostic, error, warning

SIZES_GIB = MappingProxyType(
    {
        "gp2": range(1, 16384 + 1),
        "gp3": range(1, 16384 + 1),
        "io1": range(4, 16384 + 1),
        "io2": range(4, 16384 + 1),
        "st1": range(125, 16384 + 1),
        "sc1": range(125, 16384 + 1),
        "standard": range(1, 1024 + 1),
    }
)
"""Sizes of a volume in GiB, by type (botocore ecs model, TaskManagedEBSVolumeConfiguration.sizeInGiB)."""

IOPS = MappingProxyType(
    {"gp3": range(3000, 16000 + 1), "io1": range(100, 64000 + 1), "io2": range(100, 256000 + 1)}
)
"""I/O operations per second, by type (botocore ecs model, TaskManagedEBSVolumeConfiguration.iops)."""

RESERVED_TAGS = frozenset({"AmazonECSCreated", "AmazonECSManaged"})
"""Keys of the tags that ECS adds to a volume (botocore ecs model, EBSTagSpecification.tags)."""


def launch_volume_unknown(draft: Draft) -> Iterator[Diagnostic]:
    """A run request only configures volumes that the task definition declares as configured at launch.

    Refused: RunTask ("Volume configuration provided but no matching configuredAtLaunch volume found in task
    definition."; CreateService, go-to-k/cdkd#811).
    Source: botocore ecs model, TaskVolumeConfiguration.name.

    Example:
        image: alpine
        volume_configurations:
          - {name: data, managedEBSVolume: {roleArn: "arn:aws:iam::111122223333:role/ebs", sizeInGiB: 10}}
    """
    # A refused `configuredAtLaunch` would make the volume look like one that is not configured at launch.
    named = are_all_named(draft, "volumes") and are_all_named(draft, "volumes", "configuredAtLaunch")
    if not draft.known or not named:
        return
    # Where the definition has a volume of another kind under the name of one in short, that is reported.
    in_use = names_of(volumes_of(draft)) & {each.name for each in draft.job.volumes}
    known = {each.text("name") for each in at_launch(draft)} | in_use
    for each in run_of(draft).mappings("volumeConfigurations"):
        name = each.text("name")
        if name is not None and name not in known:
            yield error(
                "launch-volume-unknown",
                draft.in_run(each.at("name")),
                f"the task definition has no volume {name!r} that is configured at launch",
                help=f"add `volumes: [{{name: {name}, configuredAtLaunch: true}}]` to `task_definition`",
            )


def launch_volume_missing(draft: Draft) -> Iterator[Diagnostic]:
    """A volume that is configured at launch has a configuration in the run request.

    Source: botocore ecs model, Volume.configuredAtLaunch.

    Example:
        image: alpine
        task_definition:
          volumes: [{name: data, configuredAtLaunch: true}]
    """
    configured = {each.text("name") for each in run_of(draft).mappings("volumeConfigurations")}
    for volume in at_launch(draft):
        name = volume.text("name")
        if name and name not in configured and not is_key_reported(draft, "volume_configurations"):
            yield warning(
                "launch-volume-missing",
                draft.in_definition(volume.at("configuredAtLaunch")),
                f"the volume {name!r} is configured at launch, but this run request does not configure it",
                help="add it to `volume_configurations`",
            )


def ebs_size(draft: Draft) -> Iterator[Diagnostic]:
    """An EBS volume has a size that its type allows, or is created from a snapshot.

    Refused: RunTask, as CreateService does (badmintoncryer/cdk-preflight
    pf-ecs-svc-ebs-volume-without-size-or-snapshot, deployed on AWS). The sizes of each type are warnings,
    since AWS has raised them before.
    Source: botocore ecs model, TaskManagedEBSVolumeConfiguration.sizeInGiB.

    Example:
        image: alpine
        volume_configurations:
          - name: data
            managedEBSVolume: {roleArn: "arn:aws:iam::111122223333:role/ebs", volumeType: gp3}
        task_definition:
          volumes: [{name: data, configuredAtLaunch: true}]
    """
    for ebs in _volumes(draft):
        # Without a type there are no bounds to compare a size with.
        size, allowed = ebs.number("sizeInGiB"), SIZES_GIB.get(ebs.text("volumeType") or "")
        place = draft.in_run(ebs.at("sizeInGiB"))
        if size is None and not ebs.has("snapshotId") and not is_reported_in_run(draft, ebs, "sizeInGiB"):
            yield error("ebs-size", place, "this volume has neither sizeInGiB nor snapshotId")
        elif size is not None and allowed is not None and size not in allowed:
            kind = ebs.text("volumeType")
            yield warning(
                "ebs-size",
                place,
                f"{kind} volumes cannot have {size} GiB",
                help=f"use {_bounds(allowed)} GiB",
            )


def ebs_iops(draft: Draft) -> Iterator[Diagnostic]:
    """EBS volumes of the types io1 and io2 have `iops`, those of the type gp3 may, and others do not.

    Refused: RunTask ("ECS managed EBS volume configuration was invalid"; InvalidParameterCombination for
    types without iops; CreateService, badmintoncryer/cdk-preflight pf-ecs-svc-ebs-iops-unsupported-type,
    deployed on AWS). Missing iops and the bounds of each type, which AWS has raised before, are warnings.
    Source: botocore ecs model, TaskManagedEBSVolumeConfiguration.iops.

    Example:
        image: alpine
        volume_configurations:
          - name: data
            managedEBSVolume:
              {roleArn: "arn:aws:iam::111122223333:role/ebs", volumeType: gp2, sizeInGiB: 10, iops: 3000}
        task_definition:
          volumes: [{name: data, configuredAtLaunch: true}]
    """
    for ebs in _volumes(draft):
        kind, iops = ebs.text("volumeType") or "", ebs.number("iops")
        place = draft.in_run(ebs.at("iops"))
        if kind in {"io1", "io2"} and iops is None and not is_reported_in_run(draft, ebs, "iops"):
            yield warning("ebs-iops", place, f"{kind} requires iops", help=f"use {_bounds(IOPS[kind])}")
        elif kind in {"gp2", "st1", "sc1", "standard"} and iops is not None:
            yield error("ebs-iops", place, f"{kind} does not support iops", help="remove it, or use gp3")
        elif kind in IOPS and iops is not None and iops not in IOPS[kind]:
            yield warning(
                "ebs-iops",
                place,
                f"{kind} volumes cannot have {iops} iops",
                help=f"use {_bounds(IOPS[kind])}",
            )


def ebs_throughput(draft: Draft) -> Iterator[Diagnostic]:
    """Only EBS volumes of the type gp3 have a `throughput`.

    Refused: RunTask ("ECS managed EBS volume configuration was invalid"; InvalidParameterCombination;
    CreateService, badmintoncryer/cdk-preflight pf-ecs-svc-ebs-throughput-non-gp3, deployed on AWS).
    Source: botocore ecs model, TaskManagedEBSVolumeConfiguration.throughput.

    Example:
        image: alpine
        volume_configurations:
          - name: data
            managedEBSVolume:
              {roleArn: "arn:aws:iam::111122223333:role/ebs", volumeType: gp2, sizeInGiB: 10, throughput: 250}
        task_definition:
          volumes: [{name: data, configuredAtLaunch: true}]
    """
    for ebs in _volumes(draft):
        kind = ebs.text("volumeType")
        if ebs.has("throughput") and kind is not None and kind != "gp3":
            place = draft.in_run(ebs.at("throughput"))
            yield error(
                "ebs-throughput", place, f"{kind} does not support throughput", help="remove it, or use gp3"
            )


def ebs_initialization_rate(draft: Draft) -> Iterator[Diagnostic]:
    """Only an EBS volume that is created from a snapshot has a `volumeInitializationRate`.

    Source: botocore ecs model, TaskManagedEBSVolumeConfiguration.volumeInitializationRate.

    Example:
        image: alpine
        volume_configurations:
          - name: data
            managedEBSVolume:
              {roleArn: "arn:aws:iam::111122223333:role/ebs", sizeInGiB: 10, volumeInitializationRate: 100}
        task_definition:
          volumes: [{name: data, configuredAtLaunch: true}]
    """
    for ebs in _volumes(draft):
        if ebs.has("volumeInitializationRate") and not ebs.has("snapshotId"):
            yield warning(
                "ebs-initialization-rate",
                draft.in_run(ebs.at("volumeInitializationRate")),
                "volumeInitializationRate has no effect without snapshotId",
                help="remove it, or name the snapshot",
            )


def ebs_magnetic_on_fargate(draft: Draft) -> Iterator[Diagnostic]:
    """On Fargate, EBS volumes of the magnetic type `standard` are not supported.

    Source: botocore ecs model, TaskManagedEBSVolumeConfiguration.volumeType.

    Example:
        image: alpine
        volume_configurations:
          - name: data
            managedEBSVolume:
              {roleArn: "arn:aws:iam::111122223333:role/ebs", volumeType: standard, sizeInGiB: 10}
        task_definition:
          volumes: [{name: data, configuredAtLaunch: true}]
    """
    for ebs in _volumes(draft):
        if ebs.text("volumeType") == "standard" and runs_on_fargate(draft):
            place = draft.in_run(ebs.at("volumeType"))
            message = "Fargate does not support volumes of the type standard"
            yield warning("ebs-magnetic-on-fargate", place, message, help="use gp3")


def ebs_tag_reserved(draft: Draft) -> Iterator[Diagnostic]:
    """The tags AmazonECSCreated and AmazonECSManaged of an EBS volume are reserved for ECS.

    Source: botocore ecs model, EBSTagSpecification.tags.

    Example:
        image: alpine
        volume_configurations:
          - name: data
            managedEBSVolume:
              roleArn: arn:aws:iam::111122223333:role/ebs
              sizeInGiB: 10
              tagSpecifications: [{resourceType: volume, tags: [{key: AmazonECSManaged, value: "true"}]}]
        task_definition:
          volumes: [{name: data, configuredAtLaunch: true}]
    """
    for ebs in _volumes(draft):
        for specification in ebs.mappings("tagSpecifications"):
            for tag in specification.mappings("tags"):
                if tag.text("key") in RESERVED_TAGS:
                    place = draft.in_run(tag.at("key"))
                    yield warning(
                        "ebs-tag-reserved", place, f"the tag {tag.text('key')} is reserved", help="remove it"
                    )


def _volumes(draft: Draft) -> Iterator[View]:
    for each in run_of(draft).mappings("volumeConfigurations"):
        if each.has("managedEBSVolume"):
            yield each.mapping("managedEBSVolume")


def _bounds(allowed: range) -> str:
    return f"{allowed[0]} to {allowed[-1]}"
