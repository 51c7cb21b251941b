"""`ecsplan compile`: manifests in, a plan out."""

import sys

import click

from ecsplan.diagnostic import has_errors
from ecsplan_cli.exits import INVALID
from ecsplan_cli.fleet import compile_fleet, wants_progress
from ecsplan_cli.help import Command
from ecsplan_cli.options import FILE_NAME, AwsArguments, aws_options, manifests_argument, quiet_option
from ecsplan_cli.output import write_result
from ecsplan_cli.reading import asking, report


@click.command("compile", cls=Command)
@manifests_argument
@click.option("--offline", is_flag=True, help="Do not ask AWS: the decisions are left to apply.")
@click.option(
    "--output", "-o", type=FILE_NAME, metavar="FILE", help="Write the plan to this file, whole or not at all."
)
@aws_options
@quiet_option
def command(
    manifests: tuple[str, ...], offline: bool, output: str | None, aws: AwsArguments, quiet: bool
) -> None:
    """Compile manifests into a plan.

    The plan is a JSON document with the exact requests and, for every job, the decision whether the family's
    latest revision is reused or a new one registered. Nothing is written if any manifest has an error.
    A MANIFEST is a file, a directory (all *.yaml and *.yml below it that are not hidden) or - for standard
    input; with none, manifests/ is compiled.

    \b
    Examples:
      ecsplan compile job.yaml > plan.json
      ecsplan compile --offline manifests/ -o plan.json
    """
    progress = wants_progress(quiet=quiet)
    if offline:
        fleet = compile_fleet(manifests, region=aws.region, progress=progress)
    else:
        with asking(aws) as ask:
            fleet = compile_fleet(manifests, region=aws.region, ask=ask, progress=progress)
    report(fleet.diagnostics, quiet=quiet)
    if has_errors(fleet.diagnostics):
        sys.exit(INVALID)
    write_result(fleet.plan(), output)
