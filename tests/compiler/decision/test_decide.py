"""The decision over a corpus of cases, each of which shows one rule of docs/decision.md or several."""

import copy
import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from places import TESTS

from ecsplan.decision.compare import Change
from ecsplan.decision.decide_revision import Register, Reuse, decide

CORPUS = [json.loads(path.read_text("utf-8")) for path in sorted((TESTS / "corpus").glob("*.json"))]
LIVE_ARN = "arn:aws:ecs:eu-west-1:111122223333:task-definition/mill:7"
REQUEST: dict[str, object] = {
    "family": "mill",
    "containerDefinitions": [{"name": "mill", "image": "mill:1", "memory": 64}],
}


def live(**members: object) -> dict[str, object]:
    return {
        **copy.deepcopy(REQUEST),
        "taskDefinitionArn": LIVE_ARN,
        "revision": 7,
        "status": "ACTIVE",
        **members,
    }


def test_the_corpus_is_whole() -> None:
    assert len(CORPUS) == 117


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case["id"])
def test_corpus(case: dict[str, Any]) -> None:
    before = copy.deepcopy(case)

    decision = decide(case["desired"], case["live"])

    assert decision.action == case["expect"], case["why"]
    assert case == before, "decide changed an argument"
    usable = case["live"] is not None and case["live"]["status"] == "ACTIVE"
    assert bool(decision.changes) == (usable and case["expect"] == "register")
    if isinstance(decision, Reuse):
        assert decision.arn == case["live"]["taskDefinitionArn"]


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(None, id="no revision"),
        pytest.param({}, id="an empty answer"),
        pytest.param(live(status="INACTIVE"), id="deregistered"),
        pytest.param(live(status="DELETE_IN_PROGRESS"), id="being deleted"),
        pytest.param(live(status="SOMETHING_NEW"), id="a status nobody knows"),
    ],
)
def test_without_an_active_revision_there_is_nothing_to_compare(found: dict[str, object] | None) -> None:
    assert decide(REQUEST, found) == Register(changes=())


def test_reuse_names_the_revision_to_run() -> None:
    assert decide(REQUEST, live()) == Reuse(LIVE_ARN)
    assert decide(REQUEST, REQUEST) == Reuse(None)


def test_register_says_why() -> None:
    desired = {**REQUEST, "networkMode": "host"}

    assert decide(desired, live()) == Register((Change("replace", "/networkMode", "bridge", "host"),))


def test_points_in_time_say_nothing() -> None:
    """boto3 gives dates, not texts; a date is a record that AWS keeps, never a setting."""
    moment = datetime(2026, 11, 22, tzinfo=UTC)

    assert decide(REQUEST, live(registeredAt=moment, lastLaunchedAt=moment)).action == "reuse"


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param({"containerDefinitions": None}, id="no containers"),
        pytest.param({"containerDefinitions": "mill"}, id="text for a list"),
        pytest.param({"containerDefinitions": {"name": "mill"}}, id="a mapping for a list"),
        pytest.param(
            {"containerDefinitions": [None, 7, "mill", ["mill"], {}]}, id="no containers in the list"
        ),
        pytest.param(
            {"containerDefinitions": [{"name": ["mill"], "environment": [{"value": "x"}, 3]}]}, id="no names"
        ),
        pytest.param(
            {"containerDefinitions": [{"name": "mill", "portMappings": [None, {"hostPort": []}]}]}, id="ports"
        ),
        pytest.param({"networkMode": ["awsvpc"]}, id="a list for a mode"),
        pytest.param({"runtimePlatform": "WINDOWS"}, id="text for a mapping"),
        pytest.param({"runtimePlatform": {"operatingSystemFamily": 7}}, id="a number for a system"),
        pytest.param({"volumes": {"a": 1}}, id="a mapping for volumes"),
        pytest.param({"cpu": {"vcpu": 1}, "memory": [1]}, id="no sizes"),
        pytest.param({"cpu": 1e300, "memory": float("nan")}, id="numbers that are no sizes"),
        pytest.param({"taskRoleArn": 7, "executionRoleArn": {}}, id="no roles"),
        pytest.param(
            {7: "seven", "x": {8: {9: b"nine"}}, "y": {1, 2}, "z": object}, id="nothing that JSON knows"
        ),
        pytest.param({"deep": [[[[{"a": [[[1]]]}]]]]}, id="nested"),
    ],
)
def test_an_odd_answer_is_a_difference_and_no_traceback(odd: dict[Any, Any]) -> None:
    decision = decide(REQUEST, {**live(), **odd})

    assert decision.action == "register"
    for change in decision.changes:
        json.dumps(change.to_json())
    assert decide({**REQUEST, **odd}, live()).action == "register"
    assert decide({**REQUEST, **odd}, {**live(), **odd}).action == "reuse"


@pytest.mark.parametrize("arn", [None, "", "mill:7", 7, "arn:aws:ecs"])
def test_an_odd_arn_keeps_bare_roles_bare(arn: object) -> None:
    desired = {**REQUEST, "taskRoleArn": "miller"}

    assert decide(desired, live(taskDefinitionArn=arn, taskRoleArn="miller")).action == "reuse"
    assert (
        decide(desired, live(taskDefinitionArn=arn, taskRoleArn="arn:aws:iam::1:role/miller")).action
        == "register"
    )


def test_deeply_nested_answers_are_compared() -> None:
    deep: Any = 1
    for _ in range(150):
        deep = {"a": deep}

    assert decide(REQUEST, live(deep=deep)).action == "register"


def test_deepdiff_is_imported_only_for_a_difference() -> None:
    code = (
        "import sys; from ecsplan.decision.decide_revision import decide\n"
        "assert decide({'family': 'a'}, {'family': 'a', 'volumes': []}).action == 'reuse'\n"
        "assert 'deepdiff' not in sys.modules\n"
        "assert decide({'family': 'a'}, {'family': 'b'}).action == 'register'\n"
        "assert 'deepdiff' in sys.modules\n"
    )

    subprocess.run([sys.executable, "-c", code], check=True)
