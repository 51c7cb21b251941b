"""From the command line's manifests to jobs: read, and reported on where they are wrong."""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace

import click

from ecsplan.compile import Jobs, read_jobs, together
from ecsplan.diagnostic import Diagnostic, in_order
from ecsplan.manifest import JobSpec
from ecsplan.observed import Observed
from ecsplan_cli.inputs import Input, find_inputs, unreadable
from ecsplan_cli.options import AwsArguments, is_on_command_line
from ecsplan_cli.render_diagnostics import render_text


def read_manifests(named: Sequence[str], *, region: str | None = None) -> Jobs:
    """Return the jobs of all manifests that the command line names, with every problem of every file.

    Args:
        named: Files, directories and `-`; none: `manifests/`.
        region: The command's `--region`; from the environment it is for jobs that name none.

    Raises:
        click.UsageError: Nothing is named and there is no `manifests/`.
    """
    inputs = find_inputs(named)
    read = together(_read(each, region) for each in inputs.manifests)
    if region is not None and is_on_command_line("region"):
        read = read.in_region(region)
    return replace(read, diagnostics=in_order((*inputs.diagnostics, *read.diagnostics)))


def observed_for(jobs: Sequence[JobSpec], aws: AwsArguments) -> Observed:
    """Return what AWS says about these jobs; ends the command where it could not be asked."""
    from ecsplan_applier.observe import Observer  # noqa: PLC0415 - only what talks to AWS loads the applier
    from ecsplan_applier.rounds import observe  # noqa: PLC0415
    from ecsplan_cli.session import opened, trace  # noqa: PLC0415

    with opened(aws) as session:
        return observe(jobs, Observer(session, trace=trace(aws)))


def report(diagnostics: Sequence[Diagnostic], *, quiet: bool = False) -> None:
    """Print diagnostics to standard error, coloured on a terminal; warnings not where quiet is asked for."""
    shown = [each for each in diagnostics if not quiet or each.severity == "error"]
    if shown:
        click.echo(render_text(shown, colour=colour_wanted(sys.stderr.isatty())), err=True, nl=False)


def colour_wanted(terminal: bool) -> bool:
    """Return whether to colour a stream: on a terminal, unless NO_COLOR is set (no-color.org)."""
    return terminal and not os.environ.get("NO_COLOR")


def _read(source: Input, region: str | None) -> Jobs:
    try:
        text = source.read()
    except OSError as reason:
        return Jobs((), (unreadable(source.path, reason),))
    return read_jobs(text, file=source.path, region=region)
