"""`ecsplan apply`: carries a plan out, prints the job's log, ends with its exit code."""

import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, nullcontext, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from ecsplan.terms.records import dataclass
from ecsplan_cli.commands.apply_limits import heartbeat_s, limits, with_timeout
from ecsplan_cli.commands.apply_on_github import refusals_shown
from ecsplan_cli.completions import complete_jobs
from ecsplan_cli.help import Command
from ecsplan_cli.options import (
    FILE_NAME,
    AwsArguments,
    PlanName,
    aws_options,
    ledger_keep_option,
    ledger_option,
    not_empty,
    quiet_option,
    verify_option,
)
from ecsplan_cli.output import json_text, print_line, write_result
from ecsplan_cli.output_files import check_target, refuse_input
from ecsplan_cli.plan_files import read_plan_file
from ecsplan_cli.render.diagnostics import report
from ecsplan_cli.signals import signals
from ecsplan_cli.values import GivenValues, values_options

if TYPE_CHECKING:
    from ecsplan.plan.plan import Plan
    from ecsplan_applier.aws.gateway import SessionOptions
    from ecsplan_applier.context import Interrupt
    from ecsplan_applier.outcomes.events import Event
    from ecsplan_applier.outcomes.result import Summary
    from ecsplan_cli.commands.apply_events import EventFile
    from ecsplan_cli.commands.apply_view import ApplyView


@click.command("apply", cls=Command)
@click.argument("plan", type=PlanName(), metavar="PLAN")
@click.option(
    "--run-id",
    metavar="ID",
    callback=not_empty,
    help="Resume the run with this id, or start a new run under it.",
)
@click.option(
    "--only",
    metavar="JOB",
    multiple=True,
    shell_complete=complete_jobs,
    help="Run only this job, without waiting for others; +JOB: with all jobs that it needs. May be repeated.",
)
@click.option(
    "--detach", is_flag=True, help="Exit once the tasks are running, and print CLUSTER::TASK_ARN of each."
)
@click.option(
    "--refresh",
    is_flag=True,
    help="Decide again from the current state of AWS instead of refusing a stale plan.",
)
@click.option(
    "--result", type=FILE_NAME, metavar="FILE", help="Write the outcome of each task to this file, as JSON."
)
@click.option(
    "--events",
    type=FILE_NAME,
    metavar="FILE",
    help="Write events to this file as they happen, one JSON object per line.",
)
@verify_option("nothing is registered or started if anything would fail")
@values_options
@ledger_option
@ledger_keep_option
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
    events: str | None,
    verifies: bool,
    values: GivenValues,
    ledger: str | None,
    ledger_keep_s: float,
    aws: AwsArguments,
    quiet: bool,
) -> None:
    """Execute PLAN, a file or - for standard input.

    Registers or reuses the task definitions, runs the jobs, prints the logs of their containers, and exits
    with the job's exit code. Nothing is changed if what the plan observed has changed since. Applying again
    with the same --run-id never starts a task twice: running tasks are followed, finished ones reported, and
    missing ones started. ECS forgets a task after an hour; the ledger remembers runs for longer, and a task
    that ECS may have forgotten is not started again.

    SIGINT, SIGTERM and SIGHUP stop the tasks of the run and read the rest of their logs; the exit status is
    then 130, 143 or 129. A second signal, at least a second later, ends the command at once.

    A job with `after` starts once the jobs that it names have succeeded. If one of them does not succeed, the
    job is skipped and the exit status is 1; other jobs continue.

    If stderr is not a terminal, one line a minute says what the apply is waiting for
    (ECSPLAN_HEARTBEAT_SECONDS sets another interval). Failures are listed at the end, with the command that
    runs only the failed jobs again.

    A plan does not hold the values of sensitive variables: pass them with --var, --var-file or in the
    environment, the same values to every apply of a run.

    \b
    Examples:
      ecsplan apply plan.json
      ecsplan apply plan.json --only load --events events.ndjson
      ecsplan apply plan.json --only +report
      ecsplan apply plan.json --verify
      ecsplan apply plan.json --run-id "$CI_PIPELINE_ID" --result result.json
      ecsplan compile --local job.yaml | ecsplan apply --local -
    """
    check_target("--result", result, (plan, aws.state or ""))
    _check_events(events, plan, result, aws)
    if detach and aws.local:
        raise click.UsageError(
            "--detach leaves the tasks running, but tasks of --local end with this command: run "
            "`ecsplan local` in another terminal, run the export lines that it prints, and omit --local"
        )
    asked = _Asked(
        plan,
        run_id,
        only,
        detach,
        refresh,
        result,
        events,
        verifies,
        values,
        ledger,
        ledger_keep_s,
        aws,
        quiet,
    )
    with refusals_shown():
        read = _read(asked)
        summary, written = _carry_out(read, asked)
    sys.exit(summary.exit_status or (0 if written else 1))


