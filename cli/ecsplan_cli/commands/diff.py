"""`ecsplan diff`: what a plan would register, reuse and run, and why."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecsplan.compile import Compiled, Jobs, begin, spec_of, with_answers
from ecsplan.plan.plan import Plan
from ecsplan.settings.overlay import Settings
from ecsplan.terms.diagnostic import has_errors
from ecsplan.terms.observed import Observed
from ecsplan_cli.asking import asked
from ecsplan_cli.compiling import compile_manifests, planned_job
from ecsplan_cli.exits import INVALID, USAGE
from ecsplan_cli.help import ManifestCommand
from ecsplan_cli.inputs import DEFAULT_FOLDER, STDIN, Input, is_folder
from ecsplan_cli.job_names import name_option
from ecsplan_cli.options import (
    FILE_NAME,
    AwsArguments,
    aws_options,
    format_option,
    is_on_command_line,
    quiet_option,
)
from ecsplan_cli.output import colour_wanted, write_result
from ecsplan_cli.plan_files import plan_of
from ecsplan_cli.render.compiled import DEFAULT_PLAN
from ecsplan_cli.render.diagnostics import report
from ecsplan_cli.settings import NO_SETTINGS, settings_options
from ecsplan_cli.values import GivenValues, values_options

if TYPE_CHECKING:
    from ecsplan_cli.render.review import JobReview

_OF_PLANS = frozenset({"plan_version", "compiler", "observed", "digest"})
"""Keys of plans that no manifest has."""


@click.command("diff", cls=ManifestCommand)
@click.argument("inputs", nargs=-1, type=FILE_NAME, metavar="[MANIFEST]...|[PLAN]")
@format_option(text="for people", json="see docs/diff.md", markdown="for a comment on a pull request")
@click.option("--all", "all_jobs", is_flag=True, help="Show jobs that reuse their definition, too.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 if anything would be registered.")
@name_option
@values_options
@settings_options
@aws_options
@quiet_option
def command(
    *,
    inputs: tuple[str, ...],
    form: str,
    all_jobs: bool,
    exit_code: bool,
    name: str | None,
    values: GivenValues,
    settings: Settings,
    aws: AwsArguments,
    quiet: bool,
) -> None:
    """Show, job by job, what would be registered, reused and run, and why.

    Takes manifests like compile does, or one plan (- for standard input). A plan that asked AWS is shown as
    it stands; one that was compiled offline is decided first. Nothing is changed. Exits with 2 if a manifest
    is wrong, with 123 if a plan is. Of several jobs, those that reuse their definition are counted; --all
    shows them.
    A MANIFEST is a file, a directory (all *.yaml and *.yml below it
    that are not hidden) or - for standard input; with none, manifests/ is shown, else plan.json.

    \b
    Examples:
      ecsplan diff manifests/
      ecsplan diff --format markdown plan.json
      ecsplan diff --exit-code job.yaml
    """
    from ecsplan_cli.render.review import counts, review  # noqa: PLC0415 - not for manifests that are wrong

    plan = _plan(inputs, aws, name, values, settings, quiet=quiet)
    jobs = review(plan)
    write_result(_rendered(form, jobs, all_jobs=all_jobs), None)
    if exit_code and counts(jobs)["register"]:
        sys.exit(INVALID)


def _plan(
    inputs: tuple[str, ...],
    aws: AwsArguments,
    name: str | None,
    values: GivenValues,
    settings: Settings,
    *,
    quiet: bool,
) -> Plan:
    """Return the decided plan of what the command line names; ends the command where there is none."""
    if not inputs and not is_folder(DEFAULT_FOLDER):
        inputs = (_default_plan(),)
    contents = _read_ahead(inputs)
    plans = [name for name, content in contents.items() if _is_plan(content)]
    if plans and len(inputs) > 1:
        raise click.UsageError(f"{plans[0]} is a plan: give it alone, or give manifests")
    if plans and name is not None:
        raise click.UsageError(f"--name {name}: the jobs of a plan have their names")
    if plans and settings != NO_SETTINGS:
        raise click.UsageError("--set: the jobs of a plan are compiled already; give manifests")
    if plans and (values.options or values.problems):
        raise click.UsageError("--var: the jobs of a plan have their values; give manifests")
    if plans:
        plan = plan_of(contents[plans[0]], plans[0])
        if plan.observed:
            return plan
        jobs = Jobs(tuple(spec_of(each) for each in plan.jobs), ())
        if aws.region is not None and is_on_command_line("region"):
            jobs = jobs.in_region(aws.region)
        compiled = asked(begin(jobs, Observed()), with_answers, aws, quiet=quiet).result()
    else:
        done = compile_manifests(
            inputs,
            planned_job,
            region=aws.region,
            name=name,
            aws=aws,
            contents=contents,
            values=values,
            settings=settings,
            quiet=quiet,
        )
        compiled = Compiled(Plan(True, tuple(done.jobs())), done.diagnostics())
    report(compiled.diagnostics, quiet=quiet, manifests=None if plans else inputs)
    if compiled.plan is None or has_errors(compiled.diagnostics):
        sys.exit(USAGE)
    return compiled.plan


def _default_plan() -> str:
    """Return the plan that is meant where nothing is named and there are no manifests.

    Raises:
        click.UsageError: There is none either.
    """
    if Path(DEFAULT_PLAN).is_file():
        return DEFAULT_PLAN
    raise click.UsageError(
        f"there is neither {DEFAULT_FOLDER}/ nor {DEFAULT_PLAN} here:"
        " name a manifest, a directory, a plan, or -"
    )


def _read_ahead(inputs: tuple[str, ...]) -> Mapping[str, bytes]:
    """Return the contents of inputs that may be plans: a lone one, any *.json. A pipe is read but once."""
    contents: dict[str, bytes] = {}
    for each in inputs:
        path = STDIN if each == "-" else each
        if (len(inputs) == 1 or each.endswith(".json")) and not is_folder(each):
            try:
                contents[path] = Input(path).read()
            except OSError:
                continue  # reported among the manifests
    return contents


def _is_plan(content: bytes) -> bool:
    """Return whether a content is a plan, or was one before it was cut or edited."""
    text = content.decode("utf-8-sig", "replace").lstrip()
    if not text.startswith("{"):
        return False
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return '"plan_version"' in text
    return isinstance(document, dict) and not _OF_PLANS.isdisjoint(document)


def _rendered(form: str, jobs: "tuple[JobReview, ...]", *, all_jobs: bool) -> str:
    from ecsplan_cli.render.diff import render_json, render_text  # noqa: PLC0415
    from ecsplan_cli.render.diff_markdown import render_markdown  # noqa: PLC0415

    match form:
        case "json":
            return render_json(jobs)
        case "markdown":
            return render_markdown(jobs, all_jobs=all_jobs)
        case _:
            return render_text(jobs, colour=colour_wanted(sys.stdout), all_jobs=all_jobs)
