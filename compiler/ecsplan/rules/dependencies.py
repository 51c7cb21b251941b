"""Rules about containers that refer to one another: dependencies, links, volumes, the proxy."""

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from ecsplan.draft.draft import Draft
from ecsplan.draft.view import View
from ecsplan.rules.already_reported import are_all_named, is_reported
from ecsplan.rules.views import (
    container_items,
    containers_by_name,
    containers_of,
    definition_of,
    named,
    names_of,
)
from ecsplan.terms.diagnostic import Diagnostic, error, error_if_refused, warning

_ENDS = frozenset({"COMPLETE", "SUCCESS"})
"""Conditions that wait for the end of a container (botocore ecs model, ContainerDependency.condition)."""


def depends_on_unknown(draft: Draft) -> Iterator[Diagnostic]:
    """A container depends on containers of its own task.

    Refused: RegisterTaskDefinition ("Cannot depend on container + 'database' because it does not exist";
    dagster-io/dagster#6926).
    Source: botocore ecs model, ContainerDependency.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main, dependsOn: [{containerName: database, condition: START}]}
    """
    if not _are_known(draft):
        return
    known, listed = _known(draft)
    for container, dependency, on in _dependencies(draft):
        if on not in known:
            yield error(
                "depends-on-unknown",
                draft.in_definition(dependency.at("containerName")),
                f"{named(container)} depends on {on!r}, and the task has no container of that name",
                help=listed,
            )


def depends_on_cycle(draft: Draft) -> Iterator[Diagnostic]:
    """No container depends on itself, by way of others or directly.

    Refused: RegisterTaskDefinition ("Container links should not have a cycle"; of links;
    Shippable/support#4194). A task whose containers wait for each other could not start.
    Source: botocore ecs model, ContainerDefinition.dependsOn (it sets the order of start and end).

    Example:
        image: alpine
        container_name: main
        task_definition:
          containerDefinitions:
            - {name: main, dependsOn: [{containerName: proxy, condition: START}]}
            - {name: proxy, image: envoy, dependsOn: [{containerName: main, condition: START}]}
    """
    dependencies = list(_dependencies(draft))
    edges: dict[str, list[str]] = {}
    for container, _, on in dependencies:
        edges.setdefault(container.text("name") or "", []).append(on)
    reported: set[str] = set()
    for container, dependency, on in dependencies if _has_cycle(edges) else ():
        name = container.text("name") or ""
        way = _way(edges, on, name) if name not in reported else ()
        if way and not reported.intersection(way):
            reported.update(way)
            yield error(
                "depends-on-cycle",
                draft.in_definition(dependency.at("containerName")),
                "these containers wait for each other: " + " -> ".join((name, *way)),
                help="remove one of the dependencies",
            )


def depends_on_essential(draft: Draft) -> Iterator[Diagnostic]:
    """Only the end of a container that is not essential can be waited for.

    Refused: RegisterTaskDefinition ("A dependency container with SUCCESS or COMPLETE condition cannot be an
    essential container"; boto/boto3#2436).
    Source: botocore ecs model, ContainerDependency.condition.

    Example:
        image: alpine
        container_name: main
        task_definition:
          containerDefinitions:
            - {name: main, dependsOn: [{containerName: migrate, condition: SUCCESS}]}
            - {name: migrate, image: alpine}
    """
    known = containers_by_name(draft)
    for container, dependency, on in _dependencies(draft):
        target = known.get(on)
        if dependency.text("condition") not in _ENDS or target is None:
            continue
        if target.members.get("essential") is not False and not is_reported(draft, target, "essential"):
            yield error(
                "depends-on-essential",
                draft.in_definition(dependency.at("condition")),
                f"{named(container)} waits for the end of {on!r}, which is essential: its end ends the task",
                help=f"set `essential: false` on {on!r}, or wait for START or HEALTHY",
            )


def depends_on_health(draft: Draft) -> Iterator[Diagnostic]:
    """A container that is to become HEALTHY has a health check in the task definition.

    Refused: RegisterTaskDefinition ("A dependency container with HEALTHY condition must have health check
    configured"; badmintoncryer/cdk-preflight pf-ecs-dependson-healthy-without-healthcheck, deployed on AWS).
    Source: botocore ecs model, ContainerDependency.condition.

    Example:
        image: alpine
        container_name: main
        task_definition:
          containerDefinitions:
            - {name: main, dependsOn: [{containerName: proxy, condition: HEALTHY}]}
            - {name: proxy, image: envoy}
    """
    known = containers_by_name(draft)
    for container, dependency, on in _dependencies(draft):
        target = known.get(on)
        if dependency.text("condition") != "HEALTHY" or target is None or "healthCheck" in target.members:
            continue
        if not is_reported(draft, target, "healthCheck"):
            yield error(
                "depends-on-health",
                draft.in_definition(dependency.at("condition")),
                f"{named(container)} waits for {on!r} to be healthy, and that has no healthCheck",
                help=f"give {on!r} a `healthCheck`; the image's own does not count",
            )


