"""`ecsplan compile`: manifests in, a plan out."""

import sys

import click

from ecsplan.compile import compile_jobs
from ecsplan.diagnostic import has_errors
from ecsplan.plan import write_plan
from ecsplan_cli.exits import INVALID
from ecsplan_cli.options import manifests_argument, quiet_option, region_option
from ecsplan_cli.output import write_result
from ecsplan_cli.reading import read_manifests, report


@click.command("compile")
@manifests_argument
@click.option("--offline", is_flag=True, help="Do not ask AWS: the decisions are left to apply.")
@click.option("--output", "-o", metavar="FILE", help="Write the plan to this file, whole or not at all.")
@region_option
@quiet_option
def command(
    manifests: tuple[str, ...], offline: bool, output: str | None, region: str | None, quiet: bool
) -> None:
    r"""Compile manifests into a plan.

    The plan is a JSON document with the exact requests and, for every job, the decision whether the family's
    latest revision is reused or a new one registered. Nothing is written if any manifest has an error.

    \b
    Examples:
      ecsplan compile job.yaml > plan.json
      ecsplan compile --offline manifests/ -o plan.json
    """
    read = read_manifests(manifests, region=region)
    compiled = compile_jobs(read, None)
    report(compiled.diagnostics, quiet=quiet)
    if compiled.plan is None:
        sys.exit(INVALID)
    write_result(write_plan(compiled.plan), output)
