"""Arguments and options that several commands share."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")


def manifests_argument(function: Decorated) -> Decorated:
    """Give the command its MANIFEST arguments as `manifests`."""
    return click.argument("manifests", nargs=-1, metavar="[MANIFEST]...")(function)


def quiet_option(function: Decorated) -> Decorated:
    """Give the command `--quiet` as `quiet`."""
    return click.option("--quiet", "-q", is_flag=True, help="Print errors and results only.")(function)


def region_option(function: Decorated) -> Decorated:
    """Give the command `--region` as `region`, with the SDK's environment variables behind it."""
    return click.option(
        "--region",
        envvar=REGION_VARIABLES,
        help="The AWS region. On the command line it wins over the manifest's; AWS_REGION and "
        "AWS_DEFAULT_REGION do not.",
    )(function)


def is_on_command_line(name: str) -> bool:
    """Return whether the running command got this option as an argument, not from the environment."""
    source = click.get_current_context().get_parameter_source(name)
    return source is click.core.ParameterSource.COMMANDLINE
