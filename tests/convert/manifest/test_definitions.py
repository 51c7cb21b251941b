"""Definitions are as short as they can be, and mean the same."""

import json
from typing import Any

import pytest
from places import ROOT

from ecsplan.decision.canonical import canonical
from ecsplan.terms.json_types import Record
from ecsplan_convert.manifest.definitions import shortened

CORPUS = sorted((ROOT / "tests" / "corpus").rglob("*.json"))


def definitions(value: Any) -> list[dict[str, Any]]:
    """Return the task definitions in a document of the corpus."""
    if isinstance(value, dict):
        own = [value] if isinstance(value.get("containerDefinitions"), list) else []
        return own + [each for member in value.values() for each in definitions(member)]
    return [each for item in value for each in definitions(item)] if isinstance(value, list) else []


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_they_mean_the_same(path: Any) -> None:
    found = definitions(json.loads(path.read_text("utf-8")))

    for each in found:
        assert canonical(shortened(each)) == canonical(each)


def test_there_are_definitions() -> None:
    assert sum(len(definitions(json.loads(each.read_text("utf-8")))) for each in CORPUS) > 100


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param({"revision": 3, "status": "ACTIVE"}, {}, id="what only Describe returns"),
        pytest.param({"volumes": [], "placementConstraints": []}, {}, id="empty lists"),
        pytest.param({"ipcMode": None}, {}, id="null"),
        pytest.param({"cpu": 256}, {"cpu": "256"}, id="a number where ECS has text"),
        pytest.param(
            {"tags": [{"key": "a", "value": "b"}]}, {"tags": [{"key": "a", "value": "b"}]}, id="tags"
        ),
        pytest.param({"newMember": {"a": 1}}, {"newMember": {"a": 1}}, id="a member nobody knows"),
    ],
)
def test_what_stays_of_the_task(written: dict[str, Any], expected: dict[str, Any]) -> None:
    base: Record = {"family": "etl", "containerDefinitions": [{"name": "app", "image": "alpine"}]}

    assert shortened({**base, **written}) == {**base, **expected}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param({"essential": True, "cpu": 0, "environment": []}, {}, id="defaults"),
        pytest.param({"essential": False}, {"essential": False}, id="not essential"),
        pytest.param({"environment": [{"name": "A", "value": ""}]}, None, id="an empty value"),
        pytest.param(
            {"portMappings": [{"containerPort": 80, "protocol": "tcp"}]},
            {"portMappings": [{"containerPort": 80}]},
            id="a default within a list",
        ),
    ],
)
def test_what_stays_of_a_container(written: dict[str, Any], expected: dict[str, Any] | None) -> None:
    own = {"name": "app", "image": "alpine"}

    made: Any = shortened({"family": "etl", "containerDefinitions": [{**own, **written}]})
    (container,) = made["containerDefinitions"]

    assert container == {**own, **(written if expected is None else expected)}
