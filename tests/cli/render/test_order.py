"""The order of a plan's jobs, and what becomes of their ends, in each form of the diff."""

import json
from dataclasses import replace

import pytest

from ecsplan.compile import begin, compile_manifest, read_jobs, together
from ecsplan.terms.run_policy import Combination, LogRetention, Retry, RunPolicy
from ecsplan_cli.render.compiled import plan_summary, written_job
from ecsplan_cli.render.diff import render_json, render_text
from ecsplan_cli.render.diff_markdown import render_markdown
from ecsplan_cli.render.order import MAX_STEPS, policy_lines, shown_steps, steps
from ecsplan_cli.render.review import JobReview, review


def after(**names: list[str]) -> dict[str, RunPolicy]:
    return {job: RunPolicy(after=tuple(each)) for job, each in names.items()}


def of_matrix(count: int, policy: RunPolicy) -> dict[str, RunPolicy]:
    return {
        f"load[n={n}]": replace(policy, matrix=Combination("load", {"n": n})) for n in range(1, count + 1)
    }


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        pytest.param(after(a=[], b=[]), (), id="no order"),
        pytest.param(after(a=[], b=["a"], c=["b"]), (("a",), ("b",), ("c",)), id="a chain"),
        pytest.param(after(c=["b"], b=["a"], a=[]), (("a",), ("b",), ("c",)), id="a chain from its end"),
        pytest.param(
            after(a=[], b=["a"], c=["a"], d=["b", "c"]), (("a",), ("b", "c"), ("d",)), id="a diamond"
        ),
        pytest.param(after(a=[], b=["a"], c=["a", "b"]), (("a",), ("b",), ("c",)), id="after both"),
        pytest.param(
            {**after(a=[]), **of_matrix(2, RunPolicy(after=("a",))), **after(z=["load"])},
            (("a",), ("load[n=1]", "load[n=2]"), ("z",)),
            id="through a matrix",
        ),
        pytest.param(
            {**of_matrix(2, RunPolicy()), **after(z=["load[n=2]"])},
            (("load[n=1]", "load[n=2]"), ("z",)),
            id="after one combination",
        ),
        pytest.param(after(a=["b"], b=["a"]), (), id="a cycle, which no compiled plan has"),
    ],
)
def test_steps(policies: dict[str, RunPolicy], expected: tuple[tuple[str, ...], ...]) -> None:
    assert steps(policies) == expected


def test_many_jobs_stay_readable() -> None:
    chain = after(j0=[]) | {f"j{n}": RunPolicy(after=(f"j{n - 1}",)) for n in range(1, 1000)}
    fan = after(a=[]) | {f"j{n}": RunPolicy(after=("a",)) for n in range(1000)}
    matrix = after(a=[]) | of_matrix(256, RunPolicy(after=("a",)))

    assert len(shown_steps(chain)) == MAX_STEPS
    assert shown_steps(chain)[-2:] == ((0, (), "… 989 more steps"), (1000, ("j999",), ""))
    assert shown_steps(fan)[1] == (2, tuple(f"j{n}" for n in range(8)), " and 992 more jobs")
    assert shown_steps(matrix)[1] == (2, ("load",), " (256 jobs)")


PIPELINE = """\
jobs:
  migrate: {image: alpine:3}
  load:
    image: alpine:3
    after: [migrate]
    matrix: {region: [eu-west-1, us-east-1]}
    env: {REGION: "${matrix.region}"}
    array: 20
    max_parallel: 5
  report: {image: alpine:3, after: [load], count: 3}
"""


def reviewed(text: str = PIPELINE) -> tuple[JobReview, ...]:
    plan = compile_manifest(text, file="pipeline.yaml").plan
    assert plan is not None
    return review(plan)


def test_each_form_shows_the_order() -> None:
    jobs = reviewed()

    text = render_text(jobs)
    assert "\nOrder:\n  1. migrate\n  2. load (2 jobs)\n  3. report\n" in text
    assert "    after: migrate\n    matrix: load: region=eu-west-1\n    at a time: 5 tasks\n" in text
    assert "  run an array of 20 tasks on" in text
    assert "Order: 1. `migrate` → 2. `load` (2 jobs) → 3. `report`" in render_markdown(jobs)
    assert "`load[region=eu-west-1]`" in render_markdown(jobs)
    document = json.loads(render_json(jobs))
    assert document["order"] == [
        ["migrate"],
        ["load[region=eu-west-1]", "load[region=us-east-1]"],
        ["report"],
    ]
    load = document["jobs"][1]
    assert (load["after"], load["array"], load["max_parallel"]) == (["migrate"], 20, 5)
    assert load["run"]["count"] == 20


def test_without_an_order_none_is_shown() -> None:
    jobs = reviewed("image: alpine:3\n")

    assert "Order" not in render_text(jobs) + render_markdown(jobs)
    assert "order" not in json.loads(render_json(jobs))


def test_the_summary_of_a_compile_counts_tasks() -> None:
    jobs = together((read_jobs(PIPELINE, file="pipeline.yaml", region="eu-west-1"),))

    summary = plan_summary(begin(jobs, None).manifest(written_job).jobs)

    assert summary == "4 jobs with 44 tasks: 4 undecided until AWS is asked (region eu-west-1)"


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        pytest.param(RunPolicy(), [], id="the defaults"),
        pytest.param(RunPolicy(after=("a", "b")), [("after", "a, b")], id="after"),
        pytest.param(RunPolicy(max_parallel=1), [("at a time", "1 task")], id="one at a time"),
        pytest.param(RunPolicy(succeed_on=(0, 3)), [("success", "exit codes 0, 3")], id="exit codes"),
        pytest.param(
            RunPolicy(retry=Retry(5, frozenset({"interruption", "start"}), (75,), written=True)),
            [("retry", "5 attempts, on start, interruption, exit code 75")],
            id="retry",
        ),
        pytest.param(
            RunPolicy(retry=Retry(1, written=True)), [("retry", "none, one attempt, on start")], id="no retry"
        ),
        pytest.param(
            RunPolicy(concurrency="wait"),
            [("concurrency", "wait: waits while tasks of its family run")],
            id="concurrency",
        ),
        pytest.param(
            RunPolicy(log_retention=LogRetention(30, always=True)),
            [("log retention", "30 days, of any log group")],
            id="log retention",
        ),
        pytest.param(
            RunPolicy(matrix=Combination("load", {"day": 7, "at": "x"})),
            [("matrix", "load: day=7, at=x")],
            id="a combination",
        ),
    ],
)
def test_a_policy_in_words(policy: RunPolicy, expected: list[tuple[str, str]]) -> None:
    assert list(policy_lines(policy)) == expected
