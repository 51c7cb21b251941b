"""`concurrency` with a ledger: a run claims the family of a job before anything of it is started."""

import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from apply_stage import Played, Stage
from job_policies import jobs_of, life, ordered, with_policies

from ecsplan.plan.plan import Plan
from ecsplan.terms.observed import Aws, Body
from ecsplan.terms.run_policy import Retry
from ecsplan_applier.aws.gateway import Gateway, Target
from ecsplan_applier.aws.operations import Operation
from ecsplan_applier.context import Interrupt
from ecsplan_applier.ledger.claims import Claim, ClaimKey, Claims
from ecsplan_applier.ledger.entry import Entry, EntryKey, RecordedCopy
from ecsplan_applier.ledger.folder import FolderStore
from ecsplan_applier.ledger.keys import claim_key
from ecsplan_applier.ledger.ledger import Ledger
from ecsplan_applier.ledger.store import Document
from ecsplan_applier.outcomes.errors import LedgerError, OtherRunError
from ecsplan_applier.outcomes.events import Event, Noted, Retried, TaskStarted, Waiting
from ecsplan_applier.outcomes.result import Outcome, Phases, TaskResult
from ecsplan_applier.scheduling.clock import SystemClock
from ecsplan_applier.scheduling.scheduler import Coro, Loop, T

Begin = Callable[..., Stage]
LONG = {"tasks": [life("etl", seconds=100)]}
CHANGING = ("RegisterTaskDefinition", "RunTask", "TagResource")
KEY = ClaimKey("000000000000", "us-east-1", "default", "etl")


def run(coro: "Coro[T]") -> "T":
    return Loop(SystemClock(), workers=0).run(coro)


def guarded(world: Stage, concurrency: str, *names: str, **keys: object) -> Plan:
    """Return a plan whose jobs have a `concurrency`, by default one job `etl`."""
    return ordered(jobs_of(world, *(names or ("etl",)), **keys), {}, concurrency=concurrency)


def folder(world: Stage) -> Path:
    return world.folder / "ledger"


def store(world: Stage) -> FolderStore:
    return FolderStore(folder(world), "ledger")


def applied(world: Stage, plan: Plan, run_id: str, **options: Any) -> Played:
    return world.apply(plan, **({"run_id": run_id, "ledger": folder(world)} | options))


def claim_of(world: Stage, key: ClaimKey = KEY) -> Claim:
    """Return the claim on a family, which there is."""
    found = run(Claims(store(world)).read(key))
    assert found is not None
    return found.claim


def claimed(world: Stage, *, age_s: float = 0.0, **members: Any) -> Claim:
    """Claim a family for the run `first` some seconds ago, as another machine would; return the claim."""
    claim = Claim(KEY, "first", {"etl": 1}, world.clock.now() - age_s, 120.0, "other")
    claim = replace(claim, **members)
    run(Claims(store(world)).write(claim))
    return claim


def killed(world: Stage, plan: Plan, until: Callable[[Event], bool], **options: Any) -> None:
    """Apply a plan as the run `first`, and go no further than an event: nothing is released."""
    events = world.events(plan, **({"run_id": "first", "ledger": folder(world)} | options))
    assert any(until(each) for each in events)
    world.endpoint.forget_calls()


def outcomes(played: Played) -> dict[str, str]:
    return {each.label: str(each.outcome) for each in played.summary.tasks}


def is_a(name: str) -> Callable[[Event], bool]:
    return lambda event: type(event).__name__ == name


@pytest.mark.parametrize("concurrency", ["forbid", "wait"])
def test_a_job_has_the_claim_while_it_runs_and_releases_it(stage: Begin, concurrency: str) -> None:
    world = stage({"tasks": [life("etl")]})
    plan = guarded(world, concurrency)
    seen: list[Claim] = []
    world.endpoint.after("RunTask", 1, lambda _: seen.append(claim_of(world)))

    assert applied(world, plan, "first").status == 0

    assert (seen[0].run_id, seen[0].jobs, seen[0].released_at) == ("first", {"etl": 1}, None)
    assert claim_of(world).released_at is not None
    assert applied(world, plan, "second").status == 0


