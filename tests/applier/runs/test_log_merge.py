"""Several streams as one: every event once, by time, those of one time in the order of the streams."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ecsplan.terms.observed import Body
from ecsplan_applier.aws.rate_limits import Limits
from ecsplan_applier.context import Interrupt, RunContext
from ecsplan_applier.outcomes.errors import ApplierError
from ecsplan_applier.runs.logs.merge import Stretch, merge, newest
from ecsplan_applier.runs.logs.pages import LogPages
from ecsplan_applier.scheduling.clock import SystemClock
from ecsplan_applier.scheduling.scheduler import Loop

Streams = list[list[tuple[int, str]]]
NOTHING: Any = None


class Written(LogPages):
    """Pages that a test has written down."""

    def __init__(self, pages: Sequence[Sequence[Body]]) -> None:
        self._written = list(pages)

    async def next(self) -> Sequence[Body]:
        return self._written.pop(0) if self._written else ()


def context() -> RunContext:
    """Return what a merge needs of a run: a loop, and that nobody interrupts it."""
    loop = Loop(SystemClock(), workers=0)
    return RunContext(
        run_id="r", loop=loop, caller=NOTHING, limits=Limits(), emit=NOTHING, interrupt=Interrupt()
    )


def pages_of(events: list[tuple[int, str]], size: int) -> list[list[Body]]:
    """Return events in pages, cut from the front."""
    bodies: list[Body] = [{"timestamp": at, "message": text} for at, text in events]
    return [bodies[first : first + size] for first in range(0, len(bodies), size)]


def fail(number: int, error: ApplierError) -> None:
    raise AssertionError(number) from error


def flat(stretches: Sequence[Stretch]) -> list[tuple[int, str]]:
    return [(each.stream, text) for each in stretches for text in each.messages]


streams = st.lists(st.lists(st.integers(0, 6), max_size=12), max_size=4).map(
    lambda found: [[(at, f"{n}.{i}") for i, at in enumerate(sorted(times))] for n, times in enumerate(found)]
)


def in_order(written: Streams) -> list[tuple[int, str]]:
    """Return all events as they are to be shown."""
    events = [(at, n, i, text) for n, each in enumerate(written) for i, (at, text) in enumerate(each)]
    return [(n, text) for _, n, _, text in sorted(events)]


@given(streams, st.integers(1, 5))
def test_all_events_are_merged_by_time(written: Streams, size: int) -> None:
    run, got = context(), list[Stretch]()

    async def merged() -> None:
        pages = [Written(pages_of(each, size)) for each in written]
        first = [await each.next() for each in pages]
        await merge(run, pages, first, got.extend, fail)

    run.loop.run(merged())

    assert flat(got) == in_order(written)


@given(streams, st.integers(1, 5), st.integers(0, 20))
def test_the_newest_are_the_last_of_all(written: Streams, size: int, count: int) -> None:
    run = context()

    async def tail() -> Sequence[Stretch]:
        pages = [Written(pages_of(each, size)[::-1]) for each in written]
        first = [await each.next() for each in pages]
        return await newest(pages, first, count, fail)

    assert flat(run.loop.run(tail())) == in_order(written)[max(0, sum(map(len, written)) - count) :]
