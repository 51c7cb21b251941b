"""The campaign's figures in docs/guarantees.md are what a test run injects; `--rewrite-cases` writes them."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from campaign import test_attempts as attempts
from campaign import test_clock_skew as clocks
from campaign import test_corrupted_responses as answers
from campaign import test_faults as faults
from campaign import test_interrupted_and_corrupted as signals
from campaign import test_kills as kills
from campaign import test_ledger as ledger
from campaign import test_ledger_claims as claims
from campaign import test_ledger_machines as shared
from campaign import test_ledger_resumed as again
from campaign import test_machines as machines
from campaign import test_order as order
from campaign.corruptions import CORRUPTIONS
from campaign.disturbing import numbered, undisturbed
from campaign.ledgers import KINDS
from campaign.orders import WAITS
from campaign.scenarios import MORE_SCENARIOS, SCENARIOS
from campaign.tries import TRIES
from campaign.world import World
from places import ROOT

PAGE = ROOT / "docs" / "guarantees.md"
ROW = re.compile(r"^\| (?P<fault>[^|]+) \| (?P<injected>[\d,]+) \| 0 \| 0 \|$", re.MULTILINE)
"""A row of the table: what a fault is, how often it was injected; 0 lost, and 0 doubled."""


def injected(world: World) -> dict[str, int]:
    """Return how often a test run injects each fault, by the name that the campaign's table gives it."""
    calls = [call for each in SCENARIOS for call in world.calls_of(each)]
    changing = [each for each in calls if each[0] in faults.CHANGING]
    found = Counter(dict.fromkeys(faults.FAULTS, len(calls)))
    found["late answer"] = len(changing)
    for moment in ("before", "after"):
        found[f"kill -9 {moment} the call"] = len(calls) * len(kills.AGAIN)
    found["SIGTERM at the call"] = len(calls)
    for corruption in CORRUPTIONS:
        found[answers.ROW.format(corruption.group)] += len(answers.orders(world, corruption, answers.EACH))
    unseen = [answers.unseen(world, each, answers.EACH_UNSEEN) for each in answers.UNSEEN]
    found[answers.UNSEEN_ROW] = sum(map(len, unseen))
    lasting = [answers.lasting(world, each, answers.EACH_LASTING) for each in answers.LASTING]
    found[answers.LASTING_ROW] = sum(map(len, lasting))
    for number in signals.SIGNALS:
        found[signals.ROW.format(number.name)] = signals.EACH
    everywhere = len(SCENARIOS) + len(MORE_SCENARIOS)
    found[machines.ROW] = machines.MEETINGS * everywhere * sum(machines.MACHINES)
    for when in clocks.TIMES:
        found[clocks.ROW.format(when)] = len(clocks.OFFSETS_S) * len(clocks.APPLIED)
    found[clocks.DATE_ROW] = len(clocks.ALWAYS) * len(clocks.DATE_OFFSETS_S) * len(clocks.APPLIED)
    return {**found, **with_attempts(world), **with_order(world), **with_ledger(), **with_claims()}


def with_attempts(world: World) -> dict[str, int]:
    """Return the same of the applies whose copies are tried again."""
    calls = {each.name: undisturbed(world, each) for each in TRIES}
    corrupted = sum(calls[each.name] for each in attempts.CORRUPTED)
    return {
        **{attempts.FAULT_ROW.format(each): corrupted for each in attempts.DISTURBED},
        **{attempts.KILL_ROW.format(each): sum(calls.values()) for each in ("before", "after")},
        attempts.SIGNAL_ROW: sum(calls[each.name] for each in attempts.STOPPED),
        attempts.MACHINES_ROW: attempts.MEETINGS * len(TRIES) * sum(attempts.MACHINES),
    }


def with_order(world: World) -> dict[str, int]:
    """Return the same of the applies whose jobs and copies wait."""
    kills = sum(undisturbed(world, each) for each in WAITS)
    calls = sum(len(numbered(world, each)) for each in WAITS)
    return {
        **{order.FAULT_ROW.format(each): calls for each in order.DISTURBED},
        **{order.KILL_ROW.format(each): kills for each in ("before", "after")},
        order.SIGNAL_ROW: kills,
    }


def with_ledger() -> dict[str, int]:
    """Return the same of the applies that have a ledger."""
    kinds, moments, refused = len(KINDS), ("before", "after"), len(ledger.REFUSED)
    kills = len(ledger.CASES) * kinds * ledger.EACH_KILL
    others, resumed = len(shared.CASES) * kinds, len(again.CASES) * kinds
    return {
        **{
            ledger.FAULT_ROW.format(each): len(ledger.DISTURBED) * ledger.EACH_FAULT
            for each in ledger.EVERY_FAULT
        },
        ledger.OUTAGE_ROW: len(ledger.CASES) * len(ledger.LASTING) * ledger.EACH_OUTAGE,
        **{ledger.STEP_ROW.format(each): refused * ledger.EACH_STEP for each in ledger.REFUSALS},
        **{ledger.KILL_ROW.format(each, when): kills for each in moments for when in ledger.WHEN},
        **{again.TWICE_ROW.format(when): resumed * again.EACH_TWICE for when in ledger.WHEN},
        again.SIGNAL_ROW: resumed * again.EACH_SIGNAL,
        **{shared.MEANWHILE_ROW.format(each): others * shared.EACH_CALL for each in moments},
        shared.MACHINES_ROW: others * shared.MEETINGS * sum(shared.MACHINES),
    }


def with_claims() -> dict[str, int]:
    """Return the same of the runs that must not run at the same time."""
    kinds, moments = len(KINDS), ("before", "after")
    return {
        **{claims.TOGETHER_ROW.format(each): kinds * claims.MEETINGS for each in claims.POLICIES},
        **{claims.AT_CALL_ROW.format(each): kinds * claims.EACH_CALL for each in moments},
        **{
            claims.KILL_ROW.format(each, policy): kinds * claims.EACH_KILL
            for each in moments
            for policy in claims.POLICIES
        },
    }


@pytest.fixture
def empty_world(tmp_path: Path) -> Iterator[World]:
    """Serve a world of its own: a task that another test has left stopping is looked at by every apply."""
    made = World(tmp_path)
    yield made
    made.close()


def test_the_page_gives_the_figures(empty_world: World, pytestconfig: pytest.Config) -> None:
    expected = injected(empty_world)
    expected["all"] = sum(expected.values())
    text = PAGE.read_text(encoding="utf-8")

    def right(row: re.Match[str]) -> str:
        return f"| {row['fault']} | {expected.get(row['fault'], 0):,} | 0 | 0 |"

    if pytestconfig.getoption("--rewrite-cases"):
        text = ROW.sub(right, text)
        PAGE.write_text(text, encoding="utf-8")
    assert {row["fault"]: int(row["injected"].replace(",", "")) for row in ROW.finditer(text)} == expected
