"""What a person sees of an apply that ran in the test's process: the command's own lines on stderr."""

from collections.abc import Iterable

from campaign.world import Played

from ecsplan_applier.outcomes.events import Event, Finished
from ecsplan_cli.render.apply.event_lines import Lines, Output


def rendered(events: Iterable[Event]) -> str:
    """Return the lines that `ecsplan apply plan.json` prints to stderr for these events."""
    lines: list[str] = []
    view = Lines("plan.json", Output(None, prefixed=False), quiet=False, colour=False, show=lines.append)
    for each in events:
        view.render(each)
    return "\n".join(lines)


def whole(played: Played) -> str:
    """Return all that an apply prints to stderr."""
    return "\n".join([rendered(played.events), "" if played.error is None else str(played.error)])


def ending(played: Played) -> str:
    """Return how it ends: the summary with what may still run, or the error."""
    last = [each for each in played.events if isinstance(each, Finished)]
    return "\n".join([rendered(last), "" if played.error is None else str(played.error)])


def names(text: str, arn: str) -> bool:
    """Return whether a text names a task, by its ARN or by the beginning of its id."""
    return arn.rpartition("/")[2][:8] in text
