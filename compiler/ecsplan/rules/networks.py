"""Rules about networks: the network mode, what it supports, subnets and IP addresses."""

import re
from collections.abc import Iterator

from ecsplan.draft.draft import Draft
from ecsplan.draft.view import View
from ecsplan.job.network_keys import KEYS as NETWORK_KEYS
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
        yield error("network-configuration-mode", draft.in_run("/networkConfiguration"), message)
    elif mode != "awsvpc" and configured:
        yield error(
            "network-configuration-mode",
            draft.in_run("/networkConfiguration"),
            f"the network mode {mode!r} does not support a networkConfiguration",
            help="remove it, or use `networkMode: awsvpc`",
        )


def network_unused(draft: Draft) -> Iterator[Diagnostic]:
    """The keys of the network have an effect only in the network mode `awsvpc`.

    They are `vpc_id`, `subnets`, `security_groups`, `assign_public_ip` and `network_configuration`.

    Example:
        image: alpine
        launch_type: EC2
        vpc_id: vpc-0a1b2c3d
    """
    mode = network_mode(draft)
    reported = is_reported(draft, definition_of(draft), "networkMode")
    for key in ("vpc_id", "network_configuration", *NETWORK_KEYS):
        if is_known(draft) and mode != "awsvpc" and draft.job.says(key) and not reported:
            yield warning(
                "network-unused",
                draft.at(f"/{key}", key=True),
                f"{key} has no effect in the network mode {mode!r}",
                help="remove it, or use `networkMode: awsvpc` in `task_definition`",
            )


def network_keys(draft: Draft) -> Iterator[Diagnostic]:
    """`network_configuration` excludes `subnets`, `security_groups` and `assign_public_ip`.

    The error is at the key that comes later.
    Refused: by ecsplan, because both say what the network is.

    Example:
        image: alpine
        network_configuration: {subnets: [subnet-0a1b2c3d]}
        assign_public_ip: false
    """
    others = [each for each in NETWORK_KEYS if draft.job.says(each)]
    if not others or draft.job.network is None:
        return
    whole = "network_configuration"
    later = [each for each in others if _position(draft, each) > _position(draft, whole)]
    for key, other in [(each, whole) for each in later] or [(whole, " and ".join(others))]:
        yield error(
            "network-keys",
            draft.at(f"/{key}", key=True),
            f"{key} and {other} are both set",
            help="remove one of them; what network_configuration says can also be said with the other keys",
        )


def _position(draft: Draft, key: str) -> tuple[bool, int, int]:
    """Return where a key stands, for comparing: what a command sets comes after what is in the manifest."""
    place = draft.at(f"/{key}", key=True)
    return place.path != draft.job.written.path, place.line, place.column


def vpc_unused(draft: Draft) -> Iterator[Diagnostic]:
    """`vpc_id` has no effect where neither subnets nor security groups are looked up.

    So it is beside `network_configuration`, and beside `subnets` that gives ids unless `security_groups` has
    names.

    Example:
        image: alpine
        vpc_id: vpc-0a1b2c3d
        network_configuration: {subnets: [subnet-0a1b2c3d]}
    """
    keys = draft.job.network_keys
    beside = "network_configuration" if draft.job.network is not None else "subnets" if keys.subnets else None
    if draft.job.says("vpc_id") and beside and not (beside == "subnets" and keys.group_names):
        yield warning(
            "vpc-unused",
            draft.at("/vpc_id", key=True),
            f"vpc_id has no effect beside {beside}, which names the subnets",
            help="remove one of them",
        )


def network_duplicate(draft: Draft) -> Iterator[Diagnostic]:
    """`subnets` and `security_groups` name each subnet and group once; a repetition is left out.

    Example:
        image: alpine
        subnets: [subnet-0a1b2c3d, subnet-0a1b2c3d]
    """
    keys = draft.job.network_keys
    for key, names in (("subnets", keys.subnets), ("security_groups", keys.groups)):
        for index, name in enumerate(names):
            if name in names[:index]:
                yield warning(
                    "network-duplicate",
                    draft.at(f"/{key}/{index}"),
                    f"{name!r} is already in {key}",
                    help="remove one of them",
                )


def security_group_name(draft: Draft) -> Iterator[Diagnostic]:
    """What is not the id of a security group in `security_groups` is the name of one, not another id.

    Source: EC2 user guide, resource ids: a prefix, a hyphen, and 8 or 17 hexadecimal digits.

    Example:
        image: alpine
        security_groups: [subnet-0a1b2c3d]
    """
    for index, name in enumerate(draft.job.network_keys.groups):
        if name in draft.job.network_keys.group_names and _LIKE_AN_ID.fullmatch(name):
            yield warning(
                "security-group-name",
                draft.at(f"/security_groups/{index}"),
                f"{name!r} looks like an id, but the ids of security groups begin with sg-: "
                "it is taken for the name of one",
                help="write the id or the name of a security group",
            )


_LIKE_AN_ID = re.compile(r"(?:[A-Za-z]{2,8}-|[sS][gG][_ ]?)(?:[0-9A-Fa-f]{8}|[0-9A-Fa-f]{17})")


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
        tagged = bool(draft.job.network_keys.subnet_tags)
        help_text = (
            "use tags that a subnet of the VPC has"
            if tagged
            else "name at least one, or remove network_configuration to use those of the VPC"
        )
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
