"""Run twenty jobs of nine seconds with ecsplan and its peers against the same endpoint."""

import statistics
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import noticing
from endpoint import Endpoint, served
from jobs import LIVES, carried_out, job, planned, script, subnet
from results import BOTO3, CLI, DEPLOY, NOT_MEASURED, OWN, PREFECT, Findings, Table
from timing import FailedError, Ran, Spread, run
from venvs import BENCH, Missing, environment

from ecsplan_applier.aws.rate_limits import log_reads_in

JOBS, QUICK_JOBS = 20, 3
FAMILY = "nine"
_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Contestant:
    """A program that runs the jobs.

    Attributes:
        name: Its name in the tables.
        region: Its own region on the endpoint, with its own definitions, tasks and quotas.
        does: What it does and does not do.
        command: Its program and arguments; None for `ecsplan apply`.
        missing: The reason why it cannot run, or "".
    """

    name: str
    region: str
    does: str
    command: tuple[str, ...] | None
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One run of a contestant: the process, the time of its last RunTask call, and its calls."""

    ran: Ran
    started_s: float
    calls: Counter[str]


APPLY = Contestant("ecsplan apply", "us-east-1", "waits, exit codes, logs as they come", None)
BATCHED, ONE_BY_ONE = "batched boto3 script", "AWS CLI script"
WORKER, DEPLOYING = "Prefect's ECSWorker", "ecs-deploy run"
_COLUMNS = {APPLY.name: OWN, BATCHED: BOTO3, ONE_BY_ONE: CLI, WORKER: PREFECT, DEPLOYING: DEPLOY}
"""Contestant -> its column in the table in which all peers stand side by side."""
_ONLY_START = frozenset({WORKER, DEPLOYING})
"""The contestants that do not wait for what they start."""
GROUP = "<security group>"
"""Placeholder in a command for the security group of the default VPC."""


def contestants() -> list[Contestant]:
    """Return all contestants: ecsplan first, then the one that its bound refers to."""
    peers = BENCH / "peers"
    batched, worker = str(peers / "batched_boto3.py"), str(peers / "prefect_worker.py")
    cli = str(peers / "aws_cli.sh")
    deploy = ("sh", str(peers / "ecs_deploy.sh"), "python", str(peers / "ecs_run.py"), GROUP)
    ends, starts = "waits, exit codes, logs", "starts tasks only"
    return [
        APPLY,
        _peer(BATCHED, "us-east-2", f"{ends} at the end", "boto3", ("python", batched)),
        _peer(ONE_BY_ONE, "us-west-1", f"{ends}, one job after the other", "aws-cli", ("sh", cli, "aws")),
        _peer(WORKER, "us-west-2", f"{starts}, concurrently", "prefect", ("python", worker)),
        _peer(DEPLOYING, "eu-west-1", f"{starts}, one by one", "ecs-deploy", deploy),
    ]


def _peer(name: str, region: str, does: str, where: str, command: tuple[str, ...]) -> Contestant:
    place = environment(where)
    if isinstance(place, Missing):
        return Contestant(name, region, does, None, place.reason)
    own = {"python", "aws"}
    return Contestant(
        name, region, does, tuple(place.program(each) if each in own else each for each in command)
    )


def measure(home: Path, *, quick: bool) -> Findings:
    """Return the times of all contestants; the slow one runs in parallel with the turns of the others."""
    jobs = QUICK_JOBS if quick else JOBS
    field = contestants()
    able = [each for each in field if not each.missing]
    reasons = {each.name: each.missing for each in field if each.missing}
    turns: dict[str, list[Turn]] = {}
    notices: list[float] = []
    lives = dict.fromkeys(_jobs(jobs), LIVES[FAMILY])
    with served(home, script()) as endpoint, ThreadPoolExecutor(1) as beside:
        plans = {each.name: planned(endpoint, _jobs(jobs), each.region) for each in able}
        endpoint.forget()

        def attempt(each: Contestant) -> None:
            try:
                turn = take_turn(endpoint, each, plans[each.name], jobs)
            # A peer that fails is reported in the table; a failure of ecsplan ends the part.
            except FailedError as error:
                if each is APPLY:
                    raise
                reasons[each.name] = f"it failed: {str(error).splitlines()[-1]}"
            else:
                turns.setdefault(each.name, []).append(turn)

        # The AWS CLI script sleeps most of the time, so it hardly disturbs the others.
        slow = [beside.submit(attempt, each) for each in able if each.name == ONE_BY_ONE]
        for number in range(1 if quick else _ROUNDS):
            for each in able:
                if each.name != ONE_BY_ONE and (number == 0 or each.name in {APPLY.name, BATCHED}):
                    attempt(each)
            notices += noticing.noticed(endpoint, home / APPLY.region / "result.json", APPLY.region, lives)
        # It takes minutes: what else waits for tasks is measured meanwhile.
        (home / "noticing").mkdir()
        long_tasks = noticing.measure(home / "noticing", quick=quick)
        for turn in slow:
            turn.result()
    findings = Findings()
    _report(findings, turns, reasons, jobs)
    _side_by_side(findings, turns, jobs)
    findings.at_most(
        "noticing the end of tasks of nine seconds, at the latest",
        f"{max(notices):.2f} s",
        against=f"mean {statistics.mean(notices):.2f} s",
        ratio=max(notices),
        limit=1.0,
        words="under a second",
    )
    findings.add(long_tasks)
    return findings


def _jobs(count: int) -> dict[str, dict[str, object]]:
    return {
        f"job-{number:02}": job(FAMILY, logs=True, command=["work", str(number)]) for number in range(count)
    }


def take_turn(endpoint: Endpoint, contestant: Contestant, plan: Path, jobs: int) -> Turn:
    """Run one contestant once; its calls are identified by region and time."""
    if contestant.command is None:
        ran = carried_out(endpoint, plan, contestant.region, "--result", str(plan.with_name("result.json")))
    else:
        group = endpoint.security_group(contestant.region)
        program = [group if each == GROUP else each for each in contestant.command]
        command = [*program, FAMILY, subnet(plan), str(jobs)]
        ran = run(command, env=endpoint.environment(contestant.region))
    calls = [each for each in endpoint.calls(contestant.region) if ran.began <= each.time <= ran.ended]
    launches = [each.time for each in calls if each.operation == "RunTask"]
    # Guards against a peer that fails quietly and would look fast.
    if len(launches) < jobs:
        raise FailedError(f"{contestant.name} made {len(launches)} RunTask calls for {jobs} jobs")
    return Turn(ran, max(launches) - ran.began, Counter(each.operation for each in calls))


def _side_by_side(findings: Findings, turns: Mapping[str, list[Turn]], jobs: int) -> None:
    """Add the rows in which all contestants stand side by side."""

    def row(what: str, figure: Callable[[Turn], float], names: Collection[str]) -> None:
        spreads = {name: Spread(tuple(map(figure, turns[name]))) for name in names if name in turns}
        cells = {
            _COLUMNS[name]: f"{spreads[name]:.1f}" if name in spreads else NOT_MEASURED for name in names
        }
        findings.side_by_side(f"{jobs} jobs of nine seconds: {what}, s", cells)

    row("the last task asked for", lambda turn: turn.started_s, _COLUMNS)
    row("all ended, with their logs", lambda turn: turn.ran.wall_s, _COLUMNS.keys() - _ONLY_START)
    row("CPU", lambda turn: turn.ran.cpu_s, _COLUMNS)


def _report(
    findings: Findings, turns: Mapping[str, list[Turn]], reasons: Mapping[str, str], jobs: int
) -> None:
    wall = {name: Spread(tuple(each.ran.wall_s for each in took)) for name, took in turns.items()}
    started = {name: Spread(tuple(each.started_s for each in took)) for name, took in turns.items()}
    own, what = wall[APPLY.name], f"{jobs} jobs of nine seconds"
    reads = turns[APPLY.name][-1].calls["GetLogEvents"]
    reading = (
        f"ecsplan reads logs as they come, in {reads} GetLogEvents calls of one turn, and makes at most "
        f"{log_reads_in(APPLY.region).per_s:g} of these a second, since other readers of the account share "
        "its quota"
    )
    if BATCHED in wall:
        findings.at_most(
            what,
            f"{own:.1f} s",
            against=f"{BATCHED}: {wall[BATCHED]:.1f} s",
            ratio=own.median / wall[BATCHED].median,
            limit=1.15,
            why=(
                f"the last task is asked for after {started[APPLY.name].median:.1f} s, and after "
                f"{started[BATCHED].median:.1f} s by the script; what follows, until all have stopped and "
                f"their logs are complete, takes {own.median - started[APPLY.name].median:.1f} s, and "
                f"{wall[BATCHED].median - started[BATCHED].median:.1f} s with the script. {reading}"
            ),
        )
    else:
        findings.not_measured(what, "at most 1.15", reasons[BATCHED])
    times = f"at least {jobs} x as fast"
    if ONE_BY_ONE in wall:
        findings.at_least(
            what,
            f"{own:.1f} s",
            against=f"{ONE_BY_ONE}: {wall[ONE_BY_ONE]:.0f} s",
            ratio=wall[ONE_BY_ONE].median / own.median,
            limit=jobs,
            words=times,
            why=reading,
        )
    else:
        findings.not_measured(what, times, reasons[ONE_BY_ONE])
    rows = []
    for each in contestants():
        if each.name not in turns:
            rows.append((each.name, "", "", "", "", f"not measured: {reasons[each.name]}"))
            continue
        took = turns[each.name]
        cpu = Spread(tuple(turn.ran.cpu_s for turn in took))
        calls = ", ".join(f"{count} {name}" for name, count in took[-1].calls.items())
        rows.append(
            (each.name, f"{started[each.name]:.1f}", f"{wall[each.name]:.1f}", f"{cpu:.1f}", calls, each.does)
        )
    note = (
        f"The {ONE_BY_ONE} takes minutes: it runs once, beside the turns of the others. The calls are those "
        "of one turn."
    )
    head = ("", "last task asked for, s", "ended, s", "CPU s", "calls", "what it does")
    findings.tables.append(Table(what[0].upper() + what[1:], head, rows, note))
