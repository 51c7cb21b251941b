"""`ecsplan compile`: manifests in, a plan out."""

import sys
from collections.abc import Sequence
from itertools import chain

import click

from ecsplan.draft.draft import Draft
from ecsplan.plan.placed_job import PlacedJob, placed_job
from ecsplan.plan.plan import PlannedJob, plan_text
from ecsplan.settings.overlay import Settings
from ecsplan.terms.diagnostic import has_errors
from ecsplan_cli.compiling import compile_manifests
from ecsplan_cli.exits import INVALID
from ecsplan_cli.help import ManifestCommand
from ecsplan_cli.inputs import input_files
from ecsplan_cli.job_names import name_option
from ecsplan_cli.options import (
    FILE_NAME,
    AwsArguments,
    aws_options,
    manifests_argument,
    quiet_option,
    spelled,
    verify_option,
)
from ecsplan_cli.output import PRIVATE, print_line, write_result
from ecsplan_cli.output_files import check_target
from ecsplan_cli.render.compiled import WrittenJob, next_command, plan_summary, written_job
from ecsplan_cli.render.diagnostics import report
from ecsplan_cli.settings import NO_SETTINGS, settings_options
from ecsplan_cli.values import GivenValues, values_options


@click.command("compile", cls=ManifestCommand)
@manifests_argument
@click.option("--offline", is_flag=True, help="Do not call AWS; the decisions are left to apply.")
@click.option(
    "--output", "-o", type=FILE_NAME, metavar="FILE", help="Write the plan to this file, atomically."
)
@verify_option("no plan is written if anything would fail")
@name_option
@values_options
@settings_options
@aws_options
@quiet_option
def command(
    *,
    manifests: tuple[str, ...],
    offline: bool,
    output: str | None,
    verifies: bool,
    name: str | None,
    values: GivenValues,
    settings: Settings,
    aws: AwsArguments,
    quiet: bool,
) -> None:
    """Compile manifests into a plan.

    The plan is a JSON document with the exact requests and, for every job, the decision whether the latest
    revision of its family is reused or a new one registered. Nothing is written if any manifest has an error.
    A new plan file is readable by its owner only, because plans contain the values of `env`.

    A MANIFEST is a file, a directory (every *.yaml and *.yml file below it that is not hidden), or - for
    standard input. Without arguments, manifests/ is compiled.

    \b
    Examples:
      ecsplan compile job.yaml > plan.json
      ecsplan compile --offline manifests/ -o plan.json
      ecsplan compile --verify job.yaml -o plan.json
    """
    if offline and verifies:
        raise click.UsageError("--verify asks AWS, and --offline does not: omit one of them")
    check_target("--output", output, chain(input_files(manifests), [aws.state or ""]))
    done = compile_manifests(
        manifests,
        _written_and_placed if verifies else _written,
        region=aws.region,
        name=name,
        aws=None if offline else aws,
        values=values,
        settings=settings,
        quiet=quiet,
    )
    found = done.diagnostics()
    report(found, quiet=quiet, manifests=manifests)
    if has_errors(found):
        sys.exit(INVALID)
    check_target("--output", output, done.files())
    made = tuple(done.jobs())
    if verifies:
        placed = [each for _, each in made if each is not None]
        is_plain = name is None and settings == NO_SETTINGS and not values.options
        _verify(placed, manifests if is_plain else None, aws, quiet=quiet)
    jobs = tuple(written for written, _ in made)
    write_result(plan_text((each.text for each in jobs), observed=not offline), output, mode=PRIVATE)
    if not quiet:
        print_line(plan_summary(jobs))
        print_line(next_command(output, spelled(aws) if offline else ()))


def _written(job: PlannedJob, made: Draft) -> tuple[WrittenJob, PlacedJob | None]:
    """Return a job as it is written."""
    return written_job(job, made), None


def _written_and_placed(job: PlannedJob, made: Draft) -> tuple[WrittenJob, PlacedJob | None]:
    """Return a job as it is written, and as it is verified."""
    return written_job(job, made), placed_job(job, made)


def _verify(
    jobs: Sequence[PlacedJob], manifests: Sequence[str] | None, aws: AwsArguments, *, quiet: bool
) -> None:
    """Verify the jobs; ends the command where something would fail."""
    from ecsplan_cli.verifying import fails, show_before, verified  # noqa: PLC0415 - only --verify needs it

    findings = verified(jobs, aws)
    show_before(findings, len(jobs), quiet=quiet, inputs=manifests, aws=aws)
    if fails(findings):
        sys.exit(INVALID)
