"""Several machines that apply one run at the same moment all end with the job's result, and start it once."""

import os
from pathlib import Path

import pytest
from apply_stage import Command
from campaign.judge import Verdict, judge
from campaign.meeting import apply_together
from campaign.proxy import Proxy
from campaign.sample import seeded
from campaign.scenarios import LINES, MORE_SCENARIOS, SCENARIOS, Scenario
from campaign.table import DOUBLED, LOST, PROPERTY, SURVIVED, Record, row
from campaign.transcript import whole
from campaign.world import Found, Played, World, look_at

from ecsplan_local import serve

ROW = "several machines at once, by machine"
MACHINES = (2, 3, 4, 5)
MEETINGS = 3
"""Meetings of each scenario and number of machines."""
LAGS_S = (0.0, 0.3, 1.0, 3.0)
"""How long a new task is hidden from ListTasks and DescribeTasks."""
WITH_LOG = (
    "image: alpine\nconfigure_cloudwatch_logs: true\ntask_watch_poll_interval: 0.5\n"
    "execution_role_arn: arn:aws:iam::000000000000:role/execution\n"
)
LIFE = [
    {"at": 1.5, "status": "RUNNING", "log": list(LINES)},
    {"at": 3.0, "status": "STOPPED", "exitCode": 3},
]


def judge_machine(scenario: Scenario, family: str, played: Played, found: Found, machines: int) -> Verdict:
    """Return the verdict on one of several machines.

    Each may register a revision: ECS has no conditional registration. A machine does not touch the revision
    that another one has registered.
    """
    if played.crash:
        return Verdict(LOST, f"a traceback\n{played.crash}")
    several = Scenario(**{**vars(scenario), "documents": scenario.documents * machines})
    leaves = tuple(range(several.documents + bool(scenario.prepared) + 1))
    verdict = judge(several, family, played, found, leaves=leaves)
    return verdict if verdict.kind == SURVIVED else Verdict(verdict.kind, f"{verdict.why}\n{whole(played)}")


@pytest.mark.parametrize("machines", MACHINES)
@pytest.mark.parametrize("scenario", [*SCENARIOS, *MORE_SCENARIOS], ids=lambda each: each.name)
def test_one_run_on_several_machines(
    world: World, scenario: Scenario, machines: int, scale: int, record_property: Record
) -> None:
    draw = seeded("machines", scenario.name, machines)
    verdicts = []
    for _ in range(MEETINGS * scale):
        family = world.fresh_family(scenario.name)
        plan = world.prepare(scenario, family)
        world.script(scenario, family)
        lag_s = draw.choice(LAGS_S)
        delays_s = [0.0, *(draw.choice((0.0, 0.0, draw.uniform(0.0, 2.0))) for _ in range(machines - 1))]
        ahead_s = [draw.choice((0.0, draw.uniform(-300.0, 300.0))) for _ in range(machines)]
        world.proxy.reset(lag_s=lag_s)

        ended = apply_together(world, plan, family, delays_s=delays_s, ahead_s=ahead_s)

        found = world.found(family)
        for each in ended:
            verdict = judge_machine(scenario, family, each, found, machines)
            said = f"lag {lag_s}, delays {delays_s}, clocks {ahead_s}: {verdict.why}"
            verdicts.append(Verdict(verdict.kind, said))

    record_property(PROPERTY, row(ROW, verdicts))
    assert [each.why for each in verdicts if each.kind in {LOST, DOUBLED}] == []


@pytest.mark.parametrize("machines", [2, 5])
def test_processes_on_several_machines(tmp_path: Path, machines: int) -> None:
    """The same with processes in real time, each with a home of its own."""
    with serve(runner="scripted", faults={"tasks": [{"timeline": LIFE}]}, record=True) as endpoint:
        proxy = Proxy(endpoint, endpoint.clock.now)
        Command(endpoint, tmp_path).compile(WITH_LOG)
        proxy.reset(lag_s=1.0)
        processes = []
        for number in range(machines):
            machine = Command(endpoint, tmp_path / f"machine{number}")
            machine.folder.mkdir()
            machine.env["AWS_ENDPOINT_URL"] = proxy.url
            plan = os.fspath(tmp_path / "plan.json")
            processes.append(machine.start("apply", plan, "--run-id", "together"))

        ended = [each.communicate(timeout=120) for each in processes]

        proxy.close()
        found = look_at(endpoint, "hello")
    said = "\n".join(err.decode() for _, err in ended)
    assert [each.returncode for each in processes] == [3] * machines, said
    assert [out.decode().splitlines() for out, _ in ended] == [list(LINES)] * machines
    assert len(found.tasks) == 1
    assert "Traceback" not in said
