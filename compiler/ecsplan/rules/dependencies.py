"""Rules about containers that refer to each other: dependencies, links, volumes, the proxy."""

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
    listed,
    named,
    names_of,
)
from ecsplan.terms.diagnostic import Diagnostic, error, error_if_refused, warning

_ENDS = frozenset({"COMPLETE", "SUCCESS"})
"""Conditions that wait for a container to exit (botocore ecs model, ContainerDependency.condition)."""


def depends_on_unknown(draft: Draft) -> Iterator[Diagnostic]:
    """A container can only depend on containers of its own task.

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
    known, help_text = _known(draft)
    for container, dependency, on in _dependencies(draft):
        if on not in known:
            yield error(
                "depends-on-unknown",
                draft.in_definition(dependency.at("containerName")),
                f"{named(container)} depends on {on!r}, but the task has no container of that name",
                help=help_text,
            )


def depends_on_cycle(draft: Draft) -> Iterator[Diagnostic]:
    """No container depends on itself, directly or through others.

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
    # Each cycle is reported once, at its first dependency: `reported` has the containers of earlier ones.
    for container, dependency, on in dependencies if _has_cycle(edges) else ():
        name = container.text("name") or ""
        path = _path(edges, on, name) if name not in reported else ()
        if path and not reported.intersection(path):
            reported.update(path)
            yield error(
                "depends-on-cycle",
                draft.in_definition(dependency.at("containerName")),
                "these containers wait for each other: " + " -> ".join((name, *path)),
                help="remove one of the dependencies",
            )


def depends_on_essential(draft: Draft) -> Iterator[Diagnostic]:
    """A container can wait for the exit of another one only if that is not essential.

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
                f"{named(container)} waits for {on!r} to exit, but that is essential: its exit ends the task",
                help=f"set `essential: false` on {on!r}, or wait for START or HEALTHY",
            )


def depends_on_health(draft: Draft) -> Iterator[Diagnostic]:
    """A container that others wait for to be HEALTHY has a health check in the task definition.

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
                f"{named(container)} waits for {on!r} to be healthy, but that has no healthCheck",
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
    known, help_text = _known(draft)
    for each in containers_of(draft):
        for index, link in enumerate(each.texts("links")):
            if link.partition(":")[0] not in known:
                yield warning(
                    "link-unknown",
                    draft.in_definition(f"{each.at('links')}/{index}"),
                    f"{named(each)} links to {link!r}, but the task has no container of that name",
                    help=help_text,
                )


def volumes_from_unknown(draft: Draft) -> Iterator[Diagnostic]:
    """A container can only use volumes of another container of its own task.

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
    known, help_text = _known(draft)
    # A container cannot use volumes of itself either.
    for each, source in container_items(draft, "volumesFrom"):
        name = source.text("sourceContainer")
        if name is not None and (name not in known or name == each.text("name")):
            yield error(
                "volumes-from-unknown",
                draft.in_definition(source.at("sourceContainer")),
                f"{named(each)} uses volumes from {name!r}, which is not another container of the task",
                help=help_text,
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
    name, (known, help_text) = proxy.text("containerName"), _known(draft)
    if name is not None and name not in known:
        yield error(
            "proxy-container-unknown",
            draft.in_definition(proxy.at("containerName")),
            f"the proxy is {name!r}, but the task has no container of that name",
            help=help_text,
        )


def proxy_properties(draft: Draft) -> Iterator[Diagnostic]:
    """A proxy's properties say which traffic it handles and which it ignores.

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
    # AWS is known to refuse missing ports; the documentation requires one of the two identities as well, but
    # no refusal for want of one has been seen.
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
    """Yield each dependency as its container, its item, and the name of the container depended on."""
    for container, dependency in container_items(draft, "dependsOn"):
        if name := dependency.text("containerName"):
            yield container, dependency, name


def _known(draft: Draft) -> tuple[Mapping[str, View], str]:
    """Return the containers by name, and the help that lists their names."""
    known = containers_by_name(draft)
    return known, listed("containers", known)


def _are_known(draft: Draft) -> bool:
    return draft.known and are_all_named(draft, "containerDefinitions")


def _has_cycle(edges: dict[str, list[str]]) -> bool:
    # Linear in the number of dependencies, unlike a search from each of them, which most drafts are spared.
    try:
        TopologicalSorter(edges).prepare()
    except CycleError:
        return True
    return False


def _path(edges: dict[str, list[str]], start: str, end: str) -> tuple[str, ...]:
    """Return the names on a shortest path from `start` to `end`, or () without a path."""
    before: dict[str, str | None] = {start: None}
    waiting = [start]
    # Breadth first: `waiting` grows while it is iterated; `before` has the predecessor of each name in it.
    for name in waiting:
        if name == end:
            path: list[str] = []
            step: str | None = name
            while step is not None:
                path.append(step)
                step = before[step]
            return tuple(reversed(path))
        for following in edges.get(name, ()):
            if following not in before:
                before[following] = name
                waiting.append(following)
    return ()
