"""A run with a ledger, applied again: what ended is reported, and nothing starts twice, however late."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from apply_stage import LOGGING, Played, Stage
from job_policies import jobs_of, life, ordered
from killing import killed

from ecsplan.plan.plan import Plan
from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.aws.gateway import Gateway, Target
from ecsplan_applier.aws.operations import RUN_TASK, Operation
from ecsplan_applier.aws.rate_limits import Limits, Rate
from ecsplan_applier.ledger.entry import Entry, RecordedCopy
from ecsplan_applier.ledger.folder import FolderStore
from ecsplan_applier.ledger.ledger import Ledger
from ecsplan_applier.outcomes.errors import ApplierError, ForgottenRunError, LedgerError, RunIdTakenError
from ecsplan_applier.outcomes.events import TaskStarted
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.scheduling.clock import SystemClock
from ecsplan_applier.scheduling.scheduler import Loop

Begin = Callable[..., Stage]

HELLO = "image: alpine\ntask_watch_poll_interval: 300\n"
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
CHANGES = ("RunTask", "RegisterTaskDefinition", "DeregisterTaskDefinition", "StopTask", "TagResource")


def runs(seconds: float, exit_code: int = 3) -> list[dict[str, Any]]:
    """Return the life of a task that runs for so long."""
    return [{"at": 1, "status": "RUNNING"}, {"at": 1 + seconds, "status": "STOPPED", "exitCode": exit_code}]


SHORT, LONG = runs(1), runs(10 * HOUR)


class Counting:
    """A gateway that remembers all tasks that were ever started."""

    def __init__(self, inner: Gateway) -> None:
        self._inner = inner
        self.arns: set[str] = set()

    def target(self, aws: Aws) -> Target:
        return self._inner.target(aws)

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        answer = self._inner.call(target, operation, request)
        if operation.name == RUN_TASK.name:
            self.arns |= {str(each["taskArn"]) for each in answer["tasks"]}
        return answer

    def unknown(self, target: Target, operation: Operation, request: Body) -> tuple[str, ...]:
        return self._inner.unknown(target, operation, request)


class Machines:
    """An endpoint and a ledger that several machines share, each with a home of its own."""

    def __init__(self, world: Stage) -> None:
        self.world = world
        self.counting = Counting(world.gateway)
        world.gateway = self.counting
        self.ledger = world.folder / "ledger"
        self._homes = 0

    @property
    def started(self) -> int:
        return len(self.counting.arns)

    def apply(self, plan: Plan, **options: Any) -> Played:
        """Apply as run `run`, from a machine that has never done so."""
        return self.world.apply(plan, **({"run_id": "run", "ledger": self.ledger} | self._home() | options))

    def killed(self, plan: Plan, operation: str, number: int = 1, *, after: bool = True) -> None:
        killed(self.world, plan, operation, number, after=after, ledger=self.ledger, **self._home())

    def later(self, seconds: float) -> None:
        """Let time pass without anybody applying, and forget what was called until now."""
        self.world.clock.scripted.advance(seconds)
        self.world.endpoint.forget_calls()

    def _home(self) -> dict[str, Path]:
        self._homes += 1
        home = self.world.folder / f"home{self._homes}"
        return {"locks": home / "locks", "state": home / "state"}

    def edit(self, change: Callable[[Entry], Entry], job: str = "hello") -> None:
        """Replace the entry of a job, as an apply would have left it."""
        loop = Loop(SystemClock(), workers=0)
        ledger = Ledger(FolderStore(self.ledger, str(self.ledger), loop))
        for found in loop.run(ledger.of_run("000000000000", "us-east-1", "run")):
            if found.entry.key.job == job:
                loop.run(ledger.write(change(found.entry), found.version))

    def document(self, job: str = "hello") -> Path:
        (found,) = self.ledger.rglob(f"runs/run/{job}.json")
        return found


@pytest.fixture
def machines(stage: Begin) -> Callable[..., Machines]:
    return lambda *args, **options: Machines(stage(*args, **options))


Start = Callable[..., Machines]


def facts(played: Played) -> list[dict[str, Any]]:
    """Return what `--result` says of all tasks, but for who has started them."""

    def without(document: dict[str, Any]) -> dict[str, Any]:
        return {name: each for name, each in document.items() if name not in {"attached", "attempts"}}

    tasks = [each.to_json() for each in played.summary.tasks]
    attempts: list[Any] = [each["attempts"] for each in tasks]
    return [
        {**without(task), "attempts": list(map(without, each))}
        for task, each in zip(tasks, attempts, strict=True)
    ]


ONE_FAILS = {"tasks": [{"copy": 2, "timeline": SHORT}, {"timeline": runs(1, 0)}]}
ALL_SUCCEED = {"tasks": [{"timeline": runs(1, 0)}]}
SPOT = [
    {"at": 1, "status": "RUNNING"},
    {"at": 3, "status": "STOPPED", "stopCode": "SpotInterruption", "exitCode": 143,
     "stoppedReason": "Your Spot Task was interrupted."},
]  # fmt: skip
NO_IMAGE = [
    {"at": 1, "status": "STOPPED", "stopCode": "TaskFailedToStart",
     "stoppedReason": "CannotPullContainerError: pull image manifest has been retried 1 time(s): not found"},
]  # fmt: skip
FAILS_ONCE = {"tasks": [{"copy": 1, "timeline": SHORT}, {"timeline": runs(1, 0)}]}
ENDS: dict[str, tuple[str, dict[str, Any], int]] = {
    "succeeded": (HELLO, {"tasks": [{"timeline": runs(1, 0)}]}, 0),
    "failed": (HELLO, {"tasks": [{"timeline": SHORT}]}, 3),
    "another success": (HELLO + "succeed_on: [0, 3]\n", {"tasks": [{"timeline": SHORT}]}, 0),
    "an exit code of more than a byte": (HELLO, {"tasks": [{"timeline": runs(1, 300)}]}, 1),
    "not started": (HELLO, {"tasks": [{"timeline": NO_IMAGE}]}, 126),
    "interrupted by AWS": (HELLO + "retry: {attempts: 1}\n", {"tasks": [{"timeline": SPOT}]}, 125),
    "timed out": (HELLO + "task_timeout_seconds: 20\n", {"tasks": [{"timeline": LONG}]}, 124),
    "not started in time": (HELLO + "task_start_timeout_seconds: 20\n", {"tasks": [{"timeline": []}]}, 124),
    "at the second attempt": (HELLO + "retry: {attempts: 3, on: [failure]}\n", FAILS_ONCE, 0),
    "several copies": (HELLO + "count: 3\n", ONE_FAILS, 1),
    "an array": (HELLO + "array: 3\n", {"tasks": [{"timeline": SHORT}]}, 1),
    "an array, one at a time": (HELLO + "array: 3\nmax_parallel: 1\n", ALL_SUCCEED, 0),
    "deregistered": (HELLO + "auto_deregister_task_definition: true\n", {"tasks": [{"timeline": SHORT}]}, 3),
}  # fmt: skip


@pytest.mark.parametrize("age_s", [0.0, 30 * MINUTE, 2 * HOUR, 30 * DAY])
@pytest.mark.parametrize("end", ENDS)
def test_what_has_ended_is_reported_without_a_call(machines: Start, end: str, age_s: float) -> None:
    manifest, script, status = ENDS[end]
    here = machines(script)
    plan = here.world.compile(manifest)
    first = here.apply(plan)
    started = here.started
    here.later(age_s)

    again = here.apply(plan)

    assert (first.status, again.status) == (status, status)
    assert facts(again) == facts(first)
    assert all(each.attached for task in again.summary.tasks for each in (task, *task.attempts))
    assert here.world.calls() == []
    assert here.started == started
    assert [each for each in again.said if "reported from the ledger" in each] == again.said


def test_the_end_says_how_long_ago_it_was(machines: Start) -> None:
    here = machines({"tasks": [{"timeline": SHORT}]})
    plan = here.world.compile(HELLO)
    here.apply(plan)
    here.later(2 * HOUR + 61)

    assert here.apply(plan).said == ["ended 2 h 1 min ago; reported from the ledger"]


@pytest.mark.parametrize("spoil", ["deregistered", "another revision", "facts"])
def test_a_plan_that_is_stale_by_now_is_still_reported(machines: Start, spoil: str) -> None:
    here = machines({"tasks": [{"timeline": SHORT}]})
    arn = here.world.register(containerDefinitions=[{"name": "main", "image": "alpine", "memory": 64}])
    plan = here.world.compile(f"task_definition_arn: {arn}\n" if spoil == "deregistered" else HELLO)
    if spoil == "facts":
        plan = replace(plan, jobs=(replace(plan.jobs[0], observed={"ssm:/gone": "before"}),))
    here.apply(plan) if spoil != "facts" else here.apply(
        replace(plan, jobs=(replace(plan.jobs[0], observed={}),))
    )
    here.later(2 * DAY)
    if spoil == "deregistered":
        here.world.deregister(arn)
    here.world.register()
    here.world.endpoint.forget_calls()

    again = here.apply(plan)

    assert again.status == 3
    assert here.world.calls() == []


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


ORDER = {"load": ["extract"], "report": ["load"]}
LIVES = {"tasks": [life("extract"), life("load", exit_code=4), life("report")]}


@pytest.mark.parametrize("age_s", [10 * MINUTE, 2 * HOUR, 7 * DAY])
def test_jobs_that_wait_decide_by_what_is_recorded(machines: Start, age_s: float) -> None:
    here = machines(LIVES)
    plan = ordered(jobs_of(here.world, "extract", "load", "report"), ORDER)
    first = here.apply(plan)
    here.later(age_s)

    again = here.apply(plan)

    assert [each.outcome for each in again.summary.tasks] == [
        Outcome.SUCCEEDED,
        Outcome.FAILED,
        Outcome.SKIPPED,
    ]
    assert [each.reason for each in again.summary.tasks] == [each.reason for each in first.summary.tasks]
    assert (first.status, again.status) == (1, 1)
    assert here.started == 2
    assert here.world.calls("RunTask", "RegisterTaskDefinition") == []


def test_a_job_that_the_ledger_does_not_know_starts_after_those_that_it_knows(machines: Start) -> None:
    here = machines({"tasks": [life("extract"), life("load")]})
    plan = ordered(jobs_of(here.world, "extract", "load"), {"load": ["extract"]})
    here.apply(plan, only=["extract"])
    here.later(2 * DAY)

    again = here.apply(plan, only=["+load"])

    assert again.status == 0
    assert [each.attached for each in again.summary.tasks] == [True, False]
    assert here.started == 2
    assert len(here.world.calls("RunTask")) == 1


def test_a_run_that_was_killed_between_two_jobs_goes_on_days_later(machines: Start) -> None:
    here = machines({"tasks": [life("extract"), life("load")]})
    plan = ordered(jobs_of(here.world, "extract", "load"), {"load": ["extract"]})
    here.killed(plan, "RegisterTaskDefinition", 2, after=False)
    here.edit(lambda entry: replace(entry, copies=(RecordedCopy(1),)), "load")
    here.later(2 * DAY)

    again = here.apply(plan)

    assert (again.status, here.started) == (0, 2)


REFUSED_AFTER_TWO = {
    "tasks": [{"timeline": SHORT}],
    "rules": [{"action": "failures", "calls": "1", "count": 3, "reason": "ATTRIBUTE"}],
}


@pytest.mark.parametrize("age_s", [10 * MINUTE, 2 * HOUR])
@pytest.mark.parametrize("kill", ["", "before", "after"])
def test_copies_without_capacity_are_started_later_and_no_other_again(
    machines: Start, age_s: float, kill: str
) -> None:
    """Five were asked for together, of which two were started; the others get calls of their own."""
    here = machines(REFUSED_AFTER_TWO)
    plan = here.world.compile(HELLO + "count: 5\n")
    first = here.apply(plan)
    assert [each.exit_code for each in first.summary.tasks] == [3, 3, None, None, None]
    here.world.endpoint.set_faults({"tasks": [{"timeline": SHORT}]})
    here.later(age_s)
    if kill:
        here.killed(plan, "RunTask", after=kill == "after")
        here.later(10 * MINUTE)

    again = here.apply(plan)
    assert [each.exit_code for each in again.summary.tasks] == [3] * 5
    assert here.started == 5
    assert [each.arn for each in again.summary.tasks[:2]] == [each.arn for each in first.summary.tasks[:2]]


@pytest.mark.parametrize("age_s", [0.0, 2 * HOUR])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param("image: other\n", "another request", id="image"),
        pytest.param(HELLO + "command: [other]\n", "another request", id="command"),
        pytest.param(HELLO + "env: {DAY: '2'}\n", "another request", id="env"),
        pytest.param(HELLO + "count: 2\n", "which asked for 1 copy, not 2", id="count"),
        pytest.param(HELLO + "array: 2\n", "which asked for 1 copy, not 2", id="array"),
        pytest.param(HELLO + "cluster: other\n", "another request", id="cluster"),
    ],
)
def test_another_request_under_the_same_run_id_is_refused(
    machines: Start, change: str, said: str, age_s: float
) -> None:
    here = machines({"tasks": [{"timeline": SHORT}]})
    here.apply(here.world.compile(HELLO))
    here.later(age_s)
    other = here.world.compile(change)
    here.world.endpoint.forget_calls()

    with pytest.raises(RunIdTakenError, match=said) as refused:
        here.apply(other)

    assert "the run id run was used" in str(refused.value)
    assert next(iter(here.counting.arns)) in str(refused.value)
    assert here.world.calls(*CHANGES) == []


@pytest.mark.parametrize("age_s", [0.0, 2 * HOUR])
@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param(["other"], None, id="none in common"),
        pytest.param(["other", "load"], 0, id="one in common"),
        pytest.param(["other", "report"], 0, id="one in common that was never started"),
    ],
)
def test_a_run_id_belongs_to_its_jobs(
    machines: Start, names: list[str], expected: int | None, age_s: float
) -> None:
    here = machines({"tasks": [life("load"), life("extract"), life("other"), life("report")]})
    plan = jobs_of(here.world, "extract", "load", "report")
    here.apply(plan, only=["load"])
    here.edit(lambda entry: replace(entry, jobs=("load", "report")), "load")
    here.later(age_s)
    other = jobs_of(here.world, *names)

    if expected is not None:
        assert here.apply(other).status == expected
        return
    with pytest.raises(RunIdTakenError, match=r"belongs to other jobs: the ledger has load, report"):
        here.apply(other)
    assert here.started == 1


def newer(text: str) -> str:
    return text.replace('"ledger_format": 1', '"ledger_format": 2')


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        pytest.param(newer, "is of format 2", id="newer format"),
        pytest.param(lambda text: text[: len(text) // 2], "is not a document of a ledger", id="torn"),
        pytest.param(lambda _: "", "is not a document of a ledger", id="empty"),
        pytest.param(lambda _: "[]", "is not a document of a ledger", id="another form"),
        pytest.param(
            lambda text: text.replace('"job": "hello"', '"job": "other"'),
            "is about job other",
            id="other job",
        ),
    ],
)
def test_a_document_that_cannot_be_read_is_refused(
    machines: Start, spoil: Callable[[str], str], said: str
) -> None:
    here = machines({"tasks": [{"timeline": SHORT}]})
    plan = here.world.compile(HELLO)
    here.apply(plan)
    document = here.document()
    document.write_text(spoil(document.read_text(encoding="utf-8")), encoding="utf-8")
    here.later(0)

    with pytest.raises(LedgerError, match=said) as refused:
        here.apply(plan)

    assert str(document) in str(refused.value)
    assert here.world.calls(*CHANGES) == []


def test_an_apply_of_a_run_that_nothing_knows_says_so(machines: Start) -> None:
    here = machines({"tasks": [{"timeline": SHORT}]})
    plan = here.world.compile(HELLO)

    with_ledger = here.apply(plan)
    without = here.apply(plan, run_id="other", ledger=None)

    (said,) = with_ledger.said
    assert said.startswith(f"neither ECS nor the ledger {here.ledger} knows run run")
    assert said.endswith("--ledger")
    (said,) = [each for each in without.said if "run other" in each]
    assert "forgets a run an hour after its end" in said
    assert "--ledger" in said


def test_a_run_of_another_ledger_is_attached_to_as_without_one(machines: Start) -> None:
    here = machines({"tasks": [{"timeline": SHORT}]})
    plan = here.world.compile(HELLO)
    here.apply(plan)
    here.later(MINUTE)

    again = here.apply(plan, ledger=here.world.folder / "another")

    assert (again.status, here.started) == (3, 1)
    assert not [each for each in again.said if "neither" in each]


def test_two_regions_have_entries_of_their_own(machines: Start) -> None:
    here = machines({"tasks": [{"timeline": runs(1, 0)}]})
    regions = "jobs:\n" + "".join(
        f"  {name}: {{image: alpine, aws: {{region: {name}}}}}\n" for name in ("us-east-1", "eu-west-1")
    )
    plan = here.world.compile(regions)
    here.apply(plan, only=["us-east-1"])
    here.later(2 * HOUR)

    again = here.apply(plan)

    assert [each.attached for each in again.summary.tasks] == [True, False]
    assert here.started == 2


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


@pytest.mark.parametrize("after", [pytest.param(False, id="before"), pytest.param(True, id="after")])
@pytest.mark.parametrize(
    ("operation", "number", "status"),
    [
        ("RegisterTaskDefinition", 1, 125),
        ("RunTask", 1, 125),
        ("DescribeTasks", 1, 125),
        ("DescribeTasks", 2, 125),
        ("GetLogEvents", 1, 125),
        ("GetLogEvents", 4, 3),
        ("DeregisterTaskDefinition", 1, 3),
    ],
)
def test_nothing_starts_after_a_kill_and_two_hours(
    machines: Start, operation: str, number: int, status: int, after: bool
) -> None:
    """Apply on one machine, kill -9, two hours, apply on another: the result, or what is known of it."""
    here = machines({"tasks": [{"timeline": [SHORT[0], {"at": 1.5, "log": "done"}, SHORT[1]]}]})
    plan = here.world.compile(LOGGING + "auto_deregister_task_definition: true\n")
    here.killed(plan, operation, number, after=after)
    started = here.started
    here.later(2 * HOUR)

    try:
        found = here.apply(plan).status
    except ApplierError as error:
        found = error.exit_status

    assert found == status
    assert here.started == started
    assert here.world.calls(*CHANGES) == []
