"""`ecsplan runs`: the runs whose tasks are running or have stopped lately."""

import sys

import click

from ecsplan_cli.help import Command
from ecsplan_cli.options import RunArguments, format_option, quiet_option, run_options, spelled_run
from ecsplan_cli.output import is_terminal, json_text, print_line, write_result


@click.command("runs", cls=Command)
@click.option("--all", "remembered", is_flag=True, help="Also list runs that only the ledger remembers.")
@format_option(text="a table", json="a list of objects")
@run_options
@quiet_option
def command(*, remembered: bool, form: str, where: RunArguments, quiet: bool) -> None:
    """List runs, newest first: those with tasks that are running or stopped within the last hour.

    ECS shows stopped tasks for an hour; the ledger remembers runs for longer, and --all lists those too. A
    job without a ledger entry is listed under the family of its task definition.

    \b
    Examples:
      ecsplan runs
      ecsplan runs --all --format json
    """
    from ecsplan_applier.runs.listing import list_runs  # noqa: PLC0415 - only what talks to AWS loads the applier
    from ecsplan_cli.render.apply.style import size_of  # noqa: PLC0415
    from ecsplan_cli.render.runs.table import run_json, table_lines  # noqa: PLC0415
    from ecsplan_cli.session import looking  # noqa: PLC0415

    with looking(where, quiet=quiet) as session:
        found = session.run(list_runs(session, remembered=remembered))
    if form == "json":
        write_result(json_text([run_json(each) for each in found]), None)
    elif found:
        columns = size_of(sys.stdout)[0] if is_terminal(sys.stdout) else None
        write_result("".join(f"{line}\n" for line in table_lines(found, columns=columns)), None)
    if not found and not quiet:
        print_line(_none(where, remembered=remembered))


def _none(where: RunArguments, *, remembered: bool) -> str:
    """Return that there are no runs, and where else to look."""
    if remembered:
        return (
            "no runs: no tasks of ecsplan are running or have stopped within the last hour, and the ledger "
            "has none"
        )
    from ecsplan_cli.render.apply.event_lines import quoted  # noqa: PLC0415 - only where there are none

    command = " ".join(map(quoted, ("ecsplan", "runs", "--all", *spelled_run(where))))
    return f"no tasks of ecsplan are running or have stopped within the last hour; older runs: {command}"
