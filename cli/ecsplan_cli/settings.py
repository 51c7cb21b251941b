"""Keys that the command line overrides: `--set`, and the command behind `--`."""

from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Any, TypeVar

import click

from ecsplan.settings.overlay import Settings
from ecsplan.terms.diagnostic import Diagnostic
from ecsplan_cli.completions import complete_settings
from ecsplan_cli.help import COMMAND

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

NO_SETTINGS = Settings()


def settings_options(function: Decorated) -> Decorated:
    """Give the command `--set` and what is behind `--` as `settings`."""

    @click.option(
        "--set",
        "texts",
        metavar="[JOB:]KEY=VALUE",
        multiple=True,
        callback=_checked,
        shell_complete=complete_settings,
        help="Override a key in every job, or in one; may be repeated. `-- COMMAND...` sets the command.",
    )
    @wraps(function)
    def wrapped(*, texts: tuple[str, ...], **others: Any) -> Any:
        words = click.get_current_context().meta.get(COMMAND)
        return function(settings=Settings(texts, words), **others)

    return wrapped  # type: ignore[return-value] # click passes what its options say


def check_settings(settings: Settings, names: Sequence[str], called: Sequence[str]) -> Iterator[Diagnostic]:
    """Yield an error for each setting of a job that does not exist.

    Args:
        settings: What the command sets.
        names: The names of all jobs.
        called: The names by which settings address them: those that the manifests give.

    Raises:
        click.UsageError: A command is given for several jobs.
    """
    from ecsplan.settings.setting import unknown_job  # noqa: PLC0415 - most commands set nothing

    if settings.command is not None and len(names) > 1:
        raise click.UsageError(
            f"`-- COMMAND` applies to one job, but there are {len(names)}: {', '.join(names)}; name one "
            "manifest, or write `--set JOB:command=...`"
        )
    yield from (unknown_job(each, called, names) for each in settings.unknown_jobs(called))


def _checked(ctx: click.Context, parameter: click.Parameter, texts: tuple[str, ...]) -> tuple[str, ...]:
    del ctx, parameter
    for each in texts:
        key, equals, _ = each.partition("=")
        if not equals or not key:
            shown = f", not {key[:80]!r}" if key.isidentifier() else ""
            raise click.UsageError(f"--set takes [JOB:]KEY=VALUE{shown}")
    return tuple(each.encode("utf-8", "replace").decode() for each in texts)
