"""`ecsplan prune`: deregisters old revisions that nothing uses."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from ecsplan.terms.observed import Aws
from ecsplan.terms.records import dataclass
from ecsplan.terms.safe_text import escaped_lines
from ecsplan_cli.confirming import can_be_repeated, confirmed, yes_option
from ecsplan_cli.exits import AWS_FAILED
from ecsplan_cli.help import Command
from ecsplan_cli.job_names import name_option
from ecsplan_cli.options import (
    AwsArguments,
    aws_options,
    manifests_argument,
    quiet_option,
    spelled,
)
from ecsplan_cli.output import is_terminal, print_line, write_result
from ecsplan_cli.pruned_families import (
    NamedFamily,
    families_of_manifests,
    family_option,
    refuse_unnamed,
)
from ecsplan_cli.signals import signal_name, signals
from ecsplan_cli.values import GivenValues, values_options

if TYPE_CHECKING:
    from ecsplan_applier.pruning.prune import Pruned
    from ecsplan_applier.pruning.session import PruneSession
    from ecsplan_applier.pruning.survey import Survey


def _keep(ctx: click.Context, parameter: click.Parameter, keep: int) -> int:
    del ctx, parameter
    if keep < 1:
        raise click.BadParameter(
            f"{keep} is less than 1: the newest revision of a family is always kept, because jobs run it"
        )
    return keep


@click.command("prune", cls=Command)
@manifests_argument
@family_option
@click.option(
    "--keep",
    type=int,
    required=True,
    metavar="N",
    callback=_keep,
    help="Keep at least the newest N ACTIVE revisions of each family; N is 1 or more.",
)
@click.option(
    "--delete", "deleting", is_flag=True, help="Also delete the revisions after deregistering them."
)
@yes_option
@name_option
@values_options
@aws_options
@quiet_option
def command(
    *,
    manifests: tuple[str, ...],
    families: tuple[str, ...],
    keep: int,
    deleting: bool,
    yes: bool,
    name: str | None,
    values: GivenValues,
    aws: AwsArguments,
    quiet: bool,
) -> None:
    """Deregister the ACTIVE revisions beyond the newest N that are not in use.

    The families are those named with --family, or those that the jobs of the manifests register; without
    either, those of manifests/. A revision that is used by a task that has not stopped, a service, a schedule
    of EventBridge Scheduler, an EventBridge rule, or an apply on this machine is kept.

    Prints what it is going to do and asks for confirmation; without a terminal, it exits with 2 unless --yes
    is given. If it cannot find out whether a revision is in use, it prunes nothing and exits with 125.
    `ecsplan docs prune` has the details.

    \b
    Examples:
      ecsplan prune --family nightly-etl --keep 10
      ecsplan prune manifests/ --keep 5 --delete --yes
    """
    refuse_unnamed(families, manifests)
    named = tuple(NamedFamily(each, Aws(), True) for each in families) or families_of_manifests(
        manifests, name=name, values=values, aws=aws, quiet=quiet
    )
    words = [*manifests, *_options("--family", families), "--keep", str(keep)]
    words += ["--delete"] if deleting else []
    words += [
        *_options("--name", () if name is None else (name,)),
        *_options("--var-file", values.file_names),
    ]
    again = ("ecsplan", "prune", *words, *spelled(aws)) if can_be_repeated(manifests, values) else None
    _prune(named, _Order(keep, deleting, yes, quiet, again), aws)


def _options(name: str, values: Sequence[str]) -> list[str]:
    return [word for value in values for word in (name, value)]


@dataclass(frozen=True, slots=True)
class _Order:
    """What the command is to do with the families.

    Attributes:
        keep: How many of the newest revisions to keep.
        deleting: Whether to delete what is deregistered.
        yes: Whether to do it without asking.
        quiet: Whether to print errors and results only.
        again: The words of the command; None where they cannot be repeated.
    """

    keep: int
    deleting: bool
    yes: bool
    quiet: bool
    again: tuple[str, ...] | None


def _prune(named: Sequence[NamedFamily], order: _Order, aws: AwsArguments) -> None:
    from ecsplan_applier.pruning.session import PruneSession  # noqa: PLC0415 - only what talks to AWS loads the applier
    from ecsplan_cli.render.prune import nothing_to_do, question, table_lines  # noqa: PLC0415
    from ecsplan_cli.session import opened, trace  # noqa: PLC0415

    def warn(message: str) -> None:
        if not order.quiet:
            print_line(escaped_lines(f"warning: {message}"))

    with opened(aws, says_runner=False) as options:
        session = PruneSession(options, trace=trace(aws), warn=warn)
        survey = _surveyed(session, named, order.keep)
        write_result("".join(f"{line}\n" for line in table_lines(survey, deleting=order.deleting)), None)
        if not survey.removable:
            if not order.quiet:
                print_line(nothing_to_do(survey))
            return
        if confirmed(question(survey, deleting=order.deleting), yes=order.yes, command=order.again):
            _carry_out(session, survey, order, shows_progress=not (order.quiet or aws.verbose))


def _surveyed(session: "PruneSession", named: Sequence[NamedFamily], keep: int) -> "Survey":
    """Return what is to be done; ends the command where something could not be asked."""
    from ecsplan_applier.outcomes.errors import ApplierError  # noqa: PLC0415 - as above
    from ecsplan_applier.pruning.family import Family  # noqa: PLC0415
    from ecsplan_applier.pruning.survey import surveyed  # noqa: PLC0415
    from ecsplan_cli.session import fail  # noqa: PLC0415

    try:
        families = [
            Family(session.target(each.aws), each.name, each.aws.account_id, each.is_expected)
            for each in named
        ]
        return session.run(surveyed(session, tuple(dict.fromkeys(families)), keep))
    except ApplierError as error:
        fail(f"{error}\n  nothing was pruned", AWS_FAILED)


def _carry_out(session: "PruneSession", survey: "Survey", order: _Order, *, shows_progress: bool) -> None:
    """Do what was printed, and say what was done; ends the command where that is not all of it."""
    from ecsplan_applier.pruning.prune import prune  # noqa: PLC0415 - only what talks to AWS loads the applier
    from ecsplan_cli.render.prune import done_lines, progress_line, rest_lines  # noqa: PLC0415

    moves = shows_progress and is_terminal(sys.stderr)

    def progress(done: "Pruned") -> None:
        if moves:
            print_line(f"\r{progress_line(done)}", nl=False)

    # Who was asked has taken time to read the list.
    asked = not order.yes
    with signals() as interrupt:
        session.heed(interrupt)
        work = prune(session, survey, deleting=order.deleting, look_again=asked, progress=progress)
        done = session.run(work)
    if moves:
        print_line("")
    for line in () if order.quiet else done_lines(done):
        print_line(line)
    if not done.is_whole:
        because = None if interrupt.signal is None else signal_name(interrupt.signal)
        for line in rest_lines(done, order.again, because):
            print_line(line)
        sys.exit(AWS_FAILED if interrupt.signal is None else 128 + interrupt.signal)