@dataclass(frozen=True, slots=True)
class _Asked:
    """The command line."""

    plan: str
    run_id: str | None
    only: tuple[str, ...]
    detach: bool
    refresh: bool
    result: str | None
    events: str | None
    verifies: bool
    values: GivenValues
    ledger: str | None
    ledger_keep_s: float
    aws: AwsArguments
    quiet: bool


def _check_events(events: str | None, plan: str, result: str | None, aws: AwsArguments) -> None:
    """Refuse an events file that is something else already; whether it can be written is seen later.

    Raises:
        click.UsageError: It is standard output, which is the job's, or a file that the command uses.
    """
    if events == "-":
        raise click.UsageError("--events - would mix events with the job's output: name a file")
    refuse_input(
        "--events", events, (plan, aws.state or "", *([] if result in {None, "-"} else [str(result)]))
    )


def _read(asked: _Asked) -> "Plan":
    """Return the plan; where it is refused, the result and the events say so.

    Raises:
        NotAPlan: It cannot be carried out.
        click.UsageError: It cannot be read, or takes other values than it is given.
    """
    try:
        plan = read_plan_file(asked.plan)
        asked.values.refuse_unplanned(each for job in plan.jobs for each in job.sensitive)
    except click.ClickException as error:
        _write_refusal(asked, (), _Seen(), error.exit_code, error.format_message())
        raise
    return plan


def _carry_out(plan: "Plan", asked: _Asked) -> "tuple[Summary, bool]":
    """Carry the plan out; return its summary, and whether the result could be written."""
    from ecsplan_applier.apply_plan import apply  # noqa: PLC0415 - only what talks to AWS loads the applier
    from ecsplan_applier.outcomes.errors import ApplierError  # noqa: PLC0415
    from ecsplan_cli.commands.apply_view import ApplyView  # noqa: PLC0415
    from ecsplan_cli.session import kept_output, ledger_location, opened, trace  # noqa: PLC0415

    aws = asked.aws
    view = ApplyView(
        plan,
        asked.plan,
        only=asked.only,
        refresh=asked.refresh,
        values=asked.values,
        aws=aws,
        quiet=asked.quiet,
    )
    pace = limits()
    seen = _Seen()
    with opened(aws, runs_tasks=True, says_runner=False, place=view.place) as session:
        try:
            if asked.verifies:
                _verify(plan, asked, session)
            with signals() as interrupt:
                happened = apply(
                    plan,
                    session=with_timeout(session),
                    run_id=asked.run_id,
                    only=asked.only,
                    detach=asked.detach,
                    refresh=asked.refresh,
                    variables=asked.values,
                    interrupt=interrupt,
                    limits=pace,
                    trace=trace(aws),
                    heartbeat_s=view.tick_s(heartbeat_s()),
                    kept_output=kept_output(aws),
                    ledger=ledger_location(asked.ledger, aws),
                    ledger_keep_s=asked.ledger_keep_s,
                )
                with _event_file(asked.events, _names(plan), interrupt) as file:
                    seen.has_events = True
                    summary = _render(happened, view, file, seen)
        except ApplierError as error:
            _write_refusal(asked, _names(plan), seen, error.exit_status, str(error))
            view.refused(error)
            raise
        except click.ClickException as error:
            _write_refusal(asked, _names(plan), seen, error.exit_code, error.format_message())
            raise
        return summary, _write_result(asked.result, summary.to_json())


