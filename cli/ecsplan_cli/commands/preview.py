"""`ecsplan preview`: what a manifest compiles to, as YAML."""

import click

from ecsplan.plan.plan import Plan
from ecsplan.plan.preview import preview
from ecsplan.settings.overlay import Settings
from ecsplan_cli.compiling import compile_manifests, planned_job
from ecsplan_cli.help import ManifestCommand
from ecsplan_cli.job_names import name_option
from ecsplan_cli.options import manifests_argument, quiet_option, region_option
from ecsplan_cli.output import write_result
from ecsplan_cli.settings import settings_options
from ecsplan_cli.values import GivenValues, values_options
from ecsplan_cli.wrong_manifests import end_if_wrong


@click.command("preview", cls=ManifestCommand)
@manifests_argument
@region_option
@name_option
@values_options
@settings_options
@quiet_option
def command(
    *,
    manifests: tuple[str, ...],
    region: str | None,
    name: str | None,
    values: GivenValues,
    settings: Settings,
    quiet: bool,
) -> None:
    """Show the two requests that a manifest compiles to, as YAML.

    Does not call AWS: what only AWS knows is shown in angle brackets, such as <subnets of the default VPC>.
    Values that look like credentials are masked.

    A MANIFEST is a file, a directory (every *.yaml and *.yml file below it that is not hidden), or - for
    standard input. Without arguments, manifests/ is shown.

    \b
    Example:
      ecsplan preview job.yaml
    """
    done = compile_manifests(
        manifests, planned_job, region=region, name=name, values=values, settings=settings, quiet=quiet
    )
    end_if_wrong(done, manifests, quiet=quiet)
    write_result(preview(Plan(observed=False, jobs=tuple(done.jobs()))), None)
