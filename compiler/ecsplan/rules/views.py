"""What a rule reads of a draft: its requests, its containers and volumes, and their names."""

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
    """Return what the draft's run request overrides of containers."""
    return run_of(draft).mapping("overrides").mappings("containerOverrides")


def container_items(draft: Draft, member: str) -> Iterator[tuple[View, View]]:
    """Yield the mappings of a list that containers have, each after its container."""
    for container in containers_of(draft):
        for item in container.mappings(member):
            yield container, item


def containers_by_name(draft: Draft) -> Mapping[str, View]:
    """Return the containers that have a name; of two with one name, the first."""
    return {name: each for each in reversed(containers_of(draft)) if (name := each.text("name"))}


def own_container_of(draft: Draft) -> View:
    """Return the job's container, or an empty part where a patch removed it."""
    return containers_by_name(draft).get(draft.container, View("", {}))


def named(container: View) -> str:
    """Return how a message calls a container."""
    name = container.text("name")
    return f"container {name!r}" if name else "this container"


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
