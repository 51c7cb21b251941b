"""A run with a ledger, under faults and kills: nothing twice, and what had ended is known for good."""

import errno
from dataclasses import replace

import pytest
from bucket_faults import FAULTS, WRITE_FAULTS, Disturbance
from campaign.disturbing import DyingAfterRuns, Moment, die, failures
from campaign.folder_steps import Refusing
from campaign.judge import Verdict
from campaign.ledgers import FORGOTTEN_S, KINDS, Kind, ended_of
from campaign.orders import PIPELINE, SKIPS, Waits
from campaign.recalling import judged, kept, killed, recorded, resumed, resumed_late
from campaign.sample import positions, seeded
from campaign.table import LOST, PROPERTY, REPORTED, SURVIVED, Record, row
from campaign.tries import COPIES, UNSHOWN, Tries, life, spot
from campaign.world import World

FAULT_ROW = "{}, of a call of the ledger in S3"
SLOW = "slow"
OUTAGE_ROW = "the ledger in S3 out of order from a call on"
STEP_ROW = "a step in the ledger's folder {}"
KILL_ROW = "kill -9 {} a call, with a ledger, {}"

SINGLE = Tries("single", (life("x", exitCode=3),), (), 3, (), keys=UNSHOWN)
RETRIED = Tries("retried", (spot("a"), life("b", exitCode=3)), ("interruption",), 3, (), keys=UNSHOWN)
LONG = Tries("long", (life("x", at=3 * 3600.05, exitCode=3),), (), 3, (), keys=UNSHOWN)
CASES: tuple[Tries | Waits, ...] = (SINGLE, RETRIED, COPIES, PIPELINE, SKIPS)
DISTURBED = (RETRIED, PIPELINE)
"""The applies of which each call of the ledger is disturbed in every way."""
REFUSED = (SINGLE, RETRIED)
"""The applies of which each step in the ledger's folder is refused."""
EVERY_FAULT = (*FAULTS, *WRITE_FAULTS, SLOW)
LASTING = ("error 503", "reset after the effect")
REFUSALS = ("refused", "done and refused")
WHEN = {"resumed": resumed, "resumed hours later": resumed_late}
EACH_FAULT, EACH_OUTAGE, EACH_STEP, EACH_KILL = 2, 2, 6, 3
"""Calls of each apply that are disturbed in each way; `--campaign-scale` makes more."""
_SLOW_S = 25.0


def of_s3(world: World, case: Tries | Waits) -> list[tuple[str, int]]:
    """Return the calls of S3 that an apply makes: each operation, and its number of that kind."""

    def find() -> list[tuple[str, int]]:
        it = kept(world, case, "s3")
        played = it.ledger.apply_disturbed(it.run.plan, it.run.family)
        calls = world.buckets.numbered()
        assert judged(world, case, it, played) == Verdict(SURVIVED)
        assert {name for name, _ in calls} == {"ListObjectsV2", "PutObject"}
        return calls

    return world.once(("calls of S3", case.name), find)


def disturbed(world: World, case: Tries | Waits, fault: str, call: tuple[str, int]) -> Verdict:
    """Carry an apply out with one call of S3 disturbed."""
    it = kept(world, case, "s3")
    if fault == SLOW:
        disturbance = Disturbance(*call, action=lambda: world.time.advance(_SLOW_S))
    else:
        disturbance = Disturbance(*call, fault=(FAULTS | WRITE_FAULTS)[fault])
    played = it.ledger.apply_disturbed(it.run.plan, it.run.family, disturbance)
    return judged(world, case, it, played)


@pytest.mark.parametrize("fault", EVERY_FAULT)
@pytest.mark.parametrize("case", DISTURBED, ids=lambda each: each.name)
def test_calls_of_s3_disturbed(
    world: World, case: Tries | Waits, fault: str, scale: int, record_property: Record
) -> None:
    """One faulty answer is made up for: the run ends as if nothing had been, and is recorded."""
    calls = [each for each in of_s3(world, case) if fault not in WRITE_FAULTS or each[0] == "PutObject"]
    draw = seeded("calls of a ledger", case.name, fault)
    chosen = draw.sample(calls, min(len(calls), EACH_FAULT * scale))

    verdicts = {call: disturbed(world, case, fault, call) for call in chosen}

    record_property(PROPERTY, row(FAULT_ROW.format(fault), verdicts.values()))
    assert failures(verdicts) == {}


def outage(world: World, case: Tries | Waits, number: int, fault: str) -> Verdict:
    """Have the bucket out of order from a call on; afterwards, the run is applied again."""
    it = kept(world, case, "s3")
    lasting = Disturbance("*", number, FAULTS[fault], lasting=True)
    played = it.ledger.apply_disturbed(it.run.plan, it.run.family, lasting)
    if played.error is not None:
        if world.endpoint.calls("RunTask") or world.endpoint.calls("RegisterTaskDefinition"):
            return Verdict(LOST, f"something was changed\n{played.text}")
        said = played.status == 125 and it.ledger.location in played.text
        return judged(world, case, it, it.apply("two")) if said else Verdict(LOST, played.text)
    ended = ended_of(played)
    is_recorded = it.ledger.ends() == ended
    # A write whose answer is lost may have had its effect: then 125 is right, too.
    right = {125} if not is_recorded else {case.status, 1} | ({125} if FAULTS[fault].executed else set())
    if played.status not in right:
        how = "" if is_recorded else "not "
        return Verdict(LOST, f"ended with {played.status}; all ends were {how}recorded\n{played.text}")
    again = it.apply("two")
    if not ended.items() <= ended_of(again).items():
        return Verdict(LOST, f"another end\n{played.text}\n{again.text}")
    return judged(world, case, it, again)


