"""What `ecsplan schedule` does about schedules, as lines to read."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from ecsplan.terms.placeholders import REGISTERED_AT_APPLY
from ecsplan.terms.safe_text import escaped, without_commands
from ecsplan_applier.schedules.changes import Action, ScheduleChange, ScheduleResult
from ecsplan_cli.output import counted
from ecsplan_cli.render.change_lines import change_lines
from ecsplan_cli.render.paint import paint
from ecsplan_cli.render.run_times import next_runs, run_times, when_it_runs
from ecsplan_cli.render.short_names import short_name

_SIGNS: Final[Mapping[Action, str]] = {"create": "+", "update": "~", "unchanged": "=", "remove": "-"}
_COLOURS: Final = {"+": "green", "-": "red", "~": "yellow"}
_DONE: Final[Mapping[Action, str]] = {
    "create": "created",
    "update": "updated",
    "unchanged": "unchanged",
    "remove": "removed",
}
_TO_DO: Final[Mapping[Action, str]] = {
    "create": "to create",
    "update": "to update",
    "unchanged": "unchanged",
    "remove": "to remove",
}


def render_result(result: ScheduleResult, now: datetime, *, dry_run: bool, colour: bool = False) -> str:
    """Return, schedule by schedule, what was done, or would be; the count at the end.

    Args:
        result: What was done.
        now: The time, from which the next runs are counted.
        dry_run: Whether nothing was done.
        colour: Whether to use colour.
    """
    words = _TO_DO if dry_run else _DONE
    lines = [
        f"+ schedule group {escaped(each)}: {'to create' if dry_run else 'created'}" for each in result.groups
    ]
    for each in result.changes:
        lines.append(_head(each, words, colour=colour))
        lines += (f"    {text}" for text in _about(each, now, colour=colour))
    lines.append(_summary(result.changes, words))
    return without_commands("".join(f"{line}\n" for line in lines))


def render_removals(removed: Sequence[ScheduleChange], *, colour: bool = False) -> str:
    """Return the schedules that would be removed, a line each."""
    return without_commands("".join(f"{_head(each, _TO_DO, colour=colour)}\n" for each in removed))


def _head(change: ScheduleChange, words: Mapping[Action, str], *, colour: bool) -> str:
    sign, path = _SIGNS[change.action], escaped(change.id.path)
    painted = partial(paint, colour=colour)
    name = painted(escaped(change.job or change.id.name), bold=True)
    what = f"schedule {path} in {change.id.target.region} {words[change.action]}"
    number = f", {counted(len(change.changes), 'change')}" if change.action == "update" else ""
    whose = "; no given job has it" if change.action == "remove" else ""
    return f"{painted(sign, fg=_COLOURS.get(sign), bold=True)} {name}: {what}{number}{whose}"


def _about(change: ScheduleChange, now: datetime, *, colour: bool) -> Iterator[str]:
    for each in change.changes:
        for line in change_lines(each):
            yield paint(f"{line.sign} {line.text}", fg=_COLOURS.get(line.sign), colour=colour).rstrip()
    if change.schedule is None:
        return
    revision = change.revision
    if revision == REGISTERED_AT_APPLY:
        yield "starts a revision that is registered for it"
    else:
        yield f"starts {escaped(short_name(revision))}{', registered just now' if change.registers else ''}"
    times = run_times(change.schedule, now)
    yield f"runs {escaped(when_it_runs(times))}"
    if times.enabled:
        yield f"next: {escaped(next_runs(times))}"


def _summary(changes: Sequence[ScheduleChange], words: Mapping[Action, str]) -> str:
    number = Counter(each.action for each in changes)
    parts = [f"{number[action]:,} {word}" for action, word in words.items() if number[action]]
    return f"{counted(len(changes), 'schedule')}{': ' if parts else ''}{', '.join(parts)}."
