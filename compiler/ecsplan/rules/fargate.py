"""Rules about what Fargate does not support in a task definition."""

from collections.abc import Iterator

from ecsplan.draft.draft import Draft
from ecsplan.draft.view import View
from ecsplan.rules.capacity import (
    containers_on_fargate,
    is_for,
    is_windows,
    network_mode,
)
from ecsplan.rules.storage import kinds_of
from ecsplan.rules.views import containers_of, definition_of, named, volumes_of
from ecsplan.terms.diagnostic import Diagnostic, error, error_if_refused

UNSUPPORTED = (
    "disableNetworking",
    "dnsSearchDomains",
    "dnsServers",
    "dockerSecurityOptions",
    "links",
    "privileged",
)
"""Members of a container that Fargate does not support (ECS developer guide, task definition differences for
Fargate; botocore ecs model, ContainerDefinition)."""

UNSUPPORTED_LINUX = ("devices", "maxSwap", "sharedMemorySize", "swappiness")
"""The same for `linuxParameters`, where 0 is a setting, too (botocore ecs model, LinuxParameters)."""

LOG_DRIVERS = ("awslogs", "splunk", "awsfirelens")
"""Log drivers of Fargate (botocore ecs model, LogConfiguration)."""

TIMEOUT_S = range(2, 120 + 1)
"""Seconds that a container has to start or stop (botocore ecs model, ContainerDefinition.stopTimeout)."""

NOT_MOUNTED = ("dockerVolumeConfiguration", "fsxWindowsFileServerVolumeConfiguration")
"""Kinds of volumes that Fargate does not support (botocore ecs model, Volume.dockerVolumeConfiguration; ECS
developer guide, FSx for Windows File Server volumes)."""

UNPROVEN = frozenset({"dnsSearchDomains", "fsxWindowsFileServerVolumeConfiguration", "swappiness"})
"""Members that the documentation excludes but that AWS is not known to refuse."""

ADDED_CAPABILITY = "SYS_PTRACE"
"""The Linux capability that can be added (botocore ecs model, KernelCapabilities.add)."""


def fargate_network_mode(draft: Draft) -> Iterator[Diagnostic]:
    """Fargate tasks have the network mode `awsvpc`.

    Refused: RegisterTaskDefinition ("Fargate only supports network mode 'awsvpc'.";
    badmintoncryer/cdk-preflight pf-ecs-fargate-network-mode, deployed on AWS).
    Source: botocore ecs model, RegisterTaskDefinition.networkMode.

    Example:
        image: alpine
        task_definition: {networkMode: bridge}
    """
    mode = network_mode(draft)
    if draft.known and is_for(draft, "FARGATE") and mode != "awsvpc":
        yield error(
            "fargate-network-mode",
            draft.in_definition("/networkMode"),
            f"Fargate does not support the network mode {mode!r}",
            help="use `networkMode: awsvpc`, or run on instances with `launch_type: EC2`",
        )


def fargate_unsupported(draft: Draft) -> Iterator[Diagnostic]:
    """Fargate gives no access to the host, so it does not support some members of a task definition.

    These are a container's disableNetworking, dnsSearchDomains, dnsServers, dockerSecurityOptions, links and
    privileged, the linuxParameters devices, maxSwap, sharedMemorySize and swappiness, and the task's ipcMode.
    Refused: RegisterTaskDefinition ("Fargate compatible task definitions do not support devices"; the same of
    dockerSecurityOptions, ipcMode, links, maxSwap, privileged, sharedMemorySize, and in networkMode=awsvpc of
    disableNetworking and dnsServers; badmintoncryer/cdk-preflight pf-ecs-fargate-…, deployed on AWS). The
    others, dnsSearchDomains and swappiness, are warnings.
    Source: ECS developer guide, task definition differences for Fargate; botocore ecs model.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main, privileged: true}
    """
    if not is_for(draft, "FARGATE"):
        return
    for holder, member in _unsupported(draft):
        yield error_if_refused(
            "fargate-unsupported",
            draft.in_definition(holder.at(member)),
            f"Fargate does not support {member}",
            refused=member not in UNPROVEN,
            help="remove it, or run on instances with `launch_type: EC2`",
        )


def fargate_capability(draft: Draft) -> Iterator[Diagnostic]:
    """On Fargate, the only Linux capability that can be added is SYS_PTRACE.

    Refused: RegisterTaskDefinition ("NET_ADMIN is not allowed on Fargate."; badmintoncryer/cdk-preflight
    pf-ecs-fargate-capabilities-add, deployed on AWS).
    Source: botocore ecs model, KernelCapabilities.add.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main, linuxParameters: {capabilities: {add: [NET_ADMIN]}}}
    """
    for each in containers_on_fargate(draft):
        capabilities = each.mapping("linuxParameters").mapping("capabilities")
        for index, name in enumerate(capabilities.texts("add")):
            if name != ADDED_CAPABILITY:
                yield error(
                    "fargate-capability",
                    draft.in_definition(f"{capabilities.at('add')}/{index}"),
                    f"Fargate does not allow a container to add the capability {name}",
                    help=f"only {ADDED_CAPABILITY} can be added on Fargate",
                )


