"""The way to AWS that a command was given: the SDK's chain with its options, or the embedded ECS."""

import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from ecsplan.terms.safe_text import escaped_json, escaped_lines
from ecsplan_applier.aws.gateway import SdkGateway, SessionOptions, Trace
from ecsplan_applier.observing.observer import WORKERS
from ecsplan_applier.outcomes.errors import ApplierError, UnknownRunError
from ecsplan_cli.exits import AWS_FAILED
from ecsplan_cli.options import AwsArguments, RunArguments, is_on_command_line, spelled_run
from ecsplan_cli.output import print_line
from ecsplan_cli.placed_commands import placed
from ecsplan_cli.platforms import refuse_without_locks

if TYPE_CHECKING:
    from ecsplan_applier.runs.reference import RunReference
    from ecsplan_applier.runs.session import RunSession
    from ecsplan_local import Endpoint

LOCAL_REGION = "us-east-1"
PROCESS_WARNING = (
    "warning: --runner process does not use the image: commands run as processes of this machine,"
    " in an empty folder, with the container's environment alone"
)
LOCAL_CREDENTIALS = ("local", "local")
_GATEWAYS = "ecsplan_cli.gateways"
"""Where the context of the command keeps them."""


@contextmanager
def opened(
    aws: AwsArguments, *, runs_tasks: bool = False, says_runner: bool = True, place: Sequence[str] = ()
) -> Iterator[SessionOptions]:
    """Give what the applier needs to reach AWS; with `--local` the embedded ECS is served meanwhile.

    A command that `runs_tasks` ends at once where the embedded ECS has nothing to run them with, and has it
    keep all output. With `says_runner`, a warning says where an image is not used.
    What goes wrong with AWS inside ends the command with a message and its exit status; `place` are the
    options that lead the commands that it names to the same runs.
    """
    if not aws.local:
        with reported(place):
            yield SessionOptions(
                region=aws.region if is_on_command_line("region") else None,
                profile=aws.profile,
                endpoint_url=aws.endpoint_url,
            )
        return
    with _served(aws, runs_tasks=runs_tasks, says_runner=says_runner) as endpoint, reported(place):
        yield SessionOptions(
            region=aws.region if is_on_command_line("region") else None,
            default_region=aws.region or LOCAL_REGION,
            endpoint_url=endpoint.url,
            static_credentials=LOCAL_CREDENTIALS,
        )


@contextmanager
def _served(aws: AwsArguments, *, runs_tasks: bool, says_runner: bool) -> "Iterator[Endpoint]":
    refuse_without_locks("--local")
    from ecsplan_local import LocalError, serve  # noqa: PLC0415 - only --local needs it

    try:
        state = state_file(aws.state)
        with serve(state=state, runner=aws.runner, keep_output=runs_tasks) as endpoint:
            # Before anything is asked: a runner that is missing would fail each task, one by one.
            if runs_tasks:
                endpoint.require_runner()
            if says_runner and aws.runner == "process":
                print_line(PROCESS_WARNING)
            yield endpoint
    except LocalError as reason:
        fail(str(reason), AWS_FAILED)


def named_run(named: str, where: RunArguments) -> "RunReference":
    """Return the run that a command line names; ends the command where that names none."""
    from ecsplan_applier.runs.reference import read_reference  # noqa: PLC0415 - only what looks back needs it

    with reported(spelled_run(where)):
        return read_reference(named)


@contextmanager
def looking(where: RunArguments, *, quiet: bool = False) -> "Iterator[RunSession]":
    """Give what finds runs; what cannot be looked at is a warning on stderr, unless `quiet`.

    What goes wrong inside ends the command with a message and its exit status; of an unknown run, with the
    command that lists those that are known.
    """
    from ecsplan_applier.runs.session import RunSession  # noqa: PLC0415 - only what looks back needs it

    place = spelled_run(where)
    with opened(where.aws, says_runner=False, place=place) as options:
        try:
            yield RunSession(
                options,
                ledger=ledger_location(where.ledger, where.aws),
                cluster=where.cluster,
                trace=trace(where.aws),
                warn=lambda message: None if quiet else print_line(escaped_lines(f"warning: {message}")),
            )
        except UnknownRunError as error:
            raise UnknownRunError(f"{error}\n  help: {_to_be_found(error, place)}") from error


def _to_be_found(error: UnknownRunError, place: Sequence[str]) -> str:
    """Return how to find a run that is not known where it was looked for.

    Args:
        error: What was raised.
        place: The options of the command about where to look.
    """
    if error.regions:
        words = [*place]
        if "--region" in words:
            at = words.index("--region")
            del words[at : at + 2]
        found = shlex.join(("ecsplan", "status", error.run_id, *words, "--region", error.regions[0]))
        return f"`{found}` shows it"
    command = shlex.join(("ecsplan", "runs", "--all", *place))
    return (
        f"`{command}` lists the known runs; --region, --profile, --cluster and --ledger select where to look"
    )


@contextmanager
def reported(place: Sequence[str] = ()) -> Iterator[None]:
    """Turn what goes wrong with AWS into a message on stderr and the exit status that goes with it.

    Args:
        place: The options that lead the commands of the message to the same runs.
    """
    try:
        yield
    except ApplierError as reason:
        fail(placed(str(reason), place), reason.exit_status)


def fail(message: str, status: int) -> NoReturn:
    """Print an error to stderr and end the command."""
    print_line(escaped_lines(f"error: {message}"))
    sys.exit(status)


def trace(aws: AwsArguments) -> Trace | None:
    """Return what shows requests on stderr, or None where nobody asked for it."""
    return _show if aws.verbose else None


def gateway(session: SessionOptions, aws: AwsArguments) -> SdkGateway:
    """Return the way to AWS of the running command: however often it asks, clients are made once."""
    made: dict[SessionOptions, SdkGateway] = click.get_current_context().meta.setdefault(_GATEWAYS, {})
    if session not in made:
        made[session] = SdkGateway(session, connections=WORKERS, trace=trace(aws))
    return made[session]


def state_file(named: str | None) -> Path:
    """Return the file of the embedded ECS's state: as named, else in the user's state folder."""
    from ecsplan_applier.machine.locks import state_folder  # noqa: PLC0415 - only --local needs it

    return state_folder() / "local.sqlite3" if named is None else Path(named)


def ledger_location(named: str | None, aws: AwsArguments) -> str:
    """Return the ledger: as named, else a folder in the user's state folder; `--local` has one of its own."""
    from ecsplan_applier.machine.locks import state_folder  # noqa: PLC0415 - only what talks to AWS has one

    if named is not None:
        return named
    # Beside the state of the embedded ECS: another state file is another account.
    return str(state_file(aws.state).with_suffix(".ledger") if aws.local else state_folder() / "ledger")


def kept_output(aws: AwsArguments) -> tuple[str, str] | None:
    """Return where the embedded ECS keeps the output of jobs that log nowhere; None: it is AWS."""
    if not aws.local:
        return None
    from ecsplan_local import KEPT_OUTPUT  # noqa: PLC0415 - only --local needs it

    return KEPT_OUTPUT


def _show(operation: str, request: str) -> None:
    print_line(escaped_json(f"{operation} {request}"))
