"""Names of jobs that neither a manifest nor a file gives: `--name`, and what standard input lacks."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import click

from ecsplan.terms.diagnostic import Diagnostic, Location, error
from ecsplan_cli.inputs import STDIN

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
MAX_LISTED = 20
"""Names of jobs that a message lists."""


def listed(names: Sequence[str]) -> str:
    """Return names in a row, of many the first ones and how many more there are."""
    more = len(names) - MAX_LISTED
    return ", ".join(names[:MAX_LISTED]) + (f" and {more} more" if more > 0 else "")


def name_option(function: Decorated) -> Decorated:
    """Give the command `--name` as `name`."""
    return click.option(
        "--name",
        metavar="NAME",
        callback=_not_empty,
        help="Name for a job that has none in its manifest; required for one on standard input.",
    )(function)


def check_names(
    unnamed: Sequence[Location], name: str | None, *, all_read: bool = True
) -> Iterator[Diagnostic]:
    """Yield an error for each job on standard input that nothing names.

    Args:
        unnamed: Where jobs are that their manifests do not name.
        name: What `--name` says.
        all_read: Whether every manifest has a job that could be read; otherwise nobody knows what is unnamed.

    Raises:
        click.UsageError: `--name` is given, and there is not exactly one job that it could name.
    """
    if name is None:
        nameable = len(unnamed) == 1
        yield from (_nameless(each, nameable=nameable) for each in unnamed if each.path == STDIN)
    elif not unnamed and all_read:
        raise click.UsageError(f"--name {name}: every job has a name already; change it in the manifest")
    elif len(unnamed) > 1:
        places = ", ".join(f"{each.path}:{each.line}" for each in unnamed)
        raise click.UsageError(
            f"--name {name} can name one job, and {len(unnamed)} have no name ({places}):"
            " write `name:` in each of them"
        )


def _nameless(place: Location, *, nameable: bool) -> Diagnostic:
    """Return the error; `nameable` says whether this is the only job that `--name` could mean."""
    return error(
        "unnamed-job",
        place,
        "a manifest on standard input has no file to be named after",
        help="give --name NAME, or write `name:` in the manifest"
        if nameable
        else "write `name:` in each job that has none",
    )


def _not_empty(ctx: click.Context, parameter: click.Parameter, name: str | None) -> str | None:
    del ctx, parameter
    if name is not None and not name.strip():
        raise click.BadParameter("the name is empty; is a variable unset?")
    return name
