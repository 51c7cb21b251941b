"""Commands whose `--help` and `--version` are results: one line says why they cannot be written."""

import sys
from typing import Any

import click

from ecsplan.version import __version__
from ecsplan_cli.output import is_terminal, write_result
from ecsplan_cli.platforms import NEEDS_LOCKS, refuse_without_locks

_UNWRAPPED = 10_000
"""Columns of help that goes to no terminal: a command in it stays on its line."""


class _Context(click.Context):
    """A context whose help is wrapped for terminals only."""

    def make_formatter(self) -> click.HelpFormatter:
        """Return what lays out help and usage."""
        if is_terminal(sys.stdout):
            return super().make_formatter()
        return click.HelpFormatter(width=_UNWRAPPED)


COMMAND = "ecsplan_cli.command"
"""Where the context has the words behind `--`, if any."""


class Command(click.Command):
    """A command whose help is written as its results are."""

    context_class = _Context

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, unless this system lacks what it needs; its help is shown everywhere."""
        if self.name in NEEDS_LOCKS:
            refuse_without_locks(f"ecsplan {self.name}")
        return super().invoke(ctx)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the option `--help`, or None where the command has none."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.callback = _show_help
        return option


def version_text() -> str:
    """Return the line that says which version this is."""
    return f"ecsplan {__version__}\n"


def show_version(ctx: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    """Print the version and end, where that is wanted."""
    del parameter
    if wanted and not ctx.resilient_parsing:
        write_result(version_text(), None)
        ctx.exit()


def _show_help(ctx: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    del parameter
    if wanted and not ctx.resilient_parsing:
        write_result(f"{ctx.get_help()}\n", None)
        ctx.exit()


class CommandWithWords(Command):
    """A command that takes, behind `--`, the command that a container is to run."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the words behind `--` apart before click reads the others as arguments."""
        if "--" in args:
            behind = args.index("--")
            words, args = tuple(args[behind + 1 :]), args[:behind]
            if not words and not ctx.resilient_parsing:
                raise click.UsageError("`--` is followed by no command; is a variable unset?", ctx)
            ctx.meta[COMMAND] = tuple(each.encode("utf-8", "replace").decode() for each in words)
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return the parts of the usage line."""
        return [*super().collect_usage_pieces(ctx), "[-- COMMAND...]"]


class ManifestCommand(CommandWithWords):
    """A command that takes manifests, and behind `--` the command of a job."""
