"""Laws of whole compilations: no patch makes a traceback, and a plan's `spec` compiles to the same job."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from compiled_jobs import ROLE, compiled, described, job_of, observed
from hypothesis import given, settings
from hypothesis import strategies as st
from patch_strategies import VALUES, fitting_patches, patches
from places import ROOT

from ecsplan.compile import Jobs, compile_jobs, compile_manifest, open_questions, recompile, spec_of
from ecsplan.plan.plan import Plan, read_plan, write_plan
from ecsplan.terms.observed import Observed

MANIFESTS = sorted((ROOT / "manifests").glob("*.yaml"))
CASES = sorted((ROOT / "tests" / "cases").glob("*/manifest.yaml"))

LINKED = {
    "containerDefinitions": [
        {"name": "main", "image": "web:1", "environment": [{"name": "B", "value": "2"}]}
    ],
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
}
REVISION = described("web:7", LINKED, tags=({"key": "team", "value": "web"},))
SEEN = observed(linked={"web:7": REVISION}, latest={"etl": None, "f": None, "web": REVISION})

SMALLEST = {"name": "etl", "image": "alpine:3"}
FULL = {
    **SMALLEST,
    "env": {"A": "1", "B": None, "x/y~z": "é"},
    "labels": {"a": "b", "c,d": "e"},
    "secrets": {"S": "s"},
    "cpu": 256,
    "memory": "1 GB",
    "execution_role_arn": ROLE,
    "task_role_arn": ROLE,
    "configure_cloudwatch_logs": True,
    "command": "echo 'a b'",
    "cluster": "c",
    "count": 2,
    "task_timeout_seconds": 60.0,
    "task_definition": {
        "family": "f",
        "volumes": [{"name": "v"}],
        "tags": [{"key": "a", "value": "b"}],
        "runtimePlatform": {"cpuArchitecture": "ARM64"},
        "containerDefinitions": [
            {
                "name": "main",
                "portMappings": [{"containerPort": 80}],
                "mountPoints": [{"sourceVolume": "v", "containerPath": "/v"}],
                "environment": [{"name": "B", "value": "2"}],
                "dependsOn": [{"containerName": "p", "condition": "START"}],
            },
            {"name": "p", "image": "b", "essential": False},
        ],
    },
}
INSTANCES = {**SMALLEST, "launch_type": "EC2", "task_definition": {"networkMode": "awsvpc"}}
ON_LINKED = {"name": "etl", "task_definition_arn": "web:7", "image": "web:2", "env": {"B": None}}

WILD = VALUES | st.sampled_from(
    [
        "main",
        "awsvpc",
        "FARGATE",
        ["EC2"],
        {"awsvpcConfiguration": {}},
        [{"name": "main"}],
        {"containerOverrides": []},
        {"logDriver": "awslogs"},
        {"logDriver": "awslogs", "options": {}},
        {"options": None},
        {"key": "k"},
        {"name": "X"},
    ]
)


def documents(manifest: dict[str, Any]) -> tuple[Any, Any]:
    job = job_of(manifest, SEEN)
    return job["task_definition"]["request"], job["run_request"]


PATCHED = [(manifest, *documents(manifest)) for manifest in (SMALLEST, FULL, INSTANCES, ON_LINKED)]


@st.composite
def manifests(draw: st.DrawFn) -> dict[str, object]:
    """Draw a manifest with patches, as lists or as strings of JSON."""
    manifest, definition, run = draw(st.sampled_from(PATCHED))
    drawn = dict(manifest)
    for key, document in ("task_definition_customizations", definition), ("task_customizations", run):
        if draw(st.booleans()):
            patch = draw(fitting_patches(document, WILD) | patches(document, WILD))
            drawn[key] = json.dumps(patch, indent=2) if draw(st.booleans()) else patch
    return drawn


def same_again(plan: Plan, seen: Observed) -> None:
    """Assert that what `write_plan` wrote is read back, and that each job's `spec` gives the same job."""
    read = read_plan(write_plan(plan))
    assert read == plan
    for job in read.jobs:
        again = recompile(job, seen)
        assert again.plan is not None, again.diagnostics
        assert again.plan.jobs == (job,)


@settings(max_examples=150, deadline=None)
@given(manifests())
def test_no_patch_makes_a_traceback_and_what_compiles_compiles_again(manifest: dict[str, object]) -> None:
    before = copy.deepcopy((manifest, SEEN))

    for seen in (None, SEEN):
        result = compiled(manifest, seen)
        if result.plan is not None:
            same_again(result.plan, seen or Observed())

    assert (manifest, SEEN) == before


@pytest.mark.parametrize("path", [*MANIFESTS, *CASES], ids=lambda path: f"{path.parent.name}-{path.stem}")
@pytest.mark.parametrize("region", [None, "eu-west-1"])
def test_the_spec_in_a_plan_compiles_to_the_same_job(path: Path, region: str | None) -> None:
    result = compile_manifest(path.read_text("utf-8"), file=path.name, region=region)

    if result.plan is None:
        assert result.diagnostics
        return
    same_again(result.plan, Observed())


@pytest.mark.parametrize("manifest", [SMALLEST, FULL, INSTANCES, ON_LINKED])
def test_a_plan_made_offline_and_decided_later_is_the_plan_made_with_the_answers(
    manifest: dict[str, object],
) -> None:
    offline = compiled(manifest).plan
    online = compiled(manifest, SEEN).plan
    assert offline is not None
    assert online is not None
    jobs = Jobs(tuple(spec_of(each) for each in read_plan(write_plan(offline)).jobs), ())

    assert open_questions(jobs.jobs, SEEN) == ()
    assert compile_jobs(jobs, SEEN).plan == online
