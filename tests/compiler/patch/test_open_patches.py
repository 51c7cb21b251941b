"""Patches that reach into what only AWS can tell: left open offline, carried out with its answers."""

import json
from typing import Any

import pytest
from compiled_jobs import AWS, ROLE, compiled, described, job_of, observed

from ecsplan.compile import recompile
from ecsplan.plan.plan import Plan, read_plan, write_plan
from ecsplan.terms.observed import AskLinked, AskRegion, AskSubnets, Aws, Observed, Subnet

JOB: dict[str, object] = {"name": "etl", "image": "alpine:3"}
LINK: dict[str, object] = {"name": "etl", "task_definition_arn": "web:7"}
NETWORK = "/networkConfiguration/awsvpcConfiguration"
SUBNETS = f"{NETWORK}/subnets"
REGION = "/containerDefinitions/0/logConfiguration/options/awslogs-region"
THREE = tuple(Subnet(f"subnet-{each}", f"eu-west-1{each}") for each in "abc")
WEB = {
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
    "containerDefinitions": [{"name": "app", "image": "web:1", "essential": True}],
    "volumes": [{"name": "v"}],
}
LOGS = {"configure_cloudwatch_logs": True, "execution_role_arn": ROLE}


def remove(path: str) -> dict[str, object]:
    return {"op": "remove", "path": path}


def add(path: str, value: object) -> dict[str, object]:
    return {"op": "add", "path": path, "value": value}


def answers(subnets: tuple[Subnet, ...] = THREE) -> Observed:
    linked = observed(linked={"web:7": described("web:7", WEB)}, latest={"etl": None, "web": None})
    more: dict[Any, Any] = {AskSubnets(AWS, None): subnets, AskRegion(Aws()): "eu-west-1"}
    return linked.with_answers(more)


def subnets_of(plan: Plan) -> list[str]:
    found = plan.jobs[0].run_request["networkConfiguration"]["awsvpcConfiguration"]["subnets"]
    return list(found)


@pytest.mark.parametrize(
    ("patch", "left", "subnets"),
    [
        pytest.param([remove(f"{SUBNETS}/2")], 1, ["subnet-a", "subnet-b"], id="remove"),
        pytest.param(
            [{"op": "replace", "path": f"{SUBNETS}/1", "value": "subnet-z"}],
            1,
            ["subnet-a", "subnet-z", "subnet-c"],
            id="replace",
        ),
        pytest.param(
            [add(f"{SUBNETS}/3", "subnet-z")], 1, ["subnet-a", "subnet-b", "subnet-c", "subnet-z"], id="add"
        ),
        pytest.param(
            [add(f"{SUBNETS}/-", "subnet-z")],
            1,
            ["subnet-a", "subnet-b", "subnet-c", "subnet-z"],
            id="append",
        ),
        pytest.param(
            [{"op": "move", "from": f"{SUBNETS}/2", "path": f"{SUBNETS}/0"}],
            1,
            ["subnet-c", "subnet-a", "subnet-b"],
            id="move",
        ),
        pytest.param(
            [{"op": "copy", "from": f"{SUBNETS}/1", "path": "/group"}],
            1,
            ["subnet-a", "subnet-b", "subnet-c"],
            id="copy out",
        ),
        pytest.param(
            [{"op": "test", "path": f"{SUBNETS}/0", "value": "subnet-a"}],
            1,
            ["subnet-a", "subnet-b", "subnet-c"],
            id="test one",
        ),
        pytest.param(
            [{"op": "test", "path": SUBNETS, "value": ["subnet-a", "subnet-b", "subnet-c"]}],
            1,
            ["subnet-a", "subnet-b", "subnet-c"],
            id="test all",
        ),
        pytest.param(
            [remove(f"{SUBNETS}/0"), remove(f"{SUBNETS}/0")], 2, ["subnet-c"], id="one after the other"
        ),
        pytest.param([{"op": "replace", "path": SUBNETS, "value": ["x"]}], 0, ["x"], id="replace all"),
        pytest.param(
            [{"op": "replace", "path": f"{NETWORK}/assignPublicIp", "value": "DISABLED"}],
            0,
            ["subnet-a", "subnet-b", "subnet-c"],
            id="beside them",
        ),
    ],
)
@pytest.mark.parametrize("manifest", [JOB, LINK], ids=["own definition", "linked"])
def test_subnets(
    manifest: dict[str, object], patch: list[dict[str, object]], left: int, subnets: list[str]
) -> None:
    keys = {**manifest, "task_customizations": patch}
    offline = compiled(keys)
    online = compiled(keys, answers())

    assert not [each for each in offline.diagnostics if each.severity == "error"]
    assert offline.plan is not None
    assert offline.plan.jobs[0].left_open == tuple(f"/task_customizations/{each}" for each in range(left))
    assert read_plan(write_plan(offline.plan)) == offline.plan
    assert online.plan is not None, online.diagnostics
    assert online.plan.jobs[0].left_open == ()
    assert subnets_of(online.plan) == subnets
    later = recompile(offline.plan.jobs[0], answers())
    assert later.plan is not None
    assert later.plan.jobs == online.plan.jobs


