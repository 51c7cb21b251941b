"""`ecsplan status`: what became of a run, or how far it is."""

import sys

import click

from ecsplan_cli.help import Command
from ecsplan_cli.options import RunArguments, format_option, quiet_option, run_argument, run_options
from ecsplan_cli.output import json_text, write_result


@click.command("status", cls=Command)
@run_argument
@format_option(text="for people", json="the members of `apply --result`")
@run_options
@quiet_option
def command(*, run: str, form: str, where: RunArguments, quiet: bool) -> None:
    """Show RUN: its jobs, attempts and tasks, with their states, phases, exit codes and reasons.

    RUN is a run id, or a file written by `apply --result` (- for standard input). No plan is needed, and it
    works on any machine: running tasks are found by `startedBy`, stopped ones for an hour, and what the
    ledger recorded about the run for as long as the ledger is kept.

    The exit status is 0 for any run that is found, whatever its outcome; the run's own exit status is
    `exit_status` in the output of `--format json`, which is null while the run is under way.

    \b
    Examples:
      ecsplan status 750304645aee05a7
      ecsplan status result.json --format json
    """
    from ecsplan_applier.runs.look import find_run  # noqa: PLC0415 - only what talks to AWS loads the applier
    from ecsplan_cli.render.apply.style import style_of  # noqa: PLC0415
    from ecsplan_cli.render.runs.status_lines import Showing, status_lines  # noqa: PLC0415
    from ecsplan_cli.session import looking, named_run  # noqa: PLC0415

    reference = named_run(run, where)
    with looking(where, quiet=quiet) as session:
        found = session.run(find_run(session, reference))
    if form == "json":
        write_result(json_text(found.to_json()), None)
        return
    showing = Showing(style_of(sys.stdout), links=not where.aws.local, verbose=where.aws.verbose)
    write_result("".join(f"{line}\n" for line in status_lines(found, showing)), None)
