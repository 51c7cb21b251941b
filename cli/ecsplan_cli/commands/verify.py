"""`ecsplan verify`: what would fail when jobs run, and does not show in a plan."""

import os
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from ecsplan.plan.placed_job import PlacedJob, placed_job
from ecsplan.plan.plan import Plan
from ecsplan.settings.overlay import Settings
from ecsplan.terms.diagnostic import Diagnostic, has_errors
from ecsplan_cli.exits import INVALID
from ecsplan_cli.help import ManifestCommand
from ecsplan_cli.job_names import name_option
from ecsplan_cli.manifest_options import ManifestOptions
from ecsplan_cli.options import (
    FILE_NAME,
    AwsArguments,
    aws_options,
    format_option,
    is_on_command_line,
    quiet_option,
)
from ecsplan_cli.output import colour_wanted, print_line, write_result
from ecsplan_cli.plan_files import GivenInputs, given_inputs
from ecsplan_cli.render import diagnostics
from ecsplan_cli.render.findings import (
    render_github,
    render_json,
    render_text,
    verify_summary,
)
from ecsplan_cli.settings import settings_options
from ecsplan_cli.values import GivenValues, values_options
from ecsplan_cli.verifying import Show, fails, verified, verified_plan

if TYPE_CHECKING:
    from ecsplan_applier.verify.finding import Finding


@click.command("verify", cls=ManifestCommand)
@click.argument("inputs", nargs=-1, type=FILE_NAME, metavar="[MANIFEST]...|[PLAN]")
@format_option(
    text="for people, on stderr", json="a list, on stdout", github="workflow annotations, on stdout"
)
@click.option(
    "--all", "show_all", is_flag=True, help="Show every finding, including those that are ok and equal ones."
)
@name_option
@values_options
@settings_options
@aws_options
@quiet_option
def command(
    *,
    inputs: tuple[str, ...],
    form: str,
    show_all: bool,
    name: str | None,
    values: GivenValues,
    settings: Settings,
    aws: AwsArguments,
    quiet: bool,
) -> None:
    """Ask AWS whether the jobs can run: cluster, roles, secrets, log groups, network, images, quotas.

    Takes manifests, as compile does, or one plan (- for standard input). Changes nothing. Each finding is ok,
    fails, or unknown, where the credentials do not allow the question or the endpoint cannot answer it. It is
    shown at the line of the manifest that names the resource; for a plan, at the line where the job begins.
    Exits with 1 if anything fails or a manifest is invalid, and with 123 if a plan is; unknown findings do
    not count. Registries other than ECR are asked about images even with --local.

    A MANIFEST is a file, a directory (every *.yaml and *.yml file below it that is not hidden), or - for
    standard input. Without arguments, manifests/ is verified, or else plan.json.

    \b
    Examples:
      ecsplan verify manifests/
      ecsplan verify --format github plan.json
      ecsplan verify --region eu-west-1 job.yaml
    """
    how = ManifestOptions(aws.region, name, values, settings, quiet, aws)
    given = given_inputs(inputs)
    plan = how.plan(given)
    wrong: tuple[Diagnostic, ...] = ()
    if plan is not None:
        show = partial(_show_wrong, form=form, quiet=quiet, manifests=None)
        count, findings = len(plan.jobs), _of_plan(plan, aws, show, quiet=quiet)
    else:
        jobs, wrong = _of_manifests(given, how, form)
        count, findings = len(jobs), verified(jobs, aws)
    _show(findings, wrong, form, show_all=show_all, quiet=quiet)
    if not quiet and form != "json":
        others = "; the jobs of manifests with an error are not verified" if wrong else ""
        print_line(f"{verify_summary(count, findings)}{others}")
    if wrong or fails(findings):
        sys.exit(INVALID)


def _of_plan(plan: Plan, aws: AwsArguments, show: Show, *, quiet: bool) -> "tuple[Finding, ...]":
    """Return what is found of a plan; ends the command where AWS could not be asked, or refuses a manifest.

    Raises:
        click.UsageError: An option names another region than the plan.
    """
    from ecsplan_cli.session import opened  # noqa: PLC0415 - only what talks to AWS loads the applier

    region = aws.region if is_on_command_line("region") else None
    if plan.observed and region is not None and any(each.aws.region != region for each in plan.jobs):
        raise click.UsageError(
            f"--region {region}: the jobs of a plan already have a region; pass manifests instead"
        )
    with opened(aws, says_runner=False) as session:
        findings = verified_plan(session, plan, aws, show, quiet=quiet)
    if findings is None:
        sys.exit(INVALID)
    return findings


def _of_manifests(
    given: GivenInputs, how: ManifestOptions, form: str
) -> tuple[tuple[PlacedJob, ...], tuple[Diagnostic, ...]]:
    """Return the jobs of the manifests without an error, and the errors of the others.

    Shows what is wrong; the errors are still to be shown as JSON. Ends the command where no job is left.
    """
    done = how.compiled(given, placed_job, undecided=True, spares=True)
    found, jobs = done.diagnostics(), tuple(done.jobs())
    wrong = tuple(each for each in found if each.severity == "error")
    if wrong and not jobs:
        _show_wrong(found, form, quiet=how.quiet, manifests=given.named)
        sys.exit(INVALID)
    _report(found, form, quiet=how.quiet, manifests=given.named)
    return jobs, wrong


def _show_wrong(
    found: Sequence[Diagnostic], form: str, *, quiet: bool, manifests: Sequence[str] | None
) -> None:
    """Show what is wrong with manifests, in the form of findings where that is asked for."""
    _report(found, form, quiet=quiet, manifests=manifests)
    if has_errors(found) and form == "json":
        write_result(render_json((), found), None)


def _report(found: Sequence[Diagnostic], form: str, *, quiet: bool, manifests: Sequence[str] | None) -> None:
    """Show what is wrong with manifests to people, or as annotations."""
    if has_errors(found) and form == "github":
        write_result(diagnostics.render_github(found, os.environ.get("GITHUB_WORKSPACE") or None), None)
    else:
        diagnostics.report(found, quiet=quiet, manifests=manifests)


def _show(
    findings: "tuple[Finding, ...]",
    wrong: Sequence[Diagnostic],
    form: str,
    *,
    show_all: bool,
    quiet: bool,
) -> None:
    match form:
        case "json":
            write_result(render_json(findings, wrong), None)
        case "github":
            write_result(render_github(findings, os.environ.get("GITHUB_WORKSPACE") or None), None)
        case _:
            shown = tuple(each for each in findings if not quiet or each.state == "fails")
            colour = colour_wanted(sys.stderr)
            text = render_text(shown, colour=colour, see_all="--all", show_all=show_all)
            if text:
                print_line(text, nl=False)
