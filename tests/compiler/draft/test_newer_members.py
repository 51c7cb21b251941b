"""Members that the ECS model of this version does not have: in manifests, patches and live revisions."""

import json
from typing import Any

import botocore
import pytest
from compiled_jobs import arn, compiled, described, job_of, observed
from jsonschema.validators import Draft202012Validator

from ecsplan.compile import Compiled
from ecsplan.draft.newer_members import model_version
from ecsplan.plan.plan import read_plan, write_plan
from ecsplan.schema.files import bundled_schema_text

JOB: dict[str, object] = {"name": "web", "image": "web:1"}
LINK: dict[str, object] = {"name": "etl", "task_definition_arn": "web:7"}
STRICT = {"mode": "strict"}
FILLED_IN: list[object] = [None, False, "", [], {}, {"mode": ""}, {"a": {"b": None, "c": []}}]
SAID = [0, 1, True, "x", [0], {"mode": "strict"}, {"a": {"b": False, "c": 1}}]
OWN = {"name": "main", "image": "web:1", "essential": True}
WEB: dict[str, object] = {
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "1024",
    "memory": "2048",
    "containerDefinitions": [
        {**OWN, "healthCheck": {"command": ["CMD", "x"]}},
        {**OWN, "name": "b", "essential": False},
    ],
    "volumes": [{"name": "v", "host": {}}],
}
PLACES = {
    "the task": "/tomorrow",
    "a container": "/containerDefinitions/0/tomorrow",
    "another container": "/containerDefinitions/1/tomorrow",
    "a health check": "/containerDefinitions/0/healthCheck/tomorrow",
    "a volume": "/volumes/0/tomorrow",
    "the host of a volume": "/volumes/0/host/tomorrow",
}
SHOWN = {
    "the task": "/tomorrow",
    "a container": "/containerDefinitions/main/tomorrow",
    "another container": "/containerDefinitions/b/tomorrow",
    "a health check": "/containerDefinitions/main/healthCheck/tomorrow",
    "a volume": "/volumes/v/tomorrow",
    "the host of a volume": "/volumes/v/host/tomorrow",
}


def live(place: str, value: object) -> dict[str, object]:
    """Return WEB with a member at a place that nobody knows."""
    definition: dict[str, Any] = json.loads(json.dumps(WEB))
    holder: Any = definition
    *parents, name = PLACES[place].split("/")[1:]
    for each in parents:
        holder = holder[int(each) if isinstance(holder, list) else each]
    holder[name] = value
    return definition


def linked(keys: dict[str, object], definition: dict[str, object]) -> Compiled:
    seen = observed(linked={"web:7": described("web:7", definition)}, latest={"web": None})
    return compiled({**LINK, **keys}, seen)


def patched(path: str, value: object, key: str = "task_definition_customizations") -> dict[str, object]:
    return {**JOB, key: [{"op": "add", "path": path, "value": value}]}


def test_the_version_is_that_of_the_model() -> None:
    assert model_version() == botocore.__version__


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("value", FILLED_IN, ids=json.dumps)
def test_what_ecs_fills_in_is_no_difference(place: str, value: object) -> None:
    keys = {**JOB, "task_definition": WEB}

    job = job_of(keys, observed(latest={"web": described("web:3", live(place, value))}))

    assert (job["task_definition"]["action"], job["task_definition"]["arn"]) == ("reuse", arn("web:3"))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("value", SAID, ids=json.dumps)
def test_anything_else_is_one(place: str, value: object) -> None:
    keys = {**JOB, "task_definition": WEB}

    definition = job_of(keys, observed(latest={"web": described("web:3", live(place, value))}))[
        "task_definition"
    ]

    assert definition["action"] == "register"
    (change,) = definition["changes"]
    assert change["path"].startswith(SHOWN[place]) or SHOWN[place].startswith(change["path"])


@pytest.mark.parametrize("place", PLACES)
def test_a_linked_revision_that_has_one_runs_as_it_is(place: str) -> None:
    result = linked({"env": {"A": "1"}}, live(place, STRICT))

    assert result.plan is not None, result.diagnostics
    assert result.plan.jobs[0].definition.decision.action == "reuse"
    assert read_plan(write_plan(result.plan)) == result.plan


