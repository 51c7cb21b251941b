"""How the work of a compilation grows: with the size of a task definition and the jobs, not their square."""

import json
import sys
from collections.abc import Callable
from types import FrameType

import pytest

from ecsplan.compile import compile_manifest
from ecsplan.terms.diagnostic import Location
from ecsplan.yaml.text import SourceText

FEW, MANY = 60, 120
"""Containers of a task definition; ECS takes 10, and refusing more has to be quick, too."""


def chained(index: int) -> dict[str, object]:
    """Return a container that refers to the one before it in every way."""
    before = f"c{max(index - 1, 0)}"
    return {
        "name": f"c{index}",
        "image": "alpine",
        "dependsOn": [{"containerName": before, "condition": "HEALTHY"}],
        "volumesFrom": [{"sourceContainer": before}],
        "links": [before],
        "healthCheck": {"command": ["CMD", "true"]},
    }


def astray(index: int) -> dict[str, object]:
    """Return a container that refers to what does not exist."""
    return {
        "name": f"c{index}",
        "image": "alpine",
        "dependsOn": [{"containerName": f"x{index}", "condition": "HEALTHY"}],
        "volumesFrom": [{"sourceContainer": f"x{index}"}],
        "links": [f"x{index}"],
        "mountPoints": [{"sourceVolume": f"v{index}", "containerPath": "/data"}],
    }


def refused(index: int) -> dict[str, object]:
    """Return a container whose members the schema refuses, so that rules ask what is reported already."""
    return {
        "name": f"c{index}",
        "imagee": "alpine",
        "healthCheck": 3,
        "environment": [{"name": "STAGE"}],
        "portMappings": [{"containerPort": "web"}],
        "dependsOn": [{"containerName": f"c{index}", "condition": "HEALTHY"}],
    }


def in_a_ring(index: int) -> dict[str, object]:
    """Return a container that waits for another, the last of few for the first."""
    following = (index + 1) % FEW
    return {
        "name": f"c{index}",
        "image": "alpine",
        "dependsOn": [{"containerName": f"c{following}", "condition": "START"}],
    }


def accelerated(index: int) -> dict[str, object]:
    """Return a container that shares a GPU and asks for an accelerator that the task lacks."""
    return {
        "name": f"c{index}",
        "image": "alpine",
        "resourceRequirements": [
            {"type": "GPU", "sharingStrategy": {"nvidiaMps": {"memory": 10}}},
            {"type": "InferenceAccelerator", "value": f"d{index}"},
        ],
    }


def calls(container: Callable[[int], dict[str, object]], count: int) -> int:
    """Return how many functions are called to compile a job with that many containers."""
    definition = {"containerDefinitions": [container(index) for index in range(count)]}
    job = {"name": "etl", "container_name": "c0", "launch_type": "EC2", "task_definition": definition}
    return calls_to_compile(json.dumps(job, indent=1))


def calls_to_compile(text: str) -> int:
    counted = 0

    def count_one(_: FrameType, event: str, __: object) -> None:
        nonlocal counted
        counted += event in {"call", "c_call"}

    sys.setprofile(count_one)
    try:
        compile_manifest(text, file="etl.yaml")
    finally:
        sys.setprofile(None)
    return counted


@pytest.mark.parametrize("container", [chained, astray, refused, in_a_ring, accelerated])
def test_twice_the_containers_are_twice_the_work(container: Callable[[int], dict[str, object]]) -> None:
    calls(container, 1)

    assert calls(container, MANY) < 2.3 * calls(container, FEW)


def in_a_chain(count: int) -> dict[str, object]:
    return {f"j{n}": {"after": [f"j{n - 1}"] if n else []} for n in range(count)}


def in_a_circle(count: int) -> dict[str, object]:
    return {f"j{n}": {"after": [f"j{(n + 1) % count}"]} for n in range(count)}


def after_all_of_a_matrix(count: int) -> dict[str, object]:
    matrix = {"load": {"matrix": {"n": list(range(count))}, "env": {"N": "${matrix.n}"}}}
    return {**matrix, **{f"j{n}": {"after": ["load"]} for n in range(count)}}


def around_a_matrix(count: int) -> dict[str, object]:
    return {**after_all_of_a_matrix(count), "first": {"after": [f"j{n}" for n in range(count)]}}


@pytest.mark.parametrize("jobs", [in_a_chain, in_a_circle, after_all_of_a_matrix, around_a_matrix])
def test_twice_the_jobs_are_twice_the_work(jobs: Callable[[int], dict[str, object]]) -> None:
    few, many = (
        json.dumps({"defaults": {"image": "alpine"}, "jobs": jobs(count)}, indent=1) for count in (FEW, MANY)
    )
    calls_to_compile(few)

    assert calls_to_compile(many) < 2.3 * calls_to_compile(few)


RIGHT = [
    pytest.param("image: alpine\ncpu: 256\nmemory: 512\n", id="on Fargate, with sizes"),
    pytest.param("image: alpine\nlaunch_type: EC2\nmemory: 512\n", id="on EC2"),
    pytest.param(
        "image: alpine\nenv: {STAGE: prod}\nvolumes: {/data: efs:fs-0123456789abcdef0}\n",
        id="with keys that rules judge",
    ),
    pytest.param("variables: {tag: {default: '3'}}\nimage: alpine:${tag}\n", id="with a variable"),
    pytest.param("image: alpine\ntask_definition: {pidMode: task}\n", id="with a task definition"),
    pytest.param(
        "image: alpine\ntask_definition_customizations: [{op: add, path: /pidMode, value: task}]\n",
        id="with a patch",
    ),
]


@pytest.mark.parametrize("text", RIGHT)
def test_of_a_right_job_only_the_place_of_its_family_is_looked_up(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A place is looked up to be shown, with an excerpt whose credentials are masked; that takes long."""
    looked_up: list[str] = []
    location = SourceText.location

    def recorded(self: SourceText, start: int, end: int, pointer: str = "") -> Location:
        looked_up.append(pointer)
        return location(self, start, end, pointer)

    monkeypatch.setattr(SourceText, "location", recorded)
    compiled = compile_manifest(f"name: etl\n{text}", file="job.yaml")

    assert compiled.diagnostics == ()
    assert len(looked_up) == 1
