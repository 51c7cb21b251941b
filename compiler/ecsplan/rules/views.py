"""What a rule reads of a draft: its requests, its containers and volumes, and their names."""

from collections.abc import Iterable, Iterator, Mapping

from ecsplan.draft.draft import Draft
from ecsplan.draft.view import Part


def definition_of(draft: Draft) -> Part:
    """Return the draft's task definition."""
    return draft.definition_part


def run_of(draft: Draft) -> Part:
    """Return the draft's run request."""
    return draft.run_part


def containers_of(draft: Draft) -> tuple[Part, ...]:
    """Return the containers of the draft's task definition."""
    return definition_of(draft).parts("containerDefinitions")


def volumes_of(draft: Draft) -> tuple[Part, ...]:
    """Return the volumes of the draft's task definition."""
    return definition_of(draft).parts("volumes")


def overrides_of(draft: Draft) -> tuple[Part, ...]:
    """Return what the draft's run request overrides of containers."""
    return run_of(draft).part("overrides").parts("containerOverrides")


def container_items(draft: Draft, member: str) -> Iterator[tuple[Part, Part]]:
    """Yield the mappings of a list that containers have, each after its container."""
    for container in containers_of(draft):
        for item in container.parts(member):
            yield container, item


def containers_by_name(draft: Draft) -> Mapping[str, Part]:
    """Return the containers that have a name; of two with one name, the first."""
    return {name: each for each in reversed(containers_of(draft)) if (name := each.text("name"))}


def own_container_of(draft: Draft) -> Part:
    """Return the job's container, or an empty part where a patch removed it."""
    return containers_by_name(draft).get(draft.container, Part("", {}))


def named(container: Part) -> str:
    """Return how a message calls a container."""
    name = container.text("name")
    return f"container {name!r}" if name else "this container"


def names_of(parts: Iterable[Part]) -> frozenset[str]:
    """Return the names of these parts."""
    return frozenset(name for each in parts if (name := each.text("name")))


def repeated(parts: Iterable[Part], member: str = "name") -> Iterator[Part]:
    """Yield the parts whose name an earlier one has already."""
    seen: set[str] = set()
    for each in parts:
        name = each.text(member)
        if name in seen:
            yield each
        elif name:
            seen.add(name)
