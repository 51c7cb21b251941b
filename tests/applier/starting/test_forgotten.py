"""What was asked for and has no end in the ledger: asked for again within the hour, and never after it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from apply_stage import LOGGING, Stage
from job_policies import jobs_of, life, ordered
from machines import CHANGES, DAY, HELLO, HOUR, LONG, MINUTE, SHORT, Machines, runs

from ecsplan_applier.aws.rate_limits import Limits, Rate
from ecsplan_applier.outcomes.errors import ApplierError, ForgottenRunError, RunIdTakenError
from ecsplan_applier.outcomes.events import TaskStarted
from ecsplan_applier.outcomes.result import Outcome

Begin = Callable[..., Stage]


@pytest.fixture
def machines(stage: Begin) -> Callable[..., Machines]:
    return lambda *args, **options: Machines(stage(*args, **options))


Start = Callable[..., Machines]


KINDS = {
    "single": (HELLO, 1),
    "count": (HELLO + "count: 3\n", 3),
    "array": (HELLO + "array: 3\n", 3),
}


@pytest.mark.parametrize("age_s", [0.0, 30 * MINUTE, HOUR - 10])
@pytest.mark.parametrize("after", [pytest.param(False, id="before"), pytest.param(True, id="after")])
@pytest.mark.parametrize("kind", KINDS)
def test_what_was_asked_for_within_the_hour_is_asked_for_again(
    machines: Start, kind: str, after: bool, age_s: float
) -> None:
    manifest, copies = KINDS[kind]
    here = machines({"tasks": [{"timeline": SHORT}]})
    plan = here.world.compile(manifest)
    here.killed(plan, "RunTask", after=after)
    here.later(age_s)

    again = here.apply(plan)

    assert again.status == (3 if copies == 1 else 1)
    assert [each.exit_code for each in again.summary.tasks] == [3] * copies
    assert here.started == copies


@pytest.mark.parametrize("age_s", [HOUR, 2 * HOUR, 30 * DAY])
@pytest.mark.parametrize("after", [pytest.param(False, id="before"), pytest.param(True, id="after")])
@pytest.mark.parametrize("kind", KINDS)
def test_what_was_asked_for_earlier_is_forgotten_and_not_started_again(
    machines: Start, kind: str, after: bool, age_s: float
) -> None:
    manifest, _ = KINDS[kind]
    here = machines({"tasks": [{"timeline": SHORT}]})
    plan = here.world.compile(LOGGING + manifest.removeprefix("image: alpine\n"))
    here.killed(plan, "RunTask", after=after)
    started = here.started
    here.later(age_s + 5)

    with pytest.raises(ForgottenRunError) as refused:
        here.apply(plan)

    assert refused.value.exit_status == 125
    said = str(refused.value)
    for part in ("hello", "asked for at 2027-01-15 08:00:00 UTC", "ecsplan status run", "log group ecsplan"):
        assert part in said
    assert here.world.calls(*CHANGES) == []
    assert here.started == started


@pytest.mark.parametrize(
    ("kind", "outcomes"),
    [
        pytest.param("single", [Outcome.FAILED], id="single"),
        pytest.param("count", [Outcome.FAILED] * 3, id="count"),
        pytest.param("array", [Outcome.FAILED, Outcome.NO_EXIT_CODE, Outcome.NO_EXIT_CODE], id="array"),
    ],
)
def test_of_what_is_forgotten_tasks_that_ecs_shows_are_watched(
    machines: Start, kind: str, outcomes: list[Outcome]
) -> None:
    """Of the array, the apply is killed when the first of its tasks was started."""
    here = machines({"tasks": [{"timeline": LONG}]})
    plan = here.world.compile(KINDS[kind][0])
    here.killed(plan, "RunTask")
    started = here.started
    here.later(2 * HOUR)

    again = here.apply(plan)

    assert [each.outcome for each in again.summary.tasks] == outcomes
    assert again.status == (3 if len(outcomes) == 1 else 1)
    assert here.started == started == outcomes.count(Outcome.FAILED)
    assert all(each.attached for each in again.of(TaskStarted))


def test_a_task_that_the_ledger_names_is_found_by_its_name(machines: Start) -> None:
    """It has stopped within the hour, and another one of its family has, too."""
    here = machines({"tasks": [{"timeline": runs(3 * HOUR)}]})
    plan = here.world.compile(HELLO + "count: 2\n")
    first = here.apply(plan, detach=True)
    arns = [each.arn for each in first.summary.tasks]
    here.later(3 * HOUR + 60)

    again = here.apply(plan)

    assert [each.arn for each in again.summary.tasks] == arns
    assert [each.exit_code for each in again.summary.tasks] == [3, 3]
    assert here.started == 2


@pytest.mark.parametrize("age_s", [MINUTE, 50 * MINUTE])
def test_a_call_is_made_again_as_it_was_although_a_copy_of_it_has_ended(
    machines: Start, age_s: float
) -> None:
    """Three copies were asked for together; the end of the first is recorded, and the others go on."""
    here = machines({"tasks": [{"copy": 1, "timeline": SHORT}, {"timeline": runs(2 * HOUR)}]})
    plan = here.world.compile("image: alpine\ncount: 3\n")
    # Ends are recorded together with others that follow within a minute.
    here.killed(plan, "DescribeTasks", 50)
    document = json.loads(here.document().read_text(encoding="utf-8"))
    assert [each["result"] is None for each in document["copies"]] == [False, True, True]
    here.later(age_s)

    again = here.apply(plan)

    assert [each.exit_code for each in again.summary.tasks] == [3, 3, 3]
    assert here.started == 3


RETRY = HELLO + "retry: {attempts: 3, on: [failure]}\n"


@pytest.mark.parametrize(
    ("second", "after", "age_s", "expected"),
    [
        pytest.param(runs(1, 0), False, 30 * MINUTE, 0, id="not started, young"),
        pytest.param(runs(1, 0), True, 30 * MINUTE, 0, id="ended unseen, young"),
        pytest.param(runs(1, 0), False, 2 * HOUR, None, id="not started, old"),
        pytest.param(runs(1, 0), True, 2 * HOUR, None, id="ended unseen, old"),
        pytest.param(runs(10 * HOUR, 0), True, 2 * HOUR, 0, id="running, old"),
        pytest.param(runs(10 * HOUR, 0), True, 30 * MINUTE, 0, id="running, young"),
    ],
)
def test_a_copy_goes_on_with_the_attempt_that_it_had_reached(
    machines: Start, second: list[dict[str, Any]], after: bool, age_s: float, expected: int | None
) -> None:
    here = machines({"tasks": [{"copy": 1, "timeline": SHORT}, {"timeline": second}]})
    plan = here.world.compile(RETRY)
    here.killed(plan, "RunTask", 2, after=after)
    here.later(age_s)

    if expected is None:
        with pytest.raises(ForgottenRunError):
            here.apply(plan)
        assert here.started == (2 if after else 1)
        return
    again = here.apply(plan)

    assert again.status == expected
    assert [(each.attempt, each.exit_code) for each in again.summary.tasks[0].attempts] == [(1, 3), (2, 0)]
    assert here.started == 2


def test_an_attempt_is_not_made_again_although_ecs_has_forgotten_the_one_before(machines: Start) -> None:
    """The first attempt took two hours; the second was asked for and never started, and is young."""
    here = machines({"tasks": [{"copy": 1, "timeline": runs(2 * HOUR)}, {"timeline": runs(1, 0)}]})
    plan = here.world.compile(RETRY)
    here.killed(plan, "RunTask", 2, after=False)
    # ECS knows the token of the first attempt for an hour after its end.
    here.later(HOUR - 20)
    here.edit(lambda entry: entry)

    again = here.apply(plan)

    assert (again.status, here.started) == (0, 2)
    assert [each.attempt for each in again.summary.tasks[0].attempts] == [1, 2]


class Skewed:
    """A clock that is off."""

    def __init__(self, clock: Any, by_s: float) -> None:
        self._clock = clock
        self._by_s = by_s

    def now(self) -> float:
        return float(self._clock.now()) + self._by_s

    def elapsed(self) -> float:
        return float(self._clock.elapsed())

    def wait(self, mail: Any, seconds: float | None) -> Any:
        return self._clock.wait(mail, seconds)


@pytest.mark.parametrize("skew_s", [-3 * HOUR / 4, -300.0, 300.0, 3 * HOUR / 4])
@pytest.mark.parametrize(("age_s", "forgotten"), [(40 * MINUTE, False), (90 * MINUTE, True)])
def test_the_age_is_measured_by_the_clock_of_aws(
    machines: Start, skew_s: float, age_s: float, forgotten: bool
) -> None:
    """The clock of the second machine is off."""
    here = machines({"tasks": [{"timeline": SHORT}]})
    plan = here.world.compile(HELLO)
    here.killed(plan, "RunTask", after=False)
    here.later(age_s)
    skewed = Skewed(here.world.clock, skew_s)

    if forgotten:
        with pytest.raises(ForgottenRunError):
            here.apply(plan, clock=skewed)
    else:
        assert here.apply(plan, clock=skewed).status == 3
    assert here.started == (0 if forgotten else 1)


SLOW = Limits(run_calls=Rate(1, 1 / (55 * MINUTE)))
"""With it, the second call waits until what it asks for is older than an hour."""


@pytest.mark.parametrize(
    ("number", "after", "last"),
    [
        pytest.param(1, False, Outcome.NO_EXIT_CODE, id="never started"),
        pytest.param(2, True, Outcome.FAILED, id="running"),
    ],
)
def test_the_age_counts_at_the_moment_of_asking(
    machines: Start, number: int, after: bool, last: Outcome
) -> None:
    here = machines({"tasks": [{"timeline": LONG}]})
    plan = here.world.compile(HELLO + "count: 11\n")
    here.killed(plan, "RunTask", number, after=after)
    here.later(10 * MINUTE)

    again = here.apply(plan, limits=SLOW)

    assert [each.outcome for each in again.summary.tasks] == [Outcome.FAILED] * 10 + [last]
    assert here.started == (10 if last is Outcome.NO_EXIT_CODE else 11)
    assert again.status == 1


@pytest.mark.parametrize("kept", ["in a folder", "in a bucket"])
@pytest.mark.parametrize("after", [pytest.param(False, id="before"), pytest.param(True, id="after")])
@pytest.mark.parametrize(
    ("call", "status"),
    [
        (("RegisterTaskDefinition", 1), 125),
        (("RunTask", 1), 125),
        (("DescribeTasks", 1), 125),
        (("DescribeTasks", 2), 125),
        (("GetLogEvents", 1), 125),
        (("GetLogEvents", 3), 3),
        (("DeregisterTaskDefinition", 1), 3),
    ],
)
def test_nothing_starts_after_a_kill_and_two_hours(
    machines: Start, call: tuple[str, int], status: int, after: bool, kept: str
) -> None:
    """Apply on one machine, kill -9, two hours, apply on another: the result, or what is known of it."""
    here = machines({"tasks": [{"timeline": [SHORT[0], {"at": 1.5, "log": "done"}, SHORT[1]]}]})
    if kept == "in a bucket":
        here.keep_in_bucket()
    plan = here.world.compile(LOGGING + "auto_deregister_task_definition: true\n")
    here.killed(plan, *call, after=after)
    started = here.started
    here.later(2 * HOUR)

    try:
        found = here.apply(plan).status
    except ApplierError as error:
        found = error.exit_status

    assert found == status
    assert here.started == started
    assert here.world.calls(*CHANGES) == []


def test_a_refusal_says_what_has_ended(machines: Start) -> None:
    here = machines({"tasks": [life("extract"), life("load")]})
    plan = ordered(jobs_of(here.world, "extract", "load"), {"load": ["extract"]})
    here.killed(plan, "RunTask", 2, after=False)
    here.later(2 * HOUR)

    with pytest.raises(ForgottenRunError) as refused:
        here.apply(plan)

    said = str(refused.value).splitlines()
    assert said[1].startswith("  load: a task was asked for at ")
    assert said[2] == "  extract: succeeded"


def test_only_the_copy_is_given_up_where_ecs_shows_other_tasks_of_the_run(machines: Start) -> None:
    lives = {"tasks": [life("gone"), {"family": "runs", "timeline": LONG}, life("next")]}
    here = machines(lives)
    plan = ordered(
        jobs_of(here.world, "gone", "runs", "next", task_watch_poll_interval=300), {"next": ["gone"]}
    )
    here.killed(plan, "DescribeTasks", 1, after=False)
    here.later(2 * HOUR)

    again = here.apply(plan)

    outcomes = {each.job: each.outcome for each in again.summary.tasks}
    assert outcomes == {"gone": Outcome.NO_EXIT_CODE, "runs": Outcome.FAILED, "next": Outcome.SKIPPED}
    (gone,) = [each for each in again.summary.tasks if each.job == "gone"]
    assert "was asked for at" in (gone.reason or "")
    assert again.status == 1
    assert here.started == 2


UNLIKE = {"labels": "labels: {team: b}\n", "group": "group: others\n"}
"""What a task shows of its request, and the ledger does not compare."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("unlike", UNLIKE)
def test_a_running_task_of_another_request_is_named(machines: Start, unlike: str, kind: str) -> None:
    """Else its copy would be reported as one of which ECS shows no task."""
    manifest, copies = KINDS[kind]
    here = machines({"tasks": [{"timeline": LONG}]})
    here.killed(here.world.compile(manifest), "DescribeTasks")
    here.later(2 * HOUR)

    with pytest.raises(RunIdTakenError) as refused:
        here.apply(here.world.compile(manifest + UNLIKE[unlike]))

    assert [arn for arn in here.counting.arns if arn not in str(refused.value)] == []
    assert (here.started, here.world.calls(*CHANGES)) == (copies, [])
