"""`ecsplan schedule`: the schedules of EventBridge Scheduler for jobs with `schedule:`."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from ecsplan.plan.plan import Plan
from ecsplan.scheduled.scheduled_job import is_scheduled
from ecsplan.settings.overlay import Settings
from ecsplan.terms.safe_text import escaped_lines
from ecsplan_cli.confirming import can_be_repeated, confirmed, yes_option
from ecsplan_cli.help import ManifestCommand
from ecsplan_cli.job_names import name_option
from ecsplan_cli.manifest_options import ManifestOptions
from ecsplan_cli.options import FILE_NAME, AwsArguments, aws_options, quiet_option, spelled
from ecsplan_cli.output import colour_wanted, counted, print_line, write_result
from ecsplan_cli.plan_files import given_inputs
from ecsplan_cli.settings import settings_options
from ecsplan_cli.values import GivenValues, values_options

if TYPE_CHECKING:
    from ecsplan_applier.schedules.changes import ScheduleChange, ScheduleResult
    from ecsplan_applier.schedules.schedule_plan import Agree


@click.command("schedule", cls=ManifestCommand)
@click.argument("inputs", nargs=-1, type=FILE_NAME, metavar="[MANIFEST]...|[PLAN]")
@click.option(
    "--prune",
    is_flag=True,
    help="Also remove ecsplan's schedules that no given job has any more, in the groups of the given jobs.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be done, and change nothing.")
@yes_option
@name_option
@values_options
@settings_options
@aws_options
@quiet_option
def command(
    *,
    inputs: tuple[str, ...],
    prune: bool,
    dry_run: bool,
    yes: bool,
    name: str | None,
    values: GivenValues,
    settings: Settings,
    aws: AwsArguments,
    quiet: bool,
) -> None:
    """Create and update EventBridge Scheduler schedules for jobs that have `schedule:`.

    Takes manifests, as compile does, or one plan (- for standard input). The task definition of each job is
    registered or reused as by apply, and its schedule starts that revision; jobs without `schedule:` are left
    out. A schedule that is already up to date is not changed, so the command can run after every change of a
    manifest. A schedule of the same name that was not created by ecsplan is never changed.

    --prune prints what it is going to remove and asks for confirmation; without a terminal it needs --yes.

    Exits with 1 if a manifest is invalid or a job cannot have a schedule, with 122 if a plan is stale, with
    123 if it is not a plan, and with 125 if AWS refuses a call or the name belongs to a schedule that ecsplan
    did not create.

    A MANIFEST is a file, a directory (every *.yaml and *.yml file below it that is not hidden), or - for
    standard input. Without arguments, manifests/ is read, or else plan.json.

    \b
    Examples:
      ecsplan schedule nightly.yaml
      ecsplan schedule manifests/ --dry-run
      ecsplan schedule manifests/ --prune --yes
    """
    if aws.local:
        raise click.UsageError("--local: the embedded ECS has no EventBridge Scheduler; use an AWS account")
    how = ManifestOptions(aws.region, name, values, settings, quiet, aws)
    given = given_inputs(inputs)
    plan = how.plan(given) or Plan(True, how.jobs(given))
    scheduled = [each for each in plan.jobs if is_scheduled(each)]
    if not scheduled and not quiet:
        print_line(_unscheduled(len(plan.jobs)))
    if not scheduled and not prune:
        return
    words = _spelled(inputs, name, values, aws) if can_be_repeated(inputs, values, settings) else None
    result = _scheduled(plan, aws, dry_run=dry_run, prune=prune, agree=_agree(words, yes=yes), quiet=quiet)
    if not result.is_declined:
        _show(result, dry_run=dry_run)


def _unscheduled(jobs: int) -> str:
    """Return that none of so many jobs has a schedule."""
    return "the job has no `schedule:`" if jobs == 1 else f"none of {counted(jobs, 'job')} has a `schedule:`"


def _scheduled(
    plan: Plan, aws: AwsArguments, *, dry_run: bool, prune: bool, agree: "Agree", quiet: bool
) -> "ScheduleResult":
    from ecsplan_applier.schedules.schedule_plan import schedule_jobs  # noqa: PLC0415 - only what talks to AWS loads the applier
    from ecsplan_cli.session import opened, trace  # noqa: PLC0415

    def say(line: str) -> None:
        print_line(escaped_lines(line))

    with opened(aws) as session:
        return schedule_jobs(
            plan,
            session=session,
            dry_run=dry_run,
            prune=prune,
            agree=agree,
            report=(lambda _: None) if quiet else say,
            report_interrupted=say,
            trace=trace(aws),
        )


def _agree(words: Sequence[str] | None, *, yes: bool) -> "Agree":
    """Return what prints the schedules that would be removed, and asks.

    Args:
        words: The words of the running command; None where they cannot be repeated.
        yes: Whether `--yes` was given.
    """

    def agree(removed: "Sequence[ScheduleChange]") -> bool:
        from ecsplan_cli.render.schedules import render_removals  # noqa: PLC0415

        if not yes:
            write_result(render_removals(removed, colour=colour_wanted(sys.stdout)), None)
        return confirmed(f"Remove {counted(len(removed), 'schedule')}?", yes=yes, command=words)

    return agree


def _show(result: "ScheduleResult", *, dry_run: bool) -> None:
    from ecsplan_cli.render.schedules import render_result  # noqa: PLC0415

    text = render_result(result, datetime.now(UTC), dry_run=dry_run, colour=colour_wanted(sys.stdout))
    write_result(text, None)


def _spelled(
    inputs: Sequence[str], name: str | None, values: GivenValues, aws: AwsArguments
) -> tuple[str, ...]:
    """Return the words of the running command, which has --prune and no values among its words."""
    options = [("--name", name)] if name is not None else []
    pairs = (*options, *(("--var-file", each) for each in values.file_names))
    return (
        "ecsplan",
        "schedule",
        *inputs,
        "--prune",
        *(word for pair in pairs for word in pair),
        *spelled(aws),
    )
