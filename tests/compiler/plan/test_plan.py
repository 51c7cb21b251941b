"""Plans as JSON: what is written is read back, and what is not a plan is refused with a reason."""

import json
from pathlib import Path
from typing import Any

import pytest
from places import TESTS

from ecsplan.compile import compile_manifest
from ecsplan.plan.plan import MAX_PLAN_BYTES, PlanError, read_plan, write_plan

PLANS = sorted((TESTS / "cases").glob("*/plan.json"))


@pytest.fixture
def text() -> str:
    compiled = compile_manifest("image: alpine:3", file="job.yaml")
    assert compiled.plan is not None
    return write_plan(compiled.plan)


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.parent.name)
def test_what_is_written_is_read_back(path: Path) -> None:
    text = path.read_text("utf-8")

    assert write_plan(read_plan(text)) == text


def test_the_layout_of_the_text_means_nothing(text: str) -> None:
    assert read_plan(json.dumps(json.loads(text), indent=None)) == read_plan(text)
    assert read_plan(json.dumps(json.loads(text), indent=7, sort_keys=True, ensure_ascii=False)) == read_plan(
        text
    )


def spoiled(text: str, *path: str | int, value: object) -> str:
    document = json.loads(text)
    holder = document
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return json.dumps(document)


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        pytest.param(("jobs", 0, "spec", "image"), "other:1", "was edited", id="edited"),
        pytest.param(("digest",), "sha256:" + "0" * 64, "was edited", id="another digest"),
        pytest.param(("plan_version",), 2, "format 2", id="newer format"),
        pytest.param(("plan_version",), "1", "/plan_version", id="format of the wrong type"),
        pytest.param(("jobs",), {}, "/jobs", id="jobs of the wrong type"),
        pytest.param(
            ("jobs", 0, "task_definition", "action"), "replace", "/jobs/0/task_definition/action", id="action"
        ),
        pytest.param(("jobs", 0, "extra"), 1, "extra", id="unknown member"),
        pytest.param(("jobs", 0, "watch", "poll_interval_seconds"), -1, "/jobs/0/watch", id="out of range"),
    ],
)
def test_a_spoiled_plan_is_refused(text: str, path: tuple[str | int, ...], value: Any, reason: str) -> None:
    with pytest.raises(PlanError, match=reason):
        read_plan(spoiled(text, *path, value=value))


def test_a_plan_that_is_cut_off_says_so_wherever_that_is(text: str) -> None:
    for end in range(1, len(text.rstrip())):
        with pytest.raises(PlanError) as caught:
            read_plan(text[:end])

        last = text[:end].rstrip().count("\n") + 1
        assert str(caught.value).startswith(
            f"this is not JSON: it ends in line {last}, before the plan does"
        ), end


def test_a_plan_of_a_newer_format_says_what_reads_it(text: str) -> None:
    with pytest.raises(
        PlanError, match=r"has format 99; this ecsplan \(\S+\) reads up to 1: a newer ecsplan"
    ):
        read_plan(spoiled(text, "plan_version", value=99))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "empty", id="empty"),
        pytest.param("  \n", "empty", id="blank"),
        pytest.param("image: alpine", "line 1, column 1; `ecsplan compile` writes plans", id="a manifest"),
        pytest.param('{"a": 1}', "not a plan", id="other JSON"),
        pytest.param("[]", "not a plan", id="a list"),
        pytest.param('{"plan_version": NaN}', "NaN", id="not a number"),
        pytest.param("[" * 100_000, "deeper|not JSON", id="nested absurdly"),
        pytest.param('{"plan_version": 1, "x": ' + "[" * 900 + "]" * 900 + "}", "plan", id="nested deep"),
        pytest.param('{"plan_version": 1' + "0" * 5000 + "}", "could hold", id="a number of 5,000 digits"),
        pytest.param(" " * (MAX_PLAN_BYTES + 1), "64 MiB", id="too large"),
        pytest.param('{"plan_version": 1, "jobs": "\ud800"}', "plan", id="a lone surrogate"),
    ],
)
def test_what_is_no_plan_is_refused(text: str, reason: str) -> None:
    with pytest.raises(PlanError, match=reason):
        read_plan(text)
