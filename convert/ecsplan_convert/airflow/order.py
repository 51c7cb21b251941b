"""The order of the jobs of a DAG: what comes before each, past tasks that are no jobs."""

import ast
from collections.abc import Callable, Iterable, Mapping

from ecsplan_convert.python.task_order import Edge


class Order:
    """The order of tasks, of which some are jobs."""

    def __init__(
        self, jobs: Mapping[ast.Call, str], edges: Iterable[Edge], label: Callable[[ast.Call], str]
    ) -> None:
        """Take the order of a file.

        Args:
            jobs: The tasks that are jobs, with their names.
            edges: Pairs of a task and one after it.
            label: Returns what a task that is no job is called in notes.
        """
        self._jobs = jobs
        self._label = label
        self._upstream: dict[ast.Call, list[ast.Call]] = {}
        for before, after in edges:
            self._upstream.setdefault(after, []).append(before)
        self._before = {each: self._nearest(each) for each in jobs}
        self._cut = self._cut_circles()

    def before(self, task: ast.Call) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the names of the jobs right before a job, and notes on what is different from the source."""
        nearest = [each for each in self._before[task] if each not in self._cut.get(task, ())]
        passed = dict.fromkeys(self._label(each) for job in nearest for each in self._before[task][job])
        notes = [f"after skips {each}, which is not one of the jobs" for each in passed]
        notes += (
            f"after {self._jobs[each]} is left out: the two would wait for each other"
            for each in self._before[task]
            if each in self._cut.get(task, ())
        )
        return tuple(dict.fromkeys(self._jobs[each] for each in nearest)), tuple(notes)

    def _nearest(self, task: ast.Call) -> dict[ast.Call, tuple[ast.Call, ...]]:
        """Return the jobs right before a task, each with the tasks that lie between, in written order."""
        found: dict[ast.Call, tuple[ast.Call, ...]] = {}
        seen = {task}
        rest: list[tuple[ast.Call, tuple[ast.Call, ...]]] = [(task, ())]
        while rest:
            node, between = rest.pop(0)
            for each in self._upstream.get(node, []):
                if each in seen:
                    continue
                seen.add(each)
                if each in self._jobs:
                    found[each] = between
                else:
                    rest.append((each, (each, *between)))
        return found

    def _cut_circles(self) -> dict[ast.Call, set[ast.Call]]:
        """Return the edges that would close a circle, which no plan may have, by the job that waits."""
        kept: dict[ast.Call, set[ast.Call]] = {each: set() for each in self._jobs}
        cut: dict[ast.Call, set[ast.Call]] = {}
        for task, nearest in self._before.items():
            for each in nearest:
                if _reaches(kept, each, task):
                    cut.setdefault(task, set()).add(each)
                else:
                    kept[task].add(each)
        return cut


def _reaches(upstream: Mapping[ast.Call, set[ast.Call]], start: ast.Call, goal: ast.Call) -> bool:
    rest, seen = [start], {start}
    while rest:
        node = rest.pop()
        if node is goal:
            return True
        rest += upstream[node] - seen
        seen |= upstream[node]
    return False
