"""`ecsplan version`: the version, as `--version` shows it."""

import click

from ecsplan_cli.help import Command, version_text
from ecsplan_cli.output import write_result


@click.command("version", cls=Command)
def command() -> None:
    """Show the version, as --version does.

    \b
    Example:
      ecsplan version
    """
    write_result(version_text(), None)