def fargate_pid_mode(draft: Draft) -> Iterator[Diagnostic]:
    """On Fargate, the process namespace can only be shared within the task, and not on Windows.

    Refused: RegisterTaskDefinition ("Fargate compatible task definitions do not support pidMode host";
    badmintoncryer/cdk-preflight pf-ecs-fargate-pid-mode-host, deployed on AWS). `task` on Windows is a
    warning.
    Source: botocore ecs model, RegisterTaskDefinition.pidMode.

    Example:
        image: alpine
        task_definition: {pidMode: host}
    """
    mode = definition_of(draft).text("pidMode")
    if mode is not None and is_for(draft, "FARGATE") and (mode != "task" or is_windows(draft)):
        yield error_if_refused(
            "fargate-pid-mode",
            draft.in_definition("/pidMode"),
            f"Fargate does not support pidMode {mode!r}" + (" on Windows" if is_windows(draft) else ""),
            refused=mode == "host",
            help="remove it" if is_windows(draft) else "use `pidMode: task`, or remove it",
        )


def fargate_timeout(draft: Draft) -> Iterator[Diagnostic]:
    """On Fargate, a container has 2 to 120 seconds to start and to stop.

    Refused: RegisterTaskDefinition ("Tasks using the Fargate launch type must have a container stop timeout
    of less than 120 seconds."; seen by users of the AWS CDK). Other values are warnings.
    Source: botocore ecs model, ContainerDefinition.startTimeout and stopTimeout.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main, stopTimeout: 300}
    """
    for each in containers_on_fargate(draft):
        for member in ("startTimeout", "stopTimeout"):
            seconds = each.number(member)
            if seconds is not None and seconds not in TIMEOUT_S:
                yield error_if_refused(
                    "fargate-timeout",
                    draft.in_definition(each.at(member)),
                    f"{member} is {seconds} seconds; Fargate allows {TIMEOUT_S[0]} to {TIMEOUT_S[-1]}",
                    # The only one of the four cases that AWS is known to refuse.
                    refused=member == "stopTimeout" and seconds > TIMEOUT_S[-1],
                )


def fargate_log_driver(draft: Draft) -> Iterator[Diagnostic]:
    """On Fargate, containers log through awslogs, splunk or awsfirelens.

    Refused: RegisterTaskDefinition ("syslog is not a valid log driver. Must be one of [awslogs, splunk,
    awsfirelens]"; badmintoncryer/cdk-preflight pf-ecs-fargate-log-driver-unsupported, deployed on AWS).
    Source: botocore ecs model, LogConfiguration.logDriver.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main, logConfiguration: {logDriver: syslog}}
    """
    for each in containers_on_fargate(draft):
        logging = each.mapping("logConfiguration")
        driver = logging.text("logDriver")
        if driver is not None and driver not in LOG_DRIVERS:
            yield error(
                "fargate-log-driver",
                draft.in_definition(logging.at("logDriver")),
                f"Fargate does not support the log driver {driver!r}",
                help=f"use one of {', '.join(LOG_DRIVERS)}",
            )


def fargate_volume(draft: Draft) -> Iterator[Diagnostic]:
    """On Fargate, a volume is not a directory of the host, a Docker volume, or an FSx for Windows volume.

    Refused: RegisterTaskDefinition ("Fargate compatible task definitions do not support sourcePath";
    cloudposse/terraform-aws-ecs-alb-service-task#174; the same of dockerVolumeConfiguration,
    badmintoncryer/cdk-preflight pf-ecs-fargate-docker-volume, deployed on AWS). FSx for Windows is a warning.
    Source: botocore ecs model, HostVolumeProperties.sourcePath and Volume.dockerVolumeConfiguration; ECS
    developer guide, FSx for Windows File Server volumes.

    Example:
        image: alpine
        task_definition:
          volumes:
            - {name: data, host: {sourcePath: /srv/data}}
    """
    if not is_for(draft, "FARGATE"):
        return
    for volume in volumes_of(draft):
        host = volume.mapping("host")
        refused = [(volume, each) for each in NOT_MOUNTED if each in kinds_of(volume)]
        refused += [(host, "sourcePath")] if host.has("sourcePath") else []
        for holder, member in refused:
            yield error_if_refused(
                "fargate-volume",
                draft.in_definition(holder.at(member)),
                f"Fargate does not support {member}",
                refused=member not in UNPROVEN,
                help="use efsVolumeConfiguration, or an empty volume, which lasts as long as the task",
            )


def fargate_gpu(draft: Draft) -> Iterator[Diagnostic]:
    """Fargate has neither GPUs nor other accelerators.

    Refused: RegisterTaskDefinition ("Tasks using the Fargate launch type do not support GPU resource
    requirements"; badmintoncryer/cdk-preflight pf-ecs-fargate-gpu-resource, deployed on AWS). Other
    accelerators are warnings.
    Source: ECS developer guide, task definition differences for Fargate.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main, resourceRequirements: [{type: GPU, value: "1"}]}
    """
    for each in containers_on_fargate(draft):
        for requirement in each.mappings("resourceRequirements"):
            kind = requirement.text("type")
            if kind is not None:
                yield error_if_refused(
                    "fargate-gpu",
                    draft.in_definition(requirement.at("type")),
                    f"{named(each)} asks for {kind}, which Fargate does not have",
                    refused=kind == "GPU",
                    help="run on instances that have one, with `launch_type: EC2`",
                )


def _unsupported(draft: Draft) -> Iterator[tuple[View, str]]:
    for each in containers_of(draft):
        yield from ((each, member) for member in UNSUPPORTED if each.has(member))
        linux = each.mapping("linuxParameters")
        yield from ((linux, member) for member in UNSUPPORTED_LINUX if _says(linux, member))
    if definition_of(draft).has("ipcMode"):
        yield definition_of(draft), "ipcMode"


def _says(linux: View, member: str) -> bool:
    return linux.has(member) or linux.number(member) is not None
