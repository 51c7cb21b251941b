"""The end of an apply as a person reads it: what succeeded, what failed and why, how to go on."""

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO, cast

import pytest

from ecsplan.plan.plan import Source
from ecsplan.terms.safe_text import without_commands
from ecsplan_applier.outcomes.events import (
    Finished,
    HeldJobs,
    Interrupted,
    LogLines,
    Noted,
    Registered,
    Retried,
    Reused,
    RunBegan,
    TaskChanged,
    TaskEnded,
    TaskStarted,
    Waiting,
    WaitingTask,
    Warned,
)
from ecsplan_applier.outcomes.explanation import Explanation
from ecsplan_applier.outcomes.result import JobResult, LogPlace, Outcome, Phases, Summary, TaskResult
from ecsplan_cli.render.apply.console_links import log_link, task_link
from ecsplan_cli.render.apply.event_lines import Lines, quoted
from ecsplan_cli.render.apply.github_log import GitHubLog
from ecsplan_cli.render.apply.heartbeat import heartbeat
from ecsplan_cli.render.apply.job_output import Output
from ecsplan_cli.render.apply.live_view import LiveView
from ecsplan_cli.render.apply.log_tails import LogTails
from ecsplan_cli.render.apply.step_summary import step_summary
from ecsplan_cli.render.apply.style import Style
from ecsplan_cli.render.columns import clipped, columns_of
from ecsplan_cli.render.durations import duration


class Terminal:
    """A stream without a size of its own."""

    def __init__(self, stream: io.StringIO) -> None:
        self.write, self.flush = stream.write, stream.flush

    def fileno(self) -> int:
        raise OSError


ID = "4acf55ce" + "0" * 24
MEMORY = Explanation("out-of-memory", "the container ran out of memory", "raise `memory`")


def arn(number: int = 0, region: str = "eu-west-1", partition: str = "aws") -> str:
    return f"arn:{partition}:ecs:{region}:111122223333:task/batch/{number:08x}" + "0" * 24


def task(job: str, code: int | None = 0, *, copy: int = 0, number: int = 0, **facts: Any) -> TaskResult:
    label = f"{job}/{copy}" if copy else job
    known: dict[str, Any] = {
        "job": job,
        "copy": copy or 1,
        "label": label,
        "outcome": Outcome.SUCCEEDED if code == 0 else Outcome.FAILED,
        "arn": arn(number),
        "cluster": "batch",
        "status": "STOPPED",
        "exit_code": code,
        "stop_code": "EssentialContainerExited",
        "reason": "Essential container in task exited",
        "explanation": None,
        "phases": Phases(1.0, 2.0, 3.0, 0.0),
        "over": True,
        "attached": False,
        "log": LogPlace("/jobs/" + job, f"{job}/main/x", "eu-west-1"),
    }
    return TaskResult(**(known | facts))


def summary(*tasks: TaskResult, **facts: Any) -> Summary:
    names = list(dict.fromkeys(each.job for each in tasks))
    jobs = (JobResult(n, "reuse", None, False, tuple(t for t in tasks if t.job == n)) for n in names)
    known: dict[str, Any] = {"run_id": "750304645aee05a7", "signal": None, "detached": False, "seconds": 5.9}
    return Summary(jobs=tuple(jobs), **(known | facts))


def ended(
    of: Summary, *logs: LogLines, plan: str = "plan.json", style: Style | None = None, **options: Any
) -> list[str]:
    """Return what is printed of the end of an apply."""
    lines: list[str] = []
    given = {"quiet": False, "links": False} | options
    shown = Lines(plan, Output(None, prefixed=False), style=style or Style(), show=lines.append, **given)
    shown.render(RunBegan(of.run_id, fresh=True, jobs=len(of.jobs), tasks=len(of.tasks)))
    for each in logs:
        shown.render(each)
    lines.clear()
    shown.render(Finished(of))
    return lines


LOAD = task("load", 7, number=0xC1B78142)
MIXED = summary(
    task("extract-customers-from-erp", number=0x4ACF55CE),
    *(task("report", copy=copy) for copy in (1, 2, 3)),
    LOAD,
)


@pytest.mark.parametrize(
    ("style", "good", "bad"),
    [
        pytest.param(Style(symbols=True), "✓", "✗", id="a capable terminal"),
        pytest.param(Style(), "ok    ", "FAILED", id="anything else"),
    ],
)
def test_successes_are_a_line_each_and_failures_come_last(style: Style, good: str, bad: str) -> None:
    boom = LogLines("load", ("connecting to db", "boom"))

    assert ended(MIXED, boom, style=style) == [
        f"{good} extract-customers-from-erp  exit 0  3 s  4acf55ce",
        f"{good} report                      3 of 3  3 s",
        f"{bad} load                        exit 7  3 s  c1b78142",
        "",
        f"{bad} load exited with 7",
        "    connecting to db",
        "    boom",
        "  task c1b78142…, log /jobs/load (provisioning 1 s, image pull 2 s, running 3 s)",
        "  EssentialContainerExited: Essential container in task exited",
        "1 of 5 tasks failed: load. 6 s. Run 750304645aee05a7.",
        "  again, only what failed:  ecsplan apply plan.json --only load",
    ]


