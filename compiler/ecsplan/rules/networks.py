"""Rules about networks: the network mode, what it supports, subnets and IP addresses."""

from collections.abc import Iterator

from ecsplan.draft.draft import Draft
from ecsplan.draft.view import View
from ecsplan.rules.already_reported import is_reported
from ecsplan.rules.capacity import is_known, network_mode, runs_elsewhere
from ecsplan.rules.views import containers_of, definition_of, items_of_containers, named, run_of
from ecsplan.terms.diagnostic import Diagnostic, error, error_if_refused, warning

IPC_CONTROLS = ("kernel.", "fs.mqueue.")
"""Prefixes of kernel parameters of the IPC namespace (botocore ecs model, SystemControl.value)."""


def bridge_links(draft: Draft) -> Iterator[Diagnostic]:
    """Containers can be linked only in the network mode `bridge`.

    Refused: RegisterTaskDefinition ("Links are not supported when networkMode=awsvpc";
    badmintoncryer/cdk-preflight pf-ecs-fargate-links, deployed on AWS). In the modes host and none it is a
    warning.
    Source: botocore ecs model, ContainerDefinition.links.

    Example:
        image: alpine
        container_name: main
        launch_type: EC2
        task_definition:
          networkMode: awsvpc
          containerDefinitions:
            - {name: main, links: [database]}
            - {name: database, image: postgres, memory: 256}
    """
    mode = network_mode(draft)
    for each in containers_of(draft):
        if draft.known and mode != "bridge" and each.has("links"):
            yield error_if_refused(
                "bridge-links",
                draft.in_definition(each.at("links")),
                f"{named(each)} has links, but the network mode is {mode!r}",
                refused=mode == "awsvpc",
                help="remove them; in awsvpc and host mode, containers reach each other on localhost",
            )


def awsvpc_unsupported(draft: Draft) -> Iterator[Diagnostic]:
    """In the network mode `awsvpc`, a container has neither a `hostname` nor `extraHosts`.

    Refused: RegisterTaskDefinition ("hostname is not supported on container when networkMode=awsvpc."; the
    same of extra hosts; badmintoncryer/cdk-preflight pf-ecs-awsvpc-hostname, deployed on AWS).
    Source: botocore ecs model, ContainerDefinition.hostname and extraHosts.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main, hostname: worker}
    """
    for each in containers_of(draft):
        for member in ("hostname", "extraHosts"):
            if network_mode(draft) == "awsvpc" and each.has(member):
                yield error(
                    "awsvpc-unsupported",
                    draft.in_definition(each.at(member)),
                    f"{member} is not supported in the network mode awsvpc",
                    help="remove it",
                )


def system_controls(draft: Draft) -> Iterator[Diagnostic]:
    """Kernel parameters of a namespace shared with the host cannot be set.

    Source: botocore ecs model, SystemControl and RegisterTaskDefinition.ipcMode.

    Example:
        image: alpine
        launch_type: EC2
        task_definition:
          networkMode: host
          containerDefinitions:
            - {name: main, systemControls: [{namespace: net.ipv4.tcp_keepalive_time, value: "60"}]}
    """
    # Parameters `net.*` belong to the network namespace, the others here to that of IPC.
    on_host = network_mode(draft) == "host", definition_of(draft).text("ipcMode") == "host"
    for control in items_of_containers(draft, "systemControls"):
        name = control.text("namespace") or ""
        if (on_host[0] and name.startswith("net.")) or (on_host[1] and name.startswith(IPC_CONTROLS)):
            mode = "networkMode" if name.startswith("net.") else "ipcMode"
            yield warning(
                "system-controls",
                draft.in_definition(control.at("namespace")),
                f"{name} cannot be set for a container if {mode} is host",
            )


