"""Runs of a job that must not run beside another run of it, over one ledger: never two at a time."""

import json
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Any

import pytest
from campaign.disturbing import Meeting, Moment, die, failures
from campaign.judge import Verdict
from campaign.ledgers import KINDS, Kind, SharedLedger
from campaign.meeting import Member, meet
from campaign.sample import positions, seeded
from campaign.table import DOUBLED, LOST, PROPERTY, SURVIVED, Record, row
from campaign.test_machines import LAGS_S
from campaign.world import Played, World
from job_policies import with_policies

from ecsplan.plan.plan import Plan

TOGETHER_ROW = "two runs at once, concurrency: {}"
AT_CALL_ROW = "another run {} a call, concurrency: forbid"
KILL_ROW = "kill -9 {} a call, then another run, concurrency: {}"
POLICIES = ("forbid", "wait")
MEETINGS, EACH_CALL, EACH_KILL = 2, 3, 2
"""Meetings of each policy and ledger, and calls at which another run begins, or a run is killed."""
_SURE = ("RunTask", "PutObject")
_RUNS_S = 12.05
_TIMEOUT_S = 60
LIFE = [{"at": 1.05, "status": "RUNNING"}, {"at": _RUNS_S, "status": "STOPPED", "exitCode": 0}]


@dataclass(frozen=True)
class Exclusive:
    """A job of which one run is under way at a time, and the ledger that its runs share."""

    world: World
    family: str
    plan: Plan
    ledger: SharedLedger

    def apply(self, run_id: str, **options: Any) -> Played:
        """Apply it as a run of its own, on a machine of its own."""
        return self.ledger.apply(self.plan, run_id, machine=run_id, **options)

    def overlapping(self) -> list[str]:
        """Return the pairs of runs of which tasks were under way at the same time."""
        found: list[str] = []
        for one, other in combinations(self.world.found(self.family).tasks, 2):
            if one["startedBy"] != other["startedBy"] and _overlap(one, other):
                found.append(f"{one['startedBy']} and {other['startedBy']}")
        return found

    def started(self) -> int:
        """Return how many tasks there are."""
        return len(self.world.found(self.family).tasks)

    def runs(self, *names: str) -> tuple[str, ...]:
        """Return run ids of its own."""
        return tuple(f"{self.family}-{each}" for each in names)


def _overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    first, second = sorted((one, other), key=lambda each: each["createdAt"])
    return "stoppedAt" not in first or bool(first["stoppedAt"] > second["createdAt"])


def exclusive(world: World, kind: Kind, policy: str) -> Exclusive:
    """Return such a job in a fresh family, whose tasks run for twelve seconds."""
    family = world.fresh_family("exclusive")
    world.endpoint.set_faults({})
    keys = {"name": family, "image": "alpine", "task_watch_poll_interval": 2}
    plan = world.compile(json.dumps(keys | {"task_start_timeout_seconds": _TIMEOUT_S}))
    plan = with_policies(plan, {family: {"concurrency": policy}})
    world.endpoint.set_faults({"tasks": [{"family": family, "timeline": LIFE}]})
    return Exclusive(world, family, plan, SharedLedger(world, kind, family))


