"""`ecsplan wait`: waits until a run has ended, and ends with the exit status of its apply."""

import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from ecsplan.terms.safe_text import escaped_lines
from ecsplan_cli.commands.apply_limits import heartbeat_s, limits
from ecsplan_cli.help import Command
from ecsplan_cli.options import RunArguments, quiet_option, run_argument, run_options, spelled_run
from ecsplan_cli.output import print_line
from ecsplan_cli.signals import signal_name, signals

if TYPE_CHECKING:
    from ecsplan_applier.outcomes.events import Event
    from ecsplan_applier.outcomes.result import Summary


@click.command("wait", cls=Command)
@run_argument
@run_options
@quiet_option
def command(*, run: str, where: RunArguments, quiet: bool) -> None:
    """Wait until RUN has ended; RUN is a run id or a file written by `apply --result`.

    Exits as the apply of the run does, with the exit code of the job's container if there is one task, and
    prints the same lines. With the ledger, further attempts and jobs that start later are waited for too. If
    no apply is carrying out the run any more, the command ends when its tasks have ended.

    SIGINT, SIGTERM and SIGHUP end only the waiting, with 130, 143 or 129; the tasks go on running.

    \b
    Examples:
      ecsplan wait nightly-17
      ecsplan wait result.json --quiet && ecsplan logs result.json --tail 20
    """
    summary = _wait(run, where, quiet=quiet)
    if summary.signal is not None and not quiet:
        stop = shlex.join(("ecsplan", "stop", run, *spelled_run(where)))
        print_line(
            escaped_lines(
                f"{signal_name(summary.signal)}: no longer waiting; the tasks of run"
                f" {summary.run_id} keep running; to stop them: {stop}"
            )
        )
    sys.exit(summary.exit_status)


def _wait(run: str, where: RunArguments, *, quiet: bool) -> "Summary":
    """Show what happens until the run has ended, or a signal has arrived; return its summary."""
    from ecsplan_applier.outcomes.events import Finished  # noqa: PLC0415 - only what talks to AWS loads it
    from ecsplan_applier.runs.follow.wait_for import wait_for  # noqa: PLC0415
    from ecsplan_applier.runs.reference import read_reference  # noqa: PLC0415
    from ecsplan_cli.session import looking  # noqa: PLC0415

    pace, interval_s = limits(), heartbeat_s()
    with signals() as interrupt, looking(where, quiet=quiet) as session:
        reference = read_reference(run)
        with _view(where, interval_s, quiet=quiet) as (render, tick_s):
            for event in wait_for(session, reference, interrupt=interrupt, limits=pace, heartbeat_s=tick_s):
                if isinstance(event, Finished) and event.summary.signal is not None:
                    return event.summary
                render(event)
                if isinstance(event, Finished):
                    return event.summary
    raise AssertionError("a wait ends with a summary")


@contextmanager
def _view(
    where: RunArguments, interval_s: float, *, quiet: bool
) -> "Iterator[tuple[Callable[[Event], None], float | None]]":
    """Give what renders events, and the seconds between two reports of what is waited for, or None.

    The log of the run is not shown; a failure has its last lines.
    """
    from ecsplan_cli.render.apply.event_lines import Lines, Output  # noqa: PLC0415
    from ecsplan_cli.render.apply.live_view import TICK_S, LiveView  # noqa: PLC0415
    from ecsplan_cli.render.apply.style import style_of  # noqa: PLC0415

    style, aws = style_of(sys.stderr), where.aws
    moves = style.moves and not (quiet or aws.verbose)
    lines = Lines(
        None,
        Output(None, prefixed=False),
        quiet=quiet,
        verbose=aws.verbose,
        style=style,
        live=moves,
        links=not aws.local,
    )
    if moves:
        with LiveView(lines, style=style) as view:
            yield view.render, TICK_S
    else:
        yield lines.render, None if quiet else interval_s
