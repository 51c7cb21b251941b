"""How an apply is shown: on a terminal, in a log, in GitHub Actions."""

import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

import click

from ecsplan.plan.plan import Plan, PlannedJob
from ecsplan_applier.jobs.job_order import select
from ecsplan_applier.outcomes.errors import ApplierError, ForgottenRunError
from ecsplan_applier.outcomes.events import Event, Finished
from ecsplan_applier.tasks.job_run import copies_of
from ecsplan_applier.tasks.unlogged import KEEPING, without_log
from ecsplan_cli.commands.apply_on_github import on_github, show_refusal, summarize, workspace
from ecsplan_cli.options import AwsArguments, is_on_command_line, spelled
from ecsplan_cli.output import print_workflow_command
from ecsplan_cli.render.apply.event_lines import Lines, Output, quoted
from ecsplan_cli.render.apply.failures import named
from ecsplan_cli.render.apply.github_log import GitHubLog
from ecsplan_cli.render.apply.live_view import TICK_S, LiveView
from ecsplan_cli.render.apply.style import style_of
from ecsplan_cli.session import LOCAL_REGION, PROCESS_WARNING
from ecsplan_cli.values import GivenValues


class ApplyView:
    """Shows an apply on the standard streams of this process.

    Args:
        plan: The plan.
        named: The plan as the user named it.
        only: The jobs that `--only` names.
        refresh: Whether the jobs are decided again.
        values: The values of sensitive variables.
        aws: How AWS is reached.
        quiet: Whether only errors and results are printed.

    Attributes:
        place: The options with which commands without the plan find the run.
    """

    def __init__(
        self,
        plan: Plan,
        named: str,
        *,
        only: tuple[str, ...],
        refresh: bool,
        values: GivenValues,
        aws: AwsArguments,
        quiet: bool,
    ) -> None:
        jobs = _carried_out(plan, only)
        repeated = values.repeated(each for job in jobs for each in job.sensitive)
        again, way = ("--refresh",) if refresh else (), (*repeated.options, *_spelled_place(aws))
        look_back = look_back_options(jobs, aws)
        self.place = _spelled_place(aws) if look_back is None else look_back
        self._style = style_of(sys.stderr)
        self._on_github = on_github()
        # Requests are shown as they are made, by other threads: a view below them would be torn.
        shows_requests = aws.verbose
        self._live = self._style.moves and not (quiet or shows_requests or self._on_github)
        self._quiet = quiet
        self._links = not aws.local
        self._github = GitHubLog(
            {job.name: job.source for job in plan.jobs},
            print_workflow_command,
            groups=not quiet,
            workspace=workspace(),
        )
        self._lines = Lines(
            named,
            Output(sys.stdout, prefixed=sum(map(copies_of, jobs)) > 1),
            options=(*again, *(word for name in dict.fromkeys(only) for word in ("--only", name)), *way),
            again=(*again, *way),
            environment=repeated.environment,
            quiet=quiet,
            verbose=aws.verbose,
            style=self._style,
            live=self._live,
            links=self._links,
            planned=len(plan.jobs),
            look_back=look_back,
            after_first=tuple(_notes(without_log(jobs), aws)),
            show=self._github.show if self._on_github else None,
        )

    def tick_s(self, heartbeat_s: float) -> float | None:
        """Return the seconds between two looks at what the apply waits for, or None where nobody looks."""
        return TICK_S if self._live else None if self._quiet else heartbeat_s

    @contextmanager
    def opened(self) -> Iterator[Callable[[Event], None]]:
        """Give what renders events."""
        if self._on_github:
            yield self._render_on_github
        elif self._live:
            with LiveView(self._lines, style=self._style) as view:
                yield view.render
        else:
            yield self._lines.render

    def suggest(self, error: ForgottenRunError) -> None:
        """Have an error name the commands for going on as the user is to enter them."""
        look = ("ecsplan", "status", error.run_id, *self.place)
        error.suggest(look=" ".join(map(quoted, look)), again=self._lines.new_run())

    def refused(self, error: ApplierError) -> None:
        """Show in GitHub Actions that the apply was refused; whoever catches the error prints it."""
        show_refusal(str(error))

    def _render_on_github(self, event: Event) -> None:
        self._github.render(event, self._lines)
        if isinstance(event, Finished):
            from ecsplan_cli.render.apply.step_summary import step_summary  # noqa: PLC0415 - for GitHub alone

            summarize(step_summary(event.summary, self._lines.tails, links=self._links))


def look_back_options(jobs: Collection[PlannedJob], aws: AwsArguments) -> tuple[str, ...] | None:
    """Return the options with which a command without the plan finds the tasks of these jobs.

    Their manifests may name where they run. None where no options lead to all of them: in several places, or
    as a role that only a manifest names.
    """
    of_jobs = {(each.aws.region, each.aws.profile, each.aws.endpoint_url) for each in jobs}
    if len(of_jobs) != 1 or any(each.aws.assume_role_arn for each in jobs):
        return () if aws.local else None
    ((region, profile, endpoint),) = of_jobs
    given = spelled(aws)
    named = {"--region": region, "--profile": profile, "--endpoint-url": endpoint}
    if aws.local:
        named = {"--region": region if region != LOCAL_REGION else None}
    of_manifest = ((name, value) for name, value in named.items() if value is not None and name not in given)
    return (*given, *(word for pair in of_manifest for word in pair), *_spelled_ledger())


def _spelled_place(aws: AwsArguments) -> tuple[str, ...]:
    """Return the options of the command line that lead to the same AWS and to the same ledger."""
    return (*spelled(aws), *_spelled_ledger())


def _spelled_ledger() -> tuple[str, ...]:
    ledger = click.get_current_context().params.get("ledger") if is_on_command_line("ledger") else None
    return () if ledger is None else ("--ledger", str(ledger))


def _carried_out(plan: Plan, only: tuple[str, ...]) -> tuple[PlannedJob, ...]:
    """Return the jobs that are carried out; none where the apply is going to be refused for them."""
    try:
        return select(plan.jobs, only).jobs
    except ApplierError:
        return ()


def _notes(unlogged: tuple[str, ...], aws: AwsArguments) -> Iterator[str]:
    """Yield what is to be known of the whole apply before it begins."""
    if aws.local and aws.runner == "process":
        yield PROCESS_WARNING
    if unlogged and not aws.local:
        yield f"the output of {named(unlogged, most=3)} is not kept; {KEEPING} would show it"
