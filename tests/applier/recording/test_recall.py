"""A run with a ledger, applied again: what ended is reported, however long ago, and starts no task."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from apply_stage import Played, Stage
from job_policies import jobs_of, life, ordered
from machines import CHANGES, DAY, HELLO, HOUR, LONG, MINUTE, SHORT, Machines, runs

from ecsplan_applier.ledger.entry import RecordedCopy
from ecsplan_applier.outcomes.errors import LedgerError, RunIdTakenError
from ecsplan_applier.outcomes.events import RunUnknown
from ecsplan_applier.outcomes.result import Outcome

Begin = Callable[..., Stage]


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


NO_NETWORK = [
    {"at": 1, "status": "STOPPED", "stopCode": "TaskFailedToStart",
     "stoppedReason": "Timeout waiting for network interface provisioning to complete."},
]  # fmt: skip
REFUSED_AGAIN = {
    "tasks": [{"copy": 1, "timeline": NO_NETWORK}, {"timeline": SHORT}],
    "rules": [{"operation": "RunTask", "action": "failures", "calls": "2-"}],
}


@pytest.mark.parametrize("age_s", [10 * MINUTE, 2 * HOUR])
def test_a_further_attempt_without_capacity_is_made_later(machines: Start, age_s: float) -> None:
    """Its outcome is that of the attempt before it, and yet the copy has not ended with that one."""
    here = machines(REFUSED_AGAIN)
    first = here.apply(here.world.compile(HELLO + "task_start_timeout_seconds: 30\n"))
    assert [(each.outcome, each.unstarted) for each in first.summary.tasks] == [(Outcome.NOT_STARTED, True)]
    here.world.endpoint.set_faults({"tasks": [{"timeline": SHORT}]})
    here.later(age_s)

    again = here.apply(here.world.compile(HELLO))

    assert (again.status, here.started) == (3, 2)
    assert [each.attempt for each in again.summary.tasks[0].attempts] == [1, 2]


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
        pytest.param(newer, "has format 2", id="newer format"),
        pytest.param(lambda text: text[: len(text) // 2], "is not a ledger document", id="torn"),
        pytest.param(lambda _: "", "is not a ledger document", id="empty"),
        pytest.param(lambda _: "[]", "is not a ledger document", id="another form"),
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
    # Without the document, the same run id would start the job once more.
    assert "move" not in str(refused.value).replace("do not remove it", "")
    assert here.world.calls(*CHANGES) == []


def test_an_apply_of_a_run_that_nothing_knows_says_so(machines: Start) -> None:
    here = machines({"tasks": [{"timeline": SHORT}]})
    plan = here.world.compile(HELLO)

    with_ledger = here.apply(plan)
    without = here.apply(plan, run_id="other", ledger=None)

    (said,) = [each.message for each in with_ledger.of(RunUnknown)]
    assert said == "run run is new: neither in ECS nor in this ledger (--ledger names another)"
    (said,) = [each.message for each in without.of(RunUnknown)]
    assert said == "run other is new: not in ECS, which keeps runs for an hour (--ledger: longer)"


def test_a_run_of_another_ledger_is_attached_to_as_without_one(machines: Start) -> None:
    here = machines({"tasks": [{"timeline": SHORT}]})
    plan = here.world.compile(HELLO)
    here.apply(plan)
    here.later(MINUTE)

    again = here.apply(plan, ledger=here.world.folder / "another")

    assert (again.status, here.started) == (3, 1)
    assert again.of(RunUnknown) == []


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


@pytest.mark.parametrize("jobs", [1, 5])
def test_a_bucket_is_asked_twice_for_each_job_and_once_more_for_the_run(machines: Start, jobs: int) -> None:
    here = machines({"tasks": [{"timeline": runs(1, 0)}]})
    here.keep_in_bucket()
    plan = jobs_of(here.world, *(f"job{number}" for number in range(jobs)))
    here.apply(plan, run_id=None)
    fresh, here.buckets.calls[:] = [each.operation for each in here.buckets.calls], []
    here.apply(plan)
    named, here.buckets.calls[:] = [each.operation for each in here.buckets.calls], []
    here.later(2 * HOUR)

    assert here.apply(plan).status == 0

    again = [each.operation for each in here.buckets.calls]
    assert fresh == ["PutObject"] * 2 * jobs
    assert named == ["ListObjectsV2"] + ["PutObject"] * 2 * jobs
    assert again == ["ListObjectsV2"] + ["GetObject"] * jobs
