"""`ecsplan stop`: asks ECS to stop a task."""

import click

from ecsplan_cli.help import Command
from ecsplan_cli.options import AwsArguments, aws_options, quiet_option
from ecsplan_cli.output import print_line

DEFAULT_REASON = "stopped with ecsplan stop"


@click.command("stop", cls=Command)
@click.argument("task", metavar="CLUSTER::TASK_ARN")
@click.option("--reason", metavar="TEXT", default=DEFAULT_REASON, show_default=True, help="Shown by ECS.")
@aws_options
@quiet_option
def command(task: str, reason: str, aws: AwsArguments, quiet: bool) -> None:
    """Stop a task, named as apply prints it: CLUSTER::TASK_ARN.

    Its containers get SIGTERM and, after their stopTimeout, SIGKILL. The command does not wait for that.

    \b
    Example:
      ecsplan stop default::arn:aws:ecs:us-east-1:123456789012:task/default/0123456789abcdef
    """
    from ecsplan_applier.tasks.stop import stop  # noqa: PLC0415 - only what talks to AWS loads the applier
    from ecsplan_cli.session import opened, trace  # noqa: PLC0415

    with opened(aws) as session:
        stopped = stop(task, reason=reason, session=session, trace=trace(aws))
    if not quiet:
        state = "has stopped" if stopped.was_over else "is being stopped"
        print_line(f"{stopped.cluster}::{stopped.arn} {state}")
