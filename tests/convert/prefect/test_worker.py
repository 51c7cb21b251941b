"""The ECS worker of Prefect as it is described is as it was recorded from prefect-aws 0.4.20."""

import json
from typing import Any

import pytest
from places import ROOT

from ecsplan_convert.prefect.worker import filled, prepared

RECORDED: dict[str, dict[str, Any]] = json.loads(
    (ROOT / "tests" / "convert" / "data" / "worker-templates.recorded.json").read_text("utf-8")
)
REFUSED = [name for name, each in RECORDED.items() if "error" in each]
ANSWERED = [name for name in RECORDED if name not in REFUSED]
MADE_UP = "prefect_pool_00000000-0000-0000-0000-000000000000"
"""The family that the worker names after its pool and the deployment."""
INSTALLED = "prefecthq/prefect:"
"""The beginning of the image that the worker takes where the template has none."""


def compared(value: Any) -> Any:
    """Return a request without empty members and what is looked up, with lists in order."""
    if isinstance(value, dict):
        kept = {name: compared(each) for name, each in value.items() if each not in ([], {}, None)}
        return {
            name: each
            for name, each in kept.items()
            if name not in {"networkConfiguration", "taskDefinition"}
        }
    if isinstance(value, list):
        key = "key" if value and isinstance(value[0], dict) and "key" in value[0] else "name"
        named = all(isinstance(each, dict) and key in each for each in value)
        return [compared(each) for each in (sorted(value, key=lambda each: each[key]) if named else value)]
    return value


def without_what_is_made_up(definition: dict[str, Any]) -> dict[str, Any]:
    """Return a recorded definition without the family and the image that the worker names by itself."""
    containers = [
        {n: v for n, v in each.items() if n != "image" or not v.startswith(INSTALLED)}
        for each in definition.get("containerDefinitions", [])
    ]
    kept = {name: each for name, each in definition.items() if (name, each) != ("family", MADE_UP)}
    return {**kept, "containerDefinitions": containers}


@pytest.mark.parametrize("name", ANSWERED)
def test_the_requests_are_those_of_the_worker(name: str) -> None:
    recorded = RECORDED[name]
    made = prepared(filled(recorded["template"]).configuration, "eu-west-1")

    if recorded["definition"]:
        assert compared(dict(made.definition)) == compared(without_what_is_made_up(recorded["definition"]))
    assert compared(dict(made.request)) == compared(recorded["request"])
    network = recorded["request"].get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    if network.get("subnets") not in (None, ["<subnets>"]):
        assert made.request["networkConfiguration"]["awsvpcConfiguration"] == network


def test_what_the_worker_refuses() -> None:
    assert sorted(REFUSED) == [
        "a container that is not there",
        "a network without a VPC",
        "logs without a role",
        "options without logs",
    ]