def network_configuration_mode(draft: Draft) -> Iterator[Diagnostic]:
    """A run request has a network configuration if, and only if, the network mode is `awsvpc`.

    Refused: RunTask ("Network Configuration is not valid for the given networkMode of this task definition.";
    JetBrains/teamcity-amazon-ecs-plugin#22; in awsvpc "Network Configuration must be provided").
    Source: botocore ecs model, RunTask.networkConfiguration.

    Example:
        image: alpine
        launch_type: EC2
        task_customizations:
          - {op: add, path: /networkConfiguration, value: {awsvpcConfiguration: {subnets: [subnet-0a1b]}}}
    """
    if not is_known(draft) or draft.job.spoiled("/network_configuration"):
        return
    # ecsplan adds a configuration exactly in this mode, so only a patch can bring about either error.
    mode = network_mode(draft)
    configured = run_of(draft).has("networkConfiguration")
    if mode == "awsvpc" and not configured:
        message = "the network mode awsvpc requires a networkConfiguration, but the patch removes it"
        yield error("network-configuration-mode", draft.at("/task_customizations"), message)
    elif mode != "awsvpc" and configured:
        yield error(
            "network-configuration-mode",
            draft.in_run("/networkConfiguration"),
            f"the network mode {mode!r} does not support a networkConfiguration",
            help="remove it, or use `networkMode: awsvpc`",
        )


def network_unused(draft: Draft) -> Iterator[Diagnostic]:
    """`vpc_id` and `network_configuration` have an effect only in the network mode `awsvpc`.

    Example:
        image: alpine
        launch_type: EC2
        vpc_id: vpc-0a1b2c3d
    """
    mode = network_mode(draft)
    reported = is_reported(draft, definition_of(draft), "networkMode")
    for key in ("vpc_id", "network_configuration"):
        if is_known(draft) and mode != "awsvpc" and draft.job.says(key) and not reported:
            yield warning(
                "network-unused",
                draft.at(f"/{key}", key=True),
                f"{key} has no effect in the network mode {mode!r}",
                help="remove it, or use `networkMode: awsvpc` in `task_definition`",
            )


def vpc_unused(draft: Draft) -> Iterator[Diagnostic]:
    """`vpc_id` has no effect beside `network_configuration`, since no subnets are looked up.

    Example:
        image: alpine
        vpc_id: vpc-0a1b2c3d
        network_configuration: {subnets: [subnet-0a1b2c3d]}
    """
    if draft.job.says("vpc_id") and draft.job.network is not None:
        yield warning(
            "vpc-unused",
            draft.at("/vpc_id", key=True),
            "vpc_id has no effect beside network_configuration, which names the subnets",
            help="remove one of them",
        )


def subnets_missing(draft: Draft) -> Iterator[Diagnostic]:
    """A network configuration names at least one subnet.

    Refused: RunTask ("subnets can not be empty."; seen by users of RunTask).
    Source: botocore ecs model, AwsVpcConfiguration.subnets.

    Example:
        image: alpine
        network_configuration: {subnets: []}
    """
    network = _network(draft)
    if network.members.get("subnets") == []:
        place = draft.in_run(network.at("subnets"))
        help_text = "name at least one, or remove network_configuration to use those of the VPC"
        yield error("subnets-missing", place, "there are no subnets", help=help_text)


def public_ip(draft: Draft) -> Iterator[Diagnostic]:
    """Only tasks on Fargate can get a public IP address of their own.

    Refused: RunTask ("Assign public IP is not supported for this launch type."; PrefectHQ/prefect#19320).
    Source: ECS developer guide, task networking for tasks on EC2.

    Example:
        image: alpine
        launch_type: EC2
        task_definition: {networkMode: awsvpc}
        network_configuration: {subnets: [subnet-0a1b2c3d], assignPublicIp: ENABLED}
    """
    network = _network(draft)
    if network.text("assignPublicIp") == "ENABLED" and runs_elsewhere(draft):
        yield error(
            "public-ip",
            draft.in_run(network.at("assignPublicIp")),
            f"tasks on {run_of(draft).text('launchType')} cannot get a public IP address",
            help="use DISABLED, and subnets with a NAT gateway",
        )


def _network(draft: Draft) -> View:
    return run_of(draft).mapping("networkConfiguration").mapping("awsvpcConfiguration")
