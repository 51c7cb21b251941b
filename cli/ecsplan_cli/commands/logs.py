"""`ecsplan logs`: prints what the tasks of a run have written, and what they go on to write."""

import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from ecsplan.terms.safe_text import escaped_lines
from ecsplan_cli.durations import duration_s
from ecsplan_cli.exits import INTERRUPTED
from ecsplan_cli.help import Command
from ecsplan_cli.options import RunArguments, quiet_option, run_argument, run_options
from ecsplan_cli.output import print_line

if TYPE_CHECKING:
    from ecsplan_applier.runs.follow.read_logs import LogEvent, LogRequest, Since
    from ecsplan_cli.render.log_output import LogOutput

_CLOCK_S = 60.0
"""How far this machine's clock may be behind that of whoever wrote down a time."""


@click.command("logs", cls=Command)
@run_argument
@click.option(
    "--job",
    metavar="JOB",
    help="Only the log of this job, or of a copy such as load/2; the name of a matrix without values means "
    "all of its jobs.",
)
@click.option("--container", metavar="NAME", help="The log of this container instead of the job's own.")
@click.option("--all-containers", is_flag=True, help="The logs of all containers.")
@click.option("--follow", "-f", is_flag=True, help="Keep printing new lines until the run has ended.")
@click.option(
    "--since",
    metavar="TIME",
    help="Only lines since this time: a duration such as 90s, 1h or 2d, or a time such as "
    "2026-03-01T04:30:00Z. A time without a time zone is local time.",
)
@click.option(
    "--tail",
    metavar="N",
    type=click.IntRange(min=0),
    help="Only the newest N lines of all logs together; 0 with -f prints only new lines.",
)
@run_options
@quiet_option
def command(
    *,
    run: str,
    job: str | None,
    container: str | None,
    all_containers: bool,
    follow: bool,
    since: str | None,
    tail: int | None,
    where: RunArguments,
    quiet: bool,
) -> None:
    """Print the logs of RUN, a run id or a file written by `apply --result`.

    The lines of all jobs, copies and attempts are printed unchanged, in order of time, to standard output. If
    there are several jobs or copies, each line begins with the name of its job. Everything else goes to
    standard error. The exit status is 0, even if the job failed or a log no longer exists, and 125 if a log
    could not be read.

    An interrupt ends the command; the tasks go on running.

    \b
    Examples:
      ecsplan logs nightly-17
      ecsplan logs nightly-17 --job load -f
      ecsplan logs nightly-17 --since 1h --tail 100
      ecsplan logs result.json --all-containers
    """
    if container is not None and all_containers:
        raise click.UsageError("--container and --all-containers cannot be combined")
    from ecsplan_applier.runs.follow.read_logs import LogRequest, Since  # noqa: PLC0415
    from ecsplan_applier.runs.logs.sources import Selection  # noqa: PLC0415 - only what talks to AWS loads it
    from ecsplan_cli.session import kept_output  # noqa: PLC0415

    request = LogRequest(
        Selection(job, True if all_containers else container),
        Since() if since is None else _since(since),
        tail,
        follow,
        kept_output(where.aws),
    )
    try:
        _print(run, request, where, quiet=quiet)
    except KeyboardInterrupt:
        if follow and not quiet:
            print_line("interrupted: no longer following the log; the tasks of the run keep running")
        sys.exit(INTERRUPTED)


def _print(run: str, request: "LogRequest", where: RunArguments, *, quiet: bool) -> None:
    from ecsplan_applier.runs.follow.read_logs import read_logs  # noqa: PLC0415
    from ecsplan_applier.runs.reference import read_reference  # noqa: PLC0415
    from ecsplan_cli.commands.apply_limits import limits  # noqa: PLC0415
    from ecsplan_cli.render.log_output import LogOutput  # noqa: PLC0415
    from ecsplan_cli.session import looking  # noqa: PLC0415

    pace, output = limits(), LogOutput(sys.stdout)
    with looking(where, quiet=quiet) as session:
        for event in read_logs(session, read_reference(run), request, limits=pace):
            _show(event, output, quiet=quiet)


def _show(event: "LogEvent", output: "LogOutput", *, quiet: bool) -> None:
    """Print lines to stdout, and what is said of them to stderr; the states of tasks are not shown here."""
    from ecsplan_applier.outcomes.events import Noted, Warned  # noqa: PLC0415
    from ecsplan_applier.runs.follow.read_logs import LogLinesBatch  # noqa: PLC0415

    match event:
        case LogLinesBatch(pieces=pieces, several=several):
            output.write(pieces, prefixed=several)
        case Noted(label=label, message=message) if not quiet:
            print_line(escaped_lines(message if label is None else f"{label}: {message}"))
        case Warned(label=label, message=message) if not quiet:
            print_line(escaped_lines(f"warning: {message if label is None else f'{label}: {message}'}"))
        case _:
            pass


def _since(text: str) -> "Since":
    """Return the point in time that `--since` names.

    Raises:
        click.BadParameter: It is neither a duration nor a time, or is in the future.
    """
    from ecsplan_applier.runs.follow.read_logs import Since  # noqa: PLC0415

    try:
        return Since(ago_s=duration_s(text))
    except ValueError:
        pass
    at = _time(text)
    if at is None:
        raise _bad_since(
            f"{text!r} is neither a duration such as 90s, 1h or 2d nor a time such as 2026-03-01T04:30:00Z"
        )
    if at > time.time() + _CLOCK_S:
        shown = datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        raise _bad_since(f"{text!r} is in the future ({shown})")
    return Since(at=at)


def _bad_since(message: str) -> click.BadParameter:
    return click.BadParameter(message, param_hint="'--since'")


def _time(text: str) -> float | None:
    """Return an ISO 8601 time in seconds since 1970, or None; without a zone, it is local time."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
