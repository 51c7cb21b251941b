"""`ecsplan exec`: opens a shell, or runs a command, in the container of a running job."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from ecsplan.terms.safe_text import escaped_lines
from ecsplan_cli.exits import AWS_FAILED
from ecsplan_cli.help import COMMAND, CommandWithWords
from ecsplan_cli.options import RunArguments, quiet_option, run_argument, run_options
from ecsplan_cli.output import is_terminal, print_line

if TYPE_CHECKING:
    from ecsplan_applier.runs.exec.session import ExecSession
    from ecsplan_applier.runs.session import RunSession
    from ecsplan_cli.session_plugin import Plugin

_DEFAULT = ("sh",)


class _Exec(CommandWithWords):
    """The command; words that are written as `docker exec` takes them get a hint."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            if "unexpected extra argument" not in error.message:
                raise
            hint = "Write the command after `--`: `ecsplan exec RUN -- sh`"
            raise click.UsageError(f"{error.message}. {hint}", ctx) from error


@click.command("exec", cls=_Exec)
@run_argument
@click.option("--job", metavar="JOB", help="The job, or a copy of it such as etl/2, if several are running.")
@run_options
@quiet_option
@click.pass_context
def command(ctx: click.Context, *, run: str, job: str | None, where: RunArguments, quiet: bool) -> None:
    """Open a shell in the container of a run's job, or run the command after `--`.

    Waits for the ECS Exec agent to run, and opens a session with AWS's Session Manager plugin, which must be
    installed. The job needs `enable_execute_command: true` and a task role that allows the ssmmessages
    actions. The exit status is the plugin's, or 125 if no session could be opened. The plugin exits with 0
    whatever the exit code of the command is.

    \b
    Examples:
      ecsplan exec 3f9c1d2e4b5a6978
      ecsplan exec 3f9c1d2e4b5a6978 --job etl/2 -- python -m pdb
      ecsplan exec result.json -- sh -c 'ps | head'
    """
    from ecsplan_cli.session import looking  # noqa: PLC0415 - only what talks to AWS loads the applier
    from ecsplan_cli.session_plugin import run_plugin  # noqa: PLC0415

    words = ctx.meta.get(COMMAND, _DEFAULT)
    plugin = None if where.aws.local else _plugin()
    with looking(where, quiet=quiet) as session:
        opened = _open(session, run, job, words, quiet=quiet)
    if plugin is None:
        sys.exit(_enter(opened, words, where))
    sys.exit(run_plugin(plugin, opened.secret, opened.arguments()))


def _plugin() -> "Plugin":
    """Return the plugin; ends the command where there is none, before anything is asked of AWS."""
    from ecsplan_cli.session import fail  # noqa: PLC0415 - as above
    from ecsplan_cli.session_plugin import PROGRAM, find_plugin, how_to_install  # noqa: PLC0415

    plugin = find_plugin()
    if plugin is None:
        fail(
            f"AWS's Session Manager plugin is not installed: there is no {PROGRAM} on the PATH\n"
            f"  help: this installs it, or see the page\n{how_to_install()}",
            AWS_FAILED,
        )
    return plugin


def _open(
    session: "RunSession", run: str, job: str | None, words: Sequence[str], *, quiet: bool
) -> "ExecSession":
    from ecsplan_applier.aws.gateway import SdkGateway  # noqa: PLC0415 - only what talks to AWS loads the applier
    from ecsplan_applier.runs.exec.session import open_session  # noqa: PLC0415
    from ecsplan_applier.runs.reference import read_reference  # noqa: PLC0415

    def say(message: str) -> None:
        if not quiet:
            print_line(escaped_lines(message))

    opening = open_session(
        session,
        SdkGateway(session.options).connection,
        read_reference(run),
        job=job,
        command=words,
        say=say,
    )
    return session.run(opening)


def _enter(opened: "ExecSession", words: Sequence[str], where: RunArguments) -> int:
    """Run the command in a container of the embedded ECS, which has no Session Manager."""
    from ecsplan_cli.session import fail  # noqa: PLC0415 - as above
    from ecsplan_cli.session_plugin import run_in_front  # noqa: PLC0415
    from ecsplan_local import enter_command  # noqa: PLC0415 - only --local needs it

    target = opened.target
    command = enter_command(
        target.task.task_id,
        target.container,
        words,
        runner=where.aws.runner,
        terminal=is_terminal(sys.stdin) and is_terminal(sys.stdout),
    )
    if command is None:
        fail(
            f"podman and docker run no container {target.container} of the task {target.task.task_id}:"
            " with --local a session is opened by the engine that runs the container, and tasks of"
            " `--runner process` have none",
            AWS_FAILED,
        )
    return run_in_front(command)
