"""Asking AWS for what is compiled; the applier is loaded, and AWS reached for, with the first question."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from ecsplan.terms.observed import Answer, Question
from ecsplan_cli.options import AwsArguments
from ecsplan_cli.output import print_line

if TYPE_CHECKING:
    from ecsplan_applier.observing.observe_jobs import Work

Answers: TypeAlias = Mapping[Question, Answer]


def asked(
    work: "Work", go_on: Callable[["Work", Answers], "Work"], aws: AwsArguments, *, quiet: bool = False
) -> "Work":
    """Return the work with every question answered; ends the command where AWS could not be asked.

    AWS is not reached for, and the applier not loaded, where there is no question.
    """
    if not work.questions:
        return work
    from ecsplan_applier.observing.observe_jobs import observe  # noqa: PLC0415
    from ecsplan_applier.observing.observer import Observer  # noqa: PLC0415 - only what talks to AWS loads the applier
    from ecsplan_cli.session import opened, trace  # noqa: PLC0415

    with opened(aws) as session:
        return observe(work, go_on, Observer(session, trace=trace(aws), warn=_warn(quiet=quiet)))


def _warn(*, quiet: bool) -> Callable[[str], None]:
    return (lambda _: None) if quiet else (lambda message: print_line(f"warning: {message}"))
