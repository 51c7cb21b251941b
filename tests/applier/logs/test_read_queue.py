"""Whose turn it is to read a log, and how long a stream is left alone: in a time that jumps."""

from dataclasses import dataclass
from typing import Any

import pytest
from scripted_aws import JumpingClock

from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.rate_limits import Limits, log_reads
from ecsplan_applier.context import Interrupt, RunContext
from ecsplan_applier.logs.read_pauses import ReadPauses
from ecsplan_applier.logs.read_queue import RUNNING_YIELDS_S, ReadQueue, ReadQueues
from ecsplan_applier.scheduling.scheduler import Event, Loop

NOTHING: Any = None
TARGET = Target("us-east-1", None, None, None)
TURN_S = 1.02
"""Seconds from one turn to the next at one call a second: the rate limit keeps a little below it."""


@dataclass(frozen=True)
class Asks:
    """A reader that asks for one turn.

    Attributes:
        name: What it is called.
        at: When it asks, in seconds.
        over: Whether its task is over by then.
        ends_at: When its task ends while it waits.
        leaves_at: When it no longer waits.
        reads_s: How long its call takes.
    """

    name: str
    at: float
    over: bool = False
    ends_at: float | None = None
    leaves_at: float | None = None
    reads_s: float = 0.0


def turns(
    *readers: Asks, readers_at_once: int = 8, aborts_at: float | None = None
) -> list[tuple[str, float]]:
    """Return whose turn came when, at one call a second."""
    loop = Loop(JumpingClock(), workers=0)
    context = RunContext(
        run_id="r",
        loop=loop,
        caller=NOTHING,
        limits=Limits(log_reads=log_reads(1), log_readers=readers_at_once),
        emit=NOTHING,
        interrupt=Interrupt(),
    )
    queue, had, began = ReadQueues(context).of(TARGET), list[tuple[str, float]](), context.now()

    async def ask(each: Asks) -> None:
        await loop.sleep(each.at)
        ticket = queue.ask(over=each.over)
        if each.ends_at is not None:
            await loop.wait(ticket, seconds=each.ends_at - each.at)
            queue.hurry(ticket)
        leaves_s = None if each.leaves_at is None else each.leaves_at - each.at
        await loop.wait(ticket, context.aborted, seconds=leaves_s)
        if ticket.is_set():
            had.append((each.name, context.now() - began))
            await loop.sleep(each.reads_s)
        queue.leave(ticket)

    async def abort() -> None:
        if aborts_at is not None:
            await loop.sleep(aborts_at)
            context.abort()

    loop.run(loop.gather([*map(ask, readers), abort()]))
    return had


RUNNING = [Asks(f"runs {number}", 0) for number in range(4)]


@pytest.mark.parametrize(
    ("readers", "order"),
    [
        pytest.param(
            [Asks("a", 0), Asks("b", 0.1), Asks("c", 0.2)], ["a", "b", "c"], id="in the order of asking"
        ),
        pytest.param(
            [*RUNNING, Asks("over", 0.5, over=True)],
            ["runs 0", "over", "runs 1", "runs 2", "runs 3"],
            id="over goes first",
        ),
        pytest.param(
            [*RUNNING[:3], Asks("ends", 0, ends_at=1.5)],
            ["runs 0", "runs 1", "ends", "runs 2"],
            id="over while it waits",
        ),
        pytest.param(
            [*RUNNING[:2], Asks("first", 0.2, over=True), Asks("second", 0.3, over=True)],
            ["runs 0", "first", "second", "runs 1"],
            id="several that are over, in the order of asking",
        ),
        pytest.param(
            [*RUNNING[:2], Asks("leaves", 0, leaves_at=0.5), Asks("stays", 0.6)],
            ["runs 0", "runs 1", "stays"],
            id="one that waits no longer is passed over",
        ),
    ],
)
def test_whose_turn_it_is(readers: list[Asks], order: list[str]) -> None:
    assert [name for name, _ in turns(*readers)] == order


@pytest.mark.parametrize("load", [1.0, 0.5, 0.1], ids=lambda every_s: f"one every {every_s} s")
def test_ends_of_tasks_leave_no_running_one_out(load: float) -> None:
    ends = [Asks("over", number * load, over=True) for number in range(60)]
    running = [Asks("quiet", 0.05), Asks("noisy", 0.1)]

    had = dict(turns(*running, *ends))

    # Those that were due before them: the ones that asked within ten seconds after them.
    before = RUNNING_YIELDS_S / load + 3
    assert had["quiet"] < had["noisy"] <= before * TURN_S


def test_a_turn_that_comes_free_goes_to_the_most_urgent() -> None:
    slow = [Asks(f"slow {number}", 0, reads_s=20) for number in range(2)]

    had = turns(*slow, Asks("waits", 3), Asks("over", 5, over=True), readers_at_once=2)

    assert [name for name, _ in had] == ["slow 0", "slow 1", "over", "waits"]
    assert had[2][1] >= 20


def test_nobody_waits_after_an_abort() -> None:
    assert [name for name, _ in turns(*RUNNING, aborts_at=0.5)] == ["runs 0"]


def test_each_region_has_turns_of_its_own() -> None:
    loop = Loop(JumpingClock(), workers=0)
    context = RunContext(
        run_id="r", loop=loop, caller=NOTHING, limits=Limits(), emit=NOTHING, interrupt=Interrupt()
    )
    queues, regions = ReadQueues(context), ("eu-west-1", "us-east-1")
    of: dict[str, ReadQueue] = {each: queues.of(TARGET.in_region(each)) for each in regions}

    async def both() -> list[Event]:
        tickets = [each.ask(over=False) for each in of.values()]
        for each in tickets:
            await loop.wait(each)
        return tickets

    began = context.now()
    loop.run(both())
    assert context.now() == began
    of["eu-west-1"].join()
    assert (of["eu-west-1"].round_s, of["us-east-1"].round_s) == (0.2, 0.0)


POLL_S = 5.0


@pytest.mark.parametrize(
    ("round_s", "lines", "pauses"),
    [
        pytest.param(0.1, 0, [1.5, 2.25, 3.375, 5.0, 5.0], id="one stream, quiet: up to the poll interval"),
        pytest.param(0.1, 1, [1.0, 1.0], id="one stream, with lines"),
        pytest.param(2.0, 0, [2.0, 3.0, 4.5, 5.0], id="20 streams, quiet"),
        pytest.param(2.0, 1, [1.0, 1.0], id="20 streams, with lines: as often as one"),
        pytest.param(100.0, 0, [100.0, 150.0, 200.0, 200.0], id="1,000 streams, quiet: half of the calls"),
        pytest.param(100.0, 1, [1.0, 1.0], id="1,000 streams, with lines"),
    ],
)
def test_pauses(round_s: float, lines: int, pauses: list[float]) -> None:
    reader, pause_s, found = ReadPauses(round_s, POLL_S), 1.0, []

    for _ in pauses:
        pause_s = reader.after(lines, pause_s)
        found.append(pause_s)

    assert found == pauses


@pytest.mark.parametrize(("round_s", "pause_s"), [(0.1, 1.0), (0.5, 1.0), (2.0, 4.0), (100.0, 200.0)])
def test_the_pause_before_a_task_runs(round_s: float, pause_s: float) -> None:
    assert ReadPauses(round_s, POLL_S).before_start() == pause_s
