"""Manifests of one command, few or thousands: shared out over the cores, put together in their order."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain

from ecsplan.compile import Jobs, Part, compile_part, read_jobs, shared_families, shared_names
from ecsplan.plan.plan import plan_text
from ecsplan.terms.diagnostic import Diagnostic, has_errors, in_order
from ecsplan.terms.observed import Observed, Question
from ecsplan_cli.inputs import STDIN, Input, find_inputs, judged, unreadable
from ecsplan_cli.job_names import check_names
from ecsplan_cli.options import is_on_command_line
from ecsplan_cli.output import is_terminal, tell

ENOUGH_TO_SHARE = 128
"""Manifests from which on starting a process pays; below, one core is done sooner."""
AT_ONCE = 16
"""Manifests that a process takes at a time."""

Ask = Callable[[Sequence[Question], Observed], Observed]


@dataclass(frozen=True, slots=True)
class Task:
    """A manifest to compile and all that it takes; `text` is None where the process reads the file itself."""

    source: Input
    text: bytes | None
    region: str | None
    forced: bool
    observed: Observed | None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Fleet:
    """Compiled manifests in their order.

    Attributes:
        parts: One for each manifest.
        diagnostics: What is wrong with all of them, in order.
        observed: Whether AWS was asked.
    """

    parts: tuple[Part, ...]
    diagnostics: tuple[Diagnostic, ...]
    observed: bool

    def files(self) -> Iterator[str]:
        """Yield the paths of the definition files that were read."""
        return chain.from_iterable(part.files for part in self.parts)

    def plan(self) -> Iterator[str]:
        """Yield the text of the plan, piece by piece."""
        return plan_text(chain.from_iterable(part.texts for part in self.parts), observed=self.observed)


def compile_fleet(
    named: Sequence[str],
    *,
    region: str | None = None,
    name: str | None = None,
    ask: Ask | None = None,
    progress: bool = False,
) -> Fleet:
    """Return the manifests that the command line names, compiled.

    AWS is asked only once all manifests have passed the offline checks. Each round asks what the answers of
    the one before have raised, and compiles again what waits for it.

    Args:
        named: Files, directories and `-`; none: `manifests/`.
        region: The command's `--region`; from the environment it is for jobs that name none.
        name: The command's `--name`.
        ask: Asks AWS; None compiles offline.
        progress: Whether to count on stderr what is done.

    Raises:
        click.UsageError: Nothing is named and there is no `manifests/`, or `name` fits no job or several.
    """
    inputs = find_inputs(named)
    forced = region is not None and is_on_command_line("region")
    observed = None if ask is None else Observed()
    found = list(inputs.diagnostics)
    tasks = [
        Task(each, text, region, forced, observed, name)
        for each, text in _with_piped(inputs.manifests, found)
    ]
    with _mapper(len(tasks), progress=progress) as share:
        parts = list(share(tasks))
        kept = judged([(task.source.path, part.files) for task, part in zip(tasks, parts, strict=True)])
        tasks, parts = [tasks[each] for each in sorted(kept)], [parts[each] for each in sorted(kept)]
        found += check_names([place for part in parts for place in part.unnamed], name)
        found += shared_names(parts)
        seen = Observed()
        while ask is not None and not _wrong(found, parts) and (questions := _open(parts)):
            seen = ask(questions, seen)
            waiting = [index for index, part in enumerate(parts) if part.questions]
            tasks = [_answered(task, part, seen) for task, part in zip(tasks, parts, strict=True)]
            for index, part in zip(waiting, share([tasks[each] for each in waiting]), strict=True):
                parts[index] = part
    found += shared_families(
        chain.from_iterable(part.families for part in parts),
        chain.from_iterable(part.ignores for part in parts),
        complete=not _wrong(found, parts),
    )
    diagnostics = in_order(chain(found, *(part.diagnostics for part in parts)))
    return Fleet(tuple(parts), diagnostics, ask is not None)


def _with_piped(
    manifests: Iterable[Input], problems: list[Diagnostic]
) -> Iterator[tuple[Input, bytes | None]]:
    """Yield the manifests, standard input with what it holds: no other process could read it."""
    for each in manifests:
        try:
            text = each.read() if each.path == STDIN else None
        except OSError as reason:
            problems.append(unreadable(each.path, reason))
        else:
            yield each, text


def _wrong(found: Iterable[Diagnostic], parts: Iterable[Part]) -> bool:
    return has_errors(found) or any(has_errors(part.diagnostics) for part in parts)


def _open(parts: Iterable[Part]) -> tuple[Question, ...]:
    return tuple(dict.fromkeys(question for part in parts for question in part.questions))


def _answered(task: Task, part: Part, seen: Observed) -> Task:
    """Return the task with the answers to what its part has asked so far, and no others."""
    known = {} if task.observed is None else dict(task.observed.answers)
    known.update((question, seen.answers[question]) for question in part.questions)
    return replace(task, observed=Observed(known))


def compile_task(task: Task) -> Part:
    """Return one manifest, read and compiled; what a process of its own does."""
    try:
        text = task.source.read() if task.text is None else task.text
    except OSError as reason:
        return Part((), (), (unreadable(task.source.path, reason),))
    read: Jobs = read_jobs(
        text, file=task.source.path, region=task.region, name=task.name, read=task.source.read_beside
    )
    if task.forced and task.region is not None:
        read = read.in_region(task.region)
    return compile_part(read, task.observed)


@contextmanager
def _mapper(count: int, *, progress: bool) -> Iterator[Callable[[Sequence[Task]], Iterator[Part]]]:
    """Give a map over tasks, in their order, in as many processes as pay."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if count < ENOUGH_TO_SHARE or cores < 2:
        yield lambda tasks: map(compile_task, tasks)
        return
    from ecsplan_cli.workers import workers  # noqa: PLC0415 - only fleets need processes

    with workers(cores) as share:
        yield lambda tasks: _counted(
            share(compile_task, tasks, at_once=AT_ONCE), len(tasks), progress=progress
        )


def _counted(parts: Iterator[Part], count: int, *, progress: bool) -> Iterator[Part]:
    """Yield the parts, counting them on one line of a terminal."""
    for done, part in enumerate(parts, start=1):
        if progress and (done % 100 == 0 or done == count):
            tell(f"\rcompiled {done} of {count}", nl=done == count)
        yield part


def wants_progress(*, quiet: bool) -> bool:
    """Return whether somebody is there to watch."""
    return not quiet and is_terminal(sys.stderr)