def test_failed_rows_come_last_each_kind_in_the_order_of_the_plan() -> None:
    lines = ended(summary(task("a", 3), task("b"), task("c", 4), task("d")))

    assert [line.split()[:2] for line in lines[:4]] == [
        ["ok", "b"],
        ["ok", "d"],
        ["FAILED", "a"],
        ["FAILED", "c"],
    ]


def left(job: str, code: int | None, *, over: bool = True, copy: int = 0) -> TaskResult:
    """Return a task of an apply with `--detach` that ran."""
    return replace(task(job, code, copy=copy), outcome=Outcome.DETACHED, over=over)


@pytest.mark.parametrize(
    ("tasks", "rows", "total"),
    [
        pytest.param([left("a", None, over=False)], ["ok a  running"], "1 of 1 task started", id="running"),
        pytest.param([left("a", 0)], ["ok a  has exited with 0"], "1 of 1 task started", id="done"),
        pytest.param([left("a", 7)], ["FAILED a has exited with 7"], "1 of 1 task failed: a", id="failed"),
        pytest.param(
            [left("a", None)],
            ["FAILED a ended with no exit code"],
            "1 of 1 task failed: a",
            id="no exit code",
        ),
        pytest.param(
            [left("load", 7), *(left("rep", 9, copy=copy) for copy in (1, 2, 3))],
            ["FAILED load  has exited with 7", "FAILED rep   0 of 3"],
            "4 of 4 tasks failed: load, rep/1, rep/2 and rep/3",
            id="all",
        ),
        pytest.param(
            [left("load", 7), left("wait", None, over=False)],
            ["ok     wait  running", "FAILED load  has exited with 7"],
            "1 of 2 tasks failed: load",
            id="one of two",
        ),
    ],
)
def test_a_task_that_failed_before_it_could_be_left_is_no_success(
    tasks: list[TaskResult], rows: list[str], total: str
) -> None:
    of = summary(*tasks, detached=True)
    bad = any(row.startswith("FAILED") for row in rows)

    lines, page = ended(of), step_summary(of, LogTails(), links=False)

    assert [line[: len(row)] for line, row in zip(lines, rows, strict=False)] == rows
    assert [line for line in lines if line.startswith(f"{total}. ")]
    assert page.startswith(f"### ecsplan apply: {'failed' if bad else 'succeeded'}\n")
    assert page.count("❌") == sum(each.over and each.exit_code != 0 for each in tasks)
    assert page.count("✅") == len(tasks) - page.count("❌")
    assert of.exit_status == 0


def test_one_task_that_succeeded() -> None:
    assert ended(summary(task("hello"))) == [
        "ok hello  exit 0  3 s  00000000",
        "1 of 1 task succeeded. 6 s. Run 750304645aee05a7.",
    ]


@pytest.mark.parametrize(
    ("phases", "shown"),
    [
        pytest.param(Phases(10.0, 9.9, 1.0, 0.0), "1 s  00000000  (provisioning 10 s)", id="a long one"),
        pytest.param(Phases(9.9, 9.9, 9.9, 9.9), "10 s  00000000", id="none is long"),
        pytest.param(Phases(1.0, 1.0, 724.0, 1.0), "12 min 4 s  00000000", id="the job alone"),
        pytest.param(
            Phases(75.0, 30.0, 7260.0, 1.0),
            "2 h 1 min  00000000  (provisioning 1 min 15 s, image pull 30 s, running 2 h 1 min)",
            id="several",
        ),
    ],
)
def test_phases_are_shown_where_they_matter(phases: Phases, shown: str) -> None:
    assert ended(summary(task("hello", phases=phases)))[0] == f"ok hello  exit 0  {shown}"


def test_from_twenty_tasks_on_successes_are_counted() -> None:
    tasks = [task(f"job{n}") for n in range(19)]

    nineteen = ended(summary(*tasks))
    twenty = ended(summary(*tasks, LOAD))

    assert len(nineteen) == 20
    assert twenty[0] == "ok 19 of 20 tasks"
    assert twenty[2] == "FAILED load exited with 7"
    assert [line for line in twenty if "job" in line and "/jobs/" not in line] == []


