"""What happens during an apply, as lines: the job's own output to stdout, everything else to stderr."""

import shlex
from collections.abc import Callable
from typing import Final, TextIO

import click

from ecsplan.terms.safe_text import escaped, escaped_lines
from ecsplan_applier.outcomes.events import (
    Deregistered,
    Event,
    Finished,
    Interrupted,
    LogLines,
    Noted,
    Registered,
    Reused,
    RunBegan,
    TaskChanged,
    TaskEnded,
    TaskStarted,
    Warned,
)
from ecsplan_applier.outcomes.result import Outcome, Phases, Summary, TaskResult
from ecsplan_cli.output import drop_unwritten, tell

_PIPES: Final = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")
"""Names of plans that another process writes, as a shell's `<(…)` does: nothing is there the next time."""
_MAX_SHOWN: Final = 50
_SIGNALS: Final = {1: "SIGHUP", 2: "SIGINT", 15: "SIGTERM"}


class Output:
    """The job's own output on stdout; once nobody reads it any more, it is dropped.

    Args:
        stream: Where to; None where it is closed.
        prefixed: Whether to say before each line whose it is.
    """

    def __init__(self, stream: TextIO | None, *, prefixed: bool) -> None:
        self._stream = stream
        self._prefixed = prefixed

    def write(self, label: str, messages: tuple[str, ...]) -> None:
        """Print messages, unchanged but for the prefix before each of their lines.

        A line ends at a line feed and nowhere else. One at a message's end is the message's own, and not
        followed by another.
        """
        whose = f"{label} | " if self._prefixed else ""
        lines = (line for each in messages for line in each.removesuffix("\n").split("\n"))
        self.print("".join(f"{whose}{line}\n" for line in lines))

    def print(self, text: str) -> None:
        """Print a text."""
        if self._stream is None:
            return
        try:
            self._stream.buffer.write(text.encode("utf-8", "surrogatepass"))
            self._stream.buffer.flush()
        except OSError as reason:
            drop_unwritten(self._stream)
            self._stream = None
            if not isinstance(reason, BrokenPipeError):  # a reader that went away wanted no more
                tell(f"warning: standard output takes no more, and the job goes on: {reason.strerror}")


class Lines:
    """Renders events as lines, one a change.

    Args:
        plan: The plan as the user named it, for the line that says how to resume.
        output: Takes the job's own output.
        options: The options that lead to the same AWS, for the same line.
        quiet: Whether only warnings, errors and results are printed.
        colour: Whether to colour stderr.
        show: Prints a line to stderr.
    """

    def __init__(
        self,
        plan: str,
        output: Output,
        *,
        options: tuple[str, ...] = (),
        quiet: bool,
        colour: bool,
        show: Callable[[str], None] | None = None,
    ) -> None:
        self._plan = plan
        self._output = output
        self._options = options
        self._quiet = quiet
        self._colour = colour
        self._show = show or tell
        self._run_id = ""

    def render(self, event: Event) -> None:
        """Print what an event says."""
        match event:
            case LogLines(label=label, lines=lines):
                self._output.write(label, lines)
            case RunBegan(run_id=run_id):
                self._run_id = run_id
                self._show(f"run id: {run_id}; {self._resume()}")
            case Warned(label=label, message=message):
                self._say("warning", label, message, "yellow")
            case Interrupted():
                self._show(self._interrupted(event))
            case Finished(summary=summary):
                self._finish(summary)
            case TaskEnded(result=result):
                self._ended(result)
            case _:
                if not self._quiet:
                    self._show(escaped_lines(_line(event)))

    def _resume(self, why: str = "to resume") -> str:
        """Return how to resume the run; the command ends its line, and runs as it is printed."""
        is_pipe = self._plan == "-" or self._plan.startswith(_PIPES)
        plan = "-" if is_pipe else f"./{self._plan}" if self._plan.startswith("-") else self._plan
        how = f"{why}, pipe the same plan to" if is_pipe else why
        command = shlex.join(("ecsplan", "apply", plan, "--run-id", self._run_id, *self._options))
        return f"{how}: {command}"

    def _say(self, severity: str, label: str | None, message: str, colour: str) -> None:
        shown = click.style(f"{severity}:", fg=colour) if self._colour else f"{severity}:"
        self._show(f"{shown} {escaped_lines(message if label is None else f'{label}: {message}')}")

    def _interrupted(self, event: Interrupted) -> str:
        name = _SIGNALS.get(event.signal, f"signal {event.signal}")
        if event.again:
            return f"{name} again: not waiting any longer; {self._resume()}"
        if not event.tasks and not event.unanswered:
            return f"{name}: nothing runs; ending"
        todo = []
        if event.tasks:
            count = f"{event.tasks} task{'s' if event.tasks > 1 else ''}"
            todo.append(f"stopping {count}, then reading the rest of the log")
        if event.unanswered:
            todo.append("waiting for the answer to RunTask, to stop what it starts")
        return f"{name}: {'; '.join(todo)}; another signal ends at once"

    def _ended(self, result: TaskResult) -> None:
        good = result.outcome in {Outcome.SUCCEEDED, Outcome.DETACHED}
        if result.outcome is Outcome.DETACHED and result.identifier:
            self._output.print(f"{escaped(result.identifier)}\n")
        became = f"{_outcome(result)}{_took(result.phases)}"
        if good:
            if not self._quiet:
                # One that somebody stopped may succeed; nobody should have to find that out elsewhere.
                why = "" if result.explanation is None else _why(result)
                self._show(escaped_lines(f"{result.label}: {became}{why}"))
            return
        self._say("error", result.label, f"{became}{_why(result)}", "red")

    def _finish(self, summary: Summary) -> None:
        if not self._quiet:
            for line in summary_lines(summary):
                self._show(escaped_lines(line))
        left = [each for each in summary.left_running if each.outcome is not Outcome.DETACHED]
        for each in left:
            self._say("warning", each.label, f"{each.identifier} may still run", "yellow")
        for stray in summary.strays:
            self._say("warning", None, f"{stray} may still run", "yellow")
        if left or summary.detached or summary.failure is not None:
            self._show(self._resume("to come back"))