def link_unknown(draft: Draft) -> Iterator[Diagnostic]:
    """A link names a container of the task.

    Source: botocore ecs model, ContainerDefinition.name.

    Example:
        image: alpine
        launch_type: EC2
        task_definition:
          containerDefinitions:
            - {name: main, links: ["database:db"]}
    """
    if not _are_known(draft):
        return
    known, listed = _known(draft)
    for each in containers_of(draft):
        for index, link in enumerate(each.texts("links")):
            if link.partition(":")[0] not in known:
                yield warning(
                    "link-unknown",
                    draft.in_definition(f"{each.at('links')}/{index}"),
                    f"{named(each)} links to {link!r}, and the task has no container of that name",
                    help=listed,
                )


def volumes_from_unknown(draft: Draft) -> Iterator[Diagnostic]:
    """A container takes volumes from another container of its task.

    Refused: RegisterTaskDefinition ("Invalid 'volumesFrom' setting. Unknown container: 'database'";
    badmintoncryer/cdk-preflight pf-ecs-volumesfrom-source-container-missing, deployed on AWS).
    Source: botocore ecs model, VolumeFrom.sourceContainer.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main, volumesFrom: [{sourceContainer: database}]}
    """
    if not _are_known(draft):
        return
    known, listed = _known(draft)
    for each, source in container_items(draft, "volumesFrom"):
        name = source.text("sourceContainer")
        if name is not None and (name not in known or name == each.text("name")):
            yield error(
                "volumes-from-unknown",
                draft.in_definition(source.at("sourceContainer")),
                f"{named(each)} takes volumes from {name!r}, which is no other container of the task",
                help=listed,
            )


def proxy_container_unknown(draft: Draft) -> Iterator[Diagnostic]:
    """The proxy of a task is one of its containers.

    Refused: RegisterTaskDefinition ("Proxy container [envoy] does not exist"; badmintoncryer/cdk-preflight
    pf-ecs-proxy-configuration-container-missing, deployed on AWS).
    Source: botocore ecs model, ProxyConfiguration.containerName.

    Example:
        image: alpine
        task_definition:
          proxyConfiguration:
            containerName: envoy
            properties:
              - {name: IgnoredUID, value: "1337"}
              - {name: AppPorts, value: "8080"}
              - {name: ProxyIngressPort, value: "15000"}
              - {name: ProxyEgressPort, value: "15001"}
    """
    proxy = definition_of(draft).mapping("proxyConfiguration")
    if not _are_known(draft):
        return
    name, (known, listed) = proxy.text("containerName"), _known(draft)
    if name is not None and name not in known:
        yield error(
            "proxy-container-unknown",
            draft.in_definition(proxy.at("containerName")),
            f"the proxy is {name!r}, and the task has no container of that name",
            help=listed,
        )


def proxy_properties(draft: Draft) -> Iterator[Diagnostic]:
    """A proxy is told which traffic to take and which to leave alone.

    Refused: RegisterTaskDefinition ("Ingress port not found"; badmintoncryer/cdk-preflight
    pf-ecs-proxy-configuration-missing-required-props, deployed on AWS). Where only IgnoredUID or IgnoredGID
    is missing, it is a warning.
    Source: botocore ecs model, ProxyConfiguration.properties.

    Example:
        image: alpine
        task_definition:
          proxyConfiguration:
            containerName: main
            properties:
              - {name: IgnoredUID, value: "1337"}
              - {name: AppPorts, value: "8080"}
              - {name: ProxyIngressPort, value: "15000"}
    """
    proxy = definition_of(draft).mapping("proxyConfiguration")
    if not proxy.members or is_reported(draft, proxy, "properties"):
        return
    given = names_of(proxy.mappings("properties"))
    missing = [each for each in ("AppPorts", "ProxyIngressPort", "ProxyEgressPort") if each not in given]
    are_ports_missing = bool(missing)
    if not given & {"IgnoredUID", "IgnoredGID"}:
        missing.append("IgnoredUID or IgnoredGID")
    if missing:
        place = draft.in_definition(proxy.at("properties"))
        message = f"the proxy's properties lack {', '.join(missing)}"
        yield error_if_refused("proxy-properties", place, message, refused=are_ports_missing)


def _dependencies(draft: Draft) -> Iterator[tuple[View, View, str]]:
    """Yield each dependency: the container that has it, the entry, and the name it depends on."""
    for container, dependency in container_items(draft, "dependsOn"):
        if name := dependency.text("containerName"):
            yield container, dependency, name


def _known(draft: Draft) -> tuple[Mapping[str, View], str]:
    """Return the containers by their names, and the help that lists the names."""
    known = containers_by_name(draft)
    return known, f"its containers are {', '.join(sorted(known))}" if known else ""


def _are_known(draft: Draft) -> bool:
    return draft.known and are_all_named(draft, "containerDefinitions")


def _has_cycle(edges: dict[str, list[str]]) -> bool:
    try:
        TopologicalSorter(edges).prepare()
    except CycleError:
        return True
    return False


def _way(edges: dict[str, list[str]], start: str, end: str) -> tuple[str, ...]:
    """Return the names from start to end along the edges, or none where there is no way."""
    came: dict[str, str | None] = {start: None}
    waiting = [start]
    for name in waiting:
        if name == end:
            way: list[str] = []
            step: str | None = name
            while step is not None:
                way.append(step)
                step = came[step]
            return tuple(reversed(way))
        for following in edges.get(name, ()):
            if following not in came:
                came[following] = name
                waiting.append(following)
    return ()
