"""What happens during an apply, as lines: the job's own output to stdout, everything else to stderr."""

import shlex
from collections.abc import Callable
from typing import Final

from ecsplan.terms.safe_text import escaped, escaped_lines, is_hidden, without_commands
from ecsplan_applier.outcomes.events import (
    AttemptEnded,
    Deregistered,
    Event,
    Finished,
    Interrupted,
    LogLines,
    Noted,
    Registered,
    Retried,
    Reused,
    RunBegan,
    RunUnknown,
    TaskChanged,
    TaskEnded,
    TaskStarted,
    Waiting,
    Warned,
)
from ecsplan_applier.outcomes.result import Outcome, Summary, TaskResult
from ecsplan_cli.options import PIPES
from ecsplan_cli.output import counted, print_line
from ecsplan_cli.placed_commands import placed
from ecsplan_cli.render.apply.ending import MANY_TASKS, Ending, ending_lines, to_do_again
from ecsplan_cli.render.apply.failures import named
from ecsplan_cli.render.apply.heartbeat import heartbeat
from ecsplan_cli.render.apply.job_output import Output
from ecsplan_cli.render.apply.log_tails import LogTails
from ecsplan_cli.render.apply.outcome_words import LONG_S, became, is_good, short_id
from ecsplan_cli.render.apply.style import Style
from ecsplan_cli.render.apply.unrecorded import unrecorded_text
from ecsplan_cli.render.apply.unstarted import because
from ecsplan_cli.render.columns import clipped
from ecsplan_cli.render.durations import duration
from ecsplan_cli.signals import signal_name

__all__ = ["Lines", "Output"]

_MAX_CAUSE: Final = 120
"""Columns of the cause for which a task is tried again."""
_MAX_EARLY: Final = 10
"""Failures that are reported while other tasks still run; all of them stand at the end."""


