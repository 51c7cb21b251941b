"""What rules read from a draft: its requests, their containers and volumes, and the names of these."""

from collections.abc import Iterable, Iterator, Mapping

from ecsplan.draft.draft import Draft
from ecsplan.draft.view import View


def definition_of(draft: Draft) -> View:
    """Return the draft's task definition."""
    return draft.definition_view


def run_of(draft: Draft) -> View:
    """Return the draft's run request."""
    return draft.run_view


def containers_of(draft: Draft) -> tuple[View, ...]:
    """Return the containers of the draft's task definition."""
    return definition_of(draft).mappings("containerDefinitions")


def volumes_of(draft: Draft) -> tuple[View, ...]:
    """Return the volumes of the draft's task definition."""
    return definition_of(draft).mappings("volumes")


def overrides_of(draft: Draft) -> tuple[View, ...]:
    """Return the container overrides of the draft's run request."""
    return run_of(draft).mapping("overrides").mappings("containerOverrides")


def strategy_of(draft: Draft) -> tuple[View, ...]:
    """Return the items of the run request's capacity provider strategy."""
    return run_of(draft).mappings("capacityProviderStrategy")


def container_items(draft: Draft, member: str) -> Iterator[tuple[View, View]]:
    """Yield each mapping in a list member of the containers, as a pair of container and item."""
    for container in containers_of(draft):
        for item in container.mappings(member):
            yield container, item


def items_of_containers(draft: Draft, member: str) -> Iterator[View]:
    """Yield each mapping in a list member of the containers."""
    return (item for _, item in container_items(draft, member))


def containers_by_name(draft: Draft) -> Mapping[str, View]:
    """Return the containers that have a name, by name; the first of those with the same name."""
    # Reversed, since a later item of a mapping replaces an earlier one.
    return {name: each for each in reversed(containers_of(draft)) if (name := each.text("name"))}


def own_container_of(draft: Draft) -> View:
    """Return the job's container, or an empty view where a patch removed it."""
    return containers_by_name(draft).get(draft.container, View("", {}))


def named(container: View) -> str:
    """Return the words by which a message refers to a container."""
    name = container.text("name")
    return f"container {name!r}" if name else "this container"


def listed(kind: str, names: Iterable[str]) -> str:
    """Return the help that lists the names of a task's containers or volumes; "" without names."""
    known = ", ".join(sorted(names))
    return f"its {kind} are {known}" if known else ""


def names_of(views: Iterable[View]) -> frozenset[str]:
    """Return the names that these mappings have."""
    return frozenset(name for each in views if (name := each.text("name")))


def repeated(views: Iterable[View], member: str = "name") -> Iterator[View]:
    """Yield the mappings whose `member` repeats that of an earlier one."""
    seen: set[str] = set()
    for each in views:
        name = each.text(member)
        if name in seen:
            yield each
        elif name:
            seen.add(name)
