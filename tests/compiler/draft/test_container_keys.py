"""Keys that set members of the job's container or of the run as AWS has them: entry_point and others."""

from typing import Any

import pytest
from compiled_jobs import ROLE, arn, compiled, described, job_of, observed, said

EC2: dict[str, Any] = {"name": "etl", "image": "alpine", "launch_type": "EC2"}
GPU = {"type": "GPU", "value": "1"}
NEURON = {"type": "NeuronDevice", "value": "ALL"}
SHARED_GPU = {"type": "GPU", "sharingStrategy": {"nvidiaMps": {"memory": 1024}}}
WEB: dict[str, Any] = {
    "containerDefinitions": [
        {"name": "main", "image": "web:1", "entryPoint": ["sh", "-c"], "stopTimeout": 60},
        {"name": "proxy", "image": "envoy:1", "essential": False},
    ],
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
}
GPU_WEB: dict[str, Any] = {
    "containerDefinitions": [
        {"name": "main", "image": "web:1", "memory": 128, "resourceRequirements": [GPU]},
    ],
    "networkMode": "bridge",
}


def with_container(**members: Any) -> dict[str, Any]:
    return {"task_definition": {"containerDefinitions": [{"name": "main", **members}]}}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        pytest.param({"entry_point": ["sh", "-c"]}, {"entryPoint": ["sh", "-c"]}, id="entry point"),
        pytest.param(
            {"entry_point": ["a b", "$X"], **with_container(entryPoint=["old"])},
            {"entryPoint": ["a b", "$X"]},
            id="entry point over the definition's, as it is",
        ),
        pytest.param(
            {"entry_point": None, **with_container(entryPoint=["a"])}, {"entryPoint": ["a"]}, id="null"
        ),
        pytest.param({"stop_timeout_seconds": 300}, {"stopTimeout": 300}, id="stop timeout"),
        pytest.param(
            {"stop_timeout_seconds": 0, **with_container(stopTimeout=5)},
            {"stopTimeout": 0},
            id="no time to stop",
        ),
        pytest.param({"stop_timeout_seconds": 60.0}, {"stopTimeout": 60}, id="a whole number as a float"),
        pytest.param({"gpus": 2}, {"resourceRequirements": [{"type": "GPU", "value": "2"}]}, id="GPUs"),
        pytest.param(
            {"gpus": "02"}, {"resourceRequirements": [{"type": "GPU", "value": "2"}]}, id="GPUs as text"
        ),
        pytest.param(
            {"gpus": "ALL"}, {"resourceRequirements": [{"type": "GPU", "value": "ALL"}]}, id="all GPUs"
        ),
        pytest.param(
            {"gpus": 1, **with_container(resourceRequirements=[SHARED_GPU, NEURON])},
            {"resourceRequirements": [GPU, NEURON]},
            id="GPUs in place of the definition's, beside other resources",
        ),
        pytest.param(
            {"gpus": 1, **with_container(resourceRequirements=[NEURON])},
            {"resourceRequirements": [NEURON, GPU]},
            id="GPUs after other resources",
        ),
    ],
)
def test_it_stands_in_the_container_of_the_definition(keys: dict[str, Any], expected: dict[str, Any]) -> None:
    job = job_of({**EC2, **keys})

    (container,) = job["task_definition"]["request"]["containerDefinitions"]
    assert {name: container[name] for name in expected} == expected
    assert job["run_request"]["overrides"]["containerOverrides"] == [{"name": "main", "environment": []}]


@pytest.mark.parametrize("wanted", [True, False])
def test_managed_tags_stand_in_the_run_request(wanted: bool) -> None:
    job = job_of({"name": "etl", "image": "alpine", "enable_ecs_managed_tags": wanted})

    assert job["run_request"]["enableECSManagedTags"] is wanted
    assert job["spec"]["enable_ecs_managed_tags"] is wanted


def test_the_spec_has_one_spelling() -> None:
    spec = job_of({**EC2, "gpus": "2", "stop_timeout_seconds": 60.0})["spec"]

    assert (spec["gpus"], spec["stop_timeout_seconds"]) == (2, 60)
    assert job_of({**EC2, "gpus": "ALL"})["spec"]["gpus"] == "ALL"


@pytest.mark.parametrize(
    ("keys", "definition", "is_changed"),
    [
        pytest.param({"entry_point": ["sh", "-c"]}, WEB, False, id="its own entry point"),
        pytest.param({"entry_point": ["bash", "-c"]}, WEB, True, id="another entry point"),
        pytest.param({"stop_timeout_seconds": 60}, WEB, False, id="its own stop timeout"),
        pytest.param({"stop_timeout_seconds": 61}, WEB, True, id="another stop timeout"),
        pytest.param({"enable_ecs_managed_tags": True}, WEB, False, id="managed tags"),
        pytest.param({"gpus": 1, "launch_type": "EC2"}, GPU_WEB, False, id="its own GPUs"),
        pytest.param({"gpus": 2, "launch_type": "EC2"}, GPU_WEB, True, id="other GPUs"),
    ],
)
def test_a_linked_definition_gets_a_revision_where_it_differs(
    keys: dict[str, Any], definition: dict[str, Any], is_changed: bool
) -> None:
    seen = observed(linked={"web:7": described("web:7", definition)}, latest={"web": None})
    manifest = {"name": "etl", "task_definition_arn": "web:7", **keys}

    decided = job_of(manifest, seen)["task_definition"]

    assert decided["action"] == ("register" if is_changed else "reuse")
    assert decided["arn"] == (None if is_changed else arn("web:7"))
    assert [each[1] for each in said(compiled(manifest, seen))] == ["linked-changed"] * is_changed