@pytest.mark.parametrize("concurrency", ["allow", "forbid", "wait"])
@pytest.mark.parametrize("kept", [True, False], ids=["ledger", "no ledger"])
def test_who_claims(stage: Begin, concurrency: str, kept: bool) -> None:
    """Jobs without `concurrency` make no claim, and without a ledger nobody does."""
    world = stage({"tasks": [life("etl")]})

    applied(world, guarded(world, concurrency), "first", ledger=folder(world) if kept else None)

    claims = [each for each in run(store(world).keys("")) if "/claims/" in each]

    assert bool(claims) == (kept and concurrency != "allow")


def test_forbid_is_refused_by_a_claim_before_there_is_a_task(stage: Begin) -> None:
    world = stage()
    plan = guarded(world, "forbid")
    claim = claimed(world, age_s=12)
    world.endpoint.forget_calls()

    with pytest.raises(OtherRunError) as raised:
        applied(world, plan, "second")

    assert raised.value.exit_status == 121
    assert "etl: run first is under way (claimed 12 s ago, no task yet)" in str(raised.value)
    assert "its claim ends in 1 min 48 s" in str(raised.value)
    assert str(raised.value).endswith("`ecsplan stop first`")
    assert world.calls(*CHANGING) == []
    assert claim_of(world) == claim


def test_the_message_about_running_tasks_names_age_and_command(stage: Begin) -> None:
    world = stage(LONG)
    plan = guarded(world, "forbid")
    applied(world, plan, "first", detach=True)
    world.clock.scripted.advance(30)

    with pytest.raises(OtherRunError) as raised:
        applied(world, plan, "second")

    assert f"{world.tasks()[0]['taskArn']} (run first), created 3" in str(raised.value)
    assert str(raised.value).endswith("or stop them: `ecsplan stop first`")


# When a claim of another run is void.


@pytest.mark.parametrize(
    ("age_s", "void"),
    [
        pytest.param(0, False, id="just made"),
        pytest.param(119, False, id="no task within less than the start timeout"),
        pytest.param(125, True, id="no task within the start timeout"),
        pytest.param(100_000, True, id="forgotten by ECS"),
    ],
)
def test_a_claim_without_a_task_is_void_after_the_start_timeout_of_its_job(
    stage: Begin, age_s: float, void: bool
) -> None:
    world = stage({"tasks": [life("etl")]})
    plan = guarded(world, "forbid", task_start_timeout_seconds=30)
    claimed(world, age_s=age_s, start_timeout_s=120.0)

    if void:
        assert applied(world, plan, "second").status == 0
    else:
        with pytest.raises(OtherRunError):
            applied(world, plan, "second")


@pytest.mark.parametrize("count", [1, 3])
def test_a_claim_is_void_when_its_tasks_have_stopped(stage: Begin, count: int) -> None:
    """Killed, the run has released nothing, and nobody has to wait for its start timeout."""
    world = stage({"tasks": [life("etl", seconds=5)]})
    plan = guarded(world, "forbid", count=count)
    killed(world, plan, is_a("TaskStarted"))
    with pytest.raises(OtherRunError):
        applied(world, plan, "second")
    world.clock.scripted.advance(10)

    assert claim_of(world).run_id == "first"
    assert applied(world, plan, "second").status == 0


def test_a_claim_is_not_void_while_some_of_its_tasks_are_still_to_come(stage: Begin) -> None:
    """Of ten tasks one has stopped, and ECS does not show the others yet."""
    world = stage({"tasks": [life("etl", seconds=5)]})
    killed(world, guarded(world, "forbid"), is_a("TaskStarted"))
    world.clock.scripted.advance(10)
    plan = guarded(world, "forbid")
    claim = claim_of(world)
    found = run(Claims(store(world)).read(KEY))
    assert found is not None
    run(Claims(store(world)).write(replace(claim, jobs={"etl": 10}, written_as="ten"), found.version))

    with pytest.raises(OtherRunError):
        applied(world, plan, "second")