def test_failures_alike_are_explained_once() -> None:
    facts: dict[str, Any] = {"explanation": MEMORY, "reason": "OutOfMemoryError"}
    alike = [task("a", 137, **facts), task("b", 137, **facts)]

    lines = ended(summary(*alike, task("c", 1, **facts)), LogLines("a", ("x",)), LogLines("b", ("y",)))

    assert "FAILED a and b exited with 137" in lines
    assert "FAILED c exited with 1" in lines
    for text in ("  the container ran out of memory", "  help: raise `memory`", "    x", "    y"):
        assert lines.count(text) == 1
    assert lines[-1].endswith("ecsplan apply plan.json --only a --only b --only c")


def test_failures_alike_are_named_in_the_plural() -> None:
    late = [replace(task(name, None), outcome=Outcome.START_TIMEOUT) for name in "ab"]

    assert "FAILED a and b were not started in time" in ended(summary(*late))


@pytest.mark.parametrize(
    ("outcome", "facts", "said"),
    [
        (Outcome.TIMEOUT, {"exit_code": 143}, "load timed out (exit code 143)"),
        (Outcome.START_TIMEOUT, {}, "load was not started in time"),
        (Outcome.NOT_STARTED, {}, "load was not started"),
        (Outcome.INTERRUPTED_BY_AWS, {}, "load was interrupted by AWS"),
        (Outcome.REFUSED, {"arn": None}, "load was refused"),
        (Outcome.NO_EXIT_CODE, {}, "load ended with no exit code"),
        (Outcome.LOST, {}, "load was lost sight of"),
    ],
)
def test_every_outcome_has_its_words(outcome: Outcome, facts: dict[str, Any], said: str) -> None:
    lines = ended(summary(replace(task("load", None), outcome=outcome, **facts)))

    assert lines[0] == f"FAILED {said}"


@pytest.mark.parametrize("outcome", Outcome)
def test_no_outcome_is_without_words(outcome: Outcome) -> None:
    assert ended(summary(replace(task("load", None), outcome=outcome)))


def test_what_was_interrupted_has_not_failed() -> None:
    stopped = replace(task("a", None), outcome=Outcome.INTERRUPTED)

    lines = ended(summary(stopped, LOAD, signal=15))

    assert "1 of 2 tasks interrupted: a; 1 of 2 tasks failed: load. 6 s. Run 750304645aee05a7." in lines


def test_what_may_still_run_is_named_whole_and_not_offered_again() -> None:
    left = replace(task("a", None), outcome=Outcome.LOST, over=False)

    lines = ended(summary(left, LOAD))

    assert lines[-3:] == [
        "  again, only what failed:  ecsplan apply plan.json --only load",
        f"warning: a: batch::{arn()} may still run",
        "to come back: ecsplan apply plan.json --run-id 750304645aee05a7",
    ]


def test_a_stale_plan_is_not_offered_again() -> None:
    stale = replace(task("a", None), outcome=Outcome.STALE, arn=None)

    assert not [line for line in ended(summary(stale)) if "again" in line]


def unstarted(job: str, reason: str, *, outcome: Outcome = Outcome.SKIPPED, copy: int = 0) -> TaskResult:
    facts: dict[str, Any] = {"arn": None, "status": None, "stop_code": None, "log": None, "cluster": ""}
    return task(
        job, None, copy=copy, outcome=outcome, reason=reason, phases=Phases(None, None, None, None), **facts
    )


CUT_OFF: dict[str, Any] = {"outcome": Outcome.INTERRUPTED, "reason": "interrupted before it was started"}
SKIPPED = summary(
    LOAD,
    task("other"),
    unstarted("report", "not started: load failed"),
    *(unstarted("mail", "not started: load failed", copy=copy) for copy in (1, 2)),
    unstarted("sync", "not started: run nightly-7 is under way (1 task)"),
)

SKIPPED_NAMES = "report, mail and sync"
AGAIN = "--only load --only report --only mail --only sync"


def test_skipped_jobs_stand_in_a_line_for_each_cause() -> None:
    assert ended(SKIPPED, planned=9) == [
        "ok     other  exit 0  3 s  00000000",
        "FAILED load   exit 7  3 s  c1b78142",
        "skipped: report and mail (not started: load failed)",
        "skipped: sync (not started: run nightly-7 is under way (1 task))",
        "",
        "FAILED load exited with 7",
        "  task c1b78142…, log /jobs/load (provisioning 1 s, image pull 2 s, running 3 s)",
        "  EssentialContainerExited: Essential container in task exited",
        f"1 of 6 tasks failed: load; 4 of 6 tasks skipped: {SKIPPED_NAMES}. 6 s. Run 750304645aee05a7.",
        f"  again, only what failed:  ecsplan apply plan.json {AGAIN}",
    ]


def test_what_a_signal_cut_off_was_never_started() -> None:
    of = summary(
        task("a", 143, outcome=Outcome.INTERRUPTED), *(unstarted(n, **CUT_OFF) for n in "bc"), signal=15
    )

    lines = ended(of)

    assert "never started: b and c" in lines
    assert lines[-1].startswith("1 of 3 tasks interrupted: a; 2 of 3 tasks never started: b and c.")
    assert not [each for each in lines if "interrupted before it was started" in each]