def test_what_is_known_of_a_linked_definition_offline_has_it() -> None:
    job = job_of(
        {"name": "etl", "task_definition_arn": "web:7", "container_name": "main", "entry_point": ["a"]}
    )

    assert job["task_definition"]["request"]["containerDefinitions"] == [
        {"name": "main", "entryPoint": ["a"]}
    ]


FARGATE: dict[str, Any] = {"name": "etl", "image": "alpine", "execution_role_arn": ROLE}


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        pytest.param({**FARGATE, "gpus": 1}, [("error", "fargate-gpu", "/gpus")], id="GPUs on Fargate"),
        pytest.param(
            {**FARGATE, "launch_type": "FARGATE_SPOT", "gpus": "ALL"},
            [("error", "fargate-gpu", "/gpus")],
            id="GPUs on Fargate Spot",
        ),
        pytest.param(
            {"name": "etl", "task_definition_arn": "web:7", "gpus": 1},
            [("error", "fargate-gpu", "/gpus")],
            id="GPUs on Fargate with a linked definition that is not known",
        ),
        pytest.param(
            {**FARGATE, "gpus": 1, **with_container(resourceRequirements=[NEURON])},
            [
                ("error", "fargate-gpu", "/gpus"),
                (
                    "warning",
                    "fargate-gpu",
                    "/task_definition/containerDefinitions/0/resourceRequirements/0/type",
                ),
            ],
            id="each resource at the key that asks for it",
        ),
        pytest.param({**EC2, "gpus": 0}, [("error", "out-of-range", "/gpus")], id="no GPUs"),
        pytest.param({**EC2, "gpus": -1}, [("error", "out-of-range", "/gpus")], id="fewer than no GPUs"),
        pytest.param({**EC2, "gpus": 1.5}, [("error", "wrong-type", "/gpus")], id="half a GPU"),
        pytest.param({**EC2, "gpus": "all"}, [("error", "wrong-format", "/gpus")], id="GPUs in a word"),
        pytest.param({**EC2, "gpus": True}, [("error", "wrong-type", "/gpus")], id="GPUs as a switch"),
        pytest.param({**FARGATE, "stop_timeout_seconds": 2}, [], id="the shortest stop on Fargate"),
        pytest.param({**FARGATE, "stop_timeout_seconds": 120}, [], id="the longest stop on Fargate"),
        pytest.param(
            {**FARGATE, "stop_timeout_seconds": 121},
            [("error", "fargate-timeout", "/stop_timeout_seconds")],
            id="too long a stop on Fargate",
        ),
        pytest.param(
            {**FARGATE, "stop_timeout_seconds": 1},
            [("warning", "fargate-timeout", "/stop_timeout_seconds")],
            id="too short a stop on Fargate",
        ),
        pytest.param({**EC2, "stop_timeout_seconds": 121}, [], id="a long stop on instances"),
        pytest.param(
            {**EC2, "stop_timeout_seconds": -1},
            [("error", "out-of-range", "/stop_timeout_seconds")],
            id="a negative stop timeout",
        ),
        pytest.param(
            {**EC2, "stop_timeout_seconds": "30"},
            [("error", "wrong-type", "/stop_timeout_seconds")],
            id="a stop timeout in quotes",
        ),
        pytest.param(
            {**EC2, "entry_point": "sh -c"},
            [("error", "wrong-type", "/entry_point")],
            id="an entry point in one string",
        ),
        pytest.param(
            {**EC2, "entry_point": ["a", 1]}, [("error", "wrong-type", "/entry_point/1")], id="a number in it"
        ),
        pytest.param(
            {**EC2, "enable_ecs_managed_tags": "yes"},
            [("error", "wrong-type", "/enable_ecs_managed_tags")],
            id="a switch in words",
        ),
        pytest.param(
            {**FARGATE, "stop_timeout_seconds": 60, **with_container(stopTimeout="soon")},
            [],
            id="a wrong value that the key replaces",
        ),
        pytest.param(
            {**EC2, "gpus": 1, **with_container(resourceRequirements=[{"type": "GPU", "value": 1}])},
            [],
            id="a wrong number of GPUs that the key replaces",
        ),
        pytest.param(
            {**EC2, "entry_point": ["sh", "-c"], "command": ["echo a > b"]},
            [],
            id="a shell as the entry point",
        ),
        pytest.param(
            {**EC2, "entry_point": ["sh", "-c", "echo ${A}"], "command": ["a"]},
            [],
            id="a script in the entry point",
        ),
        pytest.param(
            {**EC2, "entry_point": ["echo", "${A}"]},
            [("warning", "unexpanded-variable", "/entry_point/1")],
            id="a reference that no shell expands",
        ),
    ],
)
def test_what_is_wrong_is_reported_at_the_key(manifest: dict[str, Any], expected: list[Any]) -> None:
    assert sorted(said(compiled(manifest))) == expected


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("entrypoint", "entry_point"),
        ("stopTimeout", "stop_timeout_seconds"),
        ("stop_grace_period", "stop_timeout_seconds"),
        ("gpu", "gpus"),
        ("enableECSManagedTags", "enable_ecs_managed_tags"),
    ],
)
def test_its_name_elsewhere_leads_to_it(key: str, meant: str) -> None:
    (found,) = compiled({**EC2, key: "x"}).diagnostics

    assert (found.rule, found.help) == ("unknown-key", f"did you mean '{meant}'?")
