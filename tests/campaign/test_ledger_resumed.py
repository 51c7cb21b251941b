"""A run with a ledger that is killed again while it is resumed, signalled, or resumed about an hour later."""

import pytest
from campaign.clocks import JumpingClock
from campaign.disturbing import Signalling, failures
from campaign.judge import Verdict
from campaign.ledgers import FORGOTTEN_S, KINDS, Kind, ended_of, ends_of
from campaign.orders import PIPELINE, Waits
from campaign.recalling import kept, killed, left_behind
from campaign.sample import positions, seeded
from campaign.table import DOUBLED, LOST, PROPERTY, SURVIVED, Record, row
from campaign.test_ledger import RETRIED, SINGLE, WHEN, calls_of
from campaign.tries import COPIES, Tries
from campaign.world import World, look

TWICE_ROW = "kill -9 at a call, and again while it is resumed, with a ledger, {}"
SIGNAL_ROW = "SIGTERM at a call, with a ledger"
CASES: tuple[Tries | Waits, ...] = (SINGLE, RETRIED, COPIES, PIPELINE)
EACH_TWICE, EACH_SIGNAL = 2, 3
"""Calls of each apply, with each kind of ledger, at which it is killed first, or gets a signal."""


def killed_twice(
    world: World, case: Tries | Waits, kind: Kind, numbers: tuple[int, int], *, when: str
) -> Verdict:
    """Kill an apply before a call, and the apply that resumes it after another one; then resume the run."""
    it = kept(world, case, kind)
    killed(world, it, numbers[0], after=False)
    killed(world, it, numbers[1], after=True, machine="two", may_end=True)
    return WHEN[when](world, case, it, left_behind(world, it))


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", CASES, ids=lambda each: each.name)
def test_killed_again_while_it_is_resumed(
    world: World, *, case: Tries | Waits, kind: Kind, when: str, scale: int, record_property: Record
) -> None:
    draw = seeded("killed twice", case.name, kind, when)
    names = calls_of(world, case, kind)
    chosen = positions(draw, names, EACH_TWICE * scale, sure=("RunTask", "PutObject", "os.rename"))
    orders = [(number, draw.randrange(1, len(names))) for number in chosen]

    verdicts = {order: killed_twice(world, case, kind, order, when=when) for order in orders}

    record_property(PROPERTY, row(TWICE_ROW.format(when), verdicts.values()))
    assert failures(verdicts) == {}


def signalled(world: World, case: Tries | Waits, kind: Kind, number: int) -> Verdict:
    """Send SIGTERM at a call; hours later, what had ended is reported, and only the rest is carried out."""
    it = kept(world, case, kind)
    gateway = Signalling(it.ledger.gateway(), number)
    played = it.apply(around=lambda _: gateway, interrupt=gateway.interrupt)
    found = look(world.gateway(), it.run.family)
    verdict = case.judge_signalled(played, found, started=gateway.started)
    if verdict.kind != SURVIVED:
        return verdict
    recorded = it.ledger.ends()
    world.time.advance(FORGOTTEN_S)
    again = it.apply("two")
    later = {each["taskArn"] for each in world.found(it.run.family).tasks}
    # Not for good where a further attempt was due: the end of the copy is not that of its last task then.
    ended = {which for which, end in ended_of(played).items() if end[-1] == end[-2]}
    if again.error is not None or it.ledger.lost_ends() or recorded.keys() != ended:
        return Verdict(LOST, f"{recorded} of {ended} recorded\n{played.text}\n{again.text}")
    reported = ends_of(again)
    if any(reported[which] != end for which, end in recorded.items()):
        return Verdict(LOST, f"reported {reported}, recorded {recorded}")
    repeated = {each["taskArn"] for each in found.tasks} & later
    return Verdict(DOUBLED, f"{repeated} shown") if repeated else Verdict(SURVIVED)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", CASES, ids=lambda each: each.name)
def test_a_signal_at_calls(
    world: World, *, case: Tries | Waits, kind: Kind, scale: int, record_property: Record
) -> None:
    draw = seeded("signals with a ledger", case.name, kind)
    calls = [each for each in calls_of(world, case, kind) if not each.startswith(("open", "os."))]

    verdicts = {
        number: signalled(world, case, kind, number)
        for number in positions(draw, calls, EACH_SIGNAL * scale, sure=("RunTask", "PutObject"))
    }

    record_property(PROPERTY, row(SIGNAL_ROW, verdicts.values()))
    assert failures(verdicts) == {}


@pytest.mark.parametrize("ahead_s", [-300.0, 0.0, 300.0], ids=["clock behind", "clock right", "clock ahead"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("later_s", "status", "tasks"),
    [
        pytest.param(0.0, 3, 1, id="at once"),
        pytest.param(3550.0, 3, 1, id="within the hour"),
        pytest.param(3650.0, 125, 0, id="after the hour"),
    ],
)
def test_an_entry_without_a_task(
    world: World, *, kind: Kind, ahead_s: float, later_s: float, status: int, tasks: int
) -> None:
    """The apply was killed before RunTask: whether its token may be sent is decided by AWS's clock."""
    # Before the apply is begun: where nobody has asked for them yet, another apply gives its calls.
    number = calls_of(world, SINGLE, kind).index("RunTask") + 1
    it = kept(world, SINGLE, kind)
    killed(world, it, number, after=False)
    world.time.advance(later_s)

    played = it.apply("two", clock=JumpingClock(world.time, ahead_s))

    assert (played.status, len(world.found(it.run.family).tasks)) == (status, tasks), played.text