def test_one_that_may_run_is_not_called_never_started() -> None:
    unseen = unstarted(
        "a", "interrupted while ECS was asked to start it: it may run", outcome=Outcome.INTERRUPTED
    )

    assert not [each for each in ended(summary(unseen, LOAD)) if each.startswith("never started")]


def test_the_summary_of_a_step_has_what_was_skipped() -> None:
    page = step_summary(SKIPPED, LogTails(), links=False)

    assert "| ⏭️ | `report` | skipped |  |  |" in page
    assert page.count("####") == 1
    assert "    skipped: report and mail (not started: load failed)" in page


def test_a_skipped_job_has_no_annotation() -> None:
    written: list[str] = []
    log = GitHubLog({"load": Source("a.yaml", 3), "report": Source("a.yaml", 9)}, written.append)
    shown = Lines("p", Output(None, prefixed=False), quiet=False, show=log.show)

    log.render(Finished(SKIPPED), shown)

    errors = [each for each in written if each.startswith("::error")]
    assert len(errors) == 1
    assert "file=a.yaml,line=3" in errors[0]


@pytest.mark.parametrize(
    ("tasks", "held", "expected"),
    [
        pytest.param(
            1,
            HeldJobs(3, ("load",)),
            "still waiting for t0 (RUNNING for 5 s); 3 jobs wait for load",
            id="several",
        ),
        pytest.param(
            1,
            HeldJobs(1, ("load",)),
            "still waiting for t0 (RUNNING for 5 s); 1 job waits for load",
            id="one",
        ),
        pytest.param(0, HeldJobs(2, ("a", "b")), "2 jobs wait for a and b", id="no task yet"),
        pytest.param(0, HeldJobs(2, tuple("abcdefg")), "2 jobs wait for a, b, c and 4 more", id="many"),
        pytest.param(0, HeldJobs(2, ()), "2 jobs wait for the end of others", id="between two"),
        pytest.param(0, None, "still cleaning up: every task has ended", id="nothing"),
    ],
)
def test_the_heartbeat_says_which_jobs_wait(tasks: int, held: HeldJobs | None, expected: str) -> None:
    waiting = tuple(WaitingTask(f"t{number}", "RUNNING", 5.0) for number in range(tasks))

    assert heartbeat(Waiting(waiting, held)) == expected


def test_the_live_view_has_a_row_for_jobs_that_wait() -> None:
    stream = io.StringIO()
    lines = Lines("p", Output(None, prefixed=False), quiet=False, live=True, show=lambda _: None)
    with LiveView(lines, stream=cast("TextIO", Terminal(stream)), now=lambda: 100.0) as view:
        view.render(Waiting((WaitingTask("load", "RUNNING", 2.0),), HeldJobs(2, ("load",))))

    assert "load  RUNNING  2 s\n2 jobs wait for load" in stream.getvalue()


def test_a_plan_from_a_pipe_is_piped_again() -> None:
    assert ended(summary(LOAD), plan="-")[-1] == (
        "  again, only what failed, pipe the same plan to:  ecsplan apply - --only load"
    )


def test_a_success_that_somebody_stopped_says_so() -> None:
    stopped = task("hello", stop_code="UserInitiated", reason="enough", explanation=MEMORY)

    assert ended(summary(stopped))[:4] == [
        "ok hello  exit 0  3 s  00000000",
        "  UserInitiated: enough",
        "  the container ran out of memory",
        "  help: raise `memory`",
    ]


def test_quiet_prints_failures_alone() -> None:
    warned: list[str] = []
    shown = Lines("p", Output(None, prefixed=False), quiet=True, show=warned.append)
    shown.render(RunBegan("r", fresh=True, jobs=1, tasks=1))
    shown.render(Warned("hello", "odd"))
    shown.render(Waiting((WaitingTask("hello", "RUNNING", 1.0),)))
    shown.render(Finished(summary(task("hello"))))

    lines = ended(MIXED, quiet=True)

    assert warned == []
    assert lines[0] == "FAILED load exited with 7"
    assert not [line for line in lines if line.startswith("ok")]


