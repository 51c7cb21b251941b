"""No pass runs twice for the same input in one compile, however many rounds of questions it takes."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from compiled_jobs import AWS, SUBNETS, described
from pass_counts import PASSES, counted

from ecsplan.compile import Compilation, begin, compile_jobs, read_jobs, with_answers
from ecsplan.plan.passes import Passes
from ecsplan.terms.observed import (
    Answer,
    AskAccount,
    AskLatest,
    AskLinked,
    AskRecent,
    AskRegion,
    Observed,
    Question,
)

ONCE = dict.fromkeys(PASSES, 1)
LINKED = {
    "containerDefinitions": [{"name": "main", "image": "web:1"}],
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
}
WEB = described("web:7", LINKED)
OTHER = described("etl:3", {**LINKED, "containerDefinitions": [{"name": "main", "image": "old"}]})
DRAFTED_AGAIN = {"draft": 2, "check": 2}
NETWORK = {"network_configuration": {"subnets": ["subnet-1"]}}
REPLACED = [{"op": "add", "path": "/networkConfiguration/awsvpcConfiguration/subnets", "value": ["subnet-2"]}]
TAGGED = [{"op": "add", "path": "/tags/-", "value": {"key": "a", "value": "b"}}]
IN_DEFINITION = [{"op": "add", "path": "/containerDefinitions/0/user", "value": "1000"}]


def answer(question: Question, latest: Any) -> Answer:
    match question:
        case AskRegion():
            return "eu-west-1"
        case AskAccount():
            return "111122223333"
        case AskLatest(family=family):
            return latest if family == "etl" else WEB
        case AskRecent():
            return (OTHER, OTHER)
        case AskLinked():
            return WEB
        case _:
            return SUBNETS


def settled(manifest: Mapping[str, Any], *, region: str | None, latest: Any) -> tuple[Compilation, int]:
    """Return a manifest, compiled with all answers, and in how many rounds they were given."""
    read = read_jobs(json.dumps(manifest), file="etl.yaml", region=region)
    compilation, rounds = begin(read, Observed()), 0
    while questions := compilation.questions:
        rounds += 1
        answers = {each: answer(each, latest) for each in questions}
        compilation = with_answers(compilation, answers)
    return compilation, rounds


@pytest.mark.parametrize(
    ("keys", "latest", "region", "rounds", "more"),
    [
        pytest.param(NETWORK, None, AWS.region, 1, {}, id="nothing waits for AWS"),
        pytest.param(NETWORK, OTHER, AWS.region, 1, {}, id="another revision is there"),
        pytest.param(
            {**NETWORK, "task_definition_customizations": IN_DEFINITION},
            None,
            AWS.region,
            1,
            {},
            id="a patch of the definition",
        ),
        pytest.param({}, None, AWS.region, 1, DRAFTED_AGAIN, id="subnets are looked up"),
        pytest.param({}, None, None, 1, {"define": 2, "draft": 2, "check": 2}, id="so is the region"),
        pytest.param(
            {**NETWORK, "task_customizations": TAGGED},
            None,
            AWS.region,
            1,
            DRAFTED_AGAIN,
            id="a patch of the run, which may depend on the decision",
        ),
        pytest.param(
            {"task_customizations": REPLACED},
            None,
            AWS.region,
            1,
            DRAFTED_AGAIN,
            id="a patch that has subnets of its own",
        ),
        pytest.param(
            {"task_customizations": TAGGED},
            None,
            AWS.region,
            1,
            DRAFTED_AGAIN,
            id="a patch, and subnets that are looked up",
        ),
        pytest.param(
            {**NETWORK, "reuse": "recent"}, OTHER, AWS.region, 2, {"decide": 3}, id="two recent ones"
        ),
        pytest.param(
            {**NETWORK, "image": None, "task_definition_arn": "web:7"},
            None,
            AWS.region,
            1,
            {"define": 2, "draft": 2, "check": 2},
            id="a linked definition that runs as it is",
        ),
        pytest.param(
            {**NETWORK, "image": "web:2", "task_definition_arn": "web:7"},
            None,
            AWS.region,
            2,
            {"define": 3, "decide": 2, "draft": 2, "check": 2},
            id="a linked definition that has to change",
        ),
    ],
)
def test_no_pass_runs_twice_for_an_input(
    keys: dict[str, Any], latest: Any, region: str | None, rounds: int, more: dict[str, int]
) -> None:
    manifest = {"name": "etl", "image": "alpine:3", **keys}
    with counted() as counts:
        compilation, needed = settled(manifest, region=region, latest=latest)
        result = compilation.result()

    assert result.plan is not None, result.diagnostics
    assert (needed, counts) == (rounds, ONCE | more)


@pytest.mark.parametrize("keys", [{}, {"task_customizations": TAGGED}], ids=["plain", "patched"])
def test_offline_every_pass_runs_once(keys: dict[str, Any]) -> None:
    with counted() as counts:
        read = read_jobs(json.dumps({"name": "etl", "image": "alpine:3", **keys}), file="etl.yaml")
        compile_jobs(read, None)

    assert counts == {name: 1 for name in PASSES if name != "decide"}


def test_going_on_gives_what_beginning_with_all_answers_gives() -> None:
    manifest = {"jobs": {name: {"image": "alpine:3", **each} for name, each in MANY.items()}}
    compilation, _ = settled(manifest, region=None, latest=OTHER)

    assert compilation.observed is not None
    assert compilation.result() == compile_jobs(compilation.read, compilation.observed)


def test_answers_go_on_from_an_offline_compilation_too() -> None:
    read = read_jobs(
        json.dumps({"name": "etl", "image": "alpine:3", **NETWORK}), file="etl.yaml", region="eu-west-1"
    )
    known = with_answers(begin(read, None), {AskLatest(AWS, "etl"): OTHER, AskAccount(AWS): "111122223333"})

    assert known.observed is not None
    assert known.result() == compile_jobs(read, known.observed)


MANY: dict[str, dict[str, Any]] = {
    "plain": {},
    "fixed": {"aws": {"region": "eu-west-3"}, **NETWORK},
    "patched": {"task_customizations": TAGGED, "task_definition_customizations": IN_DEFINITION},
    "linked": {"task_definition_arn": "web:7"},
    "recent": {"family": "etl", "reuse": "recent"},
}


def test_a_pass_runs_for_its_last_input_only_once() -> None:
    seen: list[tuple[int, int]] = []

    def add(one: int, other: int = 0) -> int:
        seen.append((one, other))
        return one + other

    passes = Passes()
    given = [passes.run("sum", add, one, other=other) for one, other in ((1, 2), (1, 2), (2, 2), (1, 2))]
    passes.run("another", add, 1, other=2)

    assert given == [3, 3, 4, 3]
    assert seen == [(1, 2), (2, 2), (1, 2), (1, 2)]
