"""Arguments and options that several commands share."""

import re
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ecsplan.terms.records import dataclass
from ecsplan_cli.completions import complete_profiles, complete_regions, complete_runs
from ecsplan_cli.durations import duration_s

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

LEDGER_VARIABLE = "ECSPLAN_LEDGER"
REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")
_REGION = re.compile(r"[A-Za-z0-9-]+")
"""A region becomes a part of host names; AWS's own are lower case."""
PIPES = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")
"""Names of files that another process writes, as a shell's `<(…)` does: nothing is there the next time."""
_MAX_KEEP_S = 100 * 365 * 86_400
RUNNERS = ("auto", "podman", "docker", "process")


class FileName(click.types.StringParamType):
    """The name of a file or folder, or `-`; shells complete it."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse the empty name: it would mean this folder, and comes from a variable that is not set."""
        if not value:
            self.fail("the name is empty; is a variable unset?", param, ctx)
        return value

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        """Leave it to the shell, which knows its files."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - only shells ask

        del ctx, param
        return [CompletionItem(incomplete, type="file")]


class PlanName(FileName):
    """The name of a plan, or `-`."""

    name = "plan"

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:
        """Return where a plan comes from, for who has named none."""
        del param, ctx
        return "`ecsplan compile job.yaml -o plan.json` writes one."


FILE_NAME = FileName()


class RunName(FileName):
    """A run id, or the name of a result file; shells complete both."""

    name = "run"

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:
        """Return where runs are listed, for who has named none."""
        del param, ctx
        return "`ecsplan runs` lists them."

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        """Return the runs of the ledger that begin with what was typed, and leave files to the shell."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - only shells ask

        runs = complete_runs(ctx, param, incomplete)
        return [*map(CompletionItem, runs), *super().shell_complete(ctx, param, incomplete)]


@dataclass(frozen=True, slots=True)
class AwsArguments:
    """What the command line says about reaching AWS.

    Attributes:
        region: `--region` or its environment variables.
        profile: `--profile`.
        endpoint_url: `--endpoint-url`.
        local: Whether the embedded ECS is meant.
        runner: What the embedded ECS runs containers with.
        state: Its state file, or None for the default.
        verbose: Whether to show requests.
    """

    region: str | None
    profile: str | None
    endpoint_url: str | None
    local: bool
    runner: str
    state: str | None
    verbose: bool


@dataclass(frozen=True, slots=True)
class RunArguments:
    """What the command line says about where runs are looked for.

    Attributes:
        aws: How AWS is reached.
        cluster: `--cluster`, or None for all clusters of the region.
        ledger: `--ledger` or its environment variable, or None for the default.
    """

    aws: AwsArguments
    cluster: str | None
    ledger: str | None


def run_argument(function: Decorated) -> Decorated:
    """Give the command its RUN argument as `run`: a run id, or the name of a result file."""
    return click.argument("run", type=RunName(), metavar="RUN")(function)


def run_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give the command what all commands about runs have, as one argument, `where: RunArguments`."""

    @click.option(
        "--cluster",
        callback=not_empty,
        metavar="CLUSTER",
        help="Search only this cluster, a name or ARN. [default: all clusters of the region]",
    )
    @ledger_option
    @aws_options
    @wraps(function)
    def wrapped(*, cluster: str | None, ledger: str | None, aws: AwsArguments, **others: Any) -> Any:
        return function(where=RunArguments(aws, cluster, ledger), **others)

    return wrapped


def not_empty(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Refuse the empty name: it comes from a variable that is not set.

    Raises:
        click.BadParameter: So it is.
    """
    del ctx, parameter
    if value is not None and not value.strip():
        raise click.BadParameter("the name is empty; is a variable unset?")
    return value


def spelled_run(where: RunArguments) -> tuple[str, ...]:
    """Return the options of the running command that lead another one to the same runs."""
    ledger = where.ledger if is_on_command_line("ledger") else None
    given = (("--cluster", where.cluster), ("--ledger", ledger))
    named = (word for pair in given if pair[1] is not None for word in pair)
    return (*(each for each in named if each is not None), *spelled(where.aws))


def manifests_argument(function: Decorated) -> Decorated:
    """Give the command its MANIFEST arguments as `manifests`."""
    return click.argument("manifests", nargs=-1, type=FILE_NAME, metavar="[MANIFEST]...")(function)


def format_option(*, text: str, **others: str) -> Callable[[Decorated], Decorated]:
    """Give the command `--format` as `form`: `text` unless asked for another; `--help` says what each is."""
    meant = {"text": text, **others}
    return click.option(
        "--format",
        "form",
        type=click.Choice(list(meant)),
        default="text",
        show_default=True,
        help=" ".join(f"{name}: {what}." for name, what in meant.items()),
    )


def verify_option(then: str) -> Callable[[Decorated], Decorated]:
    """Give the command `--verify` as `verifies`; `then` says what it keeps from happening."""
    return click.option(
        "--verify",
        "verifies",
        is_flag=True,
        help=f"Ask AWS first whether the jobs can run, as `ecsplan verify` does: {then}.",
    )


