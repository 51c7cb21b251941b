"""The `ecsplan` command: its subcommands, loaded only when they run, and its exit codes."""

import gc
import importlib
import io
import sys
from collections.abc import Sequence

import click

from ecsplan.terms.safe_text import escaped_lines
from ecsplan_cli.crash import crash_report
from ecsplan_cli.exits import AWS_FAILED, INTERRUPTED
from ecsplan_cli.help import Command, show_version
from ecsplan_cli.interrupts import interrupts_raise
from ecsplan_cli.output import tell

COMMANDS = {
    "compile": "Compile manifests into a plan.",
    "check": "Check manifests and report every problem at its place.",
    "diff": "Show what a plan would register, reuse and run, and why.",
    "apply": "Carry out a plan: register or reuse, run, follow the log, exit with the job's code.",
    "preview": "Show the two requests that a manifest compiles to, as YAML.",
    "stop": "Stop a task that an apply started.",
    "schema": "Print a JSON Schema, for editors and for other tools.",
    "local": "Serve the embedded ECS on this machine until interrupted.",
}
"""The subcommands and what `ecsplan --help` says of them; `COMMAND.py` in this package holds each."""
_GARBAGE_THRESHOLD = 100_000
"""Objects more than at the last look for cyclic garbage until the next.

A command makes hardly any such garbage, and much that stays: modules, AWS's service models, plans. With
Python's 700, creating boto3's client takes a seventh longer, and a plan of ten thousand jobs a twelfth.
"""


class _Lazy(Command, click.Group):
    """A group whose subcommands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"ecsplan_cli.commands.{cmd_name}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            from difflib import get_close_matches  # noqa: PLC0415 - only a mistyped command needs it

            nearest = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
            ctx.fail(f"No such command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=_Lazy,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `ecsplan check`, or with `make demo` in a checkout. "
    'Completion: `eval "$(_ECSPLAN_COMPLETE=bash_source ecsplan)"`, or with zsh_source, fish_source.',
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=show_version,
    help="Show the version and exit.",
)
def group() -> None:
    """Plan and run jobs on Amazon ECS.

    A manifest says which job to run. `compile` turns it into a plan, a JSON document that a person can
    review and a pipeline can store; `apply` carries a plan out.
    """
    interrupts_raise()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit with its status."""
    gc.set_threshold(_GARBAGE_THRESHOLD)
    args = None if arguments is None else list(arguments)
    try:
        status = group.main(args, prog_name="ecsplan", standalone_mode=False)
    except click.ClickException as reason:
        _show(reason)
        status = reason.exit_code
    except click.Abort:
        tell("interrupted")
        status = INTERRUPTED
    except Exception as bug:  # noqa: BLE001 - Python would exit with 1, which means something for most commands
        tell(crash_report(bug))
        status = AWS_FAILED
    sys.exit(status)


def _show(reason: click.ClickException) -> None:
    """Print what click says of a wrong command line; it quotes arguments, which may hold anything."""
    text = io.StringIO()
    reason.show(text)
    tell(escaped_lines(text.getvalue()), nl=False)


if __name__ == "__main__":
    main()
