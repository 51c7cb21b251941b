"""`concurrency` with a ledger: however several machines interleave, two runs never run beside each other."""

import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

import pytest
from apply_stage import Played, Stage
from interleaved import MachineClock, MachineGateway, MachineStore, SharedDocuments, Steps
from job_policies import jobs_of, life, ordered, with_policies

from ecsplan.plan.plan import Plan
from ecsplan.terms.run_policy import Retry
from ecsplan_applier.apply_plan import apply
from ecsplan_applier.ledger.ledger import Ledger
from ecsplan_applier.outcomes.errors import OtherRunError
from ecsplan_applier.outcomes.events import Finished
from ecsplan_local import ScriptedClock, serve

Begin = Callable[..., Stage]
SEEDS = 3
ROUNDS = 5
CLUSTERS = "arn:aws:ecs:us-east-1:000000000000:cluster"
TIMELINE = [{"at": 0.1, "status": "RUNNING"}, {"at": 0.4, "status": "STOPPED", "exitCode": 0}]
FAILING = {"tasks": [life("etl", seconds=3, exit_code=1)]}
ENDING = {"tasks": [life("etl", seconds=3)]}
AGAIN = Retry(3, frozenset({"failure"}), written=True)

PLANS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "one task": (ENDING, {}, {}),
    "tried again": (FAILING, {}, {"retry": AGAIN}),
    "several copies": (ENDING, {"count": 3}, {}),
    "several copies, tried again": (FAILING, {"count": 3}, {"retry": AGAIN}),
    "one after the other": (ENDING, {"array": 3}, {"max_parallel": 1}),
    "one after the other, tried again": (FAILING, {"array": 2}, {"max_parallel": 1, "retry": AGAIN}),
}
"""What the tasks do, the keys of the manifest, and the members of the policy."""


class Meeting:
    """Machines that apply plans at once, each under a run id of its own."""

    def __init__(self, world: Stage, steps: Steps, fails: int = 0) -> None:
        self.world = world
        self.steps = steps
        self.shared = SharedDocuments(steps, fails)
        self.statuses: dict[int, int] = {}

    def machine(
        self, number: int, plan: Plan, run_id: str | None = None, *, tries: int = 1
    ) -> Callable[[], None]:
        """Return what a machine does: apply a plan, up to so many times where another run is under way."""
        store = MachineStore(self.shared, number)

        def apply() -> None:
            for turn in range(tries):
                self.statuses[number] = self._apply(number, plan, run_id or f"run{number}-{turn}", store)
                if self.statuses[number] != 121:
                    return
                self.steps.sleep(number, 0.5)

        return apply

    def _apply(self, number: int, plan: Plan, run_id: str, store: MachineStore) -> int:
        played = Played()
        try:
            for event in self.world.events(
                plan,
                run_id=run_id,
                gateway=MachineGateway(self.steps, number, self.world.gateway),
                clock=MachineClock(self.steps, number),
                random=Random(number),
                locks=self.world.folder / f"locks{number}",
                state=self.world.folder / f"state{number}",
                ledger=Ledger(store),
            ):
                played.events.append(event)
                if type(event).__name__ == "TaskStarted":
                    store.fail_from_now_on()
        except OtherRunError as error:
            return error.exit_status
        return played.status

    def beside(self) -> list[tuple[str, str]]:
        """Return pairs of tasks of different runs that were running at the same time."""
        tasks = self.world.tasks()
        return [
            (one["taskArn"], other["taskArn"])
            for one, other in combinations(tasks, 2)
            if one["startedBy"] != other["startedBy"] and _overlap(one, other) and _overlap(other, one)
        ]


def _overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return "stoppedAt" not in other or bool(one["createdAt"] < other["stoppedAt"])


def planned(world: Stage, kind: str, concurrency: str) -> Plan:
    _, keys, policy = PLANS[kind]
    plan = ordered(jobs_of(world, "etl", **keys), {}, concurrency=concurrency)
    return with_policies(plan, {"etl": policy})


@pytest.mark.parametrize("concurrency", ["forbid", "wait"])
@pytest.mark.parametrize("kind", PLANS)
def test_two_runs_never_run_beside_each_other(stage: Begin, kind: str, concurrency: str) -> None:
    for seed in range(SEEDS):
        world = stage(PLANS[kind][0])
        plan = planned(world, kind, concurrency)
        meeting = Meeting(world, Steps(scripted(world), seed, latency_s=0.5))

        tries = 1 if concurrency == "wait" else 40
        meeting.steps.run([meeting.machine(number, plan, tries=tries) for number in range(2)])

        assert meeting.beside() == [], seed
        wanted = 1 if "retry" in PLANS[kind][2] else 0
        assert wanted in meeting.statuses.values(), seed
        assert set(meeting.statuses.values()) <= ({wanted} if concurrency == "wait" else {wanted, 121}), seed


def scripted(world: Stage) -> ScriptedClock:
    return world.clock.scripted


# A machine that is killed leaves coroutines behind that were about to begin.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.parametrize("concurrency", ["forbid", "wait"])
@pytest.mark.parametrize("kind", PLANS)
def test_a_run_that_is_killed_anywhere_leaves_no_claim_that_lets_two_start(
    stage: Begin, kind: str, concurrency: str
) -> None:
    for seed in range(SEEDS):
        world = stage(PLANS[kind][0])
        plan = planned(world, kind, concurrency)
        kills = {0: Random(seed).randrange(10, 90)}
        meeting = Meeting(world, Steps(scripted(world), seed, latency_s=0.5, kills=kills))

        meeting.steps.run([meeting.machine(number, plan) for number in range(3)])

        assert meeting.beside() == [], seed
        # Whatever the killed one has left, a run that comes later than its start timeout finds void.
        world.clock.scripted.advance(300)
        after = Meeting(world, Steps(scripted(world), seed))
        after.shared.documents = meeting.shared.documents
        after.steps.run([after.machine(0, plan, "later")])
        assert after.statuses[0] in {0, 1}, seed
        assert after.beside() == [], seed


