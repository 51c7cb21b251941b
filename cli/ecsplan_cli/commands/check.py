"""`ecsplan check`: every problem of every manifest, at its place."""

import os
import sys
from dataclasses import replace

import click

from ecsplan.settings.overlay import Settings
from ecsplan.terms.diagnostic import has_errors, strict
from ecsplan_cli.compiling import compile_manifests, nothing
from ecsplan_cli.exits import INVALID
from ecsplan_cli.help import ManifestCommand
from ecsplan_cli.job_names import name_option
from ecsplan_cli.options import format_option, manifests_argument, quiet_option
from ecsplan_cli.output import print_line, write_result
from ecsplan_cli.render.compiled import check_summary
from ecsplan_cli.render.diagnostics import render_github, render_json, report
from ecsplan_cli.settings import settings_options
from ecsplan_cli.values import GivenValues, values_options


@click.command("check", cls=ManifestCommand)
@manifests_argument
@format_option(
    text="for people, on stderr", json="a list, on stdout", github="workflow annotations, on stdout"
)
@click.option("--all", "show_all", is_flag=True, help="Show every occurrence of equal problems.")
@click.option("--strict", "is_strict", is_flag=True, help="Treat warnings as errors.")
@name_option
@values_options
@settings_options
@click.option(
    "--without-values",
    is_flag=True,
    help="Do not require values for variables; skip the checks that depend on a missing one.",
)
@quiet_option
def command(
    *,
    manifests: tuple[str, ...],
    form: str,
    name: str | None,
    values: GivenValues,
    settings: Settings,
    without_values: bool,
    quiet: bool,
    is_strict: bool,
    show_all: bool,
) -> None:
    """Check manifests, and report every problem with its position.

    Needs no AWS account, network or credentials. A MANIFEST is a file, a directory (every *.yaml and *.yml
    file below it that is not hidden), or - for standard input. Without arguments, manifests/ is checked.

    Exits with 1 if there is an error; warnings are printed and do not fail the check, except with --strict. A
    comment `# ecsplan: ignore[RULE, ...]` silences the warnings of these rules on its line. A problem that
    occurs in many manifests is shown once, followed by its other positions; --all shows each of them.

    \b
    Examples:
      ecsplan check job.yaml
      ecsplan check --strict --format github manifests/
    """
    values = replace(values, may_lack=without_values)
    done = compile_manifests(manifests, nothing, name=name, values=values, settings=settings, quiet=quiet)
    found = done.diagnostics()
    if is_strict:
        found = strict(found)
    match form:
        case "json":
            write_result(render_json(found), None)
        case "github":
            write_result(render_github(found, os.environ.get("GITHUB_WORKSPACE") or None), None)
        case _:
            report(found, quiet=quiet, see_all=None if show_all else "--all")
    if not quiet and form != "json":
        print_line(check_summary(len(done.compiled), done.job_count(), found))
    if has_errors(found):
        sys.exit(INVALID)
