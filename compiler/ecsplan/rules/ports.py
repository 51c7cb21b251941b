"""Rules about port mappings."""

import re
from collections.abc import Iterator

from ecsplan.draft.draft import Draft
from ecsplan.draft.view import View
from ecsplan.rules.already_reported import is_reported
from ecsplan.rules.capacity import network_mode
from ecsplan.rules.views import containers_of, items_of_containers, named, repeated
from ecsplan.terms.diagnostic import Diagnostic, error, warning

MAX_PORT = 65535
MAX_RANGES = 100
"""Port ranges of one container (botocore ecs model, PortMapping.containerPortRange)."""

_RANGE = re.compile(r"([0-9]{1,5})-([0-9]{1,5})")


def port_missing(draft: Draft) -> Iterator[Diagnostic]:
    """A port mapping has a port or a port range of the container, not both.

    Refused: RegisterTaskDefinition ("Invalid 'containerPort' setting for container 'container_1'.";
    aws/aws-cli#7288; of both, "cannot specify both single port and port range", badmintoncryer/cdk-preflight
    pf-ecs-port-range-with-host-port, deployed on AWS).
    Source: ECS developer guide, task definition parameters (containerPort is required); botocore ecs model,
    PortMapping.containerPortRange.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main, portMappings: [{protocol: tcp}]}
    """
    for mapping in _mappings(draft):
        port, several = "containerPort" in mapping.members, "containerPortRange" in mapping.members
        if not port and not several and not is_reported(draft, mapping, "containerPort"):
            place = draft.in_definition(mapping.at("containerPort"))
            message = "this port mapping has no containerPort"
            yield error("port-missing", place, message, help="add one, such as 8080")
        if port and several:
            place = draft.in_definition(mapping.at("containerPortRange"))
            message = "this port mapping has a containerPort and a containerPortRange"
            yield error("port-missing", place, message, help="remove one, or write two mappings")


def host_port(draft: Draft) -> Iterator[Diagnostic]:
    """In the network modes `awsvpc` and `host`, the host port is the same as the container port.

    Refused: RegisterTaskDefinition ("When networkMode=awsvpc, the host ports and container ports in port
    mappings must match."; aws/amazon-ecs-cli#1014; the same of host, badmintoncryer/cdk-preflight
    pf-ecs-host-network-host-port-mismatch, deployed on AWS).
    Source: botocore ecs model, PortMapping.hostPort.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main, portMappings: [{containerPort: 80, hostPort: 8080}]}
    """
    mode = network_mode(draft)
    for mapping in _mappings(draft):
        port, host = mapping.number("containerPort"), mapping.number("hostPort")
        if draft.known and mode in {"awsvpc", "host"} and port and host and port != host:
            yield error(
                "host-port",
                draft.in_definition(mapping.at("hostPort")),
                f"hostPort {host} differs from containerPort {port}, but the network mode is {mode!r}",
                help="remove hostPort, or use the same port",
            )


def ports_without_network(draft: Draft) -> Iterator[Diagnostic]:
    """In the network mode `none`, containers have no port mappings.

    Source: botocore ecs model, RegisterTaskDefinition.networkMode.

    Example:
        image: alpine
        launch_type: EC2
        task_definition:
          networkMode: none
          containerDefinitions:
            - {name: main, portMappings: [{containerPort: 80}]}
    """
    for each in containers_of(draft):
        if network_mode(draft) == "none" and each.has("portMappings"):
            yield warning(
                "ports-without-network",
                draft.in_definition(each.at("portMappings")),
                f"{named(each)} has port mappings, but the network mode is 'none'",
                help="remove them, or use another network mode",
            )


def port_protocols(draft: Draft) -> Iterator[Diagnostic]:
    """A container does not map the same port for two protocols.

    Accepted: ECS registers and runs it (awsdocs/amazon-ecs-developer-guide#128,
    terraform-aws-modules/terraform-aws-ecs#89, aws/amazon-ecs-agent#3428); a service behind a load balancer
    or with service discovery cannot use such a port.
    Source: botocore ecs model, PortMapping.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - name: main
              portMappings: [{containerPort: 53, protocol: tcp}, {containerPort: 53, protocol: udp}]
    """
    for each in containers_of(draft):
        first: dict[int, str] = {}
        for mapping in each.mappings("portMappings"):
            port, protocol = mapping.number("containerPort"), mapping.text("protocol") or "tcp"
            if port is not None and first.setdefault(port, protocol) != protocol:
                yield warning(
                    "port-protocols",
                    draft.in_definition(mapping.pointer),
                    f"port {port} of {named(each)} is mapped for {first[port]} and for {protocol}",
                    help="map it for only one of them",
                )


