"""One line about what an apply waits for, where nobody watches the states of its tasks change."""

from collections import Counter
from typing import Final

from ecsplan.terms.safe_text import escaped
from ecsplan_applier.outcomes.events import Waiting
from ecsplan_cli.render.durations import duration

_MAX_NAMED: Final = 3
"""Tasks that are named; of more, the number in each state is said."""


def heartbeat(event: Waiting) -> str:
    """Return what the apply waits for, in which state, and for how long."""
    tasks = event.tasks
    if not tasks:
        return "still cleaning up: every task has ended"
    if len(tasks) <= _MAX_NAMED:
        states = (
            f"{escaped(each.label)} ({escaped(each.state)} for {duration(each.seconds)})" for each in tasks
        )
        return f"still waiting for {', '.join(states)}"
    states = (
        f"{count} {escaped(state)}" for state, count in Counter(each.state for each in tasks).most_common()
    )
    longest = max(tasks, key=lambda each: each.seconds)
    return (
        f"still waiting for {len(tasks)} tasks: {', '.join(states)};"
        f" longest {escaped(longest.label)} ({escaped(longest.state)} for {duration(longest.seconds)})"
    )
