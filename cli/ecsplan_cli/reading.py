"""From the command line's manifests to jobs: read, and reported on where they are wrong."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from ecsplan.compile import Jobs, read_jobs, together
from ecsplan.job.spec import JobSpec
from ecsplan.terms.diagnostic import Diagnostic, in_order
from ecsplan.terms.observed import Observed, Question
from ecsplan_cli.inputs import Input, find_inputs, judged, unreadable
from ecsplan_cli.job_names import check_names
from ecsplan_cli.manifests import Ask
from ecsplan_cli.options import AwsArguments, is_on_command_line
from ecsplan_cli.output import colour_wanted, tell
from ecsplan_cli.render.diagnostics import render_text

if TYPE_CHECKING:
    from ecsplan_applier.aws.observer import Observer


def read_manifests(
    named: Sequence[str],
    *,
    region: str | None = None,
    name: str | None = None,
    contents: Mapping[str, bytes] | None = None,
) -> Jobs:
    """Return the jobs of all manifests that the command line names, with every problem of every file.

    Args:
        named: Files, directories and `-`; none: `manifests/`.
        region: The command's `--region`; from the environment it is for jobs that name none.
        name: The command's `--name`.
        contents: What was read already, by path: a pipe can be read but once.

    Raises:
        click.UsageError: Nothing is named and there is no `manifests/`, or `name` fits no job or several.
    """
    inputs = find_inputs(named)
    known = contents or {}
    parts = [_read(each, region, name, known.get(each.path)) for each in inputs.manifests]
    kept = judged([(each.path, part.files) for each, part in zip(inputs.manifests, parts, strict=True)])
    read = together(part for index, part in enumerate(parts) if index in kept)
    if region is not None and is_on_command_line("region"):
        read = read.in_region(region)
    nameless = check_names(read.unnamed, name)
    return replace(read, diagnostics=in_order((*inputs.diagnostics, *read.diagnostics, *nameless)))


def observed_for(jobs: Sequence[JobSpec], aws: AwsArguments, *, quiet: bool = False) -> Observed:
    """Return what AWS says about these jobs; ends the command where it could not be asked."""
    from ecsplan_applier.aws.observe_jobs import observe  # noqa: PLC0415
    from ecsplan_applier.aws.observer import Observer  # noqa: PLC0415 - only what talks to AWS loads the applier
    from ecsplan_cli.session import opened, trace  # noqa: PLC0415

    with opened(aws) as session:
        return observe(jobs, Observer(session, trace=trace(aws), warn=_warn(quiet=quiet)))


@contextmanager
def asking(aws: AwsArguments, *, quiet: bool = False) -> Iterator[Ask]:
    """Give what asks AWS one round of questions; it ends the command where AWS could not be asked.

    AWS is not reached for before the first question.
    """
    with ExitStack() as stack:
        observers: list[Observer] = []

        def ask(questions: Sequence[Question], observed: Observed) -> Observed:
            from ecsplan_applier.aws import observe_jobs  # noqa: PLC0415 - only what talks to AWS loads the applier
            from ecsplan_applier.aws.observer import Observer  # noqa: PLC0415
            from ecsplan_cli.session import opened, trace  # noqa: PLC0415

            if not observers:
                session = stack.enter_context(opened(aws))
                observers.append(Observer(session, trace=trace(aws), warn=_warn(quiet=quiet)))
            return observe_jobs.ask(questions, observed, observers[0])

        yield ask


def _warn(*, quiet: bool) -> Callable[[str], None]:
    return (lambda _: None) if quiet else (lambda message: tell(f"warning: {message}"))


def report(diagnostics: Sequence[Diagnostic], *, quiet: bool = False) -> None:
    """Print diagnostics to standard error, coloured on a terminal; warnings not where quiet is asked for."""
    shown = [each for each in diagnostics if not quiet or each.severity == "error"]
    if shown:
        tell(render_text(shown, colour=colour_wanted(sys.stderr)), nl=False)


def _read(source: Input, region: str | None, name: str | None, content: bytes | None) -> Jobs:
    try:
        text = source.read() if content is None else content
    except OSError as reason:
        return Jobs((), (unreadable(source.path, reason),))
    return read_jobs(text, file=source.path, region=region, name=name, read=source.read_beside)
