"""What is printed of a task, and the summary: all in their order, or of very many the failed first."""

import io
from dataclasses import replace

import pytest

from ecsplan_applier.outcomes.events import TaskEnded
from ecsplan_applier.outcomes.explanation import Explanation
from ecsplan_applier.outcomes.result import JobResult, Outcome, Phases, Summary, TaskResult
from ecsplan_cli.render.events import Lines, Output, summary_lines

FAILING = 40


def task(copy: int) -> TaskResult:
    return TaskResult(
        job="hello",
        copy=copy,
        label=f"hello/{copy}",
        outcome=Outcome.FAILED if copy == FAILING else Outcome.SUCCEEDED,
        arn=None,
        cluster="",
        status="STOPPED",
        exit_code=3 if copy == FAILING else 0,
        stop_code=None,
        reason=None,
        explanation=None,
        phases=Phases(None, None, None, None),
        over=True,
        attached=False,
    )


def shown(count: int) -> list[str]:
    tasks = tuple(task(copy) for copy in range(1, count + 1))
    job = JobResult("hello", "reuse", None, deregistered=False, tasks=tasks)
    return summary_lines(Summary("run", (job,), signal=None, detached=False, seconds=2.0))


@pytest.mark.parametrize(
    ("count", "order", "more"),
    [
        pytest.param(50, range(1, 51), [], id="the most that are shown"),
        pytest.param(
            51,
            (FAILING, *(copy for copy in range(1, 51) if copy != FAILING)),
            ["  and 1 more; --result FILE writes all of them"],
            id="one more",
        ),
    ],
)
def test_summary(count: int, order: range | tuple[int, ...], more: list[str]) -> None:
    lines = [
        f"  hello/{copy}: failed: -: STOPPED, exit code 3"
        if copy == FAILING
        else f"  hello/{copy}: succeeded: -: STOPPED, exit code 0"
        for copy in order
    ]

    assert shown(count) == ["", *lines, *more, f"{count - 1} of {count} succeeded in 2.0 s"]


@pytest.mark.parametrize("prefix", ["", "hello | "], ids=["one task", "several tasks"])
@pytest.mark.parametrize(
    ("message", "lines"),
    [
        pytest.param("plain", ["plain"], id="plain"),
        pytest.param("", [""], id="empty"),
        pytest.param("one\ntwo", ["one", "two"], id="two lines"),
        pytest.param("one\n", ["one"], id="its own line feed"),
        pytest.param("one\n\n", ["one", ""], id="an empty line at the end"),
        pytest.param("\n", [""], id="a line feed alone"),
        pytest.param("\n\none", ["", "", "one"], id="empty lines first"),
        pytest.param("one\r\ntwo\r\n", ["one\r", "two\r"], id="carriage return and line feed"),
        *(
            pytest.param(f"a{character}b{character}", [f"a{character}b{character}"], id=name)
            for name, character in {
                "line separator": "\u2028",
                "paragraph separator": "\u2029",
                "next line": "\x85",
                "form feed": "\x0c",
                "vertical tab": "\x0b",
                "carriage return": "\r",
                "file separator": "\x1c",
                "group separator": "\x1d",
                "record separator": "\x1e",
                "null": "\0",
                "escape": "\x1b",
                "lone surrogate": "\ud800",
            }.items()
        ),
    ],
)
def test_log_lines_keep_every_character(message: str, lines: list[str], prefix: str) -> None:
    written = io.BytesIO()
    stream = io.TextIOWrapper(written)

    Output(stream, prefixed=bool(prefix)).write("hello", (message, "next"))

    shown = "".join(f"{prefix}{line}\n" for line in [*lines, "next"])
    assert written.getvalue() == shown.encode("utf-8", "surrogatepass")


def test_a_task_that_was_stopped_and_exited_0_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    meaning = Explanation("stopped-by-person", "somebody stopped the task", "CloudTrail names who")
    ended = replace(task(1), stop_code="UserInitiated", reason="enough", explanation=meaning)

    Lines("plan.json", Output(None, prefixed=False), quiet=False, colour=False).render(TaskEnded(ended))

    assert capsys.readouterr().err.splitlines() == [
        "hello/1: exited with 0",
        "  UserInitiated: enough",
        "  somebody stopped the task",
        "  help: CloudTrail names who",
    ]