@pytest.mark.parametrize("fault", LASTING)
@pytest.mark.parametrize("case", CASES, ids=lambda each: each.name)
def test_an_outage_of_s3(
    world: World, case: Tries | Waits, fault: str, scale: int, record_property: Record
) -> None:
    """Before anything is started: 125, and nothing is. Later: what runs goes on, and is not lost."""
    names = [operation for operation, _ in of_s3(world, case)]
    draw = seeded("outages of a ledger", case.name, fault)

    chosen = positions(draw, names, EACH_OUTAGE * scale)
    verdicts = {number: outage(world, case, number, fault) for number in chosen}

    record_property(PROPERTY, row(OUTAGE_ROW, verdicts.values()))
    assert failures(verdicts) == {}


def steps(world: World, case: Tries | Waits) -> int:
    """Return how many steps an apply makes in its ledger's folder."""

    def find() -> int:
        it, refusing = kept(world, case, "folder"), Refusing()
        played = it.ledger.apply_refused(it.run.plan, it.run.family, refusing)
        assert judged(world, case, it, played) == Verdict(SURVIVED)
        return refusing.steps

    return world.once(("steps", case.name), find)


def refused(world: World, case: Tries | Waits, refusing: Refusing) -> Verdict:
    """Have a step in the folder refused; where that ends the apply, the run is applied again."""
    it = kept(world, case, "folder")
    played = it.ledger.apply_refused(it.run.plan, it.run.family, refusing)
    if played.error is None:
        return judged(world, case, it, played)
    if played.status != 125 or world.endpoint.calls("RunTask"):
        return Verdict(LOST, f"ended with {played.status}, {len(world.endpoint.calls('RunTask'))} calls")
    verdict = judged(world, case, it, it.apply("two"))
    return replace(verdict, kind=REPORTED) if verdict.kind == SURVIVED else verdict


@pytest.mark.parametrize("how", REFUSALS)
@pytest.mark.parametrize("case", REFUSED, ids=lambda each: each.name)
def test_steps_in_a_folder_refused(
    world: World, case: Tries | Waits, how: str, scale: int, record_property: Record
) -> None:
    """Before a task is started, the apply ends with 125, and another one carries the run out."""
    draw = seeded("steps in a ledger", case.name, how)

    verdicts = {
        number: refused(world, case, Refusing(number, errno.EIO, after=how != "refused"))
        for number in positions(draw, [""] * steps(world, case), EACH_STEP * scale)
    }

    record_property(PROPERTY, row(STEP_ROW.format(how), verdicts.values()))
    assert {n: each.why for n, each in verdicts.items() if each.kind not in {SURVIVED, REPORTED}} == {}


def calls_of(world: World, case: Tries | Waits, kind: Kind) -> list[str]:
    """Return the names of the calls that an apply makes, of AWS and of its ledger."""

    def find() -> list[str]:
        it, moment = kept(world, case, kind), Moment()
        assert judged(world, case, it, it.apply(moment=moment)) == Verdict(SURVIVED)
        return moment.names

    return world.once(("calls", case.name, kind), find)


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", CASES, ids=lambda each: each.name)
def test_killed_at_calls(
    world: World,
    *,
    case: Tries | Waits,
    kind: Kind,
    moment: str,
    when: str,
    scale: int,
    record_property: Record,
) -> None:
    """Of ECS and of the ledger; among them one that starts a task, and one that writes to the ledger."""
    draw = seeded("kills with a ledger", case.name, kind, moment, when)
    names = calls_of(world, case, kind)
    verdicts = {}

    for number in positions(draw, names, EACH_KILL * scale, sure=("RunTask", "PutObject", "os.rename")):
        it = kept(world, case, kind)
        death = killed(world, it, number, after=moment == "after")
        verdicts[number, names[number - 1]] = WHEN[when](world, case, it, death)

    record_property(PROPERTY, row(KILL_ROW.format(moment, when), verdicts.values()))
    assert failures(verdicts) == {}


@pytest.mark.parametrize("kind", KINDS)
def test_a_task_that_runs_for_hours_is_followed_to_its_end(world: World, kind: Kind) -> None:
    it = kept(world, LONG, kind)
    die(lambda: it.apply(around=lambda gateway: DyingAfterRuns(gateway, 1)))
    world.time.advance(FORGOTTEN_S)

    played = it.apply("two")

    assert LONG.judge(played, world.found(it.run.family)) == Verdict(SURVIVED)
    assert recorded(world, it, played) == Verdict(SURVIVED)
