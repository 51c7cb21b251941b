"""Runs that are taken up again with a ledger: within the hour, and when ECS has forgotten them."""

from dataclasses import dataclass
from typing import Any

from campaign.disturbing import Begun, Disturbable, Moment, begun, die
from campaign.judge import Verdict
from campaign.ledgers import FORGOTTEN_S, Kind, SharedLedger, ended_of, ends_of
from campaign.table import DOUBLED, LOST, SURVIVED
from campaign.world import Found, Played, World, look

from ecsplan_applier.ledger.entry import Entry

CHANGING = ("RegisterTaskDefinition", "RunTask")
"""What an apply that reports a run from the ledger does not call."""


@dataclass(frozen=True)
class Kept:
    """An apply that is about to be carried out with a ledger."""

    run: Begun
    ledger: SharedLedger

    def apply(self, machine: str = "one", **options: Any) -> Played:
        """Apply on a machine; options as those of `SharedLedger.apply`."""
        return self.ledger.apply(self.run.plan, self.run.family, machine=machine, **options)


def kept(world: World, case: Disturbable, kind: Kind) -> Kept:
    """Make what there is before an apply, in a fresh family and with a ledger of its own."""
    run = begun(world, case)
    return Kept(run, SharedLedger(world, kind, run.family))


def judged(world: World, case: Disturbable, it: Kept, played: Played) -> Verdict:
    """Return the verdict on the last apply of a run, and on what the ledger has then.

    It has the end of every copy that has ended, has never lost one, and hours later another machine reports
    the same from it, with the same exit status, and starts nothing.
    """
    verdict = case.judge(played, world.found(it.run.family))
    if verdict.kind != SURVIVED:
        return verdict
    return recorded(world, it, played)


def recorded(world: World, it: Kept, played: Played) -> Verdict:
    """Return the verdict on what the ledger has of a run whose last apply is given."""
    lost = it.ledger.lost_ends()
    if lost:
        return Verdict(LOST, f"recorded ends were lost: {lost}")
    if it.ledger.ends() != ended_of(played):
        return Verdict(LOST, f"recorded {it.ledger.ends()}, and reported {ended_of(played)}\n{played.text}")
    world.time.advance(FORGOTTEN_S)
    world.endpoint.forget_calls()
    again = it.apply("later")
    changed = [each for each in CHANGING if world.endpoint.calls(each)]
    if changed:
        return Verdict(DOUBLED, f"hours later, {changed} were called\n{again.text}")
    if (again.status, ends_of(again)) != (played.status, ends_of(played)):
        return Verdict(LOST, f"hours later: {again.status}, not {played.status}\n{again.text}\n{played.text}")
    return Verdict(SURVIVED)


@dataclass(frozen=True)
class Death:
    """What a killed apply has left behind: what ECS shows, and what the ledger has."""

    found: Found
    entries: dict[str, Entry]

    @property
    def unrecorded(self) -> list[str]:
        """The tasks of which the ledger does not know that they were asked for."""
        asked = {each.family for each in self.entries.values() if each.has_begun}
        return [each["taskArn"] for each in self.found.tasks if _family(each) not in asked]

    @property
    def is_open(self) -> bool:
        """Whether a task was asked for of which no end is recorded."""
        return any(copy.is_open for entry in self.entries.values() for copy in entry.copies)

    @property
    def has_begun(self) -> bool:
        """Whether the ledger knows of any task that was asked for."""
        return any(each.has_begun for each in self.entries.values())


def _family(task: dict[str, Any]) -> str:
    family: str = task["group"].removeprefix("family:")
    return family


def killed(
    world: World, it: Kept, number: int, *, after: bool, machine: str = "one", may_end: bool = False
) -> Death:
    """Carry an apply out and kill it at a call of AWS or the ledger; return what it has left behind.

    Args:
        world: Where.
        it: The run.
        number: Which call.
        after: Whether the call has its effect first.
        machine: On which machine it is carried out.
        may_end: Whether it may make fewer calls than that, and end.
    """
    die(lambda: it.apply(machine, moment=Moment(number, after=after)), may_end=may_end)
    return left_behind(world, it)


def left_behind(world: World, it: Kept) -> Death:
    """Return what there is of a run now."""
    return Death(look(world.gateway(), it.run.family), it.ledger.entries())


def resumed(world: World, case: Disturbable, it: Kept, death: Death) -> Verdict:
    """Take a killed run up on another machine while ECS knows it; it ends as if nothing had been."""
    if death.unrecorded:
        return Verdict(DOUBLED, f"started before the ledger knew of it: {death.unrecorded}")
    return judged(world, case, it, it.apply("two"))


def resumed_late(world: World, case: Disturbable, it: Kept, death: Death) -> Verdict:
    """Take a killed run up on another machine when ECS has forgotten it.

    What had ended is reported. What was asked for, and of which no end is recorded, is not started again: the
    apply ends with 125, or says so of these copies. What had never been asked for is carried out.
    """
    world.time.advance(FORGOTTEN_S)
    world.endpoint.forget_calls()
    played = it.apply("two")
    before = {each["taskArn"] for each in death.found.tasks}
    new = [each for each in world.found(it.run.family).tasks if each["taskArn"] not in before]
    lost = it.ledger.lost_ends()
    if lost:
        return Verdict(LOST, f"recorded ends were lost: {lost}")
    if death.is_open:
        return _judge_open(death, played, new)
    if not death.has_begun:
        return case.judge(played, Found(tuple(new), (), ()))
    if played.status != case.status:
        return Verdict(LOST, f"ended with {played.status}, not {case.status}\n{played.text}")
    return recorded(world, it, played)


def _judge_open(death: Death, played: Played, new: list[dict[str, Any]]) -> Verdict:
    """Return the verdict on an apply that finds tasks asked for of which nobody knows the end."""
    begun = {name for name, entry in death.entries.items() if entry.has_begun}
    if new:
        return Verdict(DOUBLED, f"started again: {[each['taskArn'] for each in new]}\n{played.text}")
    if played.status in {0, 1} and played.summary is None:
        return Verdict(LOST, f"ended with {played.status}\n{played.text}")
    if played.error is not None:
        said = played.status == 125 and "run id" in played.text
        return Verdict(SURVIVED if said else LOST, played.text)
    reported = ends_of(played)
    for name in begun:
        for copy in death.entries[name].copies:
            end = reported[name, copy.copy]
            if copy.is_open and (end[-1][1] is not None or played.status == 0):
                return Verdict(LOST, f"{name} {copy.copy} is said to have ended: {end}\n{played.text}")
            if copy.has_ended and copy.result is not None and end[-1][2] != copy.result.arn:
                return Verdict(LOST, f"{name} {copy.copy} had ended\n{played.text}")
    return Verdict(SURVIVED)
