"""`ecsplan diff`: what a plan would register, reuse and run, and why."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from ecsplan.compile import Compiled, Jobs, begin, spec_of, with_answers
from ecsplan.plan.plan import Plan
from ecsplan.scheduled.scheduled_job import is_scheduled
from ecsplan.settings.overlay import Settings
from ecsplan.terms.diagnostic import has_errors
from ecsplan.terms.observed import Observed
from ecsplan_cli.asking import asked
from ecsplan_cli.compiling import planned_job
from ecsplan_cli.exits import INVALID, USAGE
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
from ecsplan_cli.output import colour_wanted, write_result
from ecsplan_cli.plan_files import GivenInputs, given_inputs
from ecsplan_cli.render.diagnostics import report
from ecsplan_cli.settings import settings_options
from ecsplan_cli.values import GivenValues, values_options

if TYPE_CHECKING:
    from ecsplan_applier.schedules.compared import ScheduleState
    from ecsplan_cli.render.review import JobReview


@click.command("diff", cls=ManifestCommand)
@click.argument("inputs", nargs=-1, type=FILE_NAME, metavar="[MANIFEST]...|[PLAN]")
@format_option(text="for people", json="see docs/diff.md", markdown="for a comment on a pull request")
@click.option("--all", "all_jobs", is_flag=True, help="Also show jobs that reuse their task definition.")
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

    Takes manifests, as compile does, or one plan (- for standard input). A plan that was compiled with AWS is
    shown as it is; the open decisions of an offline plan are made first. Nothing is changed.

    If there are several jobs, those that reuse their task definition are only counted; --all shows them. For
    a job with a schedule, its next runs are shown and, if AWS is asked, what `ecsplan schedule` would do.

    Exits with 2 if a manifest is invalid, and with 123 if a plan is.

    A MANIFEST is a file, a directory (every *.yaml and *.yml file below it that is not hidden), or - for
    standard input. Without arguments, manifests/ is shown, or else plan.json.

    \b
    Examples:
      ecsplan diff manifests/
      ecsplan diff --format markdown plan.json
      ecsplan diff --exit-code job.yaml
    """
    from ecsplan_cli.render.review import counts, review  # noqa: PLC0415 - not for manifests that are wrong

    how = ManifestOptions(aws.region, name, values, settings, quiet, aws)
    plan, is_asked = _plan(given_inputs(inputs), how, aws)
    jobs = review(plan, _schedule_states(plan, aws) if is_asked else None)
    write_result(_rendered(form, jobs, all_jobs=all_jobs), None)
    if exit_code and counts(jobs)["register"]:
        sys.exit(INVALID)


def _plan(given: GivenInputs, how: ManifestOptions, aws: AwsArguments) -> tuple[Plan, bool]:
    """Return the decided plan of what the command line names, and whether AWS is asked about it now.

    Ends the command where there is none.
    """
    plan = how.plan(given)
    if plan is not None:
        if plan.observed:
            return plan, False
        jobs = Jobs(tuple(spec_of(each) for each in plan.jobs), ())
        if aws.region is not None and is_on_command_line("region"):
            jobs = jobs.in_region(aws.region)
        compiled = asked(begin(jobs, Observed()), with_answers, aws, quiet=how.quiet).result()
    else:
        done = how.compiled(given, planned_job)
        compiled = Compiled(Plan(True, tuple(done.jobs())), done.diagnostics())
    report(compiled.diagnostics, quiet=how.quiet, manifests=None if given.plan else given.named)
    if compiled.plan is None or has_errors(compiled.diagnostics):
        sys.exit(USAGE)
    return compiled.plan, True


def _schedule_states(plan: Plan, aws: AwsArguments) -> "Mapping[str, ScheduleState] | None":
    """Return what would be done about the schedules of a plan's jobs; None where it has none."""
    if not any(is_scheduled(each) for each in plan.jobs):
        return None
    from ecsplan_applier.observing.observer import Observer  # noqa: PLC0415 - only schedules need it here
    from ecsplan_applier.schedules.compared import ScheduleState, compared  # noqa: PLC0415
    from ecsplan_cli.session import opened, trace  # noqa: PLC0415

    if aws.local:
        state = ScheduleState("unknown", why="the embedded ECS has no EventBridge Scheduler")
        return {each.name: state for each in plan.jobs if is_scheduled(each)}
    with opened(aws) as session:
        observer = Observer(session, trace=trace(aws))
        return observer.run(lambda observation: compared(observation, plan.jobs))


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
