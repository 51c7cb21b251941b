"""Reading the events of a stream that nobody applies: a caller, an account and a place are enough."""

from collections.abc import Sequence

import pytest

from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import GET_LOG_EVENTS, Operation
from ecsplan_applier.aws.retry import Caller
from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.outcomes.result import LogPlace
from ecsplan_applier.scheduling.clock import SystemClock
from ecsplan_applier.scheduling.scheduler import Event, Loop
from ecsplan_applier.tasks.log_stream import FULL_PAGE, LogStream

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