def test_a_claim_that_was_renewed_after_its_task_had_stopped_is_not_void(stage: Begin) -> None:
    """The run is about to try again."""
    world = stage({"tasks": [life("etl", seconds=5)]})
    plan = guarded(world, "forbid")
    killed(world, plan, is_a("TaskStarted"))
    world.clock.scripted.advance(10)
    found = run(Claims(store(world)).read(KEY))
    assert found is not None
    again = replace(found.claim, claimed_at=world.clock.now(), written_as="again")
    run(Claims(store(world)).write(again, found.version))

    with pytest.raises(OtherRunError):
        applied(world, plan, "second")


ENDED = TaskResult(
    job="etl",
    copy=1,
    label="etl",
    outcome=Outcome.SUCCEEDED,
    arn="arn:aws:ecs:us-east-1:000000000000:task/default/1",
    cluster="default",
    status="STOPPED",
    exit_code=0,
    stop_code="EssentialContainerExited",
    reason=None,
    explanation=None,
    phases=Phases(None, None, None, None),
    over=True,
    attached=False,
)


@pytest.mark.parametrize(
    ("recorded", "void"),
    [
        pytest.param(RecordedCopy(1, asked_at=1.0, result=ENDED), True, id="ended"),
        pytest.param(RecordedCopy(1, asked_at=1.0), False, id="asked for"),
        pytest.param(RecordedCopy(1), False, id="not asked for"),
        pytest.param(None, False, id="no entry"),
    ],
)
def test_a_claim_is_void_when_the_ledger_says_that_its_job_has_ended(
    stage: Begin, recorded: RecordedCopy | None, void: bool
) -> None:
    world = stage({"tasks": [life("etl")]})
    plan = guarded(world, "forbid")
    claimed(world)
    if recorded is not None:
        key = EntryKey(KEY.account, KEY.region, "first", "etl")
        run(Ledger(store(world)).write(Entry(key, "etl", None, "main", "0" * 64, (recorded,))))

    if void:
        assert applied(world, plan, "second").status == 0
    else:
        with pytest.raises(OtherRunError):
            applied(world, plan, "second")


def test_a_released_claim_keeps_nobody_waiting(stage: Begin) -> None:
    world = stage({"tasks": [life("etl")]})
    plan = guarded(world, "forbid")
    claimed(world, released_at=world.clock.now(), jobs={})

    assert applied(world, plan, "second").status == 0


# Waiting.


def test_wait_takes_the_claim_when_it_is_void(stage: Begin) -> None:
    world = stage({"tasks": [life("etl")]})
    plan = guarded(world, "wait")
    claimed(world, age_s=60)

    played = applied(world, plan, "second", heartbeat_s=20)

    assert played.status == 0
    assert 60 <= played.summary.seconds < 60 + 20
    assert [each.message for each in played.of(Noted)] == [
        "run first is under way (claimed 1 min 0 s ago, no task yet); waiting for up to 120 s"
    ]
    assert played.of(Waiting)[0].tasks[0].state == "waiting for run first"
    assert claim_of(world).run_id == "second"


def test_wait_ends_after_the_start_timeout(stage: Begin) -> None:
    world = stage()
    plan = guarded(world, "wait", task_start_timeout_seconds=60)
    claim = claimed(world, start_timeout_s=1000.0)
    world.endpoint.forget_calls()

    played = applied(world, plan, "second")

    assert (outcomes(played), played.status) == ({"etl": "another run under way"}, 121)
    assert str(played.summary.tasks[0].reason).endswith("no task yet); waited for 60 s")
    assert world.calls(*CHANGING) == []
    assert claim_of(world) == claim


def test_a_signal_ends_the_wait_for_a_claim(stage: Begin) -> None:
    world = stage()
    plan = guarded(world, "wait")
    claim = claimed(world)
    interrupt = Interrupt()
    world.endpoint.after("ListTasks", 5, lambda _: interrupt.send(signal.SIGTERM))

    played = applied(world, plan, "second", interrupt=interrupt)

    assert (outcomes(played), played.status) == ({"etl": "interrupted"}, 143)
    assert claim_of(world) == claim


