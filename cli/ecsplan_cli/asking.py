"""Asking AWS for what is compiled; the applier is loaded, and AWS reached for, with the first question."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

from ecsplan.terms.observed import (
    Answer,
    AskImage,
    AskLatest,
    AskRecent,
    AskSecurityGroup,
    AskSubnets,
    AskVpc,
    AskVpcOfSubnets,
    Question,
)
from ecsplan_cli.options import AwsArguments
from ecsplan_cli.output import print_line

if TYPE_CHECKING:
    from ecsplan_applier.aws.gateway import SessionOptions
    from ecsplan_applier.observing.observe_jobs import Work

Answers: TypeAlias = Mapping[Question, Answer]
_UNDECIDED: Final[Mapping[type[Question], Answer]] = {AskLatest: None, AskRecent: (), AskImage: None}
"""What is answered where nothing is decided: families have no revision yet, and digests stay open."""

_OF_NETWORKS: Final = frozenset({AskSecurityGroup, AskSubnets, AskVpc, AskVpcOfSubnets})


def asked(
    work: "Work",
    go_on: Callable[["Work", Answers], "Work"],
    aws: AwsArguments,
    *,
    quiet: bool = False,
    undecided: bool = False,
) -> "Work":
    """Return the work with every question answered; ends the command where AWS could not be asked.

    AWS is not reached for, and the applier not loaded, where there is no question.

    Args:
        work: What raises the questions.
        go_on: Returns the work that goes on with these answers.
        aws: How to reach AWS.
        quiet: Whether to leave warnings about AWS out.
        undecided: Whether the command does not need to know what would be reused: neither the revisions of
            families are asked for, each of which counts as new, nor the digests of images. Networks that may
            not be looked up stay open.
    """
    if not work.questions:
        return work
    from ecsplan_cli.session import opened  # noqa: PLC0415 - only what talks to AWS loads the applier

    with opened(aws) as session:
        return asked_in(session, work, go_on, aws, quiet=quiet, undecided=undecided)


def asked_in(
    session: "SessionOptions",
    work: "Work",
    go_on: Callable[["Work", Answers], "Work"],
    aws: AwsArguments,
    *,
    quiet: bool = False,
    undecided: bool = False,
) -> "Work":
    """Return what `asked` does, in a session that is open.

    Raises:
        ApplierError: AWS could not be asked.
    """
    from ecsplan_applier.observing.observe_jobs import observe  # noqa: PLC0415 - as above
    from ecsplan_applier.observing.observer import Observer  # noqa: PLC0415 - as above
    from ecsplan_cli.session import gateway, trace  # noqa: PLC0415 - as above

    def further(work: "Work", answers: Answers) -> "Work":
        work = go_on(work, answers)
        return _undecided(work, go_on) if undecided else work

    begun = _undecided(work, go_on) if undecided else work
    observer = Observer(
        session,
        gateway=gateway(session, aws),
        trace=trace(aws),
        warn=_warn(quiet=quiet),
        leaves_open=_OF_NETWORKS if undecided else frozenset(),
    )
    return observe(begun, further, observer)


def _undecided(work: "Work", go_on: Callable[["Work", Answers], "Work"]) -> "Work":
    """Return the work that decides nothing; it asks for no revision but linked ones."""
    while left_open := [each for each in work.questions if type(each) in _UNDECIDED]:
        work = go_on(work, {each: _UNDECIDED[type(each)] for each in left_open})
    return work


def _warn(*, quiet: bool) -> Callable[[str], None]:
    return (lambda _: None) if quiet else (lambda message: print_line(f"warning: {message}"))
