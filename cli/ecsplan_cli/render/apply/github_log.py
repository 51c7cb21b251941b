"""An apply in GitHub Actions: a group for each job, annotations for failures, a summary of the step."""

from collections.abc import Callable, Mapping
from typing import Final

from ecsplan.plan.plan import Source
from ecsplan_applier.outcomes.events import (
    Deregistered,
    Event,
    Finished,
    LogLines,
    Registered,
    Retried,
    Reused,
    TaskChanged,
    TaskEnded,
    TaskStarted,
)
from ecsplan_applier.outcomes.result import Summary
from ecsplan_cli.output import print_line
from ecsplan_cli.render.apply.event_lines import Lines
from ecsplan_cli.render.apply.outcome_words import became, is_good, why
from ecsplan_cli.render.apply.unstarted import is_unstarted
from ecsplan_cli.render.workflow_commands import in_workspace, workflow_command

MAX_ANNOTATIONS: Final = 10
"""Annotations of one kind that GitHub shows of a step (docs.github.com, workflow commands)."""
_MAX_GROUPS: Final = 3
"""Groups of one job: output that alternates more often is printed outside of groups, with prefixes."""


class GitHubLog:
    """Renders events for the log of a step: what belongs to a job stands in a group of its own.

    A runner folds groups, and knows no group within another. So lines about a job wait for the job's output
    or its end, and whatever concerns the whole apply ends the group.

    Args:
        sources: Where each job of the plan is written.
        command: Prints a workflow command.
        groups: Whether to group lines by job.
        workspace: The folder of the checkout.
    """

    def __init__(
        self,
        sources: Mapping[str, Source],
        command: Callable[[str], None],
        *,
        groups: bool = True,
        workspace: str = ".",
    ) -> None:
        self._grouped = groups
        self._sources = sources
        self._command = command
        self._workspace = workspace
        self._pending: dict[str, list[str]] = {}
        self._groups: dict[str, int] = {}
        self._open_tasks: dict[str, set[str]] = {}
        self._about: str | None = None
        self._group: str | None = None
        self._last: str | None = None

    def show(self, line: str) -> None:
        """Print a line of stderr: one about a job waits for the job's group, any other ends the group."""
        if self._about is None:
            self._close()
            print_line(line)
        else:
            self._pending.setdefault(self._about, []).append(line)

    def render(self, event: Event, lines: Lines) -> None:
        """Print what an event says."""
        # Output opens the group at once, so that a long job can be followed. Other lines wait: of two jobs
        # that take turns, each line on its own would open a group.
        job = self._job_of(event)
        if isinstance(event, LogLines) and job is not None:
            self._enter(job)
            lines.render(event)
            return
        if isinstance(event, Finished):
            # Whatever still waits belongs to a job that printed nothing since: it comes before the end.
            for each in list(self._pending):
                self._enter(each)
            self._close()
            self._annotate(event.summary)
        # A line about the end of a task stands outside of the groups, where a folded log still shows it.
        self._about = None if isinstance(event, TaskEnded) else job
        lines.render(event)
        self._about = None
        if isinstance(event, TaskEnded) and job in self._pending:
            self._enter(job)

    def _job_of(self, event: Event) -> str | None:
        """Return the job that an event is about."""
        match event:
            case Reused(job=job) | Registered(job=job) | Deregistered(job=job):
                return job
            case (
                TaskStarted(label=label)
                | TaskChanged(label=label)
                | LogLines(label=label)
                | Retried(label=label)
            ):
                # A job of several copies labels each JOB/NUMBER, and a job's own name may hold a slash, too.
                return label if label in self._sources else label.rpartition("/")[0] or label
            case TaskEnded(result=result):
                return result.job
            case _:
                return None

    def _enter(self, job: str) -> None:
        """Begin a job's group, unless it is there or was there too often, and print what waits for it."""
        if self._group != job:
            self._close()
            # Opening the group of the job that was shown last again is no alternation.
            again = job != self._last
            self._groups[job] = self._groups.get(job, 0) + again
            if self._grouped and self._groups[job] <= _MAX_GROUPS:
                self._command(workflow_command("group", job))
                self._group = job
            self._last = job
        for each in self._pending.pop(job, ()):
            print_line(each)

    def _close(self) -> None:
        if self._group is not None:
            self._command(workflow_command("endgroup"))
            self._group = None

    def _annotate(self, summary: Summary) -> None:
        # What was skipped has no fault of its own to show at its line.
        bad = [each for each in summary.tasks if not is_good(each) and not is_unstarted(each)]
        # GitHub drops annotations beyond the limit without a word: the last one says how many there are.
        shown = bad if len(bad) <= MAX_ANNOTATIONS else bad[: MAX_ANNOTATIONS - 1]
        for task in shown:
            title = f"{task.label} {became(task)}"
            about = next(iter(why(task)), title)
            self._command(workflow_command("error", about, **self._place(task.job), title=title))
        if len(bad) > len(shown):
            title = f"{len(bad) - len(shown)} more tasks failed"
            self._command(workflow_command("error", "the end of the log names them", title=title))

    def _place(self, job: str) -> dict[str, str]:
        """Return file and line of a job; a manifest outside of the workspace, or from a pipe, has none."""
        source = self._sources.get(job)
        path = None if source is None else in_workspace(source.path, self._workspace)
        return {} if source is None or path is None else {"file": path, "line": str(source.line)}