# Several jobs.


def test_claims_are_released_where_a_later_one_is_refused(stage: Begin) -> None:
    world = stage()
    plan = guarded(world, "forbid", "a", "b", "etl")
    claimed(world)
    world.endpoint.forget_calls()

    with pytest.raises(OtherRunError):
        applied(world, plan, "second")

    left = {each: claim_of(world, replace(KEY, family=each)) for each in ("a", "b")}
    assert {name: claim.released_at is None for name, claim in left.items()} == {"a": False, "b": False}
    assert world.calls(*CHANGING) == []


def test_jobs_of_one_run_share_the_claim(stage: Begin) -> None:
    world = stage({"tasks": [life("etl", seconds=20)]})
    plan = guarded(world, "forbid", "a", "b", family="etl")
    seen: list[Claim] = []
    world.endpoint.after("RunTask", 2, lambda _: seen.append(claim_of(world)))

    assert applied(world, plan, "first").status == 0

    assert seen[0].jobs == {"a": 1, "b": 1}
    assert claim_of(world).released_at is not None


def test_a_later_job_of_the_family_keeps_the_claim(stage: Begin) -> None:
    world = stage({"tasks": [life("etl", seconds=20)]})
    plan = guarded(world, "wait", "a", "b", family="etl")
    plan = with_policies(plan, {"b": {"after": ("a",)}})
    seen: list[Claim] = []
    world.endpoint.after("RunTask", 2, lambda _: seen.append(claim_of(world)))

    assert applied(world, plan, "first").status == 0

    assert seen[0].jobs["b"] == 1
    assert seen[0].claimed_at > min(each["stoppedAt"] for each in world.tasks()).timestamp() - 5
    assert claim_of(world).released_at is not None


def test_forbid_of_a_job_that_starts_later_skips_it(stage: Begin) -> None:
    world = stage({"tasks": [life("a")]})
    plan = ordered(jobs_of(world, "a", "etl", "b"), {"etl": ["a"], "b": ["etl"]})
    plan = with_policies(plan, {"etl": {"concurrency": "forbid"}})
    claimed(world)

    played = applied(world, plan, "second")

    assert outcomes(played) == {"a": "succeeded", "etl": "skipped", "b": "skipped"}
    assert str(played.summary.tasks[1].reason).startswith("not started: run first is under way (claimed ")
    assert played.status == 1


def test_only_jobs_that_are_carried_out_claim(stage: Begin) -> None:
    world = stage({"tasks": [life("a")]})
    plan = guarded(world, "forbid", "a", "etl")
    claim = claimed(world)

    assert applied(world, plan, "second", only=["a"]).status == 0
    assert claim_of(world) == claim


ARN = "arn:aws:ecs:us-east-1:000000000000:cluster"


@pytest.mark.parametrize(
    ("cluster", "claimed_in", "meets"),
    [
        pytest.param(None, "default", True, id="default cluster"),
        pytest.param("default", "default", True, id="default cluster by its name"),
        pytest.param(f"{ARN}/default", "default", True, id="default cluster by its ARN"),
        pytest.param("batch", "batch", True, id="name"),
        pytest.param(f"{ARN}/batch", "batch", True, id="ARN"),
        pytest.param(None, "batch", False, id="another cluster"),
        pytest.param(f"{ARN}/batch", "Batch", False, id="a cluster with another case"),
    ],
)
def test_clusters_meet_however_they_are_spelled(
    stage: Begin, cluster: str | None, claimed_in: str, meets: bool
) -> None:
    world = stage({"tasks": [life("etl")]})
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
    client = boto3.client("ecs", endpoint_url=world.endpoint.url, region_name="us-east-1", **keys)
    for name in ("default", "batch"):
        client.create_cluster(clusterName=name)
    client.close()
    plan = guarded(world, "forbid", **({} if cluster is None else {"cluster": cluster}))
    claimed(world, key=replace(KEY, cluster=claimed_in))

    if meets:
        with pytest.raises(OtherRunError):
            applied(world, plan, "second")
    else:
        assert applied(world, plan, "second").status == 0