@pytest.mark.parametrize("place", PLACES)
def test_a_revision_made_of_it_would_lose_it(place: str) -> None:
    result = linked({"image": "web:2"}, live(place, STRICT))

    (found,) = (each for each in result.diagnostics if each.severity == "error")
    assert (found.rule, found.location.pointer) == ("linked-newer", "/task_definition_arn")
    assert SHOWN[place] in found.message
    assert model_version() in found.message


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("value", FILLED_IN, ids=json.dumps)
def test_what_ecs_filled_in_is_not_registered_again(place: str, value: object) -> None:
    result = linked({"image": "web:2"}, live(place, value))

    assert result.plan is not None, result.diagnostics
    assert "tomorrow" not in json.dumps(result.plan.jobs[0].definition.request)


def test_a_patch_may_take_it_away() -> None:
    patch = [{"op": "remove", "path": PLACES["a container"]}]

    result = linked({"image": "web:2", "task_definition_customizations": patch}, live("a container", STRICT))

    assert result.plan is not None, result.diagnostics


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        pytest.param({"task_definition": {"tomorrow": 1}}, "/task_definition/tomorrow", id="the task"),
        pytest.param(
            {"task_definition": {"containerDefinitions": [{"name": "main", "tomorrow": STRICT}]}},
            "/task_definition/containerDefinitions/0/tomorrow",
            id="a container",
        ),
        pytest.param(
            {"network_configuration": {"subnets": ["subnet-1"], "tomorrow": 1}},
            "/network_configuration/tomorrow",
            id="the network",
        ),
    ],
)
def test_in_a_manifest_it_is_an_error(keys: dict[str, object], place: str) -> None:
    (found,) = compiled({**JOB, **keys}).diagnostics

    assert (found.severity, found.rule, found.location.pointer) == ("error", "unknown-key", place)


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        pytest.param(patched("/tomorrow", 1), "/task_definition_customizations/0/value", id="the task"),
        pytest.param(
            patched("/containerDefinitions/0/memoryProtection", STRICT),
            "/task_definition_customizations/0/value",
            id="a container",
        ),
        pytest.param(
            patched("/containerDefinitions/0/healthCheck", {"command": ["CMD", "x"], "tomorrow": 1}),
            "/task_definition_customizations/0/value/tomorrow",
            id="within a value",
        ),
        pytest.param(
            patched("/urgency", "x", "task_customizations"), "/task_customizations/0/value", id="run"
        ),
        pytest.param(
            patched("/overrides/containerOverrides/0/tomorrow", [1], "task_customizations"),
            "/task_customizations/0/value",
            id="an override",
        ),
    ],
)
def test_in_a_patch_it_is_a_warning_and_kept(keys: dict[str, object], place: str) -> None:
    result = compiled(keys)

    (found,) = result.diagnostics
    assert (found.severity, found.rule, found.location.pointer) == ("warning", "newer-member", place)
    assert f"botocore {model_version()}" in found.message
    assert result.plan is not None
    assert read_plan(write_plan(result.plan)) == result.plan
    Draft202012Validator(json.loads(bundled_schema_text("plan"))).validate(
        json.loads(write_plan(result.plan))
    )


def test_what_was_registered_with_it_is_reused() -> None:
    keys = {**patched("/containerDefinitions/0/tomorrow", STRICT), "task_definition": WEB}

    assert job_of(keys, observed(latest={"web": described("web:3", live("a container", STRICT))}))[
        "task_definition"
    ]["arn"] == arn("web:3")


@pytest.mark.parametrize(
    ("keys", "rule"),
    [
        pytest.param(patched("/startedBy", "me", "task_customizations"), "unknown-key", id="what apply sets"),
        pytest.param(patched("/revision", 3), "unknown-key", id="what only ECS returns"),
        pytest.param(
            patched("/containerDefinitions/0/memory", "x"), "wrong-type", id="a known one of a wrong type"
        ),
        pytest.param(
            patched("/containerDefinitions/-", {"nmae": "b", "image": "c"}),
            "container-name-missing",
            id="a slip",
        ),
    ],
)
def test_what_is_known_to_be_wrong_stays_an_error(keys: dict[str, object], rule: str) -> None:
    errors = [each.rule for each in compiled(keys).diagnostics if each.severity == "error"]

    assert errors == [rule]
