"""`shared-family`: jobs of one compile whose definitions would displace each other."""

import json
from typing import Any

import pytest
from compiled_jobs import AWS, arn, described, observed

from ecsplan.compile import begin, compile_jobs, read_jobs, together
from ecsplan.plan.plan import job_text
from ecsplan.plan.shared_families import shared_families
from ecsplan.terms.diagnostic import Diagnostic
from ecsplan.terms.observed import Observed

A: dict[str, object] = {"name": "a", "family": "f", "image": "x:1"}
B: dict[str, object] = {"name": "b", "family": "f", "image": "x:2"}


def warned(*jobs: dict[str, Any], seen: Observed | None = None) -> list[Diagnostic]:
    """Return the warnings about jobs, each in a file of its own."""
    read = [read_jobs(json.dumps(job), file=f"{job['name']}.yaml", region=AWS.region) for job in jobs]
    found = compile_jobs(together(read), seen).diagnostics
    parts = [begin(each, seen).manifest(lambda job, _: job_text(job)) for each in read]
    assert list(shared_families(use for part in parts for use in part.families)) == [
        each for each in found if each.rule == "shared-family"
    ]
    return [each for each in found if each.rule == "shared-family"]


@pytest.mark.parametrize(
    ("jobs", "warns"),
    [
        pytest.param([A, B], ["b"], id="two definitions"),
        pytest.param([A, {**B, "image": "x:1"}], [], id="the same definition"),
        pytest.param([A, {**B, "family": "g"}], [], id="two families"),
        pytest.param([A, B, {**B, "name": "c", "image": "x:3"}], ["b", "c"], id="three definitions"),
        pytest.param([A, {**A, "name": "c"}, B], ["b"], id="the third differs"),
        pytest.param(
            [A, {**A, "name": "c", "env": {"X": "1"}, "command": ["x"]}], [], id="only the runs differ"
        ),
        pytest.param([A, {**B, "aws": {"region": "us-east-1"}}], [], id="two regions"),
        pytest.param([{**A, "reuse": "recent"}, {**B, "reuse": "recent"}], [], id="both look at recent ones"),
        pytest.param([{**A, "reuse": "recent"}, B], ["b"], id="one of them does"),
        pytest.param(
            [{"name": "a", "task_definition_arn": "f:1"}, {"name": "b", "task_definition_arn": "f:2"}],
            [],
            id="linked definitions that run as they are",
        ),
        pytest.param(
            [
                {"name": "f", "image": "x:1"},
                {"name": "b", "image": "x:2", "task_definition": {"family": "f"}},
            ],
            ["b"],
            id="a name and a definition's family",
        ),
    ],
)
def test_offline(jobs: list[dict[str, object]], warns: list[str]) -> None:
    found = warned(*jobs)

    assert [each.location.path for each in found] == [f"{name}.yaml" for name in warns]
    assert all(each.severity == "warning" for each in found)


def test_it_names_both_jobs_and_stands_at_the_second() -> None:
    (found,) = warned(A, B)

    assert found.location.pointer == "/family"
    assert "'a' (a.yaml:1)" in found.message
    assert "'b'" in found.message


def revision(number: int, image: str) -> Any:
    job = compile_jobs(read_jobs(json.dumps({**A, "image": image}), file="a.yaml", region=AWS.region), None)
    assert job.plan is not None
    return described(f"f:{number}", job.plan.jobs[0].definition.request)


def test_online_it_is_no_matter_which_of_them_is_the_newest() -> None:
    seen = observed(latest={"f": revision(3, "x:2")})

    assert len(warned(A, B, seen=seen)) == 1


def test_online_jobs_that_run_the_linked_revisions_do_not_register() -> None:
    linked = {"f:1": revision(1, "x:1"), "f:2": revision(2, "x:2")}
    jobs = [{"name": name, "task_definition_arn": name} for name in linked]

    assert linked["f:1"].arn == arn("f:1")
    assert (
        warned(*({**job, "name": job["name"].replace(":", "")} for job in jobs), seen=observed(linked=linked))
        == []
    )