# The same run again.


@pytest.mark.parametrize("concurrency", ["forbid", "wait"])
@pytest.mark.parametrize("event", ["RunBegan", "TaskStarted", "TaskChanged"])
def test_a_run_goes_on_with_its_own_claim(stage: Begin, concurrency: str, event: str) -> None:
    world = stage({"tasks": [life("etl")]})
    plan = guarded(world, concurrency)
    killed(world, plan, is_a(event))

    played = applied(world, plan, "first")

    assert (outcomes(played), len(world.tasks())) == ({"etl": "succeeded"}, 1)
    assert claim_of(world).released_at is not None


@pytest.mark.parametrize("concurrency", ["forbid", "wait"])
def test_a_run_follows_what_it_has_started_although_another_has_the_claim(
    stage: Begin, concurrency: str
) -> None:
    world = stage({"tasks": [life("etl")]})
    plan = guarded(world, concurrency)
    killed(world, plan, is_a("TaskStarted"))
    world.clock.scripted.advance(10)
    script = {"tasks": [life("etl", seconds=100)]}
    world.endpoint.set_faults(script)
    applied(world, plan, "second", detach=True)

    played = applied(world, plan, "first")

    assert (outcomes(played), len(world.tasks())) == ({"etl": "succeeded"}, 2)
    assert claim_of(world).run_id == "second"


@pytest.mark.parametrize("concurrency", ["forbid", "wait"])
def test_a_run_starts_nothing_more_while_another_has_the_claim(stage: Begin, concurrency: str) -> None:
    """It had started one of two copies, when it was killed and its claim became void."""
    world = stage({"tasks": [{**life("etl"), "copy": 1}, life("etl", seconds=1000)]})
    plan = with_policies(guarded(world, concurrency, count=2), {"etl": {"max_parallel": 1}})
    killed(world, plan, is_a("TaskStarted"))
    world.clock.scripted.advance(10)
    # A further copy may be asked for any moment, by an apply that may still be alive.
    with pytest.raises(OtherRunError):
        applied(world, guarded(world, "forbid", count=2), "early")
    world.clock.scripted.advance(120)
    applied(world, with_policies(plan, {"etl": {"max_parallel": None}}), "second", detach=True)
    before = len(world.tasks())

    played = applied(world, plan, "first")

    assert played.status == 121
    assert set(outcomes(played).values()) == {"another run under way"}
    assert len(world.tasks()) == before


def test_a_detached_run_keeps_its_claim_until_it_is_void(stage: Begin) -> None:
    world = stage(LONG)
    plan = guarded(world, "forbid")

    applied(world, plan, "first", detach=True)

    assert claim_of(world).released_at is None
    with pytest.raises(OtherRunError):
        applied(world, plan, "second")
    world.clock.scripted.advance(110)
    assert applied(world, plan, "second", detach=True).status == 0


def test_a_detached_run_that_has_started_nothing_releases_its_claim(stage: Begin) -> None:
    world = stage({"rules": [{"operation": "RunTask", "action": "error", "code": "AccessDeniedException"}]})

    applied(world, guarded(world, "forbid"), "first", detach=True)

    assert claim_of(world).released_at is not None


# Further attempts, and tasks that start one after the other.

FAILS = life("etl", seconds=5, exit_code=1)
AGAIN = {"retry": Retry(3, frozenset({"failure"}), written=True)}


@pytest.mark.parametrize("concurrency", ["forbid", "wait"])
def test_the_claim_is_renewed_as_soon_as_a_copy_is_to_be_tried_again(stage: Begin, concurrency: str) -> None:
    """In the pause nothing of the job is running, and another run would find the claim void."""
    world = stage({"tasks": [{**FAILS, "copy": 1}, life("etl")]})
    plan = with_policies(guarded(world, concurrency), {"etl": AGAIN})
    refused: list[bool] = []
    for event in world.events(plan, run_id="first", ledger=folder(world)):
        if isinstance(event, Retried):
            stopped = world.tasks()[0]["stoppedAt"].timestamp()
        if isinstance(event, TaskStarted) and event.attempt == 2:
            assert claim_of(world).claimed_at >= stopped
            refused.append(True)

    assert refused == [True]
    assert claim_of(world).released_at is not None


