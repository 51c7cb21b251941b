"""`ecsplan compile`: manifests in, a plan out."""

import sys

import click

from ecsplan.compile import compile_jobs
from ecsplan.plan import write_plan
from ecsplan_cli.exits import INVALID
from ecsplan_cli.options import AwsArguments, aws_options, manifests_argument, quiet_option
from ecsplan_cli.output import write_result
from ecsplan_cli.reading import observed_for, read_manifests, report


@click.command("compile")
@manifests_argument
@click.option("--offline", is_flag=True, help="Do not ask AWS: the decisions are left to apply.")
@click.option("--output", "-o", metavar="FILE", help="Write the plan to this file, whole or not at all.")
@aws_options
@quiet_option
def command(
    manifests: tuple[str, ...], offline: bool, output: str | None, aws: AwsArguments, quiet: bool
) -> None:
    r"""Compile manifests into a plan.

    The plan is a JSON document with the exact requests and, for every job, the decision whether the family's
    latest revision is reused or a new one registered. Nothing is written if any manifest has an error.

    \b
    Examples:
      ecsplan compile job.yaml > plan.json
      ecsplan compile --offline manifests/ -o plan.json
    """
    read = read_manifests(manifests, region=aws.region)
    compiled = compile_jobs(read, None)
    if compiled.plan is not None and not offline:
        compiled = compile_jobs(read, observed_for(read.jobs, aws))
    report(compiled.diagnostics, quiet=quiet)
    if compiled.plan is None:
        sys.exit(INVALID)
    write_result(write_plan(compiled.plan), output)