def quiet_option(function: Decorated) -> Decorated:
    """Give the command `--quiet` as `quiet`."""
    return click.option("--quiet", "-q", is_flag=True, help="Print only errors and results.")(function)


def region_option(function: Decorated) -> Decorated:
    """Give the command `--region` as `region`, with the SDK's environment variables behind it."""
    return click.option(
        "--region",
        metavar="REGION",
        envvar=REGION_VARIABLES,
        callback=_region,
        shell_complete=complete_regions,
        help="The AWS region. The option overrides the region of a manifest; AWS_REGION and "
        "AWS_DEFAULT_REGION do not.",
    )(function)


def _region(ctx: click.Context, parameter: click.Parameter, region: str | None) -> str | None:
    del ctx, parameter
    if region is not None and not _REGION.fullmatch(region):
        raise click.BadParameter(f"{region!r} is not a valid region name; write one such as eu-west-1")
    return region


def ledger_option(function: Decorated) -> Decorated:
    """Give the command `--ledger` as `ledger`: a folder or `s3://BUCKET/PREFIX` as named, or None."""
    return click.option(
        "--ledger",
        envvar=LEDGER_VARIABLE,
        type=FILE_NAME,
        metavar="LEDGER",
        help="Where runs are remembered for longer than in ECS: a folder, or s3://BUCKET/PREFIX. "
        f"[env: {LEDGER_VARIABLE}; default: $XDG_STATE_HOME/ecsplan/ledger]",
    )(function)


def _keep(ctx: click.Context, parameter: click.Parameter, text: str) -> float:
    del ctx, parameter
    try:
        seconds = duration_s(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    if not 0 < seconds <= _MAX_KEEP_S:
        raise click.BadParameter(
            f"{text!r} is out of range: write a duration of more than zero and at most 100 years, such as 90d"
        )
    return seconds


def ledger_keep_option(function: Decorated) -> Decorated:
    """Give the command `--ledger-keep` as `ledger_keep_s`, in seconds."""
    return click.option(
        "--ledger-keep",
        "ledger_keep_s",
        callback=_keep,
        default="90d",
        show_default=True,
        metavar="DURATION",
        help="How long a ledger in a folder keeps an entry after its last change; must be longer than any "
        "run takes. In S3, use a lifecycle rule instead.",
    )(function)


def local_options(function: Decorated) -> Decorated:
    """Give the command `--runner` and `--state` of the embedded ECS."""
    runner = click.option(
        "--runner",
        type=click.Choice(RUNNERS),
        default="auto",
        show_default=True,
        help="How the embedded ECS runs containers. process runs the command directly on this machine, "
        "without the image.",
    )
    state = click.option(
        "--state",
        type=FILE_NAME,
        metavar="FILE",
        help="State of the embedded ECS. [default: $XDG_STATE_HOME/ecsplan/local.sqlite3]",
    )
    return runner(state(function))


def aws_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give the command the options about reaching AWS as one argument, `aws: AwsArguments`."""

    @region_option
    @click.option(
        "--profile",
        metavar="PROFILE",
        shell_complete=complete_profiles,
        help="Profile in the AWS configuration. [env: AWS_PROFILE]",
    )
    @click.option("--endpoint-url", metavar="URL", help="Endpoint for all services. [env: AWS_ENDPOINT_URL]")
    @click.option("--local", is_flag=True, help="Use the embedded ECS on this machine instead of AWS.")
    @local_options
    @click.option(
        "--verbose", "-v", is_flag=True, help="Show each request, with values that look like secrets masked."
    )
    @wraps(function)
    def wrapped(
        *,
        region: str | None,
        profile: str | None,
        endpoint_url: str | None,
        local: bool,
        runner: str,
        state: str | None,
        verbose: bool,
        **others: Any,
    ) -> Any:
        if not local and (runner != "auto" or state is not None):
            raise click.UsageError("--runner and --state are options of the embedded ECS: add --local")
        if local and (profile is not None or endpoint_url is not None):
            raise click.UsageError(
                "--local cannot be combined with --profile or --endpoint-url: it has its own endpoint"
            )
        aws = AwsArguments(region, profile, endpoint_url, local, runner, state, verbose)
        return function(aws=aws, **others)

    return wrapped


def spelled(aws: AwsArguments) -> tuple[str, ...]:
    """Return the options of the running command that lead another one to the same AWS."""
    options = {
        "--runner": None if aws.runner == "auto" else aws.runner,
        "--state": aws.state,
        "--region": aws.region if is_on_command_line("region") else None,
        "--profile": aws.profile,
        "--endpoint-url": aws.endpoint_url,
    }
    given = ((name, value) for name, value in options.items() if value is not None)
    return (*(["--local"] if aws.local else []), *(word for pair in given for word in pair))


def is_on_command_line(name: str) -> bool:
    """Return whether the running command got this option as an argument, not from the environment."""
    source = click.get_current_context().get_parameter_source(name)
    return source is click.core.ParameterSource.COMMANDLINE
