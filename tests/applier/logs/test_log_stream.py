"""Reading the events of a stream that nobody applies: a caller, an account and a place are enough."""

from collections import Counter
from collections.abc import Sequence

import pytest

from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import GET_LOG_EVENTS, Operation
from ecsplan_applier.aws.retry import Caller
from ecsplan_applier.logs.log_stream import FULL_PAGE, LogStream
from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.outcomes.result import LogPlace
from ecsplan_applier.scheduling.clock import SystemClock
from ecsplan_applier.scheduling.scheduler import Event, Loop

TARGET = Target("us-east-1", None, None, None)
PLACE = LogPlace("/jobs/etl", "etl/main/abc", "eu-west-1")


class Stream:
    """A gateway to one stream, whose tokens are positions in it; None does not exist."""

    def __init__(self, lines: Sequence[str] | None) -> None:
        self.lines = lines
        self.asked: list[tuple[Target, Body]] = []

    def target(self, aws: Aws) -> Target:
        del aws
        return TARGET

    def unknown(self, target: Target, operation: Operation, request: Body) -> tuple[str, ...]:
        del target, operation, request
        return ()

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        assert operation is GET_LOG_EVENTS
        self.asked.append((target, request))
        if self.lines is None:
            raise AwsError("GetLogEvents", "ResourceNotFoundException", "no such stream", status=400)
        begin = int(str(request.get("nextToken", 0)))
        end = min(len(self.lines), begin + FULL_PAGE)
        events = [{"timestamp": n + 1, "message": self.lines[n]} for n in range(begin, end)]
        return {"events": events, "nextForwardToken": str(end)}


def read(gateway: Stream, *, sweep: bool, cancel: Event | None = None) -> tuple[int, list[str], bool]:
    """Return how many events were read, their messages, and whether the stream was seen."""
    caller, lines = Caller(gateway, Loop(SystemClock(), workers=0)), list[str]()
    stream = LogStream(caller, TARGET, PLACE, take=lines.extend, cancel=cancel)
    taken = caller.loop.run(stream.sweep() if sweep else stream.read_on())
    return taken, lines, stream.exists


@pytest.mark.parametrize("sweep", [False, True], ids=["forward", "from the head"])
@pytest.mark.parametrize(
    "number", [0, 1, FULL_PAGE, FULL_PAGE + 1, 3 * FULL_PAGE], ids=lambda n: f"{n} events"
)
def test_all_events_are_read(number: int, sweep: bool) -> None:
    gateway = Stream([f"line {n}" for n in range(number)])

    assert read(gateway, sweep=sweep) == (number, [f"line {n}" for n in range(number)], True)


def test_where_is_asked() -> None:
    gateway = Stream(["a"])

    read(gateway, sweep=False)

    assert gateway.asked == [
        (
            TARGET.in_region("eu-west-1"),
            {"logGroupName": "/jobs/etl", "logStreamName": "etl/main/abc", "startFromHead": True},
        )
    ]


def test_a_stream_that_does_not_exist_has_no_events() -> None:
    assert read(Stream(None), sweep=True) == (0, [], False)


def test_a_cancelled_read_asks_nothing() -> None:
    cancel, gateway = Event(), Stream(["a"])
    cancel.set()

    assert read(gateway, sweep=True, cancel=cancel) == (0, [], False)
    assert gateway.asked == []


class Growing:
    """A gateway to one stream that grows; pages may end anywhere, as those of AWS may.

    Args:
        page_events: The most events of a page.
        newest_events: The most events of the page that is read from the end.
    """

    def __init__(self, page_events: int = FULL_PAGE, newest_events: int = FULL_PAGE) -> None:
        self.page_events = page_events
        self.newest_events = newest_events
        self.events: list[tuple[int, str]] = []
        self.from_head: list[bool] = []

    def target(self, aws: Aws) -> Target:
        del aws
        return TARGET

    def unknown(self, target: Target, operation: Operation, request: Body) -> tuple[str, ...]:
        del target, operation, request
        return ()

    def add(self, *events: tuple[int, str]) -> None:
        """Add events by their time; those of one time stay in the order in which they came."""
        self.events = sorted([*self.events, *events], key=lambda each: each[0])

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        del target, operation
        self.from_head.append(bool(request["startFromHead"]))
        token = request.get("nextToken")
        if request["startFromHead"]:
            after = 0 if token is None else int(str(token))
            page = [each for each in self.events if each[0] > after][: self.page_events]
        else:
            page = self.events[len(self.events) - min(self.newest_events, len(self.events)) :]
        last = str(page[-1][0]) if page else token or "0"
        events = [{"timestamp": at, "message": text} for at, text in page]
        return {"events": events, "nextForwardToken": last}


KNOWN = [(10, "a"), (20, "b"), (30, "b")]


@pytest.mark.parametrize(
    ("sizes", "late", "calls"),
    [
        pytest.param((FULL_PAGE, FULL_PAGE), [], 1, id="nothing is new"),
        pytest.param((FULL_PAGE, FULL_PAGE), [(40, "c")], 1, id="the last line"),
        pytest.param((FULL_PAGE, FULL_PAGE), [(5, "early")], 1, id="older than all others"),
        pytest.param(
            (FULL_PAGE, FULL_PAGE), [(15, "x"), (20, "b"), (50, "c")], 1, id="before, among and after"
        ),
        pytest.param((2, 2), [(40, "c")], 4, id="pages of two"),
        pytest.param((2, 2), [(5, "early")], 4, id="pages of two, and one that is older"),
        pytest.param((FULL_PAGE, 0), [(40, "c")], 3, id="an empty page, although there are events"),
        pytest.param(
            (FULL_PAGE, FULL_PAGE),
            [(100 + n, "c") for n in range(FULL_PAGE)],
            4,
            id="more than a page is new",
        ),
    ],
)
def test_the_newest_page_is_enough_where_it_is_the_whole_stream(
    sizes: tuple[int, int], late: list[tuple[int, str]], calls: int
) -> None:
    gateway, lines = Growing(), list[str]()
    caller = Caller(gateway, Loop(SystemClock(), workers=0))
    stream = LogStream(caller, TARGET, PLACE, take=lines.extend)
    gateway.add(*KNOWN)

    async def read_and_sweep() -> tuple[int, int]:
        await stream.read_on()
        gateway.add(*late)
        (gateway.page_events, gateway.newest_events), gateway.from_head = sizes, []
        taken = await stream.sweep()
        made = len(gateway.from_head)
        # It goes on after the sweep, and hands nothing on again.
        gateway.page_events = FULL_PAGE
        gateway.add((9000, "after"))
        assert await stream.read_on() == 1
        return taken, made

    taken, made = caller.loop.run(read_and_sweep())

    assert gateway.from_head[0] is False
    assert (taken, made) == (len(late), calls)
    assert Counter(lines) == Counter(text for _, text in gateway.events)


@pytest.mark.parametrize(
    "known",
    [
        pytest.param([], id="an empty stream"),
        pytest.param([(1 + each, f"{each}") for each in range(FULL_PAGE)], id="a long one"),
    ],
)
def test_a_stream_whose_newest_page_proves_nothing_is_read_from_its_head(
    known: list[tuple[int, str]],
) -> None:
    gateway, lines = Growing(), list[str]()
    caller = Caller(gateway, Loop(SystemClock(), workers=0))
    stream = LogStream(caller, TARGET, PLACE, take=lines.extend)
    gateway.add(*known)

    async def read_and_sweep() -> None:
        await stream.read_on()
        await stream.sweep()

    caller.loop.run(read_and_sweep())

    assert all(gateway.from_head)
    assert lines == [text for _, text in known]