def _verify(plan: "Plan", asked: _Asked, session: "SessionOptions") -> None:
    """Verify the jobs that are to be carried out, before a run begins.

    Raises:
        WouldFailError: Something would fail; what, is printed.
        ApplierError: AWS could not be asked, or the plan is for another account.
    """
    from ecsplan_applier.jobs.job_order import select  # noqa: PLC0415 - only what talks to AWS loads the applier
    from ecsplan_applier.outcomes.errors import WouldFailError  # noqa: PLC0415
    from ecsplan_cli.verifying import fails, show_before, verified_plan  # noqa: PLC0415 - only --verify needs it

    chosen = select(plan.jobs, asked.only).jobs
    show = partial(report, quiet=asked.quiet)
    findings = verified_plan(session, replace(plan, jobs=chosen), asked.aws, show, quiet=asked.quiet)
    if findings is None:
        raise WouldFailError("a manifest of the plan is invalid; nothing was changed")
    show_before(findings, len(chosen), quiet=asked.quiet, inputs=(asked.plan,), aws=asked.aws)
    if fails(findings):
        raise WouldFailError("the jobs would fail; nothing was registered or started")


@dataclass(slots=True)
class _Seen:
    """What is known of an apply that may end with an error.

    Attributes:
        run_id: Its run id, once that is known.
        has_events: Whether the events file was opened, and so says how the apply ends.
    """

    run_id: str | None = None
    has_events: bool = False


def _names(plan: "Plan") -> tuple[str, ...]:
    return tuple(job.name for job in plan.jobs)


def _event_file(name: str | None, jobs: Collection[str], interrupt: "Interrupt | None") -> "Any":
    """Return the events file as a context, or one of None where none is asked for."""
    if name is None:
        return nullcontext()
    from ecsplan_cli.commands.apply_events import EventFile  # noqa: PLC0415

    return closing(
        EventFile(name, jobs, interrupted=lambda: interrupt is not None and interrupt.signal is not None)
    )


def _render(events: "Iterator[Event]", view: "ApplyView", file: "EventFile | None", seen: _Seen) -> "Summary":
    """Print the events and return the summary, which the last of them brings."""
    from ecsplan_applier.outcomes.errors import ApplierError, ForgottenRunError  # noqa: PLC0415
    from ecsplan_applier.outcomes.events import Finished, RunBegan  # noqa: PLC0415

    write: Callable[[Event], None] = (lambda _: None) if file is None else file.write
    try:
        with view.opened() as render:
            for event in events:
                if isinstance(event, RunBegan):
                    seen.run_id = event.run_id
                # The run id is the first line, and what failed the last one, whatever is said of the file.
                for take in (render, write) if isinstance(event, RunBegan) else (write, render):
                    take(event)
                if isinstance(event, Finished):
                    return event.summary
    except ApplierError as error:
        if isinstance(error, ForgottenRunError):
            view.suggest(error)
        if file is not None:
            file.refused(seen.run_id, error.exit_status, str(error))
        raise
    raise AssertionError("an apply ends with a summary")


def _write_refusal(asked: _Asked, jobs: Collection[str], seen: _Seen, status: int, said: str) -> None:
    """Write the result, and the events where nobody has begun to, of an apply that was refused."""
    from ecsplan_applier.outcomes.result import refusal_json  # noqa: PLC0415 - only a refusal needs it here

    _write_result(asked.result, refusal_json(seen.run_id, status, said))
    if seen.has_events:
        return
    # What keeps the events from being written is not why the apply ends.
    with suppress(click.ClickException), _event_file(asked.events, jobs, None) as file:
        if file is not None:
            file.refused(seen.run_id, status, said)


def _write_result(target: str | None, document: dict[str, Any]) -> bool:
    """Write the result, and return whether it was written. The exit status is the job's all the same."""
    if target is None:
        return True
    try:
        write_result(json_text(document), target)
    except click.ClickException as error:
        print_line(f"Error: {error.format_message()}")
        return False
    return True