def everything(jobs: int, copies: int = 1) -> list[str]:
    """Return all that is printed of an apply of many jobs of which the first fails."""
    lines: list[str] = []
    shown = Lines("plan.json", Output(None, prefixed=True), quiet=False, show=lines.append)
    names = [f"job-with-a-long-name-{n}" for n in range(jobs)]
    shown.render(RunBegan("r", fresh=True, jobs=jobs, tasks=jobs * copies))
    tasks = []
    for n, name in enumerate(names):
        shown.render((Reused if n % 2 else lambda job, arn: Registered(job, arn, 0.1))(name, f"a:b/{name}:1"))
        for copy in range(1, copies + 1):
            number = 100 * n + copy
            result = task(name, int(n == 0), copy=copy if copies > 1 else 0, number=number)
            shown.render(TaskStarted(result.label, arn(number), "batch", attached=False))
            shown.render(TaskChanged(result.label, arn(n), "RUNNING", 1.0))
            shown.render(LogLines(result.label, ("x" * 300,)))
            shown.render(Warned(result.label, "the same for all of them"))
            tasks.append(result)
    for each in tasks:
        shown.render(TaskEnded(each))
    shown.render(Finished(summary(*tasks)))
    return lines


def test_two_hundred_jobs_with_one_failure_take_four_kibibytes() -> None:
    lines = everything(200)

    assert sum(len(line.encode()) + 1 for line in lines) <= 4096
    assert "task definitions: 100 reused, 100 registered" in lines


@pytest.mark.parametrize(("jobs", "copies"), [(200, 1), (3, 1), (1, 30), (5, 2)])
def test_nothing_is_said_twice(jobs: int, copies: int) -> None:
    lines = everything(jobs, copies)

    tail = [line for line in lines if line.startswith("    ")]
    said = [line for line in lines if line not in tail]
    assert len(said) == len(set(said)), said


@pytest.mark.parametrize(("tasks", "reported"), [(19, 19), (20, 1)])
def test_of_many_tasks_the_first_one_is_noted(tasks: int, reported: int) -> None:
    lines: list[str] = []
    shown = Lines("plan.json", Output(None, prefixed=True), quiet=False, show=lines.append)
    shown.render(RunBegan("r", fresh=True, jobs=tasks, tasks=tasks))

    for number in range(tasks):
        shown.render(Noted(f"job-{number}", "not running after 120 s; stopping it"))

    assert len([line for line in lines if "stopping it" in line]) == reported


def test_a_failure_is_reported_at_once_where_others_go_on() -> None:
    lines: list[str] = []
    shown = Lines("plan.json", Output(None, prefixed=True), quiet=False, show=lines.append)
    shown.render(RunBegan("r", fresh=True, jobs=3, tasks=3))
    lines.clear()

    for each in (task("a", 3), task("b", 4), task("c", 5)):
        shown.render(TaskEnded(each))

    assert lines == ["a: exited with 3; 2 other tasks go on", "b: exited with 4; 1 other task goes on"]


def test_an_end_from_the_ledger_is_not_said_to_leave_others_going_on() -> None:
    lines: list[str] = []
    shown = Lines("plan.json", Output(None, prefixed=True), quiet=False, show=lines.append)
    shown.render(RunBegan("r", fresh=False, jobs=4, tasks=4))
    shown.render(TaskStarted("b", "arn", "default", True, 1))
    lines.clear()

    for each in (task("a", 3), task("b", 4), task("c", 5)):
        shown.render(TaskEnded(replace(each, attached=True)))

    assert lines == ["b: exited with 4; 2 other tasks go on"]


def test_a_skipped_job_is_reported_once_whatever_its_copies() -> None:
    lines: list[str] = []
    shown = Lines("plan.json", Output(None, prefixed=True), quiet=False, show=lines.append)
    shown.render(RunBegan("r", fresh=True, jobs=3, tasks=42))
    lines.clear()

    for copy in range(1, 41):
        shown.render(TaskEnded(replace(unstarted("mail", "not started: load failed"), copy=copy)))
    shown.render(TaskEnded(task("b", 4)))

    assert lines == ["mail: was skipped (not started: load failed)", "b: exited with 4; 1 other task goes on"]


def test_many_skipped_jobs_leave_lines_for_failures() -> None:
    lines: list[str] = []
    shown = Lines("plan.json", Output(None, prefixed=True), quiet=False, show=lines.append)
    shown.render(RunBegan("r", fresh=True, jobs=42, tasks=42))
    lines.clear()

    for number in range(40):
        shown.render(TaskEnded(replace(unstarted(f"mail-{number}", "not started: a failed"), copy=1)))
    shown.render(TaskEnded(task("b", 4)))

    assert len(lines) == 11
    assert lines[-1] == "b: exited with 4; 1 other task goes on"


def test_what_a_signal_cuts_off_is_not_said_to_leave_others_going_on() -> None:
    lines: list[str] = []
    shown = Lines("plan.json", Output(None, prefixed=True), quiet=False, show=lines.append)
    shown.render(RunBegan("r", fresh=True, jobs=3, tasks=3))
    shown.render(Interrupted(2, 1, again=False))
    lines.clear()

    shown.render(TaskEnded(unstarted("b", **CUT_OFF)))

    assert lines == []