def test_a_run_that_has_lost_its_claim_is_not_tried_again(stage: Begin) -> None:
    """Another run has found it void, in the moment between the end of the task and the renewal."""
    world = stage({"tasks": [FAILS]})
    plan = with_policies(guarded(world, "forbid"), {"etl": AGAIN})

    def begin_another(_: object) -> None:
        world.clock.scripted.advance(6)
        world.endpoint.set_faults(LONG)
        applied(world, guarded(world, "forbid"), "second", detach=True, **elsewhere)

    elsewhere = {"locks": world.folder / "other", "state": world.folder / "other"}
    world.endpoint.after("DescribeTasks", 2, begin_another)
    played = applied(world, plan, "first")

    assert [(str(each.outcome), each.exit_code) for each in played.summary.tasks] == [("failed", 1)]
    assert played.status == 1
    assert played.warned == ["not tried again: run second is under way (1 task)"]
    assert len(world.tasks()) == 2
    assert claim_of(world).run_id == "second"


@pytest.mark.parametrize("count", [2, 5])
def test_the_claim_covers_the_tasks_that_start_when_others_have_ended(stage: Begin, count: int) -> None:
    world = stage({"tasks": [life("etl", seconds=5)]})
    plan = guarded(world, "forbid", array=count)
    plan = with_policies(plan, {"etl": {"max_parallel": 1}})
    seen: list[tuple[float, float]] = []
    for number in range(2, count + 1):
        world.endpoint.after(
            "RunTask", number, lambda _: seen.append((claim_of(world).claimed_at, last_stop(world)))
        )

    assert applied(world, plan, "first").status == 0

    assert len(seen) == count - 1
    assert all(claimed_at >= stopped_at for claimed_at, stopped_at in seen)


def last_stop(world: Stage) -> float:
    """Return when a task of the endpoint's stopped last."""
    return max(float(each["stoppedAt"].timestamp()) for each in world.tasks() if "stoppedAt" in each)


class Starting:
    """A way to AWS on which something happens just before each RunTask call."""

    def __init__(self, inner: Gateway, happens: Callable[[], None]) -> None:
        self._inner = inner
        self._happens = happens

    def target(self, aws: Aws) -> Target:
        return self._inner.target(aws)

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        if operation.name == "RunTask":
            self._happens()
        return self._inner.call(target, operation, request)

    def unknown(self, target: Target, operation: Operation, request: Body) -> tuple[str, ...]:
        return self._inner.unknown(target, operation, request)


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param({"action": "failures", "calls": "1-30"}, id="capacity is missing"),
        pytest.param({"action": "throttle", "calls": "1-30"}, id="a call is throttled"),
        pytest.param({"action": "error", "calls": "1-30"}, id="a call is lost"),
    ],
)
def test_the_claim_is_renewed_while_no_task_comes(stage: Begin, rule: dict[str, str]) -> None:
    """Without a task it would be void after the start timeout, and one may still come."""
    world = stage({"tasks": [life("etl")], "rules": [{"operation": "RunTask", **rule}]})
    plan = guarded(world, "forbid", task_start_timeout_seconds=100)
    left: list[float] = []

    def note() -> None:
        left.append(claim_of(world).claimed_at + 100 - world.clock.now())

    played = applied(world, plan, "first", gateway=Starting(world.gateway, note))

    assert played.summary.seconds > 60
    assert len(left) > 5
    assert min(left) >= 50 - 2


