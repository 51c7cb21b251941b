"""`ecsplan check`: every problem of every manifest, at its place."""

import os
import sys

import click

from ecsplan.terms.diagnostic import has_errors, strict
from ecsplan_cli.compiling import compile_manifests, nothing
from ecsplan_cli.exits import INVALID
from ecsplan_cli.help import Command
from ecsplan_cli.job_names import name_option
from ecsplan_cli.options import format_option, manifests_argument, quiet_option
from ecsplan_cli.output import write_result
from ecsplan_cli.render.diagnostics import render_github, render_json, report


@click.command("check", cls=Command)
@manifests_argument
@format_option(
    text="for people, on stderr", json="a list, on stdout", github="workflow annotations, on stdout"
)
@click.option("--strict", "is_strict", is_flag=True, help="Show warnings as errors, and exit 1 for them.")
@name_option
@quiet_option
def command(manifests: tuple[str, ...], form: str, name: str | None, quiet: bool, is_strict: bool) -> None:
    """Check manifests and report every problem at its place.

    Needs no AWS, no network and no credentials. A MANIFEST is a file, a directory (all *.yaml and *.yml
    below it that are not hidden) or - for standard input; with none, manifests/ is checked. Exits 1 if
    anything is an error; warnings are printed and do not fail, except with --strict. A comment
    `# ecsplan: ignore[RULE, ...]` silences the warnings of these rules on its line.

    \b
    Examples:
      ecsplan check job.yaml
      ecsplan check --strict --format github manifests/
    """
    found = compile_manifests(manifests, nothing, name=name, quiet=quiet).diagnostics()
    if is_strict:
        found = strict(found)
    match form:
        case "json":
            write_result(render_json(found), None)
        case "github":
            write_result(render_github(found, os.environ.get("GITHUB_WORKSPACE") or None), None)
        case _:
            report(found, quiet=quiet)
    if has_errors(found):
        sys.exit(INVALID)