def test_verbose_names_arns_in_full() -> None:
    short, full = ended(summary(task("a"))), ended(summary(task("a")), verbose=True)

    assert arn() not in short[0]
    assert arn() in full[0]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1.0, "0 s"), (0.0, "0 s"), (0.04, "0 s"), (0.44, "0.4 s"), (0.94, "0.9 s"), (0.96, "1 s"),
        (3.4, "3 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (724.0, "12 min 4 s"), (3599.6, "1 h 0 min"),
        (7260.0, "2 h 1 min"), (100 * 3600.0, "100 h 0 min"),
    ],
)  # fmt: skip
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("messages", "tail"),
    [
        pytest.param(["a", "b"], ["a", "b"], id="lines"),
        pytest.param(["1\n2\n3\n"], ["1", "2", "3"], id="lines of one message"),
        pytest.param(["  5 %\r 50 %\r100 %"], ["100 %"], id="a progress bar"),
        pytest.param([" 50 %\r100 %\r"], ["100 %"], id="a progress bar that returns at its end"),
        pytest.param(["windows\r"], ["windows"], id="carriage return and line feed"),
        pytest.param(["\x1b[31mred\x1b[0m \x1b]0;title\x07x"], ["red x"], id="colours and titles"),
        pytest.param(["", "  ", "a"], ["a"], id="empty lines"),
        pytest.param(["x" * 500], ["x" * 199 + "…"], id="a long line"),
        pytest.param([str(n) for n in range(20)], [str(n) for n in range(12, 20)], id="the last ones"),
        pytest.param(
            ["\n".join(map(str, range(99)))], [str(n) for n in range(91, 99)], id="of a long message"
        ),
    ],
)
def test_the_last_lines_of_a_log(messages: list[str], tail: list[str]) -> None:
    tails = LogTails()
    tails.add("a", messages)

    assert tails.of("a") == tail
    assert tails.of("b") == []


def test_a_log_is_no_command_to_a_pipeline() -> None:
    lines = ended(summary(LOAD), LogLines("load", ("::error::x", "##[group]y", "\x1b[2J\u202e")))

    assert "    \\x3a:error::x" in lines
    assert "    \\x23#[group]y" in lines
    assert "    \\u202e" in lines


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "eu-west-1.console.aws.amazon.com"),
        ("cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ("us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
        ("us-iso-east-1", None),
        ("eusc-de-east-1", None),
    ],
)
def test_links_lead_to_the_console_of_the_region(region: str, host: str | None) -> None:
    place = LogPlace("/jobs/load", "load/main/abc", region)
    task_page = f"https://{host}/ecs/v2/clusters/batch/tasks/{'0' * 32}/configuration?region={region}"
    log_page = (
        f"https://{host}/cloudwatch/home?region={region}"
        "#logsV2:log-groups/log-group/$252Fjobs$252Fload/log-events/load$252Fmain$252Fabc"
    )

    found = task_link(task("a", arn=arn(region=region))), log_link(place)

    assert found == ((None, None) if host is None else (task_page, log_page))


@pytest.mark.parametrize(
    ("facts", "page"),
    [
        pytest.param({"arn": None}, None, id="no task"),
        pytest.param({"arn": "odd"}, None, id="no ARN"),
        pytest.param(
            {"arn": "arn:aws:ecs:eu-west-1:1:task/0123", "cluster": "arn:aws:ecs:eu-west-1:1:cluster/own"},
            "clusters/own/tasks/0123",
            id="an ARN of the old form",
        ),
    ],
)
def test_a_task_without_a_page(facts: dict[str, Any], page: str | None) -> None:
    link = task_link(task("a", **facts))

    assert link == page or (page is not None and page in str(link))


def test_failures_have_links_and_successes_none() -> None:
    lines = ended(MIXED, links=True)

    assert [line.split("/")[2] for line in lines if "https:" in line] == [
        "eu-west-1.console.aws.amazon.com"
    ] * 2


@pytest.mark.parametrize(
    ("tasks", "said"),
    [
        pytest.param([], "still cleaning up: every task has ended", id="none"),
        pytest.param(
            [WaitingTask("load", "PENDING", 182.0), WaitingTask("x", "not started", 60.0)],
            "still waiting for load (PENDING for 3 min 2 s), x (not started for 1 min 0 s)",
            id="a few",
        ),
        pytest.param(
            [WaitingTask(f"j{n}", "RUNNING" if n else "PENDING", 60.0 * (n + 1)) for n in range(200)],
            "still waiting for 200 tasks: 199 RUNNING, 1 PENDING; longest j199 (RUNNING for 3 h 20 min)",
            id="many",
        ),
    ],
)
def test_what_an_apply_waits_for(tasks: list[WaitingTask], said: str) -> None:
    assert heartbeat(Waiting(tuple(tasks))) == said


