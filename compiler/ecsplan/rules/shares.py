"""Rules about the share of a task's CPU and memory that its containers reserve, and about its minimum."""

from collections.abc import Iterator
from typing import TypeAlias

from ecsplan.draft.draft import Draft
from ecsplan.draft.view import View
from ecsplan.rules.already_reported import is_reported
from ecsplan.rules.capacity import is_for, is_known
from ecsplan.rules.sizes import Size, sizes
from ecsplan.rules.views import containers_of, definition_of, named, overrides_of
from ecsplan.terms.diagnostic import Diagnostic, error, error_if_refused, warning

DOCKER_MIN_MIB = 6
"""Minimum in MiB of Docker 20.10 and later (botocore ecs model, ContainerDefinition.memory)."""

ECS_MIN_MIB = 4
"""Minimum in MiB of earlier versions of Docker (botocore ecs model, ContainerDefinition.memory)."""

_Taken: TypeAlias = dict[str, int | None]
"""A container's cpu, memory and memoryReservation, None where it has none."""


def container_cpu_sum(draft: Draft) -> Iterator[Diagnostic]:
    """The containers of a Fargate task reserve no more CPU than the task has.

    Refused: RegisterTaskDefinition ("The sum of all container 'cpu' values cannot be greater than the value
    of the task 'cpu'."; badmintoncryer/cdk-preflight pf-ecs-fargate-container-cpu-over-task, deployed on
    AWS).
    Source: botocore ecs model, ContainerDefinition.cpu.

    Example:
        image: alpine
        cpu: 256
        memory: 512
        task_definition:
          containerDefinitions:
            - {name: main, cpu: 128}
            - {name: proxy, image: envoy, cpu: 192, essential: false}
    """
    if not is_for(draft, "FARGATE"):
        return
    for size, containers in _shares(draft):
        task = size.cpu
        reserved = [(each, members.get("cpu") or 0) for each, members in containers]
        total = sum(amount for _, amount in reserved)
        if task is not None and total > task:
            largest, _ = max(reserved, key=lambda each: each[1])
            yield error(
                "container-cpu-sum",
                draft.in_definition(largest.at("cpu")),
                f"the containers reserve {total} CPU units; the task has {task}",
                help="lower the containers' cpu, or raise the task's",
            )
            return


def container_memory_sum(draft: Draft) -> Iterator[Diagnostic]:
    """The containers reserve no more memory than the task has.

    A container reserves its `memoryReservation`, else its `memory`.
    Refused: RegisterTaskDefinition ("The sum of all container 'memoryReservation' values cannot be greater
    than the value of the task 'memory'."; cloudnativedaysjp/dreamkast-infra#4766). If only the `memory` of
    containers makes the sum exceed the task's, it is a warning.
    Source: botocore ecs model, ContainerDefinition.memory and memoryReservation.

    Example:
        image: alpine
        cpu: 256
        memory: 512
        task_definition:
          containerDefinitions:
            - {name: main, memoryReservation: 384}
            - {name: proxy, image: envoy, memoryReservation: 256, essential: false}
    """
    for size, containers in _shares(draft):
        task = size.memory
        reserved = [
            (each, member, members.get(member) or 0)
            for each, members in containers
            for member in ("memoryReservation" if members.get("memoryReservation") else "memory",)
        ]
        total = sum(amount for _, _, amount in reserved)
        # A single container above the task's memory is the subject of `container_memory`.
        hard = max((members.get("memory") or 0 for _, members in containers), default=0)
        if task is not None and total > task >= hard:
            largest, member, _ = max(reserved, key=lambda each: each[2])
            soft = sum(members.get("memoryReservation") or 0 for _, members in containers)
            yield error_if_refused(
                "container-memory-sum",
                draft.in_definition(largest.at(member)),
                f"the containers reserve {total} MiB; the task has {task} MiB",
                refused=soft > task,
                help="lower the containers' memory, or raise the task's",
            )
            return


def container_memory(draft: Draft) -> Iterator[Diagnostic]:
    """A container may use no more memory than the task has.

    Refused: RegisterTaskDefinition ("The 'memory' setting for container 'worker' is greater than for the
    task."; pulumi/pulumi-awsx#1220).
    Source: ECS developer guide, troubleshooting.

    Example:
        image: alpine
        cpu: 256
        memory: 512
        task_definition:
          containerDefinitions:
            - {name: main, memory: 1024, memoryReservation: 256}
    """
    for size, containers in _shares(draft):
        for each, members in containers:
            hard = members.get("memory") or 0
            if size.memory is not None and hard > size.memory:
                yield error(
                    "container-memory",
                    draft.in_definition(each.at("memory")),
                    f"{named(each)} may use {hard} MiB of memory; the task has {size.memory} MiB",
                    help="lower the container's memory, or raise the task's",
                )


