"""The order of all jobs of one compile: what `after` names, jobs that do not exist, and cycles."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from ecsplan.job.spec import JobSpec
from ecsplan.schema.nearest import nearest
from ecsplan.terms.diagnostic import Diagnostic, Location, error
from ecsplan.terms.pointers import pointer_of
from ecsplan.terms.records import dataclass
from ecsplan.terms.short_texts import shortened

MAX_HINTED = 20
"""Unknown jobs that get a hint: the nearest of ten thousand names takes a while to find."""
MAX_LISTED = 12
"""Jobs that a message lists, of a cycle or of all there are."""


@dataclass(frozen=True, slots=True)
class JobOrder:
    """A job, and what it waits for.

    Attributes:
        name: The job's name.
        matrix: The plain name of its matrix; None where it is of none.
        after: The names that it waits for, each with its place.
    """

    name: str
    matrix: str | None
    after: tuple[tuple[str, Location], ...]


def order_of(job: JobSpec) -> JobOrder:
    """Return what a job waits for."""
    matrix = job.policy.matrix
    places = (job.at(pointer_of("after", index)) for index in range(len(job.spec.get("after", ()))))
    after = tuple(zip(job.spec.get("after", ()), places, strict=True))
    return JobOrder(job.name, None if matrix is None else matrix.name, after)


def order_faults(jobs: Iterable[JobOrder], *, complete: bool) -> Iterator[Diagnostic]:
    """Yield an error for each name that is no job, and for each cycle.

    Args:
        jobs: The jobs of all manifests of one compile.
        complete: Whether these are all: a name may be that of a job that could not be read.
    """
    orders = tuple(jobs)
    if not any(each.after for each in orders):
        return
    if complete:
        yield from _unknown(orders)
    yield from _Cycles(orders).found()


def _unknown(orders: Sequence[JobOrder]) -> Iterator[Diagnostic]:
    known = dict.fromkeys(name for each in orders for name in (each.matrix, each.name) if name is not None)
    # Combinations of a matrix share their places: each place is reported once.
    wrong = dict.fromkeys(item for each in orders for item in each.after if item[0] not in known)
    for number, (name, location) in enumerate(wrong):
        near = nearest(name, known) if number < MAX_HINTED else None
        yield error(
            "after-unknown",
            location,
            f"there is no job {shortened(name, 80)!r} to wait for",
            help=f"did you mean {near}?" if near else "name a job of a manifest of the same command",
        )


_Node: TypeAlias = "str | tuple[str]"
"""A job by its name, or all jobs of a matrix by the tuple of its plain name."""


class _Cycles:
    """Finds cycles in time that grows with the jobs and what they wait for, and without recursion."""

    def __init__(self, orders: Sequence[JobOrder]) -> None:
        names = {each.name for each in orders}
        groups: dict[_Node, list[tuple[_Node, Location | None]]] = {}
        for each in orders:
            if each.matrix is not None:
                groups.setdefault((each.matrix,), []).append((each.name, None))
        # A matrix has a node of its own: edges from each job that waits for it to each of its jobs could be
        # the square of their number.
        self._edges: dict[_Node, list[tuple[_Node, Location | None]]] = {}
        for each in orders:
            targets = ((name if name in names else (name,), place) for name, place in each.after)
            known = [(node, place) for node, place in targets if node in names or node in groups]
            self._edges.setdefault(each.name, []).extend(known)
        self._edges.update(groups)
        self._left = dict.fromkeys(self._edges)
        self._waiting: dict[_Node, list[_Node]] = {}
        for node, edges in self._edges.items():
            for target, _ in edges:
                self._waiting.setdefault(target, []).append(node)
        self._out = {node: len(edges) for node, edges in self._edges.items()}
        self._in = {node: len(self._waiting.get(node, ())) for node in self._edges}

    def found(self) -> Iterator[Diagnostic]:
        """Yield an error for each cycle; of cycles that share a job, for one of them."""
        self._remove(node for node in self._edges if not (self._out[node] and self._in[node]))
        # Invariant: each node that is left waits for one that is left, so every walk comes back to itself.
        while self._left:
            cycle = self._walk(next(iter(self._left)))
            yield _cycle(cycle)
            self._remove(node for node, _ in cycle)

    def _walk(self, node: _Node) -> list[tuple[_Node, Location | None]]:
        """Return a cycle: its nodes, each with the place that names the next one."""
        path: dict[_Node, Location | None] = {}
        while node not in path:
            following, path[node] = next(each for each in self._edges[node] if each[0] in self._left)
            node = following
        nodes = list(path)
        return [(each, path[each]) for each in nodes[nodes.index(node) :]]

    def _remove(self, nodes: Iterable[_Node]) -> None:
        """Remove nodes, and those that are then in no cycle: nothing waits for them, or they for nothing."""
        rest = deque(nodes)
        while rest:
            node = rest.popleft()
            if node not in self._left:
                continue
            del self._left[node]
            for target, _ in self._edges[node]:
                self._in[target] -= 1
                if not self._in[target]:
                    rest.append(target)
            for each in self._waiting.get(node, ()):
                self._out[each] -= 1
                if not self._out[each]:
                    rest.append(each)


def _cycle(cycle: Sequence[tuple[_Node, Location | None]]) -> Diagnostic:
    """Return the error for a cycle, at its first place in the manifests."""
    # Only jobs are shown: that one of them waits for the whole matrix is written at its place.
    steps = [(node, place) for node, place in cycle if isinstance(node, str) and place is not None]
    first = min(range(len(steps)), key=lambda each: _rank(steps[each][1]))
    steps = [*steps[first:], *steps[:first]]
    names = [node for node, _ in steps]
    more = len(names) - MAX_LISTED
    shown = names if more <= 1 else [*names[: MAX_LISTED - 1], f"({more + 1:,} more)"]
    path = " → ".join([*shown, names[0]])
    what = "this job waits for itself" if len(names) == 1 else "these jobs wait for each other"
    return error("after-cycle", steps[0][1], f"{what}: {path}", help="remove one of these names from `after`")


def _rank(place: Location) -> tuple[str, int, int]:
    return place.path, place.line, place.column
