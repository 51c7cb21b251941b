"""Rules about tasks on other platforms than Linux and Fargate: Windows, external and managed instances."""

from collections.abc import Iterator

from ecsplan.draft.draft import Draft
from ecsplan.rules.capacity import is_for, is_windows, network_mode
from ecsplan.rules.views import (
    containers_of,
    definition_of,
    items_of_containers,
    named,
    run_of,
    volumes_of,
)
from ecsplan.terms.diagnostic import Diagnostic, error_if_refused, warning

NOT_ON_WINDOWS = (
    "disableNetworking",
    "dnsSearchDomains",
    "dnsServers",
    "extraHosts",
    "linuxParameters",
    "links",
    "privileged",
    "readonlyRootFilesystem",
    "systemControls",
    "ulimits",
    "user",
)
"""Members that are not supported for Windows containers, according to the documentation (botocore ecs model,
ContainerDefinition)."""


def external_network_mode(draft: Draft) -> Iterator[Diagnostic]:
    """Tasks on external instances have the network mode `bridge`, `host` or `none`.

    Source: ECS developer guide, ECS clusters for external instances.

    Example:
        image: alpine
        launch_type: EXTERNAL
        task_definition: {networkMode: awsvpc}
    """
    if is_for(draft, "EXTERNAL") and network_mode(draft) == "awsvpc":
        yield warning(
            "external-network-mode",
            draft.in_definition("/networkMode"),
            "external instances do not support the network mode awsvpc",
            help="use bridge, host or none, or another launch type",
        )


def external_unsupported(draft: Draft) -> Iterator[Diagnostic]:
    """Tasks on external instances do not have EFS volumes, an App Mesh proxy, or shared GPUs.

    Source: ECS developer guide, ECS clusters for external instances; botocore ecs model,
    ResourceRequirement.sharingStrategy.

    Example:
        image: alpine
        launch_type: EXTERNAL
        task_definition:
          volumes:
            - {name: data, efsVolumeConfiguration: {fileSystemId: fs-0a1b2c3d}}
    """
    if not is_for(draft, "EXTERNAL"):
        return
    holders = [(each, "efsVolumeConfiguration") for each in volumes_of(draft)]
    holders.append((definition_of(draft), "proxyConfiguration"))
    holders += [(each, "sharingStrategy") for each in items_of_containers(draft, "resourceRequirements")]
    for holder, member in holders:
        if holder.has(member):
            yield warning(
                "external-unsupported",
                draft.in_definition(holder.at(member)),
                f"external instances do not support {member}",
                help="remove it, or use another launch type",
            )


def managed_instances_launch_type(draft: Draft) -> Iterator[Diagnostic]:
    """Managed instances are requested by a capacity provider strategy, not by a launch type.

    Source: botocore ecs model, RunTask.launchType.

    Example:
        image: alpine
        launch_type: EC2
        task_customizations: [{op: replace, path: /launchType, value: MANAGED_INSTANCES}]
    """
    if run_of(draft).text("launchType") == "MANAGED_INSTANCES":
        yield warning(
            "managed-instances-launch-type",
            draft.in_run("/launchType"),
            "MANAGED_INSTANCES cannot be requested as a launch type",
            help="name the capacity provider in `capacity_provider_strategy`",
        )


def trusted_execution(draft: Draft) -> Iterator[Diagnostic]:
    """Tasks in a sandbox run on managed instances, and a confidential one has an attestation policy.

    Source: botocore ecs model, TrustedExecutionConfiguration.

    Example:
        image: alpine
        task_definition:
          trustedExecutionConfiguration: {isolationMode: ISOLATED_SANDBOX}
    """
    trusted = definition_of(draft).mapping("trustedExecutionConfiguration")
    mode = trusted.text("isolationMode")
    if mode == "CONFIDENTIAL_SANDBOX" and not trusted.has("attestationPolicy"):
        place = draft.in_definition(trusted.at("attestationPolicy"))
        yield warning("trusted-execution", place, "CONFIDENTIAL_SANDBOX requires an attestationPolicy")
    # Managed instances have no launch type, so each of the three contradicts the sandbox.
    elsewhere = next((each for each in ("FARGATE", "EC2", "EXTERNAL") if is_for(draft, each)), None)
    if mode is not None and mode != "SHARED" and elsewhere is not None:
        yield warning(
            "trusted-execution",
            draft.in_definition(trusted.at("isolationMode")),
            f"only managed instances support {mode}; this task is for {elsewhere}",
            help="name a provider of managed instances in `capacity_provider_strategy`",
        )


