"""`ecsplan stop`: asks ECS to stop a run, or a task."""

import sys
from typing import TYPE_CHECKING

import click

from ecsplan.terms.safe_text import escaped_lines
from ecsplan_cli.exits import AWS_FAILED
from ecsplan_cli.help import Command
from ecsplan_cli.options import RunArguments, RunName, quiet_option, run_options
from ecsplan_cli.output import counted, print_line

if TYPE_CHECKING:
    from ecsplan_applier.runs.stop.stopped import StoppedRun, StoppedTask

DEFAULT_REASON = "stopped with ecsplan stop"


@click.command("stop", cls=Command)
@click.argument("named", type=RunName(), metavar="RUN|TASK_ARN|CLUSTER::TASK|TASK_ID")
@click.option(
    "--reason", metavar="TEXT", default=DEFAULT_REASON, show_default=True, help="The reason that ECS shows."
)
@click.option("--wait", is_flag=True, help="Wait until the tasks have stopped.")
@run_options
@quiet_option
def command(*, named: str, reason: str, wait: bool, where: RunArguments, quiet: bool) -> None:
    """Stop a run with all its tasks, or one task.

    A run is named by its id or by a file written by `apply --result`; a task by its ARN, by CLUSTER::TASK_ARN
    as apply prints it, or by its id. The containers get SIGTERM and, after their stopTimeout, SIGKILL. An
    apply that follows the run does not retry the stopped tasks. Stopping a run that has already ended does
    nothing and is not an error.

    \b
    Examples:
      ecsplan stop 3f9c1d2e4b5a6978 --wait
      ecsplan stop result.json --reason "wrong input"
      ecsplan stop default::arn:aws:ecs:us-east-1:123456789012:task/default/0123456789abcdef
    """
    from ecsplan_applier.runs.stop.stop_run import stop_target  # noqa: PLC0415 - only what talks to AWS loads the applier
    from ecsplan_applier.runs.stop.target import read_target  # noqa: PLC0415
    from ecsplan_applier.runs.stop.wait_stopped import wait_until_stopped  # noqa: PLC0415
    from ecsplan_cli.session import looking  # noqa: PLC0415

    view = _View(quiet=quiet)
    with looking(where, quiet=quiet) as session:
        target = read_target(named, where.cluster)
        done = session.run(stop_target(session, target, reason or DEFAULT_REASON, view.asked))
        view.run(done)
        if wait:
            asked = [each for each in done.tasks if each.error is None]
            session.run(wait_until_stopped(session, asked, view.stopped))
            view.all_stopped(done)
    if done.failed or done.unsettled is not None:
        sys.exit(AWS_FAILED)


class _View:
    """What the command prints, on stderr.

    Args:
        quiet: Whether only errors are printed.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._over: set[str] = set()

    def asked(self, task: "StoppedTask") -> None:
        """Show a task that was asked to stop."""
        if task.error is not None:
            name = _name(task)
            self._error(f"{name} could not be stopped and may still be running: {task.error}")
        elif task.is_over:
            self.stopped(task)
        else:
            self._note(f"{_name(task)} is {'already ' * task.was_stopping}being stopped")

    def stopped(self, task: "StoppedTask") -> None:
        """Show a task that has come to its end, once."""
        if task.arn in self._over:
            return
        self._over.add(task.arn)
        codes = [] if task.task is None else [each.exit_code for each in task.task.containers]
        code = f", exit {codes[0]}" if len(codes) == 1 and codes[0] is not None else ""
        self._note(f"{_name(task)} has stopped{code}")

    def run(self, done: "StoppedRun") -> None:
        """Show how much of a run was stopped, and what of it may still start."""
        if done.run_id is None:
            return
        stopping = len(done.tasks) - len(done.failed)
        if not done.tasks:
            ended = "" if done.starting else ": it has ended"
            known = f"no task of the run {done.run_id} is running{ended}"
            self._note(
                known if done.unsettled is None else f"no running task of the run {done.run_id} was found"
            )
        elif stopping:
            verb = "is" if stopping == 1 else "are"
            self._note(f"{counted(stopping, 'task')} of the run {done.run_id} {verb} being stopped")
        if done.failed:
            number = counted(len(done.failed), "task")
            self._error(f"{number} of the run {done.run_id} could not be stopped")
        if done.unsettled is not None:
            self._error(done.unsettled)
        elif done.starting:
            names = ", ".join(done.starting)
            self._note(f"not started yet: {names}; an apply of the run that is under way may start them")

    def all_stopped(self, done: "StoppedRun") -> None:
        """Show that no task is left to wait for."""
        if done.run_id is not None and done.tasks and not done.failed:
            number = len(done.tasks)
            self._note("the task has stopped" if number == 1 else f"all {number:,} tasks have stopped")

    def _note(self, message: str) -> None:
        if not self._quiet:
            print_line(escaped_lines(message))

    def _error(self, message: str) -> None:
        print_line(escaped_lines(f"error: {message}"))


def _name(task: "StoppedTask") -> str:
    return f"{task.label}: {task.identifier}" if task.label else task.identifier