def container_memory_missing(draft: Draft) -> Iterator[Diagnostic]:
    """If the task has no memory, each container has memory.

    Refused: RegisterTaskDefinition ("At least one of 'memory' or 'memoryReservation' must be specified.";
    aws/aws-cli#4453).
    Source: botocore ecs model, ContainerDefinition.memoryReservation.

    Example:
        image: alpine
        launch_type: EC2
        task_definition:
          containerDefinitions:
            - {name: main, memory: 256}
            - {name: proxy, image: envoy, essential: false}
    """
    if not is_known(draft) or is_for(draft, "FARGATE") or definition_of(draft).has("memory"):
        return
    for each in containers_of(draft):
        if any(each.has(name) or is_reported(draft, each, name) for name in ("memory", "memoryReservation")):
            continue
        sizes = (each.at("memory"), each.at("memoryReservation"), "/memory")
        yield error(
            "container-memory-missing",
            draft.in_definition(next(filter(draft.is_patched, sizes), each.pointer)),
            f"{named(each)} has neither memory nor memoryReservation, and the task has no memory",
            help="add `memory: 128`, in MiB, to the container, or a `memory` to the task",
        )


def memory_reservation(draft: Draft) -> Iterator[Diagnostic]:
    """A container reserves no more memory than it may use.

    Refused: RegisterTaskDefinition ("'memory' must be greater than or equal to 'memoryReservation'.";
    badmintoncryer/cdk-preflight pf-ecs-container-memory-reservation, deployed on AWS).
    Source: botocore ecs model, ContainerDefinition.memory.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main, memory: 256, memoryReservation: 512}
    """
    for each in containers_of(draft):
        hard, soft = each.number("memory"), each.number("memoryReservation")
        if hard is not None and soft is not None and hard < soft:
            yield error(
                "memory-reservation",
                draft.in_definition(each.at("memoryReservation")),
                f"{named(each)} reserves {soft} MiB of memory but may use only {hard} MiB",
                help="lower memoryReservation, or raise memory",
            )


def container_memory_minimum(draft: Draft) -> Iterator[Diagnostic]:
    """A container has at least 4 MiB of memory: Docker does not start it with less.

    Refused: by ecsplan, because ECS registers 1 MiB (recorded in cloud-custodian/cloud-custodian, placebo
    test_ecs_task_def_tags), and the task fails. On Fargate, where no Docker runs, it is a warning.
    Source: botocore ecs model, ContainerDefinition.memory.

    Example:
        image: alpine
        launch_type: EC2
        memory: 2
    """
    for each, member, amount in _memory_amounts(draft):
        if amount < ECS_MIN_MIB:
            yield error_if_refused(
                "container-memory-minimum",
                draft.in_definition(each.at(member)),
                f"Docker does not start a container with less than {ECS_MIN_MIB} MiB; "
                f"{named(each)} has {amount} MiB",
                refused=not draft.job.on_fargate,
                help=f"use {DOCKER_MIN_MIB} MiB or more",
            )


def container_memory_least(draft: Draft) -> Iterator[Diagnostic]:
    """A container has at least 6 MiB of memory, the minimum of recent versions of Docker.

    Source: botocore ecs model, ContainerDefinition.memory.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main, memory: 5}
    """
    for each, member, amount in _memory_amounts(draft):
        if ECS_MIN_MIB <= amount < DOCKER_MIN_MIB:
            yield warning(
                "container-memory-least",
                draft.in_definition(each.at(member)),
                f"recent versions of Docker require {DOCKER_MIN_MIB} MiB for a container; "
                f"{named(each)} has {amount} MiB",
                help=f"use {DOCKER_MIN_MIB} MiB or more",
            )


def _memory_amounts(draft: Draft) -> Iterator[tuple[View, str, int]]:
    """Yield each amount of memory of a container in MiB, with the container and the member's name."""
    for each in containers_of(draft):
        for member in ("memory", "memoryReservation"):
            amount = each.number(member)
            if amount is not None:
                yield each, member, amount


def _shares(draft: Draft) -> Iterator[tuple[Size, list[tuple[View, _Taken]]]]:
    """Yield the size of the task and of its containers: as registered and, on Fargate, as run."""
    # It is not documented whether ECS compares the sizes again that a run request overrides on instances.
    containers = [(each, _taken(each)) for each in containers_of(draft)]
    of_task = sizes(draft)
    yield of_task[0], containers
    if is_for(draft, "FARGATE"):
        overrides: dict[str | None, _Taken] = {
            each.text("name"): {name: amount for name, amount in _taken(each).items() if amount}
            for each in overrides_of(draft)
        }
        running = [(each, taken | overrides.get(each.text("name"), {})) for each, taken in containers]
        yield of_task[-1], running


def _taken(container: View) -> _Taken:
    return {name: container.number(name) for name in ("cpu", "memory", "memoryReservation")}
