"""A clock that is minutes off AWS's changes nothing: no task is stopped for it, or taken for an old one."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from campaign.clocks import JumpingClock
from campaign.judge import Verdict, judge
from campaign.proxy import Dates, true_date
from campaign.sample import seeded
from campaign.scenarios import MORE_SCENARIOS, ROLE, SCENARIOS, Scenario
from campaign.table import DOUBLED, LOST, PROPERTY, SURVIVED, Record, row
from campaign.transcript import whole
from campaign.world import Played, World

from ecsplan.plan.plan import Plan

OFFSETS_S = (-300.0, -121.0, -6.0, 6.0, 121.0, 300.0)
"""How far the machine's clock is ahead of AWS's, which takes signatures that are up to five minutes off; two
are just beyond the default start timeout, and two beyond what delays explain."""
ROW = "clock up to 300 s off, {}"
DATE_ROW = "Date header absent or garbled"
TIMES = ("a new run", "resumed", "resumed elsewhere")


def _limited(family: str) -> str:
    limits = {"task_start_timeout_seconds": 5, "task_timeout_seconds": 10, "task_watch_poll_interval": 2}
    logging = {"configure_cloudwatch_logs": True, "execution_role_arn": ROLE}
    return json.dumps({"name": family, "image": "alpine", **limits, **logging})


LIMITED = replace(SCENARIOS[0], name="limited", manifest=_limited, leaves=1)
"""An apply whose task keeps to short limits."""
APPLIED = (*SCENARIOS, *MORE_SCENARIOS, LIMITED)


def abandoned(world: World, plan: Plan, family: str, draw: Random, **options: Any) -> None:
    """Apply, and end like a killed process after a number of events that is drawn."""
    events = world.events(plan, family, **options)
    for _ in itertools.islice(events, draw.randrange(1, 9)):
        pass
    getattr(events, "close")()  # noqa: B009 - typed as an iterator, and a generator


def applied(world: World, scenario: Scenario, ahead_s: float, when: str, draw: Random) -> Verdict:
    """Carry a scenario out on a machine with such a clock."""
    family = world.fresh_family(scenario.name)
    plan = world.prepare(scenario, family)
    world.script(scenario, family)
    world.proxy.reset()
    by_proxy = world.gateway(url=world.proxy.url)
    if when != "a new run":
        other_s = draw.choice(OFFSETS_S) if when == "resumed elsewhere" else ahead_s
        abandoned(
            world,
            plan,
            family,
            draw,
            gateway=by_proxy,
            clock=JumpingClock(world.time, other_s),
            machine="two",
        )
    machine = "two" if when == "resumed" else "one"
    clock = JumpingClock(world.time, ahead_s)
    played = world.apply_by_proxy(plan, family, clock=clock, machine=machine)
    said = f"{ahead_s:+.0f} s, {when}"
    return _judged(world, scenario, family, played, elsewhere=when == "resumed elsewhere", said=said)


def _judged(
    world: World, scenario: Scenario, family: str, played: Played, *, elsewhere: bool, said: str
) -> Verdict:
    found = world.found(family)
    leaves = (scenario.leaves, scenario.documents) if elsewhere else None
    verdict = judge(scenario, family, played, found, leaves=leaves)
    if verdict.kind == SURVIVED:
        return verdict
    return Verdict(verdict.kind, f"{said}: {verdict.why}\n{whole(played)}{played.crash}")


@pytest.mark.parametrize("when", TIMES)
@pytest.mark.parametrize("scenario", APPLIED, ids=lambda each: each.name)
def test_clock_that_is_off(
    world: World, scenario: Scenario, when: str, scale: int, record_property: Record
) -> None:
    draw = seeded("clock", scenario.name, when)
    more = [draw.uniform(-300.0, 300.0) for _ in range(len(OFFSETS_S) * (scale - 1))]

    verdicts = [applied(world, scenario, each, when, draw) for each in (*OFFSETS_S, *more)]

    record_property(PROPERTY, row(ROW.format(when), verdicts))
    assert [each.why for each in verdicts if each.kind in {LOST, DOUBLED}] == []


def never(now: float) -> tuple[str, ...]:
    return ()


def garbled(now: float) -> tuple[str, ...]:
    return ("yesterday",)


def odd(now: float) -> tuple[str, ...]:
    return ("Sun, 31 Feb 2027 25:61:61 GMT",)


def empty(now: float) -> tuple[str, ...]:
    return ("",)


def alternating(other: Dates) -> Dates:
    """Return AWS's time in the first answer and in every other one after it."""
    numbers: Iterator[int] = itertools.count()
    return lambda now: true_date(now) if next(numbers) % 2 == 0 else other(now)


DATE_OFFSETS_S = (0.0, -250.0, 250.0)
"""Offsets of the clock; but for the first, every other answer has a good header."""
ALWAYS: dict[str, Dates] = {"absent": never, "garbled": garbled, "no such day": odd, "empty": empty}


@pytest.mark.parametrize("kind", ALWAYS)
@pytest.mark.parametrize("scenario", APPLIED, ids=lambda each: each.name)
def test_date_header_that_says_nothing(
    world: World, scenario: Scenario, kind: str, record_property: Record
) -> None:
    """Without it the clocks count as equal; where one answer has it, its offset holds for those without."""
    draw = seeded("date", scenario.name, kind)
    verdicts = []
    for ahead_s in DATE_OFFSETS_S:
        dates = alternating(ALWAYS[kind]) if ahead_s else ALWAYS[kind]
        family = world.fresh_family(scenario.name)
        plan = world.prepare(scenario, family)
        world.script(scenario, family)
        world.proxy.reset(dates=dates)
        clock = JumpingClock(world.time, ahead_s)
        by_proxy = world.gateway(url=world.proxy.url)
        abandoned(world, plan, family, draw, gateway=by_proxy, clock=clock)
        played = world.apply_by_proxy(plan, family, clock=clock)
        said = f"{ahead_s:+.0f} s, Date {kind}"
        verdicts.append(_judged(world, scenario, family, played, elsewhere=False, said=said))

    record_property(PROPERTY, row(DATE_ROW, verdicts))
    assert [each.why for each in verdicts if each.kind in {LOST, DOUBLED}] == []