def test_a_call_is_not_repeated_once_another_run_has_the_claim(stage: Begin) -> None:
    world = stage({"rules": [{"operation": "RunTask", "action": "throttle"}]})
    plan = guarded(world, "forbid", task_start_timeout_seconds=100)

    def take() -> None:
        if world.clock.now() - since < 40 or claim_of(world).run_id == "second":
            return
        found = run(Claims(store(world)).read(KEY))
        assert found is not None
        taken = replace(found.claim, run_id="second", claimed_at=world.clock.now() + 1000, written_as="taken")
        run(Claims(store(world)).write(taken, found.version))

    since = world.clock.now()

    played = applied(world, plan, "first", gateway=Starting(world.gateway, take))

    assert (outcomes(played), played.status) == ({"etl": "another run under way"}, 121)
    assert claim_of(world).run_id == "second"
    assert played.summary.seconds < 100


# What it costs, and ledgers that fail.


class Watched(FolderStore):
    """A folder that notes its calls, and fails from the n-th on, or only in the n-th, where it is told to."""

    def __init__(self, folder: Path, *, fails_from: int = 0, recovers_at: int = 10**6) -> None:
        super().__init__(folder, "ledger")
        self.calls: list[str] = []
        self._failing = range(fails_from or 10**6, recovers_at)

    async def read(self, key: str) -> Document | None:
        self._note("read", key)
        return await super().read(key)

    async def write(self, key: str, text: str, version: str) -> str:
        self._note("write", key)
        return await super().write(key, text, version)

    def _note(self, what: str, key: str) -> None:
        if "/claims/" in key:
            self.calls.append(what)
            if len(self.calls) in self._failing:
                raise LedgerError(f"{self.place_of(key)}: cannot be reached")


@pytest.mark.parametrize(
    ("concurrency", "keys", "policy", "writes"),
    [
        pytest.param("allow", {}, {}, 0, id="allow"),
        pytest.param("forbid", {}, {}, 2, id="one task"),
        pytest.param("wait", {}, {}, 2, id="one task, wait"),
        pytest.param("forbid", {"count": 30}, {}, 2, id="several calls"),
        pytest.param("forbid", {"array": 4}, {"max_parallel": 2}, 4, id="two at a time"),
        pytest.param("forbid", {"array": 4}, {"max_parallel": 1}, 5, id="one at a time"),
    ],
)
def test_how_many_requests_a_claim_takes(
    stage: Begin, concurrency: str, keys: dict[str, Any], policy: dict[str, Any], writes: int
) -> None:
    world = stage({"tasks": [life("etl", seconds=100)]})
    plan = with_policies(guarded(world, concurrency, **keys), {"etl": policy})
    watched = Watched(folder(world))

    assert applied(world, plan, "first", ledger=Ledger(watched)).status == 0

    assert watched.calls == ["write"] * writes


@pytest.mark.parametrize("concurrency", ["forbid", "wait"])
@pytest.mark.parametrize("text", ["", '{"ledger_format": 9}'], ids=["torn", "newer"])
def test_a_claim_that_cannot_be_read_lets_nothing_start(stage: Begin, concurrency: str, text: str) -> None:
    world = stage()
    plan = guarded(world, concurrency)
    claimed(world)
    path = folder(world) / claim_key(KEY.account, KEY.region, KEY.cluster, KEY.family)
    path.write_text(text, encoding="utf-8")
    world.endpoint.forget_calls()

    if concurrency == "forbid":
        with pytest.raises(LedgerError) as raised:
            applied(world, plan, "second")
        status, said = raised.value.exit_status, str(raised.value)
    else:
        played = applied(world, plan, "second")
        status, said = played.status, str(played.summary.tasks[0].reason)

    assert status == 125
    assert said.startswith(str(path))
    assert world.calls(*CHANGING) == []


def test_a_claim_that_cannot_be_written_refuses_a_later_job_alone(stage: Begin) -> None:
    world = stage({"tasks": [life("a"), life("c")]})
    plan = ordered(jobs_of(world, "a", "etl", "b", "c"), {"etl": ["a"], "b": ["etl"]})
    plan = with_policies(plan, {"etl": {"concurrency": "forbid"}})

    played = applied(world, plan, "first", ledger=Ledger(Watched(folder(world), fails_from=1)))

    assert outcomes(played) == {"a": "succeeded", "etl": "refused", "b": "skipped", "c": "succeeded"}
    assert played.status == 1


