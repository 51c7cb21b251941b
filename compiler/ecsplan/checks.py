"""The rules in the order of their subjects, and all that they find in one draft."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from ecsplan.diagnostic import Diagnostic
from ecsplan.draft import Draft
from ecsplan.rules import containers, dependencies, sizes, tags

Rule: TypeAlias = Callable[[Draft], Iterator[Diagnostic]]
"""A rule: its name is that of the function, with hyphens."""

CHECKS: tuple[Rule, ...] = (
    sizes.fargate_cpu,
    sizes.fargate_memory,
    sizes.fargate_windows_cpu,
    sizes.task_cpu,
    sizes.container_cpu_sum,
    sizes.container_memory_sum,
    sizes.container_memory_missing,
    sizes.memory_reservation,
    sizes.container_memory_least,
    containers.image_missing,
    containers.container_name_missing,
    containers.duplicate_container,
    containers.no_essential_container,
    containers.job_container_not_essential,
    containers.duplicate_volume,
    dependencies.depends_on_unknown,
    dependencies.depends_on_cycle,
    dependencies.depends_on_essential,
    dependencies.depends_on_health,
    dependencies.link_unknown,
    dependencies.volumes_from_unknown,
    dependencies.proxy_container_unknown,
    dependencies.proxy_properties,
    tags.tag_count,
    tags.tag_key_length,
    tags.tag_value_length,
    tags.tag_prefix,
    tags.tag_characters,
    tags.duplicate_tag,
)


def checked(draft: Draft) -> Iterator[Diagnostic]:
    """Yield what the rules find in a draft; never raises for what the draft is."""
    for rule in CHECKS:
        yield from rule(draft)