ALLOWED = {"forbid": {(0, 0), (0, 121), (121, 0)}, "wait": {(0, 0)}}
"""What two runs may end with: with `forbid`, one of them may come after the other."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("policy", POLICIES)
def test_two_runs_at_once(
    world: World, *, policy: str, kind: Kind, scale: int, record_property: Record
) -> None:
    draw = seeded("two runs", policy, kind)
    verdicts = []
    for _ in range(MEETINGS * scale):
        job = exclusive(world, kind, policy)
        lag_s, delay_s = draw.choice(LAGS_S), draw.choice((0.0, draw.uniform(0.0, 3.0)))
        world.proxy.reset(lag_s=lag_s)
        a, b = job.runs("a", "b")

        ended = meet(
            world,
            [Member(job.plan, a), Member(job.plan, b, delay_s)],
            around=job.ledger.gateway,
            ledger=job.ledger.location,
        )

        statuses = tuple(each.status for each in ended)
        said = f"lag {lag_s}, delay {delay_s}: {statuses}\n" + "\n".join(each.text for each in ended)
        if job.overlapping():
            verdicts.append(Verdict(DOUBLED, said))
        else:
            verdicts.append(Verdict(SURVIVED if statuses in ALLOWED[policy] else LOST, said))

    record_property(PROPERTY, row(TOGETHER_ROW.format(policy), verdicts))
    assert [each.why for each in verdicts if each.kind != SURVIVED] == []


def calls_of(world: World, kind: Kind, policy: str) -> list[str]:
    """Return the names of the calls that a run makes, of AWS and of its ledger."""

    def find() -> list[str]:
        job, moment = exclusive(world, kind, policy), Moment()
        assert job.apply(*job.runs("a"), moment=moment).status == 0
        return moment.names

    return world.once(("calls of a claim", kind, policy), find)


def at_call(world: World, kind: Kind, number: int, *, after: bool) -> Verdict:
    """Have another run begin at a call of the first one, and leave its task running."""
    job, second = exclusive(world, kind, "forbid"), []
    a, b = job.runs("a", "b")
    begin = partial(Meeting, number=number, action=lambda: second.append(job.apply(b, detach=True)))
    first = job.apply(a, around=partial(begin, after=after))
    said = "\n".join(each.text for each in (first, *second))
    if job.overlapping():
        return Verdict(DOUBLED, said)
    return Verdict(SURVIVED if job.started() else LOST, said)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("kind", KINDS)
def test_another_run_at_calls(
    world: World, *, kind: Kind, moment: str, scale: int, record_property: Record
) -> None:
    draw = seeded("another run", kind, moment)
    # Another apply within a step in a folder would meet the lock that this process holds.
    calls = [each for each in calls_of(world, kind, "forbid") if not each.startswith(("open", "os."))]

    verdicts = {
        number: at_call(world, kind, number, after=moment == "after")
        for number in positions(draw, calls, EACH_CALL * scale, sure=_SURE)
    }

    record_property(PROPERTY, row(AT_CALL_ROW.format(moment), verdicts.values()))
    assert failures(verdicts) == {}


def after_a_kill(world: World, kind: Kind, policy: str, number: int, *, after: bool) -> Verdict:
    """Kill a run at a call; another one follows at once, and a third one when the first one must be over."""
    job = exclusive(world, kind, policy)
    a, b, c = job.runs("a", "b", "c")
    die(lambda: job.apply(a, moment=Moment(number, after=after)))
    second = job.apply(b)
    world.time.advance(_TIMEOUT_S + _RUNS_S)
    third = job.apply(c)
    resumed = job.apply(a)
    said = "\n".join(each.text for each in (second, third, resumed))
    if job.overlapping():
        return Verdict(DOUBLED, said)
    statuses = (second.status, third.status, resumed.status)
    right = second.status in ({0, 121} if policy == "forbid" else {0})
    return Verdict(SURVIVED if right and statuses[1:] == (0, 0) else LOST, f"{statuses}\n{said}")


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("policy", POLICIES)
def test_another_run_after_a_kill(
    world: World, *, policy: str, kind: Kind, moment: str, scale: int, record_property: Record
) -> None:
    """A claim of a run that is gone holds nobody up for longer than its task could have taken to start."""
    draw = seeded("another run after a kill", policy, kind, moment)
    names = calls_of(world, kind, policy)

    verdicts = {
        (number, names[number - 1]): after_a_kill(world, kind, policy, number, after=moment == "after")
        for number in positions(draw, names, EACH_KILL * scale, sure=(*_SURE, "os.rename"))
    }

    record_property(PROPERTY, row(KILL_ROW.format(moment, policy), verdicts.values()))
    assert failures(verdicts) == {}
