"""Print the log of a run that has ended: `ecsplan logs`, and FilterLogEvents by hand, in turns."""

import json
from pathlib import Path

from endpoint import Endpoint, served
from jobs import carried_out, job, planned, script
from results import BOTO3, CLI, NOT_MEASURED, OWN, Findings, Table
from timing import FailedError, Ran, Spread, run
from venvs import BENCH, Missing, ecsplan, environment

_ROUNDS, _QUICK_ROUNDS = 7, 2
_LINES = 100_000
_FEWER = 30_000
_REGION = "us-east-1"
_RUN, _SHORT_RUN = "long-log", "short-log"
_OWN, _BY_HAND, _CLI = "`ecsplan logs`", "FilterLogEvents by hand (boto3)", "`aws logs filter-log-events`"
_MEMORY_TIMES = 1.15
"""What a log of ten times as many lines may take of memory: there are two pages of it at a time."""


def measure(home: Path, *, quick: bool) -> Findings:
    """Return how long it takes to print a log, as whole processes, and the memory that takes."""
    with served(home, script()) as endpoint:
        plan = planned(endpoint, {"brief": job("brief", logs=True)}, _REGION)
        group, stream = _logged(endpoint, plan, _RUN, _LINES)
        _logged(endpoint, plan, _SHORT_RUN, _FEWER)
        return _compare(endpoint, group, stream, _QUICK_ROUNDS if quick else _ROUNDS)


def _logged(endpoint: Endpoint, plan: Path, run_id: str, lines: int) -> tuple[str, str]:
    """Carry the plan out, and return the log group and stream of its task, which holds so many lines more."""
    result = plan.with_name(f"{run_id}.json")
    carried_out(endpoint, plan, _REGION, "--run-id", run_id, "--result", str(result))
    place = json.loads(result.read_text(encoding="utf-8"))["jobs"][0]["tasks"][0]["log"]
    log = [f"{number:06} processed a batch of records, nothing remarkable in it" for number in range(lines)]
    endpoint.put_log_events(_REGION, place["group"], place["stream"], log)
    return place["group"], place["stream"]


def _compare(endpoint: Endpoint, group: str, stream: str, rounds: int) -> Findings:
    findings, boto3, cli = Findings(), environment("boto3"), environment("aws-cli")
    commands = {_OWN: [*ecsplan(), "logs", _RUN]}
    if not isinstance(boto3, Missing):
        by_hand = str(BENCH / "peers" / "filter_log_events.py")
        commands[_BY_HAND] = [boto3.program("python"), by_hand, group, stream]
    if not isinstance(cli, Missing):
        named = ["--log-group-name", group, "--log-stream-names", stream]
        shown = ["--query", "events[].[message]", "--output", "text"]
        commands[_CLI] = [cli.program("aws"), "logs", "filter-log-events", *named, *shown]
    runs: dict[str, list[Ran]] = {name: [] for name in commands}
    short: list[Ran] = []
    # In turns, after one that counts nothing, so that a slow phase of the machine affects all alike.
    for number in range(rounds + 1):
        for name, command in commands.items():
            ran = _printed(endpoint, command, _LINES)
            runs[name] += [ran] if number else []
        short += [_printed(endpoint, [*ecsplan(), "logs", _SHORT_RUN], _FEWER)]
    _bounds(findings, runs, short, boto3)
    rows = [
        (
            name,
            f"{Spread(tuple(each.wall_s for each in ran)):.2f}",
            f"{Spread(tuple(each.cpu_s for each in ran)):.2f}",
            f"{Spread(tuple(each.tree_mib for each in ran)):.0f}",
        )
        for name, ran in runs.items()
    ]
    seconds = {name: each for name, each, *_ in rows}
    findings.side_by_side(
        f"printing a log of {_LINES:,} lines, s",
        {
            OWN: seconds[_OWN],
            BOTO3: seconds.get(_BY_HAND, NOT_MEASURED),
            CLI: seconds.get(_CLI, NOT_MEASURED),
        },
    )
    head = ("", "seconds", "CPU seconds", "memory, MiB")
    findings.tables.append(Table(f"Printing a log of {_LINES:,} lines, whole processes", head, rows))
    return findings


def _bounds(findings: Findings, runs: dict[str, list[Ran]], short: list[Ran], boto3: object) -> None:
    what = f"`ecsplan logs` of {_LINES:,} lines, whole processes"
    own = Spread(tuple(each.wall_s for each in runs[_OWN]))
    if isinstance(boto3, Missing):
        findings.not_measured(what, "at most 1", boto3.reason)
    else:
        other = Spread(tuple(each.wall_s for each in runs[_BY_HAND]))
        # Each pair ran within seconds: the ratio of a pair is less disturbed than that of two medians.
        pairs = zip(runs[_OWN], runs[_BY_HAND], strict=True)
        ratio = Spread(tuple(mine.wall_s / its.wall_s for mine, its in pairs)).median
        against = f"{_BY_HAND}: {other:.2f} s"
        findings.at_most(what, f"{own:.2f} s", against=against, ratio=ratio, limit=1.0)
    memory = Spread(tuple(each.tree_mib for each in runs[_OWN]))
    less = Spread(tuple(each.tree_mib for each in short))
    findings.at_most(
        f"`ecsplan logs` of {_LINES:,} lines, memory",
        f"{memory:.0f} MiB",
        against=f"{_FEWER:,} lines: {less:.0f} MiB",
        ratio=memory.median / less.median,
        limit=_MEMORY_TIMES,
    )


def _printed(endpoint: Endpoint, command: list[str], lines: int) -> Ran:
    """Run a command that prints a log, and check that it has printed all of it.

    Raises:
        FailedError: It has not.
    """
    ran = run(command, env=endpoint.environment(_REGION), watch=True)
    printed = ran.output.count("\n")
    if printed < lines:
        raise FailedError(f"{command[1]} has printed {printed} of {lines} lines")
    return ran