class Lines:
    """Renders events as lines, one a change.

    Args:
        plan: The plan as the user named it, for the lines that say how to resume and how to run again; None:
            another apply carries the run out, by a plan that is not known, and there are no such lines.
        output: Takes the job's own output.
        options: The options that lead to the same AWS and jobs, for the line that says how to resume.
        again: The options for running again what failed; None: the same.
        environment: The environment variables that either command needs.
        quiet: Whether only errors and results are printed.
        verbose: Whether ARNs are written in full.
        colour: Whether to colour stderr; for where no `style` is given.
        style: How to write to stderr.
        live: Whether something else shows the states of the tasks.
        links: Whether failed tasks get links to the AWS console.
        after_first: Lines to print below the first one.
        planned: How many jobs the plan has; None: more than the apply carries out.
        look_back: The options with which a command without the plan finds the run; None: there are none.
        show: Prints a line to stderr.

    Attributes:
        tails: The last lines of the logs of tasks that have not succeeded.
    """

    def __init__(
        self,
        plan: str | None,
        output: Output,
        *,
        options: tuple[str, ...] = (),
        again: tuple[str, ...] | None = None,
        environment: tuple[str, ...] = (),
        quiet: bool,
        verbose: bool = False,
        colour: bool = False,
        style: Style | None = None,
        live: bool = False,
        links: bool = True,
        after_first: tuple[str, ...] = (),
        planned: int | None = None,
        look_back: tuple[str, ...] | None = None,
        show: Callable[[str], None] | None = None,
    ) -> None:
        self._plan = plan
        self._output = output
        self._options = options
        self._again = options if again is None else again
        self._environment = environment
        self._quiet = quiet
        self._verbose = verbose
        self._style = style or Style(colour=colour)
        self._live = live
        self._links = links
        self._after_first = after_first
        self._planned = planned
        self._look_back = look_back
        self._show = show or print_line
        self._run_id = ""
        self.tails = LogTails()
        self._tasks = self._open = self._jobs = self._early = self._skipped = 0
        self._revisions = {"reused": 0, "registered": 0}
        self._warned: dict[str, list[str]] = {}
        self._noted: set[str] = set()
        self._followed: set[str] = set()

    def render(self, event: Event) -> None:
        """Print what an event says."""
        match event:
            case LogLines(label=label, lines=lines, attempt=attempt):
                self.tails.add(label, lines, attempt)
                self._output.write(label if attempt == 1 else f"{label} (attempt {attempt})", lines)
            case RunBegan():
                self._begin(event)
            case Warned(label=label, message=message):
                self._warn(label, message)
            case Interrupted():
                # What it cuts off is no news, and nothing goes on: all of it stands at the end.
                self._early = _MAX_EARLY
                self._put(self._interrupted(event))
            case Finished(summary=summary):
                self._finish(summary)
            case TaskEnded(result=result, going=going):
                self._ended(result, going)
            case AttemptEnded(result=result):
                # A failure shows the log of the last attempt.
                self.tails.leave(result.label, result.attempt)
            case _:
                if not self._quiet:
                    self._progress(event)

    def _begin(self, event: RunBegan) -> None:
        self._run_id = event.run_id
        self._jobs, self._tasks = event.jobs, event.tasks
        self._open = event.tasks
        if not self._quiet:
            if self._plan is None:
                what = f"{counted(event.jobs, 'job')}, {counted(event.tasks, 'task')}"
                self._put(f"waiting for run {event.run_id}: {what}")
            else:
                self._put(f"run id: {event.run_id}; {self._resume()}")
            for each in self._after_first:
                self._put(escaped_lines(each))

    def _put(self, text: str) -> None:
        """Print a text without anything that a pipeline would take for a command."""
        self._show(without_commands(text))

    def _resume(self, why: str = "to resume") -> str:
        """Return how to resume the run; the command ends its line, and runs as it is printed."""
        return self._command(f"{why}", ("--run-id", self._run_id, *self._options))

    def new_run(self) -> str:
        """Return how to carry the plan out as a new run; the command ends its line."""
        return self._command("to carry it out as a new run", self._options)

    def _command(self, why: str, arguments: tuple[str, ...], *, gap: str = " ") -> str:
        """Return what an apply of the same plan is for, and its command, which ends the line."""
        # A plan from a pipe is gone once it has been read, and a name such as /dev/fd/63 with it.
        named = self._plan or ""
        is_pipe = named == "-" or named.startswith(PIPES)
        plan = "-" if is_pipe else f"./{named}" if named.startswith("-") else named
        # Values given as arguments are not shown, and the command takes them from here as well.
        needs = f", with {' and '.join(self._environment)} set" if self._environment else ""
        how = f"{why}{needs}{', pipe the same plan to' if is_pipe else ''}"
        return f"{how}:{gap}{' '.join(map(quoted, ('ecsplan', 'apply', plan, *arguments)))}"

    def _say(self, severity: str, label: str | None, message: str, colour: str) -> None:
        shown = self._style.paint(f"{severity}:", colour)
        self._put(f"{shown} {escaped_lines(message if label is None else f'{label}: {message}')}")

    def _warn(self, label: str | None, message: str) -> None:
        """Print a warning, once however many tasks it is about: those that follow are counted."""
        if self._quiet:
            return
        message = placed(message, self._look_back or ())
        if message in self._warned:
            # Counted rather than dropped: the end names the tasks that a repeated warning is about.
            self._warned[message] += [] if label is None else [label]
            return
        self._warned[message] = []
        self._say("warning", label, message, "yellow")

    def _interrupted(self, event: Interrupted) -> str:
        name = signal_name(event.signal)
        # Nothing is waited for after the second signal: what still runs is reached by the run id alone.
        if event.again:
            return f"{name} again: no longer waiting; {self._resume()}"
        if not event.tasks and not event.unanswered:
            return f"{name}: nothing runs; ending"
        todo = []
        if event.tasks:
            count = f"{event.tasks} task{'s' if event.tasks > 1 else ''}"
            todo.append(f"stopping {count}, then reading the rest of the log")
        if event.unanswered:
            todo.append("waiting for the answer to RunTask, to stop what it starts")
        return f"{name}: {'; '.join(todo)}; another signal after a second ends at once"

    def _progress(self, event: Event) -> None:
        """Print a line about a job or a task; of many, nothing but what is out of the ordinary."""
        match event:
            case Reused(job=job, arn=arn):
                self._revisions["reused"] += 1
                self._of_job(f"{job}: reuses {self._name(arn)}")
            case Registered(job=job, arn=arn, seconds=seconds):
                self._revisions["registered"] += 1
                after = f" in {duration(seconds)}" if seconds > LONG_S else ""
                self._of_job(f"{job}: registered {self._name(arn)}{after}")
            case Deregistered(job=job, arn=arn):
                self._of_job(f"{job}: deregistered {self._name(arn)}")
            case TaskStarted(label=label, arn=arn, cluster=cluster, attached=attached, attempt=attempt):
                self._followed.add(label)
                where = f"{cluster}::{arn}" if self._verbose else self._name(arn)
                which = "" if attempt == 1 else f" (attempt {attempt})"
                self._of_task(f"{label}: {self._came_by(attached=attached)} task {where}{which}")
            case TaskChanged(label=label, status=status, seconds=seconds):
                self._of_task(f"{label}: {status} after {duration(seconds)}")
            case Waiting():
                if not self._live:
                    self._put(heartbeat(event))
            case Retried():
                self._retried(event)
            case RunUnknown(message=message):
                self._note(None, message)
            case Noted(label=label, message=message):
                self._note(label, message)
            case _:
                pass

    def _came_by(self, *, attached: bool) -> str:
        """Return how a task comes into an apply, or into the sight of whoever waits for its run."""
        if self._plan is None:
            return "follows"
        return "attached to" if attached else "started"

    def _retried(self, event: Retried) -> None:
        """Print that a task is tried again; of many that are for the same cause, the first."""
        which = f"attempt {event.attempt} of {event.attempts}"
        cause = clipped(escaped(event.cause), _MAX_CAUSE)
        # Of many tasks each has a pause of its own, which would make each message another one.
        many = self._tasks >= MANY_TASKS
        self._note(event.label, f"{which}{'' if many else f' in {duration(event.seconds)}'}: {cause}")

    def _note(self, label: str | None, message: str) -> None:
        """Print a note; of many tasks that have the same, the first one's."""
        if label is not None and self._tasks >= MANY_TASKS:
            if message in self._noted:
                return
            self._noted.add(message)
        self._put(escaped_lines(message if label is None else f"{label}: {message}"))

    def _name(self, arn: str) -> str:
        return arn if self._verbose else short_id(arn)

    def _of_job(self, line: str) -> None:
        if self._jobs < MANY_TASKS:
            self._put(escaped_lines(line))

    def _of_task(self, line: str) -> None:
        if self._tasks < MANY_TASKS and not self._live:
            self._put(escaped_lines(line))

    def _ended(self, result: TaskResult, going: int | None) -> None:
        """Take the end of a task; report at once that it failed where others go on."""
        self._open = self._open - 1 if going is None else going
        # Identifiers go to stdout, as they are what --detach is asked for: `ecsplan stop` takes them.
        if result.outcome is Outcome.DETACHED and result.identifier:
            self._output.print(f"{escaped(result.identifier)}\n")
        if is_good(result):
            self.tails.drop(result.label)
            return
        # An end that an earlier apply has seen is no news of those that go on.
        if result.attached and result.label not in self._followed:
            return
        # The last task to end needs no line of its own: what follows at once is the end of the apply.
        if self._open <= 0 or self._early >= _MAX_EARLY or self._quiet:
            return
        if result.outcome is Outcome.SKIPPED:
            # A job is skipped as a whole, often at the same moment as those that wait for it: many of them
            # leave lines for failures.
            if result.copy == 1 and self._skipped < _MAX_EARLY:
                self._skipped += 1
                self._put(escaped_lines(f"{result.job}: {became(result)}{because(result)}"))
        else:
            self._early += 1
            goes_on = f"{self._open} other task{' goes' if self._open == 1 else 's go'} on"
            self._put(escaped_lines(f"{result.label}: {became(result)}; {goes_on}"))

    def _finish(self, summary: Summary) -> None:
        if self._jobs >= MANY_TASKS and not self._quiet:
            done = ", ".join(f"{count} {what}" for what, count in self._revisions.items() if count)
            if done:
                self._put(f"task definitions: {done}")
        for message, labels in self._warned.items():
            if labels:
                self._put(escaped_lines(f"warning: the same for {named(labels)}: {message[:40]}…"))
        ending = Ending(self._style, self.tails, self._links, self._verbose, self._quiet)
        for line in ending_lines(summary, ending):
            self._put(line)
        # Tasks of --detach run on purpose. Any other that may still run needs a person, even with --quiet.
        left = [each for each in summary.left_running if each.outcome is not Outcome.DETACHED]
        if self._plan is not None:
            self._offer_again(to_do_again(summary))
        for each in left:
            self._say("warning", each.label, f"{each.identifier} may still run", "yellow")
        for stray in summary.strays:
            self._say("warning", None, f"{stray} may still run", "yellow")
        if self._plan is None:
            return
        if left or (summary.detached and not self._quiet) or summary.failure is not None:
            self._put(self._resume("to come back"))
            self._offer_look(may_run=bool(summary.left_running or summary.strays))
        unrecorded = unrecorded_text(summary)
        if unrecorded is not None:
            self._say("error", None, unrecorded, "red")

    def _offer_look(self, *, may_run: bool) -> None:
        """Print how to see the run, and how to stop what may still run of it: neither needs the plan."""
        commands = {"to see it": "status", **({"to stop it": "stop"} if may_run else {})}
        for why, command in commands.items() if self._look_back is not None else ():
            words = ("ecsplan", command, self._run_id, *(self._look_back or ()))
            self._put(f"{why}: {' '.join(map(quoted, words))}")

    def _offer_again(self, jobs: list[str]) -> None:
        """Print how to run jobs again, as a new run: those that failed, or the plan where all of it did."""
        if len(jobs) == self._planned:
            self._put("  " + self._command("again", self._again, gap="  "))
        elif jobs:
            only = tuple(word for job in jobs for word in ("--only", job))
            self._put("  " + self._command("again, only what failed", (*only, *self._again), gap="  "))


def quoted(argument: str) -> str:
    """Return an argument as a shell takes it; one with hidden characters as bash, zsh and ksh do: `$'…'`."""
    if not any(map(is_hidden, argument)):
        return shlex.quote(argument)
    inner = "".join(_spelled(each) for each in argument)
    return f"$'{inner}'"


def _spelled(character: str) -> str:
    if is_hidden(character):
        # `\u` takes four digits and `\U` eight; a shorter form would swallow digits that follow.
        code = ord(character)
        return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return f"\\{character}" if character in "'\\" else character
