"""What `init` makes of the export of a job compiles to the job's own two requests."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from exported_jobs import jobs_of_manifest, jobs_of_plan
from hypothesis import assume, given
from hypothesis import strategies as st
from places import ROOT, TESTS

from ecsplan.compile import compile_manifest
from ecsplan.plan.plan import PlannedJob
from ecsplan_convert.export import exported
from ecsplan_convert.exported import Exported
from ecsplan_convert.init import converted, found_in_folder
from ecsplan_convert.source import Source

REGION = "eu-west-1"
OPEN = "a placeholder of what only AWS knows is not a valid value of the key that takes it"
EXCEPTIONS = {
    "lookups-offline": {"report": OPEN},
    "service-offline": {"migrate": OPEN},
    "image-pinned-offline": dict.fromkeys(("tagged", "latest", "looked-up", "like-a-service"), OPEN),
    "manifests/elsewhere/report.yaml": {"report-prod": OPEN},
    "manifests/like-a-service.yaml": {"migrate-web": OPEN},
}
"""Plans -> jobs for which the law does not hold, and why."""

DEFAULTS: dict[str, object] = {
    "cluster": "default",
    "count": 1,
    "enableECSManagedTags": False,
    "enableExecuteCommand": False,
}
"""What ECS takes where a request does not say it (ECS API reference, RunTask)."""


def plans() -> Iterator[tuple[str, tuple[PlannedJob, ...]]]:
    """Yield the plans of tests/cases, and what the manifests in manifests/ compile to, by their names."""
    for path in sorted((TESTS / "cases").glob("*/plan.json")):
        yield path.parent.name, jobs_of_plan(path)
    for path in sorted((ROOT / "manifests").rglob("*.yaml")):
        yield str(path.relative_to(ROOT)), jobs_of_manifest(path)


def jobs_of(text: str, name: str) -> tuple[PlannedJob, ...]:
    """Return the jobs that a manifest compiles to without AWS."""
    done = compile_manifest(text, file=name, region=REGION)
    assert done.plan is not None, done.diagnostics
    return done.plan.jobs


def manifest_of(files: Exported, job: str = "") -> str:
    """Return the manifest that `init` makes of a folder with these files."""
    sources = [Source(name, text) for name, text in sorted(files.files.items())]
    return converted(found_in_folder(sources), title="folder", name=job).text


def meant(request: Mapping[str, Any]) -> Any:
    """Return a run request without what says nothing, and without order where order means nothing."""
    said = {name: value for name, value in request.items() if name not in DEFAULTS or value != DEFAULTS[name]}
    return _meant({name: value for name, value in said.items() if name != "taskDefinition"})


def _meant(value: Any) -> Any:
    if isinstance(value, Mapping):
        members = {name: _meant(each) for name, each in value.items()}
        return {name: each for name, each in members.items() if each not in (None, [], {})}
    if isinstance(value, Sequence) and not isinstance(value, str):
        items = [each for each in map(_meant, value) if not _is_bare(each)]
        named = all(isinstance(each, Mapping) and {"name", "value"} <= each.keys() for each in items)
        return sorted(items, key=lambda each: str(each["name"])) if named else items
    return value


def _is_bare(item: Any) -> bool:
    """Return whether an item is the override of a container that overrides nothing."""
    return isinstance(item, Mapping) and item.keys() == {"name"}


def check(job: PlannedJob, back: PlannedJob, files: Mapping[str, str]) -> None:
    """Check that a job came back, with the definition that was exported with it or the link to it."""
    assert meant(back.run_request) == meant(job.run_request)
    if any(name.endswith("task-definition.json") for name in files):
        assert back.definition.fingerprint == job.definition.fingerprint, (
            job.definition.request,
            back.definition.request,
        )
    else:
        (request,) = map(json.loads, files.values())
        assert back.spec["task_definition_arn"] == request["taskDefinition"]


def _each_job() -> Iterator[Any]:
    for name, jobs in plans():
        for job in jobs:
            reason = EXCEPTIONS.get(name, {}).get(job.name)
            # Strict: an exception for which the law holds again fails.
            marks = (
                () if reason is None else pytest.mark.xfail(reason=reason, strict=True, raises=AssertionError)
            )
            yield pytest.param(job, marks=marks, id=f"{name}: {job.name}")


def _each_plan() -> Iterator[Any]:
    for name, jobs in plans():
        if len(jobs) > 1 and name not in EXCEPTIONS:
            yield pytest.param(jobs, id=name)


@pytest.mark.parametrize("job", list(_each_job()))
def test_a_job_comes_back(job: PlannedJob) -> None:
    done = exported("aws-cli", [job])

    (back,) = jobs_of(manifest_of(done, job.name), "back.yaml")

    check(job, back, done.files)


@pytest.mark.parametrize("jobs", list(_each_plan()))
def test_the_jobs_of_a_plan_come_back_together(jobs: tuple[PlannedJob, ...]) -> None:
    back = jobs_of(manifest_of(exported("aws-cli", jobs)), "back.yaml")

    assert len(back) == len(jobs)
    expected = [(each.definition.fingerprint, meant(each.run_request)) for each in jobs]
    for each in back:
        expected.remove((each.definition.fingerprint, meant(each.run_request)))


def test_exceptions_are_of_plans_that_are_there() -> None:
    found = {name: {each.name for each in jobs} for name, jobs in plans()}

    for name, jobs in EXCEPTIONS.items():
        assert jobs.keys() <= found[name]


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=12)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
ROLES = st.sampled_from([f"arn:aws:iam::111122223333:role/{each}" for each in ("one", "two")])
OVERRIDES = st.dictionaries(
    NAMES, WORDS | st.just("") | st.sampled_from(["${X}", "$${X}", "a: b", "- x", "#"])
)
KEYS: dict[str, st.SearchStrategy[Any]] = {
    # One empty word is what `aws ecs run-task --generate-cli-skeleton` has: nobody has filled it in.
    "command": st.lists(
        WORDS | st.sampled_from(["${X}", "$HOME", "", "true", "7"]), min_size=1, max_size=3
    ).filter(lambda words: words != [""]),
    "env": OVERRIDES,
    "labels": st.dictionaries(NAMES, NAMES, max_size=3),
    "cpu": st.sampled_from([256, 512, 1024]),
    "memory": st.sampled_from([512, 1024, 2048]),
    "cluster": st.sampled_from(["default", "batch", "arn:aws:ecs:eu-west-1:111122223333:cluster/batch"]),
    "count": st.sampled_from([1, 2, 12]),
    "launch_type": st.sampled_from(["FARGATE", "FARGATE_SPOT", "EC2", "EXTERNAL", None]),
    "capacity_provider_strategy": st.just([{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 1}]),
    "platform_version": st.just("1.4.0"),
    "execution_role_arn": ROLES,
    "task_role_arn": ROLES,
    "enable_execute_command": st.booleans(),
    "enable_ecs_managed_tags": st.booleans(),
    "propagate_tags": st.just("TASK_DEFINITION"),
    "group": st.just("nightly"),
    "entry_point": st.just(["sh", "-c"]),
    "stream_output": st.booleans(),
    "ephemeral_storage_gib": st.sampled_from([21, 100]),
    "network_configuration": st.fixed_dictionaries(
        {"subnets": st.just(["subnet-b", "subnet-a"])},
        optional={
            "securityGroups": st.just(["sg-1"]),
            "assignPublicIp": st.sampled_from(["ENABLED", "DISABLED"]),
        },
    ),
    "runtime_platform": st.just({"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"}),
    "task_definition": st.sampled_from(
        [
            {"networkMode": "bridge", "requiresCompatibilities": ["EC2"]},
            {
                "containerDefinitions": [
                    {"name": "main"},
                    {"name": "log", "image": "log:1", "essential": False},
                ]
            },
            {"containerDefinitions": [{"name": "main", "cpu": 128, "memory": 256, "environment": []}]},
            {"tags": [{"key": "team", "value": "data"}], "volumes": [{"name": "scratch"}]},
        ]
    ),
    "container_name": st.sampled_from(["main", "log", "worker"]),
    "task_customizations": st.sampled_from(
        [
            [{"op": "add", "path": "/overrides/containerOverrides/-", "value": {"name": "log", "cpu": 10}}],
            [{"op": "add", "path": "/startedBy", "value": "me"}],
            [{"op": "add", "path": "/referenceId", "value": "r-1"}],
            [{"op": "add", "path": "/overrides/containerOverrides/0/memoryReservation", "value": 64}],
        ]
    ),
}


@given(st.fixed_dictionaries({"image": st.just("alpine:3")}, optional=KEYS))
def test_any_job_comes_back(keys: dict[str, Any]) -> None:
    done = compile_manifest(json.dumps({"name": "etl", **keys}), file="etl.yaml", region=REGION)
    assume(done.plan is not None)
    assert done.plan is not None
    (job,) = done.plan.jobs
    files = exported("aws-cli", [job])

    (back,) = jobs_of(manifest_of(files, "etl"), "back.yaml")

    check(job, back, files.files)
