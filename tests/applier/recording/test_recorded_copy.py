"""What is recorded of a copy in each of its states: open, ended, or free to be started by a later apply."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from compiled_jobs import compiled

from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.ledger.entry import KEPT_BY_ECS_S, RecordedCopy
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.outcomes.task import Task, read_task
from ecsplan_applier.recording.recorded_copy import Asked, recorded_copy
from ecsplan_applier.tasks.copies import Copy
from ecsplan_applier.tasks.job_run import JobRun
from ecsplan_applier.tasks.verdicts import Verdict

ARN = "arn:aws:ecs:us-east-1:000000000000:task/default/0123456789abcdef"
NOW, AT = 10_000.0, 9_000.0
MARKED = Asked(NOW, AT, AT)
SHARED = Asked(NOW, AT, AT, by_others=True)
UNMARKED = Asked(NOW)
CONTEXT: Any = SimpleNamespace(
    now=lambda: 20.0,
    claim=lambda _: None,
    emit=lambda _: None,
    caller=SimpleNamespace(clock=SimpleNamespace(since=lambda *_: 0.0)),
)


def task(status: str) -> Task:
    found = read_task({"taskArn": ARN, "lastStatus": status})
    assert found is not None
    return found


def new() -> Copy:
    result = compiled({"image": "alpine"})
    assert result.plan is not None
    return JobRun(result.plan.jobs[0], Target("us-east-1", None, None, None)).copies[0]


def given_up(outcome: Outcome, *, requested: bool = False) -> Callable[[Copy], None]:
    def act(copy: Copy) -> None:
        if requested:
            copy.request()
        copy.give_up(Verdict(outcome, "because"))

    return act


def follows(*statuses: str) -> Callable[[Copy], None]:
    def act(copy: Copy) -> None:
        copy.assign(CONTEXT, task(statuses[0]), attached=False)
        for each in statuses[1:]:
            copy.observe(CONTEXT, task(each))

    return act


def left_running(copy: Copy) -> None:
    follows("PENDING", "RUNNING")(copy)
    copy.detach()


def abandoned(copy: Copy) -> None:
    follows("PENDING", "RUNNING")(copy)
    copy.give_up(Verdict(Outcome.LOST, "out of sight"))


def waiting(copy: Copy) -> None:
    """Leave it as it is."""


FREE, OPEN, ENDED = (None, "free"), (AT, "open"), (AT, "ended")


@pytest.mark.parametrize(
    ("act", "asked", "expected", "has_result"),
    [
        pytest.param(waiting, UNMARKED, FREE, False, id="its turn has not come"),
        pytest.param(waiting, MARKED, OPEN, False, id="about to be asked for"),
        pytest.param(Copy.request, MARKED, OPEN, False, id="asked for"),
        pytest.param(follows("PENDING"), MARKED, OPEN, False, id="started"),
        pytest.param(follows("PENDING", "RUNNING"), MARKED, OPEN, False, id="running"),
        pytest.param(follows("PENDING"), UNMARKED, (NOW, "open"), False, id="a task that was found"),
        pytest.param(follows("PENDING", "STOPPED"), MARKED, ENDED, True, id="ended"),
        pytest.param(left_running, MARKED, OPEN, False, id="left running"),
        pytest.param(abandoned, MARKED, OPEN, False, id="lost sight of"),
        pytest.param(given_up(Outcome.SKIPPED), UNMARKED, FREE, True, id="skipped"),
        pytest.param(
            given_up(Outcome.INTERRUPTED), MARKED, FREE, True, id="interrupted before it was asked for"
        ),
        pytest.param(given_up(Outcome.REFUSED), MARKED, FREE, True, id="refused"),
        pytest.param(given_up(Outcome.NOT_STARTED), MARKED, FREE, True, id="no capacity"),
        pytest.param(
            given_up(Outcome.REFUSED), SHARED, OPEN, True, id="refused, and others may have started it"
        ),
        pytest.param(given_up(Outcome.REFUSED, requested=True), MARKED, OPEN, False, id="an answer was lost"),
        pytest.param(
            given_up(Outcome.INTERRUPTED, requested=True),
            MARKED,
            OPEN,
            False,
            id="interrupted while asked for",
        ),
        pytest.param(given_up(Outcome.NO_EXIT_CODE), MARKED, OPEN, False, id="may have run and gone"),
        pytest.param(given_up(Outcome.LOST), MARKED, OPEN, False, id="its task was taken for another's"),
        pytest.param(
            given_up(Outcome.NO_EXIT_CODE), UNMARKED, (NOW - KEPT_BY_ECS_S, "open"), False, id="ran long ago"
        ),
    ],
)
def test_a_copy(
    act: Callable[[Copy], None], asked: Asked, expected: tuple[float | None, str], has_result: bool
) -> None:
    copy = new()
    act(copy)

    found = recorded_copy(copy, asked)

    assert (found.asked_at, state(found)) == expected
    assert (found.result is not None) is has_result
    assert found.task_arn == (None if copy.task is None else ARN)
    assert found.first_asked_at == (None if expected == FREE else asked.first_at)


def state(found: RecordedCopy) -> str:
    return "ended" if found.has_ended else "open" if found.is_open else "free"


def test_the_end_of_a_task_has_its_time() -> None:
    copy = new()
    follows("PENDING")(copy)
    ended = read_task({"taskArn": ARN, "lastStatus": "STOPPED", "stoppedAt": 9_500.25})
    assert ended is not None

    before = recorded_copy(copy, MARKED).stopped_at
    copy.observe(CONTEXT, ended)

    assert (before, recorded_copy(copy, MARKED).stopped_at) == (None, 9_500.25)


def test_what_ran_long_ago_is_never_started_again() -> None:
    copy = new()
    copy.give_up(Verdict(Outcome.NO_EXIT_CODE, "ECS no longer shows it"))

    assert recorded_copy(copy, UNMARKED).is_forgotten(NOW)
