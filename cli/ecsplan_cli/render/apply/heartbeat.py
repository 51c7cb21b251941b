"""One line about what an apply waits for, where nobody watches the states of its tasks change."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from ecsplan.terms.safe_text import escaped
from ecsplan_applier.outcomes.events import HeldJobs, Waiting, WaitingTask
from ecsplan_cli.render.apply.failures import named
from ecsplan_cli.render.durations import duration

_MAX_NAMED: Final = 3
"""Tasks that are named; of more, the number in each state is said."""


def heartbeat(event: Waiting) -> str:
    """Return what the apply waits for, in which state, and for how long, and which jobs wait for that."""
    held = held_jobs(event.held)
    if not event.tasks:
        return held or "still cleaning up: every task has ended"
    said = f"still waiting for {_tasks(event.tasks)}"
    return f"{said}; {held}" if held else said


def held_jobs(held: HeldJobs | None) -> str:
    """Return how many jobs wait for which others, or ""."""
    if held is None:
        return ""
    jobs, waits = ("1 job", "waits") if held.count == 1 else (f"{held.count} jobs", "wait")
    names = [escaped(each) for each in held.names]
    return f"{jobs} {waits} for {named(names, most=_MAX_NAMED) if names else 'the end of others'}"


def _tasks(tasks: Sequence[WaitingTask]) -> str:
    if len(tasks) <= _MAX_NAMED:
        states = (
            f"{escaped(each.label)} ({escaped(each.state)} for {duration(each.seconds)})" for each in tasks
        )
        return ", ".join(states)
    states = (
        f"{count} {escaped(state)}" for state, count in Counter(each.state for each in tasks).most_common()
    )
    longest = max(tasks, key=lambda each: each.seconds)
    return (
        f"{len(tasks)} tasks: {', '.join(states)};"
        f" longest {escaped(longest.label)} ({escaped(longest.state)} for {duration(longest.seconds)})"
    )