@pytest.mark.parametrize(
    ("begins", "outcome"),
    [
        pytest.param(False, "succeeded", id="nobody else runs"),
        pytest.param(True, "failed", id="another run has begun"),
    ],
)
def test_a_claim_that_cannot_be_renewed_leaves_the_look_at_ecs(
    stage: Begin, begins: bool, outcome: str
) -> None:
    world = stage({"tasks": [{**FAILS, "copy": 1}, life("etl", seconds=500)]})
    plan = with_policies(guarded(world, "forbid"), {"etl": AGAIN})
    if begins:
        beside = guarded(world, "allow")
        world.endpoint.after("DescribeTasks", 2, lambda _: began(world, beside))

    played = applied(world, plan, "first", ledger=Ledger(Watched(folder(world), fails_from=2)))

    assert len(world.tasks()) == 2
    assert len([each for each in played.warned if "could not be renewed" in each]) == 1
    assert outcomes(played) == {"etl": outcome}


def began(world: Stage, plan: Plan) -> None:
    """Begin another run elsewhere, after the task of the first one has ended."""
    world.clock.scripted.advance(6)
    elsewhere = {"locks": world.folder / "other", "state": world.folder / "other"}
    applied(world, plan, "second", detach=True, **elsewhere)


def test_a_release_that_fails_changes_nothing(stage: Begin) -> None:
    world = stage({"tasks": [life("etl")]})
    plan = guarded(world, "forbid")
    watched = Watched(folder(world), fails_from=2)

    played = applied(world, plan, "first", ledger=Ledger(watched))

    assert (played.status, played.warned, watched.calls) == (0, [], ["write", "write"])
    assert claim_of(world).released_at is None
    assert applied(world, plan, "second").status == 0


def test_a_signal_before_anything_is_started_releases_the_claims(stage: Begin) -> None:
    world = stage()
    plan = guarded(world, "forbid", "a", "etl")
    interrupt = Interrupt()

    class Interrupting(FolderStore):
        async def write(self, key: str, text: str, version: str) -> str:
            interrupt.send(signal.SIGINT)
            return await super().write(key, text, version)

    world.endpoint.forget_calls()

    played = applied(
        world, plan, "first", interrupt=interrupt, ledger=Ledger(Interrupting(folder(world), "l"))
    )

    assert played.status == 130
    assert world.calls(*CHANGING) == []
    assert claim_of(world, replace(KEY, family="a")).released_at is not None


def test_a_signal_while_a_job_runs_releases_its_claim_once_its_task_has_stopped(stage: Begin) -> None:
    world = stage({"tasks": [{**life("etl", seconds=500), "on_stop": [{"at": 9, "status": "STOPPED"}]}]})
    plan = guarded(world, "forbid")
    interrupt = Interrupt()
    world.endpoint.after("DescribeTasks", 3, lambda _: interrupt.send(signal.SIGINT))

    played = applied(world, plan, "first", interrupt=interrupt)

    assert played.status == 130
    released = claim_of(world).released_at
    assert released is not None
    assert released >= last_stop(world) - 2


@pytest.mark.parametrize("concurrency", ["forbid", "wait"])
def test_an_apply_that_cannot_record_its_jobs_releases_its_claims(stage: Begin, concurrency: str) -> None:
    world = stage()
    plan = guarded(world, concurrency, "a", "etl")

    class WithoutRuns(FolderStore):
        async def write(self, key: str, text: str, version: str) -> str:
            if "/runs/" in key:
                raise LedgerError(f"{self.place_of(key)}: cannot be written")
            return await super().write(key, text, version)

    with pytest.raises(LedgerError):
        applied(world, plan, "first", ledger=Ledger(WithoutRuns(folder(world), "ledger")))

    assert claim_of(world).released_at is not None
    assert claim_of(world, replace(KEY, family="a")).released_at is not None