def windows_unsupported(draft: Draft) -> Iterator[Diagnostic]:
    """Windows containers do not support settings that are specific to Linux.

    In a container these are disableNetworking, dnsSearchDomains, dnsServers, extraHosts, linuxParameters,
    links, privileged, readonlyRootFilesystem, systemControls, ulimits and user, in a task ipcMode and
    pidMode.
    Source: botocore ecs model, ContainerDefinition and RegisterTaskDefinition.

    Example:
        image: mcr.microsoft.com/windows/nanoserver:ltsc2022
        runtime_platform: {operatingSystemFamily: WINDOWS_SERVER_2022_CORE}
        task_definition:
          containerDefinitions:
            - {name: main, readonlyRootFilesystem: true}
    """
    if not is_windows(draft):
        return
    holders = [(each, member) for each in containers_of(draft) for member in NOT_ON_WINDOWS]
    holders += [(definition_of(draft), member) for member in ("ipcMode", "pidMode")]
    for holder, member in holders:
        if holder.has(member):
            whose = f" for {named(holder)}" if holder.pointer else ""
            yield warning(
                "windows-unsupported",
                draft.in_definition(holder.at(member)),
                f"Windows does not support {member}{whose}",
                help="remove it",
            )


def windows_network_mode(draft: Draft) -> Iterator[Diagnostic]:
    """Windows tasks have the network mode `awsvpc`, or none, which means Docker's default network there.

    Accepted: ECS registers `bridge`, which is the default, and its agent uses Docker's own network for it
    (aws/aws-sdk-net#1255, aws/amazon-ecs-agent#3564).
    Source: botocore ecs model, RegisterTaskDefinition.networkMode.

    Example:
        image: mcr.microsoft.com/windows/nanoserver:ltsc2022
        launch_type: EC2
        runtime_platform: {operatingSystemFamily: WINDOWS_SERVER_2022_CORE}
        task_definition: {networkMode: host}
    """
    mode = definition_of(draft).text("networkMode")
    if is_windows(draft) and mode in {"host", "none"} and not is_for(draft, "FARGATE"):
        yield warning(
            "windows-network-mode",
            draft.in_definition("/networkMode"),
            f"Windows tasks do not support the network mode {mode!r}",
            help="use awsvpc, or remove networkMode",
        )


def windows_arm(draft: Draft) -> Iterator[Diagnostic]:
    """Only Linux tasks run on ARM.

    Refused: RegisterTaskDefinition ("No Fargate configuration exists for given values.";
    badmintoncryer/cdk-preflight pf-ecs-windows-arm64, deployed on AWS). Elsewhere than on Fargate it is a
    warning.
    Source: botocore ecs model, RuntimePlatform.cpuArchitecture.

    Example:
        image: mcr.microsoft.com/windows/nanoserver:ltsc2022
        runtime_platform: {operatingSystemFamily: WINDOWS_SERVER_2022_CORE, cpuArchitecture: ARM64}
    """
    platform = definition_of(draft).mapping("runtimePlatform")
    if is_windows(draft) and platform.text("cpuArchitecture") == "ARM64":
        place = draft.in_definition(platform.at("cpuArchitecture"))
        message, on_fargate = "Windows tasks do not run on ARM64", is_for(draft, "FARGATE")
        yield error_if_refused("windows-arm", place, message, refused=on_fargate, help="use X86_64")