@pytest.mark.parametrize(
    ("patch", "place"),
    [
        pytest.param([remove(f"{SUBNETS}/3")], "/0/path", id="remove"),
        pytest.param([add("/group", "g"), add(f"{SUBNETS}/5", "subnet-z")], "/1/path", id="add"),
        pytest.param([{"op": "test", "path": f"{SUBNETS}/0", "value": "subnet-b"}], "/0", id="test"),
        pytest.param([{"op": "copy", "from": f"{SUBNETS}/7", "path": "/group"}], "/0/from", id="copy"),
    ],
)
@pytest.mark.parametrize("as_text", [False, True], ids=["list", "JSON"])
def test_online_what_does_not_fit_is_an_error_at_its_operation(
    patch: list[dict[str, object]], place: str, as_text: bool
) -> None:
    keys = {**JOB, "task_customizations": json.dumps(patch) if as_text else patch}

    assert compiled(keys).plan is not None
    (found,) = compiled(keys, answers()).diagnostics
    assert (found.rule, found.location.pointer) == ("patch", f"/task_customizations{place}")


@pytest.mark.parametrize(
    ("patch", "place"),
    [
        pytest.param([remove("/clutser")], "/0/path", id="what no request has"),
        pytest.param(
            [remove(f"{SUBNETS}/2"), remove("/clutser")], "/1/path", id="after one that is left open"
        ),
        pytest.param([remove("/clutser"), remove(f"{SUBNETS}/2")], "/0/path", id="before one that is"),
        pytest.param([remove(f"{SUBNETS}/2"), add("/group", 1)], "/1/value", id="a value of the wrong type"),
    ],
)
@pytest.mark.parametrize("manifest", [JOB, LINK], ids=["own definition", "linked"])
def test_offline_what_is_wrong_whatever_aws_says_is_an_error(
    manifest: dict[str, object], patch: list[dict[str, object]], place: str
) -> None:
    found = compiled({**manifest, "task_customizations": patch}).diagnostics

    assert [each.location.pointer for each in found] == [f"/task_customizations{place}"]


@pytest.mark.parametrize(
    ("keys", "left", "network"),
    [
        pytest.param({"launch_type": "EC2"}, 1, "DISABLED", id="a network that may not be there"),
        pytest.param({}, 0, "DISABLED", id="the network of Fargate"),
    ],
)
def test_the_network_of_a_linked_definition(keys: dict[str, object], left: int, network: str) -> None:
    patch = [{"op": "replace", "path": f"{NETWORK}/assignPublicIp", "value": network}]
    manifest = {**LINK, **keys, "task_customizations": patch}
    offline, online = compiled(manifest), job_of(manifest, answers())

    assert offline.plan is not None
    assert len(offline.plan.jobs[0].left_open) == left
    assert online["run_request"]["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] == network


def test_a_patch_of_a_linked_definition_is_left_open_and_then_carried_out() -> None:
    keys = {**LINK, "task_definition_customizations": [remove("/volumes/0"), add("/pidMode", "task")]}
    offline = job_of(keys)
    online = job_of(keys, answers())

    assert offline["open"] == ["/task_definition_customizations/0", "/task_definition_customizations/1"]
    assert "open" not in online
    assert online["task_definition"]["request"]["pidMode"] == "task"
    assert not online["task_definition"]["request"].get("volumes")


def test_a_container_of_a_linked_definition_has_no_name_yet() -> None:
    own = "/overrides/containerOverrides/0"
    patch = [
        {"op": "test", "path": f"{own}/name", "value": "app"},
        {"op": "replace", "path": f"{own}/memory", "value": 500},
        add(f"{own}/cpu", 10),
    ]
    keys = {**LINK, "memory": 512, "task_customizations": patch}

    assert job_of(keys)["open"] == ["/task_customizations/0", "/task_customizations/1"]
    (container,) = job_of(keys, answers())["run_request"]["overrides"]["containerOverrides"]
    assert (container["name"], container["memory"], container["cpu"]) == ("app", 500, 10)


def test_a_region_that_is_not_known() -> None:
    patch = [{"op": "test", "path": REGION, "value": "eu-west-1"}]
    keys = {**JOB, **LOGS, "task_definition_customizations": patch}

    assert job_of(keys, region=None)["open"] == ["/task_definition_customizations/0"]
    assert "open" not in job_of(keys, answers().with_answers({AskLinked(AWS, "x"): None}))
    assert "open" not in job_of(keys)


def test_the_revision_to_run_is_not_known_offline() -> None:
    patch = [{"op": "test", "path": "/taskDefinition", "value": described("etl:1", {}).arn}]

    assert job_of({**JOB, "task_customizations": patch})["open"] == ["/task_customizations/0"]
    (found,) = compiled({**JOB, "task_customizations": patch}, answers()).diagnostics
    assert found.rule == "patch"