def port_range(draft: Draft) -> Iterator[Diagnostic]:
    """A port range is ascending, ends at 65535 at most, and has no host port.

    A container has at most 100 port ranges, in the network mode `bridge` or `awsvpc`.
    Refused: RegisterTaskDefinition ("Invalid 'containerPortRange' setting"; badmintoncryer/cdk-preflight
    pf-ecs-port-range-reversed, deployed on AWS; with a host port "cannot specify both single port and port
    range"). The network mode and the number of ranges are warnings.
    Source: botocore ecs model, PortMapping.containerPortRange.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main, portMappings: [{containerPortRange: 8010-8000}]}
    """
    mode = network_mode(draft)
    for each in containers_of(draft):
        ranges = [mapping for mapping in each.mappings("portMappings") if mapping.has("containerPortRange")]
        for index, mapping in enumerate(ranges):
            place = draft.in_definition(mapping.at("containerPortRange"))
            if _ports(mapping) is None:
                message = f"{mapping.text('containerPortRange')} is not an ascending port range"
                yield error("port-range", place, message, help=f"write FIRST-LAST, within 1 to {MAX_PORT}")
            elif mapping.has("hostPort"):
                message = "a port range cannot have a hostPort"
                yield error(
                    "port-range", draft.in_definition(mapping.at("hostPort")), message, help="remove it"
                )
            elif mode not in {"awsvpc", "bridge"} and draft.known:
                yield warning("port-range", place, f"the network mode {mode!r} does not support port ranges")
            elif index == MAX_RANGES:
                yield warning("port-range", place, f"{named(each)} has more than {MAX_RANGES} port ranges")


def port_overlap(draft: Draft) -> Iterator[Diagnostic]:
    """No port of a container is in two of its port ranges, or in a range and another mapping.

    Refused: RegisterTaskDefinition ("container port is used multiple times in task";
    badmintoncryer/cdk-preflight pf-ecs-port-range-overlap, deployed on AWS).
    Source: botocore ecs model, PortMapping.containerPortRange.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main, portMappings: [{containerPortRange: 8000-8010}, {containerPort: 8005}]}
    """
    for each in containers_of(draft):
        spans = [(mapping, ports) for mapping in each.mappings("portMappings") if (ports := _ports(mapping))]
        # Invariant: `end` is the highest port of the mappings before this one, plus one. Two mappings of one
        # port are not reported here: they may be for different protocols, see `port_protocols`.
        spans.sort(key=lambda span: (span[1].start, span[1].stop))
        end = 0
        for index, (mapping, ports) in enumerate(spans):
            before = spans[index - 1][0]
            if index and ports.start < end and (len(ports) > 1 or before.has("containerPortRange")):
                yield error(
                    "port-overlap",
                    draft.in_definition(mapping.pointer),
                    f"port {ports.start} of {named(each)} is mapped twice",
                    help="make the ranges disjoint",
                )
            end = max(end, ports.stop)


def host_port_clash(draft: Draft) -> Iterator[Diagnostic]:
    """No two port mappings of a task bind the same port of the host or of the task's network interface.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main, portMappings: [{containerPort: 8080}]}
            - {name: proxy, image: envoy, essential: false, portMappings: [{containerPort: 8080}]}
    """
    if not draft.known:
        return
    # In these modes all containers share one network interface, so their own ports are bound on it.
    same = network_mode(draft) in {"awsvpc", "host"}
    seen: set[tuple[int, str]] = set()
    for mapping in _mappings(draft):
        port = mapping.number("containerPort") if same else mapping.number("hostPort")
        key = port or 0, mapping.text("protocol") or "tcp"
        if port and key in seen:
            yield warning(
                "host-port-clash",
                draft.in_definition(mapping.pointer),
                f"port {port} is bound twice in this task",
                help="use different ports for the containers",
            )
        seen.add(key)


def duplicate_port_name(draft: Draft) -> Iterator[Diagnostic]:
    """No two port mappings of a task have the same name.

    Refused: RegisterTaskDefinition ("port mapping name is already used"; badmintoncryer/cdk-preflight
    pf-ecs-port-mapping-duplicate-name, deployed on AWS).
    Source: ECS developer guide, task definition parameters (portMappings, name).

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main, portMappings: [{name: web, containerPort: 80}, {name: web, containerPort: 81}]}
    """
    for mapping in repeated(_mappings(draft)):
        yield error(
            "duplicate-port-name",
            draft.in_definition(mapping.at("name")),
            f"two port mappings are named {mapping.text('name')!r}",
            help="give each mapping a unique name",
        )


def _mappings(draft: Draft) -> Iterator[View]:
    return items_of_containers(draft, "portMappings")


def _ports(mapping: View) -> range | None:
    """Return the container's ports of a mapping, or None where they are not an ascending range."""
    written = mapping.text("containerPortRange")
    if written is None:
        port = mapping.number("containerPort")
        return None if port is None else range(port, port + 1)
    found = _RANGE.fullmatch(written)
    if found is None or not 1 <= int(found[1]) < int(found[2]) <= MAX_PORT:
        return None
    return range(int(found[1]), int(found[2]) + 1)