@pytest.mark.parametrize(
    ("text", "columns", "shown"),
    [
        ("abc", 3, "abc"), ("abcd", 3, "ab…"), ("日本語", 6, "日本語"), ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"), ("e\u0301e\u0301", 2, "e\u0301e\u0301"), ("ab", 0, ""),
        ("שלום עולם", 5, "שלום…"),
    ],
)  # fmt: skip
def test_a_text_fits_its_columns(text: str, columns: int, shown: str) -> None:
    assert clipped(text, columns) == shown
    assert columns_of(shown) <= columns


@pytest.mark.parametrize(
    ("path", "place"),
    [
        pytest.param("jobs/etl.yaml", "file=repo/jobs/etl.yaml,line=3,", id="relative"),
        pytest.param("./etl.yaml", "file=repo/etl.yaml,line=3,", id="with a dot"),
        pytest.param("../etl.yaml", "file=etl.yaml,line=3,", id="above"),
        pytest.param("{workspace}/a/etl.yaml", "file=a/etl.yaml,line=3,", id="absolute"),
        pytest.param("{workspace}-2/etl.yaml", "", id="beside"),
        pytest.param("../../etl.yaml", "", id="outside"),
        pytest.param("/etc/etl.yaml", "", id="absolute and outside"),
        pytest.param("<stdin>", "", id="a pipe"),
    ],
)
def test_a_failure_is_annotated_at_its_place_in_the_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, place: str
) -> None:
    workspace = tmp_path / "work"
    (workspace / "repo").mkdir(parents=True)
    monkeypatch.chdir(workspace / "repo")
    source = Source(path.format(workspace=workspace), 3)
    commands: list[str] = []

    log = GitHubLog({"load": source}, commands.append, workspace=str(workspace))
    log.render(Finished(summary(LOAD)), Lines("p", Output(None, prefixed=False), quiet=True, show=log.show))

    title = "load exited with 7"
    assert commands == [
        f"::error {place}title={title}::EssentialContainerExited: Essential container in task exited"
    ]


@pytest.mark.parametrize("name", ["::set-output name=x::y", "##[group]x", "##vso[task.x]y"])
@pytest.mark.parametrize("tasks", [1, 30], ids=["a row for each", "counted"])
def test_the_live_view_is_no_command_to_a_pipeline(
    monkeypatch: pytest.MonkeyPatch, name: str, tasks: int
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    stream = io.StringIO()
    lines = Lines("p", Output(None, prefixed=False), quiet=False, live=True, show=lambda _: None)

    with LiveView(lines, stream=cast("TextIO", Terminal(stream))) as view:
        view.render(Waiting(tuple(WaitingTask(f"{name}{n}", name, 1.0) for n in range(tasks))))

    shown = re.sub(r"\x1b\[\d*[A-Z]|\r", "\n", stream.getvalue())
    assert name[2:] in shown
    assert without_commands(shown) == shown


@pytest.mark.parametrize(
    ("argument", "shown"),
    [("a", "a"), ("a b", "'a b'"), ("a\u202eb", "$'a\\u202eb'"), ("it's\u200b", "$'it\\'s\\u200b'")],
)
def test_an_argument_that_would_hide_is_spelled_out(argument: str, shown: str) -> None:
    assert quoted(argument) == shown


SPOT: dict[str, Any] = {
    "outcome": Outcome.INTERRUPTED_BY_AWS,
    "stop_code": "SpotInterruption",
    "reason": "interrupted",
}


def tried(*attempts: TaskResult) -> TaskResult:
    """Return a task with the attempts before the last one."""
    numbered = [replace(each, attempt=number) for number, each in enumerate(attempts, start=1)]
    return replace(numbered[-1], earlier=tuple(numbered[:-1]))


def test_a_success_after_further_attempts_lists_them() -> None:
    result = tried(task("load", 143, number=1, **SPOT), task("load", 3, number=2), task("load", 0, number=3))

    assert ended(summary(result))[:3] == [
        "ok load  exit 0  3 s  00000003  attempt 3",
        "  attempt 1: SpotInterruption, task 00000001",
        "  attempt 2: exit code 3, task 00000002",
    ]


def test_copies_that_were_tried_again_are_named() -> None:
    first = tried(task("load", 143, copy=1, number=1, **SPOT), task("load", 0, copy=1, number=3))
    second = task("load", 0, copy=2, number=2)

    assert ended(summary(first, second))[:2] == [
        "ok load  2 of 2  3 s",
        "  load/1, attempt 1: SpotInterruption, task 00000001",
    ]


def test_a_failure_after_further_attempts_lists_them() -> None:
    result = tried(task("load", 143, number=1, **SPOT), task("load", 7, number=2))

    lines = ended(summary(result))

    assert lines[:2] == ["FAILED load exited with 7", "  attempt 1: SpotInterruption, task 00000001"]


def test_an_attempt_that_was_not_started_is_explained_by_its_own_reason() -> None:
    first = task("load", 143, number=1, **SPOT)
    denied = task("load", None, arn=None, outcome=Outcome.REFUSED, reason="AccessDenied", attempt=2)

    lines = ended(summary(first.not_started_again(denied)))

    assert lines[0] == "FAILED load was refused (exit code 143)"
    assert "  attempt 1: SpotInterruption, task 00000001" in lines
    assert "  AccessDenied" in lines


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        pytest.param(1, ["load: attempt 2 of 3 in 1 s: SpotInterruption"], id="one task"),
        pytest.param(
            20, ["load: attempt 2 of 3: SpotInterruption"], id="many tasks, of which one stands for all"
        ),
    ],
)
def test_a_task_that_is_tried_again_gets_a_line(tasks: int, expected: list[str]) -> None:
    lines: list[str] = []
    shown = Lines("plan.json", Output(None, prefixed=False), style=Style(), show=lines.append, quiet=False)
    shown.render(RunBegan("run", fresh=False, jobs=1, tasks=tasks))
    lines.clear()

    for seconds in (1.0, 0.9)[: 1 if tasks == 1 else 2]:
        shown.render(Retried("load", 2, 3, seconds, "SpotInterruption"))

    assert lines == expected


