"""`ecsplan apply`: carries a plan out, prints the job's log, ends with its exit code."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from ecsplan_cli.completions import complete_jobs
from ecsplan_cli.help import Command
from ecsplan_cli.options import FILE_NAME, AwsArguments, aws_options, quiet_option, spelled
from ecsplan_cli.output import colour_wanted, is_terminal, tell, write_result
from ecsplan_cli.output_files import check_target
from ecsplan_cli.plan_files import read_plan_file

if TYPE_CHECKING:
    from ecsplan.plan.plan import Plan
    from ecsplan_applier.aws.gateway import SessionOptions
    from ecsplan_applier.aws.rate_limits import Limits
    from ecsplan_applier.context import Interrupt
    from ecsplan_applier.outcomes.events import Event
    from ecsplan_applier.outcomes.result import Summary
    from ecsplan_cli.render.events import Lines

CALL_TIMEOUT = "ECSPLAN_CALL_TIMEOUT"
"""Seconds that one call may take until it counts as lost."""
RUN_CALLS = "ECSPLAN_RUN_CALLS_PER_SECOND"
"""RunTask calls a second, and at once."""
LAUNCHES = "ECSPLAN_LAUNCHES_PER_SECOND"
"""Tasks launched a second, after five times as many at once."""
LOG_READS = "ECSPLAN_LOG_READS_PER_SECOND"
"""GetLogEvents calls a second."""


@click.command("apply", cls=Command)
@click.argument("plan", type=FILE_NAME, metavar="PLAN")
@click.option("--run-id", metavar="ID", help="Resume the run of this id, or give a new run this id.")
@click.option(
    "--only",
    metavar="JOB",
    multiple=True,
    shell_complete=complete_jobs,
    help="Carry out this job only; may be repeated.",
)
@click.option("--detach", is_flag=True, help="End when the tasks run, and print CLUSTER::TASK_ARN of each.")
@click.option(
    "--refresh", is_flag=True, help="Decide again by what is there, rather than refuse a stale plan."
)
@click.option(
    "--result", type=FILE_NAME, metavar="FILE", help="Write what became of each task to this file, as JSON."
)
@aws_options
@quiet_option
def command(
    *,
    plan: str,
    run_id: str | None,
    only: tuple[str, ...],
    detach: bool,
    refresh: bool,
    result: str | None,
    aws: AwsArguments,
    quiet: bool,
) -> None:
    """Carry out PLAN, a file or - for standard input.

    Registers or reuses, runs, prints the log of the job's container, and ends with its exit code. Nothing is
    changed if what the plan observed is no longer so. Applying again with the same --run-id starts nothing
    twice: what runs is watched, what ended is reported, what is missing is started.

    SIGINT, SIGTERM and SIGHUP stop the tasks of the run and read the rest of their logs; the exit status is
    then 130, 143 or 129. One more, at least a second later, ends at once.

    \b
    Examples:
      ecsplan apply plan.json
      ecsplan apply plan.json --run-id "$CI_PIPELINE_ID" --result result.json
      ecsplan compile --local job.yaml | ecsplan apply --local -
    """
    from ecsplan_applier.apply_plan import apply  # noqa: PLC0415 - only what talks to AWS loads the applier
    from ecsplan_applier.outcomes.errors import ApplierError  # noqa: PLC0415
    from ecsplan_cli.session import opened, trace  # noqa: PLC0415

    check_target("--result", result, (plan, aws.state or ""))
    if detach and aws.local:
        raise click.UsageError(
            "--detach leaves the tasks running, but those of --local end with this command: run "
            "`ecsplan local` in another terminal, carry out the export lines that it prints, and leave "
            "--local out"
        )
    what = read_plan_file(plan)
    limits = _limits()
    with opened(aws, runs_tasks=True) as session, _signals() as interrupt:
        try:
            events = apply(
                what,
                session=_with_timeout(session),
                run_id=run_id,
                only=only,
                detach=detach,
                refresh=refresh,
                interrupt=interrupt,
                limits=limits,
                trace=trace(aws),
            )
            lines = _lines(plan, what, aws, only, refresh=refresh, quiet=quiet)
            summary = _render(events, lines, live=is_terminal(sys.stderr) and not quiet)
        except ApplierError as error:
            _write_result(result, {"exit_status": error.exit_status, "error": str(error), "jobs": []})
            raise
        written = _write_result(result, summary.to_json())
    sys.exit(summary.exit_status or (0 if written else 1))


def _lines(
    named: str, plan: "Plan", aws: AwsArguments, only: tuple[str, ...], *, refresh: bool, quiet: bool
) -> "Lines":
    """Return what renders the events of carrying out `plan`."""
    from ecsplan_applier.tasks.job_run import copies_of  # noqa: PLC0415
    from ecsplan_cli.render.events import Lines, Output  # noqa: PLC0415

    tasks = sum(copies_of(job) for job in plan.jobs if not only or job.name in only)
    output = Output(sys.stdout, prefixed=tasks > 1)
    colour = colour_wanted(sys.stderr)
    options = (*(word for name in only for word in ("--only", name)), *spelled(aws))
    if refresh:
        options = ("--refresh", *options)
    return Lines(named, output, options=options, quiet=quiet, colour=colour)


def _render(events: "Iterator[Event]", lines: "Lines", *, live: bool) -> "Summary":
    """Print the events and return the summary, which the last of them brings."""
    from ecsplan_applier.outcomes.events import Finished  # noqa: PLC0415

    with _view(lines, live=live) as render:
        for event in events:
            render(event)
            if isinstance(event, Finished):
                return event.summary
    raise AssertionError("an apply ends with a summary")


@contextmanager
def _view(lines: "Lines", *, live: bool) -> Iterator[Any]:
    """Give what renders events: lines, and below them on a terminal the states of the tasks."""
    if not live:
        yield lines.render
        return
    from ecsplan_cli.render.live_view import LiveView  # noqa: PLC0415 - rich is for terminals

    with LiveView(lines) as view:
        yield view.render


@contextmanager
def _signals() -> "Iterator[Interrupt]":
    """Give what SIGINT, SIGTERM and SIGHUP arrive at; once one has insisted, the next ends the process.

    A SIGHUP that is ignored stays so: that is how `nohup` has a command outlive its terminal.
    """
    from ecsplan_applier.context import Interrupt  # noqa: PLC0415

    interrupt = Interrupt()
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    if before[signal.SIGHUP] is signal.SIG_IGN:
        del before[signal.SIGHUP]

    def arrived(number: int, frame: FrameType | None) -> None:
        del frame
        interrupt.send(number)
        if interrupt.insisted:
            signal.signal(number, signal.SIG_DFL)

    for each in before:
        signal.signal(each, arrived)
    try:
        yield interrupt
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _write_result(target: str | None, document: dict[str, Any]) -> bool:
    """Write the result; tell whether that went well. The exit status is the job's all the same."""
    if target is None:
        return True
    try:
        write_result(json.dumps(document, indent=2, ensure_ascii=False) + "\n", target)
    except click.ClickException as error:
        tell(f"Error: {error.format_message()}")
        return False
    return True


def _with_timeout(session: "SessionOptions") -> "SessionOptions":
    seconds = _number(CALL_TIMEOUT)
    return session if seconds is None else replace(session, call_timeout_s=seconds)


def _limits() -> "Limits":
    """Return how fast to call AWS: as its published quotas say, or as the environment does."""
    from ecsplan_applier.aws.rate_limits import Limits, Rate, log_reads  # noqa: PLC0415

    limits = Limits()
    calls, launches, reads = _number(RUN_CALLS), _number(LAUNCHES), _number(LOG_READS)
    if calls is not None:
        limits = replace(limits, run_calls=Rate(max(1.0, calls), calls))
    if launches is not None:
        limits = replace(limits, launches=Rate(max(10.0, 5 * launches), launches))
    if reads is not None:
        limits = replace(limits, log_reads=log_reads(reads))
    return limits


def _number(variable: str) -> float | None:
    """Return a number above 0 from the environment.

    Raises:
        click.UsageError: The variable holds something else.
    """
    text = os.environ.get(variable, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise click.UsageError(f"{variable} must be a number above 0, not {text!r}")
    return value