def _line(event: Event) -> str:
    match event:
        case Reused(job=job, arn=arn):
            return f"{job}: reuses {arn}"
        case Registered(job=job, arn=arn, seconds=seconds):
            return f"{job}: registered {arn} in {seconds:.1f} s"
        case Deregistered(job=job, arn=arn):
            return f"{job}: deregistered {arn}"
        case TaskStarted(label=label, arn=arn, cluster=cluster, attached=attached):
            return f"{label}: {'attached to' if attached else 'started'} {cluster}::{arn}"
        case TaskChanged(label=label, status=status, seconds=seconds):
            return f"{label}: {status} after {seconds:.1f} s"
        case Noted(label=label, message=message):
            return message if label is None else f"{label}: {message}"
        case _:
            return ""


def _outcome(result: TaskResult) -> str:
    """Return what became of a task, in a few words."""
    match result.outcome:
        case Outcome.SUCCEEDED | Outcome.FAILED:
            return f"exited with {result.exit_code}"
        case Outcome.DETACHED if result.exit_code is not None:
            return f"has exited with {result.exit_code}"
        case Outcome.DETACHED:
            return "runs on"
        case Outcome.TIMEOUT | Outcome.START_TIMEOUT | Outcome.INTERRUPTED | Outcome.INTERRUPTED_BY_AWS if (
            result.exit_code is not None
        ):
            return f"{result.outcome} (exit code {result.exit_code})"
        case outcome:
            return str(outcome)


def _why(result: TaskResult) -> str:
    """Return why a task did not succeed: ECS's words, what they mean, and what to do."""
    said = ": ".join(part for part in (result.stop_code, result.reason) if part)
    if result.arn is not None and result.over:
        said = escaped(said)  # all of it is AWS's; in what ecsplan says itself, line feeds have a meaning
    lines = [f"\n  {said}"] if said else []
    if result.explanation is not None:
        lines.append(f"\n  {result.explanation.meaning}\n  help: {result.explanation.remedy}")
    return "".join(lines)


def _took(phases: Phases) -> str:
    named = (
        ("provisioning", phases.provisioning_s),
        ("image pull", phases.image_pull_s),
        ("running", phases.running_s),
        ("stopping", phases.stopping_s),
    )
    shown = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in named if seconds is not None)
    return f" ({shown})" if shown else ""


def summary_lines(summary: Summary) -> list[str]:
    """Return the summary: a line for each task, those that did not succeed first where there are many."""
    tasks = sorted(enumerate(summary.tasks), key=lambda each: (each[1].outcome is Outcome.SUCCEEDED, each[0]))
    if len(tasks) <= _MAX_SHOWN:
        tasks.sort(key=lambda each: each[0])
    lines = [_summary_line(task) for _, task in tasks[:_MAX_SHOWN]]
    if len(tasks) > _MAX_SHOWN:
        lines.append(f"  and {len(tasks) - _MAX_SHOWN} more; --result FILE writes all of them")
    good = sum(task.outcome in {Outcome.SUCCEEDED, Outcome.DETACHED} for task in summary.tasks)
    done = "started" if summary.detached else "succeeded"
    return ["", *lines, f"{good} of {len(tasks)} {done} in {summary.seconds:.1f} s"]


def _summary_line(task: TaskResult) -> str:
    facts = [
        task.status or "no task",
        "no exit code" if task.exit_code is None else f"exit code {task.exit_code}",
        task.stop_code,
        None if task.reason is None else task.reason.partition("\n")[0],
    ]
    what = ", ".join(each for each in facts if each)
    return f"  {task.label}: {task.outcome}: {task.arn or '-'}: {what}{_took(task.phases)}"