@pytest.mark.parametrize("concurrency", ["forbid", "wait"])
def test_machines_that_apply_one_run_beside_another(stage: Begin, concurrency: str) -> None:
    """Two of them have the same run id: they share the claim, and start each attempt once."""
    for seed in range(SEEDS):
        world = stage(FAILING)
        plan = planned(world, "several copies, tried again", concurrency)
        meeting = Meeting(world, Steps(scripted(world), seed, latency_s=0.5))

        meeting.steps.run(
            [meeting.machine(number, plan, run_id) for number, run_id in enumerate(("same", "same", "other"))]
        )

        assert meeting.beside() == [], seed
        assert len(world.tasks()) in {9, 18}, seed
        assert set(meeting.statuses.values()) <= {1, 121}, seed


def test_runs_that_claim_several_families_do_not_refuse_each_other(stage: Begin) -> None:
    """All or none: of two that claim the same families at once, one gets them."""
    for seed in range(SEEDS):
        world = stage({"tasks": [life(each, seconds=3) for each in ("a", "b", "c")]})
        plans = [
            ordered(jobs_of(world, *names), {}, concurrency="forbid")
            for names in (("a", "b", "c"), ("c", "b"), ("b", "a"))
        ]
        meeting = Meeting(world, Steps(scripted(world), seed, latency_s=0.5))

        meeting.steps.run([meeting.machine(number, plan) for number, plan in enumerate(plans)])

        assert 0 in meeting.statuses.values(), seed
        assert set(meeting.statuses.values()) <= {0, 121}, seed


def test_jobs_that_wait_for_each_others_families_come_to_their_ends(stage: Begin) -> None:
    for seed in range(SEEDS):
        world = stage({"tasks": [life(each, seconds=3) for each in ("x", "y")]})
        mixed = ordered(jobs_of(world, "x", "y"), {})
        plans = [
            with_policies(mixed, {"x": {"concurrency": "forbid"}, "y": {"concurrency": "wait"}}),
            with_policies(mixed, {"y": {"concurrency": "forbid"}, "x": {"concurrency": "wait"}}),
            ordered(mixed, {"y": ["x"]}, concurrency="wait"),
        ]
        meeting = Meeting(world, Steps(scripted(world), seed, latency_s=0.5))

        meeting.steps.run([meeting.machine(number, plan) for number, plan in enumerate(plans)])

        assert set(meeting.statuses.values()) <= {0, 121}, seed
        assert 0 in meeting.statuses.values(), seed


@pytest.mark.parametrize("kind", ["tried again", "one after the other"])
def test_a_ledger_that_fails_once_tasks_run_stops_nobody(stage: Begin, kind: str) -> None:
    for seed in range(SEEDS):
        world = stage(PLANS[kind][0])
        plan = planned(world, kind, "wait")
        meeting = Meeting(world, Steps(scripted(world), seed, latency_s=0.5), fails=60)

        meeting.steps.run([meeting.machine(0, plan)])

        assert meeting.statuses == {0: 1 if "retry" in PLANS[kind][2] else 0}, seed
        assert len(world.tasks()) == 3, seed


@pytest.mark.parametrize("concurrency", ["forbid", "wait"])
def test_applies_that_begin_at_the_same_moment_share_a_folder(tmp_path: Path, concurrency: str) -> None:
    """In real time, in threads, each with a home of its own; the manifests spell the cluster differently."""
    lives = {"tasks": [{"family": "etl", "timeline": TIMELINE}]}
    with closing(serve(runner="scripted", faults=lives)) as endpoint:
        world = Stage(endpoint, ScriptedClock(), tmp_path)
        plans = [
            ordered(jobs_of(world, "etl", task_watch_poll_interval=0.5, **keys), {}, concurrency=concurrency)
            for keys in ({}, {"cluster": "default"}, {"cluster": f"{CLUSTERS}/default"})
        ]
        for turn in range(ROUNDS):
            statuses = at_once(world, plans, turn)
            assert statuses.count(0) >= 1
            assert set(statuses) <= {0, 121}
        meeting = Meeting(world, Steps(ScriptedClock(), 0))
        assert len(world.tasks()) >= ROUNDS
        assert meeting.beside() == []


def at_once(world: Stage, plans: Sequence[Plan], turn: int) -> list[int]:
    """Apply plans in threads that begin together; return their exit statuses."""
    together, statuses = threading.Barrier(len(plans)), list[int]()

    def apply_one(number: int, plan: Plan) -> None:
        home = world.folder / f"home{number}"
        together.wait(60)
        try:
            *_, last = apply(
                plan,
                session=world.session,
                run_id=f"run{turn}-{number}",
                locks=home,
                state=home,
                ledger=world.folder / "ledger",
            )
            assert isinstance(last, Finished)
            statuses.append(last.summary.exit_status)
        except OtherRunError as error:
            statuses.append(error.exit_status)

    threads = [threading.Thread(target=apply_one, args=each) for each in enumerate(plans)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(120)
    assert len(statuses) == len(plans)
    return statuses