def test_output_of_a_further_attempt_says_so() -> None:
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding="utf-8")
    shown = Lines("plan.json", Output(stream, prefixed=True), style=Style(), show=lambda _: None, quiet=False)

    for attempt in (1, 2):
        shown.render(LogLines("load", ("working",), attempt))

    assert written.getvalue() == b"load | working\nload (attempt 2) | working\n"


def test_the_live_view_shows_that_a_task_waits_for_its_next_attempt() -> None:
    stream = io.StringIO()
    lines = Lines("p", Output(None, prefixed=False), quiet=False, live=True, show=lambda _: None)

    with LiveView(lines, stream=cast("TextIO", Terminal(stream)), now=lambda: 1.0) as view:
        view.render(Retried("load", 2, 3, 1.0, "SpotInterruption"))

    assert "load  waiting for attempt 2" in stream.getvalue()


@pytest.mark.parametrize("options", [{}, {"quiet": True}], ids=["as usual", "quiet"])
@pytest.mark.parametrize(
    ("code", "names"),
    [
        pytest.param(0, ("load",), id="a success"),
        pytest.param(3, ("load",), id="a failure"),
        pytest.param(0, ("load", "etl"), id="two"),
    ],
)
def test_an_end_that_is_not_recorded_is_said_last(
    code: int, names: tuple[str, ...], options: dict[str, Any]
) -> None:
    of = summary(*(task(each, code) for each in names), unrecorded=names, ledger="s3://runs/x")

    said = (
        f"the ledger s3://runs/x has no record of how {' and '.join(names)} ended: applying run {of.run_id}"
        " again within an hour records it; later, it is refused because ECS has forgotten the run"
    )
    assert ended(of, **options)[-1] == f"error: {said}"
    assert said in step_summary(of, LogTails(), links=False)
    assert "### ecsplan apply: failed" in step_summary(of, LogTails(), links=False)


LEFT = replace(task("a", None), outcome=Outcome.LOST, over=False)


@pytest.mark.parametrize(
    ("of", "options", "expected"),
    [
        pytest.param(
            summary(replace(task("a", None), outcome=Outcome.DETACHED, over=False), detached=True), {},
            ["to see it: ecsplan status 750304645aee05a7", "to stop it: ecsplan stop 750304645aee05a7"],
            id="left running on purpose",
        ),
        pytest.param(
            summary(replace(task("a", 0), outcome=Outcome.DETACHED), detached=True), {},
            ["to see it: ecsplan status 750304645aee05a7"], id="left on purpose, and over already",
        ),
        pytest.param(
            summary(LEFT), {},
            ["to see it: ecsplan status 750304645aee05a7", "to stop it: ecsplan stop 750304645aee05a7"],
            id="may still run",
        ),
        pytest.param(
            summary(LEFT), {"look_back": ("--region", "eu-west-1", "--ledger", "my ledger"), "quiet": True},
            [
                f"{why} 750304645aee05a7 --region eu-west-1 --ledger 'my ledger'"
                for why in ("to see it: ecsplan status", "to stop it: ecsplan stop")
            ],
            id="elsewhere, with --quiet",
        ),
        pytest.param(summary(LEFT), {"look_back": None}, [], id="no options lead to it"),
        pytest.param(summary(task("a", 1)), {}, [], id="nothing is left"),
    ],
)  # fmt: skip
def test_what_is_left_can_be_looked_at_without_the_plan(
    of: Summary, options: dict[str, Any], expected: list[str]
) -> None:
    lines = ended(of, **({"look_back": ()} | options))

    assert [line for line in lines if line.startswith(("to see", "to stop"))] == expected
