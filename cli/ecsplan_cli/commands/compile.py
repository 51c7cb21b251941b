"""`ecsplan compile`: manifests in, a plan out."""

import sys
from itertools import chain

import click

from ecsplan.plan.plan import plan_text
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
)
from ecsplan_cli.output import PRIVATE, print_line, write_result
from ecsplan_cli.output_files import check_target
from ecsplan_cli.render.compiled import next_command, plan_summary, written_job
from ecsplan_cli.render.diagnostics import report
from ecsplan_cli.settings import settings_options
from ecsplan_cli.values import GivenValues, values_options


@click.command("compile", cls=ManifestCommand)
@manifests_argument
@click.option("--offline", is_flag=True, help="Do not ask AWS: the decisions are left to apply.")
@click.option(
    "--output", "-o", type=FILE_NAME, metavar="FILE", help="Write the plan to this file, whole or not at all."
)
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
    name: str | None,
    values: GivenValues,
    settings: Settings,
    aws: AwsArguments,
    quiet: bool,
) -> None:
    """Compile manifests into a plan.

    The plan is a JSON document with the exact requests and, for every job, the decision whether the family's
    latest revision is reused or a new one registered. Nothing is written if any manifest has an error.
    A MANIFEST is a file, a directory (all *.yaml and *.yml below it that are not hidden) or - for standard
    input; with none, manifests/ is compiled. A new file is readable by its owner alone: plans hold the values
    of `env`.

    \b
    Examples:
      ecsplan compile job.yaml > plan.json
      ecsplan compile --offline manifests/ -o plan.json
    """
    check_target("--output", output, chain(input_files(manifests), [aws.state or ""]))
    done = compile_manifests(
        manifests,
        written_job,
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
    jobs = tuple(done.jobs())
    write_result(plan_text((each.text for each in jobs), observed=not offline), output, mode=PRIVATE)
    if not quiet:
        print_line(plan_summary(jobs))
        print_line(next_command(output, spelled(aws) if offline else ()))
