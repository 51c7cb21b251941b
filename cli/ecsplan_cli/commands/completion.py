"""`ecsplan completion`: the script that teaches a shell to complete ecsplan's commands."""

import click
from click.shell_completion import get_completion_class

from ecsplan_cli.help import Command
from ecsplan_cli.output import write_result

SHELLS = ("bash", "zsh", "fish")
_VARIABLE = "_ECSPLAN_COMPLETE"
"""The environment variable through which the script asks ecsplan; click derives the same name."""


@click.command("completion", cls=Command)
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print the script that completes ecsplan's commands in a shell.

    It completes commands, options and their values, files, the job names of a plan, regions and profiles. To
    enable it in every new shell:

    \b
      eval "$(ecsplan completion bash)"     # in ~/.bashrc
      eval "$(ecsplan completion zsh)"      # in ~/.zshrc, after compinit
      ecsplan completion fish | source      # in ~/.config/fish/config.fish

    \b
    Example:
      ecsplan completion bash > ecsplan-completion.bash
    """
    form = get_completion_class(shell)
    if form is None:  # click knows the three of `SHELLS`
        raise click.UsageError(f"there is no completion for {shell}")
    script = form(click.get_current_context().find_root().command, {}, "ecsplan", _VARIABLE)
    write_result(script.source_template % script.source_vars() + "\n", None)
